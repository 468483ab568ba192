"""The three gates of a run: raw, SDTM, ADaM. What a gate finds is listed; a critical failure stops its dataset."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cdiscflow.home import Home
from clinical.check import Plan
from clinical.derive import Derived
from clinical.findings import no_findings
from edc.read import Extract


class Gates:
    """Runs the suites of a study over what a run made; `verdicts` is gate -> dataset -> passed."""

    def __init__(self, home: Home, plan: Plan, before: Path | None):
        self.home, self.plan, self.before = home, plan, before
        self.verdicts: dict[str, dict[str, str]] = {}
        self.stopped: dict[str, str] = {}
        self.page = ""

    def run(self, extract: Extract, derived: Derived) -> pd.DataFrame:
        """All findings of all gates."""
        from checks.gates import run_gates  # imports Great Expectations: 5 s, so only when it is needed

        result = run_gates(
            self.plan, extract.frames, derived.outputs, self.home.validation / self.plan.study.name,
            self.home.validation / "library",
        )  # fmt: skip
        self.verdicts, self.page, self.stopped = result.verdicts, result.page, result.stopped
        return result.findings if len(result.findings) else no_findings()
