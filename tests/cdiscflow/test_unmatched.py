"""A filter in the rules of a program that no record of the study satisfies is reported (issue 4, item 4)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from cdiscflow.unmatched import filters_of, matching_nothing, unmatched_rules
from clinical.frames import Frame
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


def finished(records: Frame) -> Output:
    """A finished dataset of some records, of which only these are asked."""
    return Output("ADRS", "", "adam", records, (), table("row"), ())


def told(rules: str) -> list[str]:
    """What is said of rules of ADTTE, written at rules.yml, on two records of ADRS."""
    parameters = parse_yaml(rules, "rules.yml")
    assert isinstance(parameters, Mapping)
    study = SimpleNamespace(datasets={"ADTTE": replace(spec("adtte"), parameters=parameters)})
    outputs = {"ADTTE": finished(table("USUBJID")), "ADRS": finished(table(ADRS))}
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


ADCRS = """
    USUBJID | FATESTCD | FAOBJ
    P1      | TMAX24   | CYTOKINE RELEASE SYNDROME
    P2      | HYPOX    | CYTOKINE RELEASE SYNDROME
    """


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("records: {FATESTCD: TMAX24}", ""),
        ("records: {FATESTCD: TMAX}", "rules.yml:2: FA: FATESTCD is TMAX"),
        ("records: [{FATESTCD: TMAX}, {FAOBJ: A}]", "rules.yml:2: FA: FATESTCD is TMAX or FAOBJ is A"),
        ("treatments: [{FATESTCD: TMAX}, {FATESTCD: HYPOX}]", ""),
        ("grades: {NONE: 0}", ""),
        ("codes: {FATESTCD: {TMAX: 1}}", ""),
        ("records: {FATESTCD: TMAX, LBTESTCD: NEUT}", ""),
        ("records: {CMCAT: OTHER}", ""),
    ],
    ids=[
        "matches", "matches nothing", "neither of two", "one of two", "no columns", "no condition",
        "columns of no dataset", "a dataset that is not there",
    ],
)  # fmt: skip
def test_a_filter_by_columns_that_a_program_reads_is_asked_of_their_dataset(rules, said):
    """Item 4: such a filter names no dataset; the columns that `reads` hands over do."""
    parameters = parse_yaml(f"CRSGR:\n  {rules}\n", "rules.yml")
    study = SimpleNamespace(datasets={"ADCRS": replace(spec("adcrs"), parameters=parameters)})
    outputs = {
        "ADCRS": finished(table("USUBJID")),
        "FA": finished(table(ADCRS)),
    }
    found = unmatched_rules(study, outputs)
    told = found["text"].tolist() if len(found) else []
    assert [text.rpartition("study: ")[2] for text in told] == ([said] if said else [])


def test_a_filter_in_study_yml_is_asked_once_for_all_datasets_that_read_by_it():
    """`response` of study.yml picks the records of ADRS and of dates in ADSL."""
    study = plan_of("rd1302").study
    outputs = dict(derived("rd1302").outputs)
    outputs["RS"] = finished(outputs["RS"].frame.assign(RSTESTCD="OTHER"))
    texts = unmatched_rules(study, outputs)["text"]
    assert texts.str.contains("RS: RSTESTCD is OVRLRESP").sum() == 1


def test_answers_of_the_last_run_stand_for_datasets_that_are_as_they_were():
    """Decision 46: a dataset with an answer is not read; one without is asked."""
    rules = event("{PARAMCD: OVR, AVALC: PD}") + event("{AVALC: CR}").replace("TTP", "DOR")
    parameters = parse_yaml(rules, "rules.yml")
    study = SimpleNamespace(datasets={"ADTTE": replace(spec("adtte"), parameters=parameters)})
    outputs = {"ADTTE": finished(table("USUBJID")), "ADRS": finished(table(ADRS))}
    answers = matching_nothing(study, outputs)
    assert sorted(answers["ADRS"].values()) == [False, True]
    unread = {**outputs, "ADRS": finished(table("USUBJID"))}
    assert matching_nothing(study, unread, answers) == answers
    first = next(iter(answers["ADRS"]))
    half = matching_nothing(study, outputs, {"ADRS": {first: True}})
    assert half["ADRS"] == {**answers["ADRS"], first: True}


def test_of_the_worked_subjects_nothing_is_reported_but_what_none_of_them_has():
    """None was lost or withdrew, had lesions, ICANS, its components or kinetics after day 28: none is
    misspelled, since simulated subjects have all of these (tests/studies/test_truth_recovered.py).
    """
    found = unmatched_rules(plan_of("rd1302").study, derived("rd1302").outputs)
    places = {text.rpartition("study: ")[2].split("/")[-1].split(":")[0] for text in found["text"]}
    assert places == {"adae.yml", "adcrs.yml", "adpp.yml", "adrs.yml", "adsl.yml", "adtte.yml"}
    assert len(list(filters_of(plan_of("rd1302").study.datasets["ADTTE"]))) > 20
