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
  # of criteria whose best response is more than the best of all assessments:
  stable: {values: [SD], from_day: 42, before: NE}     # days since the start; earlier they count as `before`
  confirmation:                                        # what a later assessment must confirm
    days: 28                                           # so many days later or more
    unconfirmed: SD                                    # what it counts as without
    responses: {PR: {by: [PR, CR], despite: {NE: 1}}}  # at most one NE between, and no other value
```
`relapse_type`, `visit_note`, `stable`, `confirmation`, the groups `complete` and `relapse` may be left out.
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

KEYS = ("records", "relapse_type", "values", "codes", "adequate", "groups", "visit_note", "stable",
        "confirmation")  # fmt: skip
GROUPS = ("response", "complete", "progression", "relapse")
NEEDED_GROUPS = ("response", "progression")


@dataclass(frozen=True)
class Stable:
    """Values that count from a day on (days since the start), and what they count as earlier."""

    values: tuple[str, ...]
    from_day: int
    before: str


@dataclass(frozen=True)
class Confirmed:
    """The values that confirm a response, and how many of which others may stand between."""

    by: tuple[str, ...]
    despite: dict[str, int]


@dataclass(frozen=True)
class Confirmation:
    """Which responses need confirming, how many days later at least, and what they count as without."""

    days: int
    unconfirmed: str
    responses: dict[str, Confirmed]


@dataclass(frozen=True)
class Criteria:
    """The response criteria of a study: how a collected result reads and what its value means."""

    records: Condition
    relapse_type: Condition | None
    values: dict[str, str]
    codes: dict[str, float]
    adequate: tuple[str, ...]
    groups: dict[str, tuple[str, ...]]
    visit_note: str
    stable: Stable | None
    confirmation: Confirmation | None

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
        relapse_type=condition(node["relapse_type"], owner) if "relapse_type" in node else None,
        values=values,
        codes=codes,
        adequate=_known(node, "adequate", codes, owner),
        groups={
            name: _known(groups, name, codes, owner) for name in GROUPS if name in (*NEEDED_GROUPS, *groups)
        },
        visit_note=text(node, "visit_note", owner, ""),
        stable=_stable(node["stable"], codes, f"{owner}.stable") if "stable" in node else None,
        confirmation=_confirmation(node["confirmation"], codes, f"{owner}.confirmation")
        if "confirmation" in node
        else None,
    )


def _stable(node: Mapping, codes: dict[str, float], owner: str) -> Stable:
    only(node, ("values", "from_day", "before"), owner)
    before = chosen(node, "before", text(node, "before", owner), codes, owner)
    return Stable(_known(node, "values", codes, owner), whole(node, "from_day", owner), before)


def _confirmation(node: Mapping, codes: dict[str, float], owner: str) -> Confirmation:
    only(node, ("days", "unconfirmed", "responses"), owner)
    unconfirmed = chosen(node, "unconfirmed", text(node, "unconfirmed", owner), codes, owner)
    found = {}
    for name, given in need(node, "responses", owner).items():
        chosen(node["responses"], name, name, codes, owner)
        found[name] = _confirmed(given, codes, f"{owner}.{name}")
    return Confirmation(whole(node, "days", owner), unconfirmed, found)


def _confirmed(node: Mapping, codes: dict[str, float], owner: str) -> Confirmed:
    only(node, ("by", "despite"), owner)
    despite = node.get("despite", Mapping())
    most = {chosen(despite, value, value, codes, owner): whole(despite, value, owner) for value in despite}
    return Confirmed(_known(node, "by", codes, owner), most)


def _known(node: Mapping, key: str, codes: dict[str, float], owner: str) -> tuple[str, ...]:
    return tuple(chosen(node, key, value, codes, owner) for value in texts(node, key, owner))
