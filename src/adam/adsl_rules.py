"""The rules of ADSL, read from `parameters` of its spec and from study.yml."""

from __future__ import annotations

from adam.response_criteria import read_criteria
from adam.rules import chosen, need, only, setting, text, texts, whole
from adam.verbs.response import Limits
from clinical.spec import Dataset
from clinical.where import Condition, condition

BASELINES = {"pre_infusion": "RFSTDTC", "pre_ld": "RFXSTDTC"}
CONDITIONS = (
    "product",
    "baseline_blasts",
    "diagnosis",
    "samples",
    "quantified",
    "transplants",
    "prior_transplants",
)
CATEGORIES = ("death_category", "disease_type")
PARAMETERS = (*CONDITIONS, *CATEGORIES, "limits", "new_therapies", "vitals", "dlt")


def read_rules(spec: Dataset) -> None:
    """Refuses what is wrong under `parameters`, before any data is read.

    Raises: SpecError for an unknown or missing key and for a condition that is none.
    """
    only(spec.parameters, PARAMETERS, spec.name)
    setting(spec.study, "horizon_days", spec.name, spec.at)
    for key in CONDITIONS:
        asked(spec, key)
    limits_of(spec)
    therapies(spec)
    for key in CATEGORIES:
        categories(spec, key)
    for vital in ("weight", "height", "surface"):
        vital_code(spec, vital)
    least_percent(spec)
    baseline_dose(spec)
    setting(spec.study, "dlt_window_days", spec.name, spec.at)
    read_criteria(spec)


def asked(spec: Dataset, key: str) -> Condition:
    """The condition under `parameters` that says which records count."""
    return condition(need(spec.parameters, key, spec.name), f"{spec.name}.{key}")


def limits_of(spec: Dataset) -> Limits:
    """Between which columns of ADSL responses count."""
    node, owner = need(spec.parameters, "limits", spec.name), f"{spec.name}.limits"
    only(node, ("start", "until", "death", "cut"), owner)
    return Limits(*(text(node, key, owner) for key in ("start", "until", "death", "cut")))


def therapies(spec: Dataset) -> tuple[dict[str, Condition], tuple[str, ...]]:
    """Which records of CM and PR are new therapies, and the reasons that mean a relapse or progression."""
    node, owner = need(spec.parameters, "new_therapies", spec.name), f"{spec.name}.new_therapies"
    only(node, ("CM", "PR", "after_progression"), owner)
    records = {name: condition(need(node, name, owner), owner) for name in ("CM", "PR")}
    return records, texts(node, "after_progression", owner)


def categories(spec: Dataset, key: str) -> tuple[Condition, dict[str, str], str]:
    """Which records state the value, the category of each collected one, and that of all others."""
    node, owner = need(spec.parameters, key, spec.name), f"{spec.name}.{key}"
    only(node, ("records", "values", "otherwise"), owner)
    given = {name: str(value) for name, value in need(node, "values", owner).items()}
    return condition(need(node, "records", owner), owner), given, text(node, "otherwise", owner)


def vital_code(spec: Dataset, vital: str) -> str:
    """The test that is the weight, height or surface of the body."""
    node, owner = need(spec.parameters, "vitals", spec.name), f"{spec.name}.vitals"
    only(node, ("weight", "height", "surface"), owner)
    return text(node, vital, owner)


def baseline_dose(spec: Dataset) -> str:
    """The column of DM with the dose before which a baseline lies: `baseline` of study.yml."""
    value = str(setting(spec.study, "baseline", spec.name, spec.at))
    return BASELINES[chosen(spec.study, "baseline", value, BASELINES, spec.name)]


def least_percent(spec: Dataset) -> int:
    """The percentage of the planned dose that a subject must have been given to be evaluable for toxicity."""
    node, owner = need(spec.parameters, "dlt", spec.name), f"{spec.name}.dlt"
    only(node, ("least_percent",), owner)
    return whole(node, "least_percent", owner)
