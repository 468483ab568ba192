"""Where pages lead to: the one place that names the file of a subject's profile."""

from __future__ import annotations

from hashlib import sha256

PROFILES = "profiles"
HASH_LENGTH = 16


def profile_file(subject: str) -> str:
    """`profiles/<hash>.html` below the folder of the displays: no part of an identifier names a file."""
    return f"{PROFILES}/{sha256(subject.encode()).hexdigest()[:HASH_LENGTH]}.html"
