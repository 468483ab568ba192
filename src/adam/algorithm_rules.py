"""What an overall response is made of, read from `algorithm` of a spec; limits in study.yml (rule A.4).

```yaml
days: 7                        # a component is the record nearest to the assessment, at most so far away
increase: 25                   # percent: progression, of blasts in marrow or blood
decrease: 50                   # percent: partial response, of blasts in the marrow
increase_from: baseline        # or nadir: the smallest value so far, baseline included
marrow: {records: {...}, usable: {BMQUAL: {ne: DRY TAP}}, baseline: BLBLAST}       # baseline: column of ADSL
blood: {records: {...}}
fluid: {records: {...}, positive: [PRESENT]}
neutrophils: {records: {...}, days: 3}
platelets: {records: {...}, days: 3}
lesions: {...}                 # see adam.verbs.lesions
values: {complete: CR, incomplete: CRi, partial: PR, stable: NR, progression: PD, relapse: RD, unknown: NE}
decided_by: {marrow: MARROW BLASTS, ...}         # what is said of a component that decided
lacking: {marrow: NO MARROW BLASTS, ...}         # and of one that is missing
```
"""

from __future__ import annotations

from dataclasses import dataclass

from adam.rules import Reads, chosen, need, number, only, setting, text, texts, whole
from adam.verbs.lesions import LesionRules, read_lesions
from clinical.read import Mapping
from clinical.spec import Dataset
from clinical.where import Condition, condition

BASELINE, NADIR = "baseline", "nadir"
VALUES = ("complete", "incomplete", "partial", "stable", "progression", "relapse", "unknown")
DECIDING = ("marrow", "blood", "fluid", "lesions", "counts")
LACKING = ("marrow", "baseline", "blood", "blood_baseline", "fluid", "lesions", "counts")
COMPONENTS = {
    "marrow": ("usable", "baseline"),
    "blood": (),
    "fluid": ("positive",),
    "neutrophils": ("days",),
    "platelets": ("days",),
}


@dataclass(frozen=True)
class Component:
    """The results of a component, how near they must be, which are usable, what is positive of words."""

    records: Condition
    days: int
    usable: Condition | None
    baseline: str
    positive: tuple[str, ...]


@dataclass(frozen=True)
class Algorithm:
    """The components, the limits of each response, and what values and reasons are called."""

    components: dict[str, Component]
    lesions: LesionRules
    days: int
    increase: float
    decrease: float
    from_nadir: bool
    blast: float
    blast_max: float
    neutrophils: float
    platelets: float
    with_counts: bool
    values: dict[str, str]
    decided_by: dict[str, str]
    lacking: dict[str, str]


def read_algorithm(node: Mapping, codes: dict[str, float], spec: Dataset) -> Algorithm:
    """The rules under `algorithm` and the limits of study.yml.

    Raises: SpecError for an unknown or missing key, a value without code, a column that `reads` lacks.
    """
    owner, reads = f"{spec.name}.algorithm", Reads(spec)
    singles = ("days", "increase", "decrease", "increase_from")
    only(node, (*singles, *COMPONENTS, "lesions", "values", "decided_by", "lacking"), owner)
    days = whole(node, "days", owner)
    reference = chosen(node, "increase_from", text(node, "increase_from", owner), (BASELINE, NADIR), owner)
    components = {name: _component(node, name, days, f"{owner}.{name}") for name in COMPONENTS}
    lesions = read_lesions(need(node, "lesions", owner), f"{owner}.lesions")
    values = _named(node, "values", VALUES, owner)
    for name, value in values.items():
        chosen(node["values"], name, value, codes, f"{owner}.values")
    for name, component in components.items():
        for asked in (component.records, component.usable):
            reads.must_have_left("LB", asked, node.line(name), owner)
        reads.must_have("ADSL", [component.baseline] if component.baseline else [], node.line(name), owner)
    for dataset, asked in (
        ("TU", lesions.target), ("TU", lesions.new), ("ADSL", lesions.lugano.who),
        *(("RS", records) for records, _ in lesions.reported),
    ):  # fmt: skip
        reads.must_have_left(dataset, asked, node.line("lesions"), owner)
    required = setting(spec.study, "pr_requires_counts", owner, node.at)
    chosen(spec.study, "pr_requires_counts", str(required), ("true", "false"), owner)
    return Algorithm(
        components,
        lesions,
        days,
        number(node, "increase", owner),
        number(node, "decrease", owner),
        reference == NADIR,
        *_limits(spec, owner, node.at),
        str(required) == "true",
        values,
        _named(node, "decided_by", DECIDING, owner),
        _named(node, "lacking", LACKING, owner),
    )


def _limits(spec: Dataset, owner: str, at: str) -> tuple[float, ...]:
    """The limits of A.4, as study.yml has them."""
    return (
        float(setting(spec.study, "cr_blast", owner, at)),
        float(setting(spec.study, "pr_blast_max", owner, at)),
        float(setting(spec.study, "cr_anc", owner, at)),
        float(setting(spec.study, "cr_plt", owner, at)),
    )


def _component(node: Mapping, name: str, days: int, owner: str) -> Component:
    given = need(node, name, owner)
    only(given, ("records", *COMPONENTS[name]), owner)
    return Component(
        condition(need(given, "records", owner), owner),
        whole(given, "days", owner) if "days" in given else days,
        condition(given["usable"], owner) if "usable" in given else None,
        text(given, "baseline", owner, ""),
        texts(given, "positive", owner, ()),
    )


def _named(node: Mapping, key: str, names: tuple[str, ...], owner: str) -> dict[str, str]:
    given = need(node, key, owner)
    only(given, names, f"{owner}.{key}")
    return {name: text(given, name, f"{owner}.{key}") for name in names}
