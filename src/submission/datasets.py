"""Dataset-JSON of every dataset of a package, beside module 5 [F.8]."""

from __future__ import annotations

from submission.contents import Contents


def write_dataset_json(made: Contents) -> None:
    """Nothing yet."""
