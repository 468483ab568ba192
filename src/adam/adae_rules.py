"""Which adverse events limit the dose, read from `dose_limiting` of a spec (rule A.3).

```yaml
records: {RELGR1: RELATED}            # of a record that counts; `where` is of each event, too
events:                               # any of them
  - {where: {CQ01NAM: {missing: false}}, grade: 4}                   # this grade or a higher one
  - {where: {CQ01NAM: {missing: false}}, grade: 3, longer_than: 7}   # days in a row with it
  - {where: {AEDECOD: Neutropenia}, grade: 4, in_remission_on: 28}   # present on that day, in remission
blasts: {records: {LBTESTCD: BLASTNCE}, days: 7}                     # nearest, so far away at most
```
The last day of the window is `dlt_window_days`, the limit of a remission `cr_blast` of study.yml.
"""

from __future__ import annotations

from dataclasses import dataclass

from adam.rules import need, only, refuse, setting, whole
from clinical.read import Mapping, Sequence
from clinical.spec import Dataset
from clinical.where import Condition, condition


@dataclass(frozen=True)
class LimitingEvent:
    """Records of an event: the least grade, more days than, or the protocol day to be present on."""

    where: Condition
    grade: int
    longer_than: int | None
    remission_on: int | None


@dataclass(frozen=True)
class Limiting:
    """The events that limit the dose, the records and days they are looked for in, and the blasts asked."""

    records: Condition
    events: tuple[LimitingEvent, ...]
    window: int
    blasts: Condition
    blasts_days: int
    below: float


def read_limiting(spec: Dataset) -> Limiting:
    """The rules under `dose_limiting`.

    Raises: SpecError for an unknown or missing key, and for events that are no list.
    """
    owner = f"{spec.name}.dose_limiting"
    node = need(spec.parameters, "dose_limiting", spec.name)
    only(node, ("records", "events", "blasts"), owner)
    events, blasts = need(node, "events", owner), need(node, "blasts", owner)
    if not isinstance(events, Sequence):
        raise refuse("rules.shape", node.line("events"), owner, key="events", shape="a list of lines")
    only(blasts, ("records", "days"), f"{owner}.blasts")
    return Limiting(
        records=condition(need(node, "records", owner), owner),
        events=tuple(_event(line, f"{owner}.events") for line in events),
        window=int(setting(spec.study, "dlt_window_days", owner, node.at)),
        blasts=condition(need(blasts, "records", owner), owner),
        blasts_days=whole(blasts, "days", f"{owner}.blasts"),
        below=float(setting(spec.study, "cr_blast", owner, node.at)),
    )


def _event(node: Mapping, owner: str) -> LimitingEvent:
    only(node, ("where", "grade", "longer_than", "in_remission_on"), owner)
    return LimitingEvent(
        condition(need(node, "where", owner), owner),
        whole(node, "grade", owner),
        whole(node, "longer_than", owner) if "longer_than" in node else None,
        whole(node, "in_remission_on", owner) if "in_remission_on" in node else None,
    )
