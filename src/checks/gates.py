"""Placeholder while the gates are written."""
from dataclasses import dataclass, field
import pandas as pd
@dataclass
class GateResults:
    findings: pd.DataFrame = field(default_factory=pd.DataFrame)
    verdicts: dict = field(default_factory=dict)
    stopped: dict = field(default_factory=dict)
    page: str = ""
def run_gates(plan, raw, outputs, rules, library):
    return GateResults()
