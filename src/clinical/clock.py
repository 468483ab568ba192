"""The one place that looks at the clock: for the audit trail and the lock, never for a value."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> str:
    """This second in UTC: `2025-06-30T23:05:09Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
