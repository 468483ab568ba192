"""What happened to 200 simulated subjects is what SDTM and ADaM say of them: three seeds, clean and dirty."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.studies.truth import SDTM, compare, tell
from tests.studies.truth_adam import ADAM

NEEDS: dict[str, str] = {}
SUBJECTS, FEW, SEEDS = 200, 24, (1, 2, 3)  # the same plants among few subjects are on more of what is asked
RUNS = [
    *((SUBJECTS, seed, dirty) for seed in SEEDS for dirty in (False, True)),
    *((FEW, seed, True) for seed in SEEDS),
]
QUESTIONS = {f"SDTM {name}": question for name, question in SDTM.items()} | {
    f"ADaM {name}": question for name, question in ADAM.items()
}


def run() -> str:
    """How many answers were recovered, and how many dirt leaves open; a reason that no answer needs fails."""
    recovered = left_open = 0
    differing: list[str] = []
    unused = {(dirt.form, dirt.what) for question in QUESTIONS.values() for dirt in question.dirt}
    for subjects, seed, dirty in RUNS:
        with TemporaryDirectory() as folder:
            told = tell(Path(folder), subjects, seed, dirty)
        for name, question in QUESTIONS.items():
            verdict = compare(told, question)
            recovered += verdict.recovered
            left_open += len(verdict.left_open)
            unused -= {(dirt.form, dirt.what) for dirt in verdict.excused}
            where = f"{subjects} subjects, seed {seed}, {'dirty' if dirty else 'clean'}, {name}"
            differing += [f"{where} {key}: {pair}" for key, pair in verdict.differing.items()]
    assert not differing, f"{len(differing)} answers differ: {'; '.join(differing[:20])}"
    assert not unused, f"named as a reason, and no answer needs it: {sorted(unused)}"
    return (
        f"{recovered:,} answers recovered, {left_open} left open by the ledger "
        f"({SUBJECTS} subjects, {len(SEEDS)} seeds, clean and dirty)"
    )
