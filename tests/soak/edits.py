"""Random sequences of edits: every incremental run leaves the files of a full one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.edits import night, sequence, study_of_edits

NEEDS: dict[str, str] = {}
SEQUENCES, FIRST_SEED = 100, 1000


def run() -> str:
    """How many sequences of how many edits of each kind left the files of full runs."""
    done: Counter = Counter()
    for buckets in (1, 8):
        with TemporaryDirectory() as folder:
            base = study_of_edits(Path(folder) / "base")
            night(base, buckets, False)
            for number in range(SEQUENCES // 2):
                place = Path(folder) / str(number)
                done.update(sequence(place, base, FIRST_SEED + number, buckets, nights=4))
            base.remove()
    kinds = ", ".join(f"{count} {name}" for name, count in done.most_common())
    return f"{SEQUENCES} sequences with 1 and 8 buckets, all files as in full runs: {kinds}"
