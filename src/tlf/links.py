"""Where pages lead to: the one place that names the file of a subject's profile."""

from __future__ import annotations

from urllib.parse import quote


def profile_file(subject: str) -> str:
    """`profile_<USUBJID>.html` as it is written in a link; signs that no file name takes are escaped."""
    return f"profile_{quote(subject, safe='')}.html"
