"""What counts as a response, as study.yml states it under `response`: one place for every dataset that asks.

```yaml
response:
  records: {RSTESTCD: OVRLRESP, ...}              # the collected assessments
  relapse_type: {RSTESTCD: DRCRIND, ...}          # the rows of the same page that say where a relapse was
  values: {CR: CR, RELAPSED DISEASE: RD, ...}     # collected result: AVALC
  codes: {CR: 1, ..., NE: 9}                      # AVAL, best first
  adequate: [CR, CRi, PR, NR, PD, RD]             # the others are no assessment
  groups: {response: [CR, CRi, PR], complete: [CR, CRi], progression: [PD, RD], relapse: [RD]}
  visit_note: TAKEN FROM VISIT DATE               # ADTNOTE where the visit gives the date
```
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from adam.rules import chosen, need, only, setting, text, texts, whole
from clinical.distinct import distinct, spread, spread_text
from clinical.read import Mapping
from clinical.spec import Dataset
from clinical.where import Condition, condition

KEYS = ("records", "relapse_type", "values", "codes", "adequate", "groups", "visit_note")
GROUPS = ("response", "complete", "progression", "relapse")


@dataclass(frozen=True)
class Criteria:
    """The response criteria of a study: how a collected result reads and what its value means."""

    records: Condition
    relapse_type: Condition
    values: dict[str, str]
    codes: dict[str, float]
    adequate: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    visit_note: str

    def value_of(self, collected: pd.Series) -> pd.Series:
        """AVALC of a collected result; a result the criteria do not know gives none."""
        codes, found = distinct(collected)
        return spread_text(codes, [self.values.get(value) for value in found], collected.index)

    def code_of(self, values: pd.Series) -> np.ndarray:
        """AVAL of AVALC."""
        codes, found = distinct(values)
        return spread(codes, [self.codes[value] for value in found] or np.zeros(0), np.nan)

    def best_first(self) -> list[str]:
        """The values in the order of their codes."""
        return sorted(self.codes, key=self.codes.__getitem__)


def read_criteria(spec: Dataset) -> Criteria:
    """The criteria that `spec`'s study states.

    Raises: SpecError for a key, a group or a value that is not of the closed set.
    """
    owner = f"{spec.name}.response"
    node = setting(spec.study, "response", spec.name, spec.at)
    only(node, KEYS, owner)
    values = {name: str(value) for name, value in need(node, "values", owner).items()}
    codes = {name: float(whole(node["codes"], name, owner)) for name in need(node, "codes", owner)}
    groups = need(node, "groups", owner)
    only(groups, GROUPS, owner)
    for name, value in values.items():
        chosen(node["values"], name, value, codes, owner)
    return Criteria(
        records=condition(need(node, "records", owner), owner),
        relapse_type=condition(need(node, "relapse_type", owner), owner),
        values=values,
        codes=codes,
        adequate=_known(node, "adequate", codes, owner),
        groups={name: _known(groups, name, codes, owner) for name in GROUPS},
        visit_note=text(node, "visit_note", owner),
    )


def _known(node: Mapping, key: str, codes: dict[str, float], owner: str) -> tuple[str, ...]:
    return tuple(chosen(node, key, value, codes, owner) for value in texts(node, key, owner))
