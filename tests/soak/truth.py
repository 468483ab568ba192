"""What happened to 200 simulated subjects is what SDTM says of them: three seeds, clean and dirty."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.studies.truth import QUESTIONS, compare, tell

NEEDS: dict[str, str] = {}
SUBJECTS, SEEDS = 200, (1, 2, 3)


def run() -> str:
    """How many answers were recovered, and about how many persons dirt leaves a question open."""
    answered = left_out = 0
    failed = []
    for seed in SEEDS:
        for dirty in (False, True):
            with TemporaryDirectory() as folder:
                told = tell(Path(folder), SUBJECTS, seed, dirty)
            for question in QUESTIONS:
                verdict = compare(told, question)
                answered += verdict.answered
                left_out += len(verdict.left_out)
                where = f"seed {seed} {'dirty' if dirty else 'clean'} {question}"
                failed += [f"{where} {who}: {pair}" for who, pair in verdict.differing.items()]
    assert not failed, "; ".join(failed)
    open_ones = f"{left_out} left open by the ledger"
    return f"{answered} answers recovered, {open_ones} ({SUBJECTS} subjects, {len(SEEDS)} seeds)"
