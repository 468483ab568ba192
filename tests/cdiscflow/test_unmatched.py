"""A filter in the rules of a program that no record of the study satisfies is reported (issue 4, item 4)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from cdiscflow.unmatched import filters_of, unmatched_rules
from clinical.output import Output
from clinical.read import Mapping, parse_yaml
from tests.adam.cases import spec
from tests.rules.studies import derived, plan_of
from tests.tables import table

ADRS = """
    USUBJID | PARAMCD | AVALC | ADT
    P1      | OVR     | PD    | 2024-03-01
    P2      | RSP     | Y     | 2024-02-01
    """


def told(rules: str) -> list[str]:
    """What is said of rules of ADTTE, written at rules.yml, on two records of ADRS."""
    parameters = parse_yaml(rules, "rules.yml")
    assert isinstance(parameters, Mapping)
    study = SimpleNamespace(datasets={"ADTTE": replace(spec("adtte"), parameters=parameters)})
    drawn = SimpleNamespace(frame=table(ADRS))
    outputs: dict[str, Output] = {"ADTTE": SimpleNamespace(frame=table("USUBJID")), "ADRS": drawn}
    return unmatched_rules(study, outputs)["text"].tolist() if len(unmatched_rules(study, outputs)) else []


def event(where: str) -> str:
    return f"TTP:\n  events:\n    - {{date: ADRS.ADT, where: {where}, text: PROGRESSION}}\n"


def test_a_filter_spelled_for_another_study_is_reported_with_its_line():
    """Message build.matched-nothing: the codes are there, never in one record."""
    (text,) = told(event("{PARAMCD: OVR, AVALC: Y}"))
    place = "rules.yml:3: ADRS: PARAMCD is OVR and AVALC is Y"
    assert text == f"this condition matched no record of the whole study: {place}"


@pytest.mark.parametrize(
    "where",
    [
        "{PARAMCD: OVR, AVALC: PD}",
        "[{PARAMCD: XYZ}, {PARAMCD: RSP}]",
        "{PARAMCD: OVR, ADT: {gt: {column: start}}}",
        "{ADT: {gt: {column: start}}}",
        "{RELAPTYP: MARROW}",
    ],
    ids=["matches", "one of two matches", "a date is left aside", "only a date", "in no finished dataset"],
)
def test_what_matches_or_cannot_be_asked_is_not_reported(where):
    assert told(event(where)) == []


def test_of_the_worked_subjects_only_what_none_of_them_has_is_reported():
    """None of them was lost or withdrew: line 2 of overall survival is asked of nobody."""
    found = unmatched_rules(plan_of("rd1302").study, derived("rd1302").outputs)
    conditions = {text.rpartition(": ")[2] for text in found["text"]}
    assert conditions <= {"DCSREAS is one of LOST TO FOLLOW-UP, WITHDRAWAL BY SUBJECT"}
    assert len(list(filters_of(plan_of("rd1302").study.datasets["ADTTE"]))) > 20
