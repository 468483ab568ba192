"""Findings across nights: one id while the fault is the same, and what became of it since the last run."""

from __future__ import annotations

import pandas as pd

from clinical.findings import COLUMNS, Findings, finding_ids, no_findings, with_status


def found(*lines: dict[str, str]) -> pd.DataFrame:
    """Findings; what is not given is empty."""
    return pd.DataFrame([dict.fromkeys(COLUMNS, "") | line for line in lines], columns=COLUMNS, dtype="str")


ON_PAGE = {
    "message": "V-RS-101", "severity": "warning", "dataset": "RS", "variable": "RSDTC",
    "record": "RS/01-004/W12/0/0/0", "keys": "RD1302-01-004 2024-08-26", "value": "RSDTC 2024-08-26",
}  # fmt: skip
BY_KEYS = {"message": "V-ADTTE-10", "severity": "error", "dataset": "ADTTE", "keys": "RD1302-01-001 DOR"}


def test_a_finding_on_a_page_keeps_its_id_when_the_date_on_the_page_changes():
    """C-QUERY: the id is of rule, record and field."""
    moved = ON_PAGE | {"keys": "RD1302-01-004 2024-08-27", "value": "RSDTC 2024-08-27"}
    assert finding_ids(found(ON_PAGE))[0] == finding_ids(found(moved))[0]


def test_a_finding_without_page_is_known_by_its_keys():
    other = BY_KEYS | {"keys": "RD1302-01-002 DOR"}
    assert finding_ids(found(BY_KEYS))[0] != finding_ids(found(other))[0]


def test_another_rule_variable_or_record_is_another_finding():
    lines = [
        ON_PAGE,
        *(ON_PAGE | {name: "other"} for name in ("message", "rule", "dataset", "variable", "record")),
    ]
    assert finding_ids(found(*lines)).is_unique


def test_several_findings_of_one_rule_on_one_page_have_their_own_ids():
    assert finding_ids(found(ON_PAGE, ON_PAGE)).is_unique


def test_a_finding_is_new_then_open_then_closed_then_reopened():
    first = with_status(found(ON_PAGE), None, "night 1")
    second = with_status(found(ON_PAGE, BY_KEYS), first, "night 2")
    third = with_status(found(BY_KEYS), second, "night 3")
    fourth = with_status(found(ON_PAGE, BY_KEYS), third, "night 4")
    said = [frame.set_index("message").loc["V-RS-101", ["status", "first_seen"]].tolist()
            for frame in (first, second, third, fourth)]  # fmt: skip
    assert said == [["new", "night 1"], ["open", "night 1"], ["closed", "night 1"], ["reopened", "night 1"]]
    assert fourth.set_index("message").loc["V-ADTTE-10", ["status", "first_seen"]].tolist() == [
        "open",
        "night 2",
    ]


def test_errors_come_first():
    assert with_status(found(ON_PAGE, BY_KEYS), None, "n")["message"].tolist() == ["V-ADTTE-10", "V-RS-101"]


def test_without_findings_there_is_an_empty_frame_with_all_columns():
    assert list(no_findings().columns) == COLUMNS
    assert list(Findings().frame().columns) == COLUMNS
    assert list(with_status(no_findings(), None, "n").columns) == ["id", *COLUMNS, "status", "first_seen"]


def test_a_rule_speaks_in_its_own_words():
    collected = Findings()
    records = pd.DataFrame({"form": ["RS"], "Subject": ["01-004"], "record": ["RS/1"], "keys": ["P1 2024"]})
    collected.add_rule(
        "V-RS-101", "warning", "a relapse too early", "Ask.", "B-DIRT-23", records,
        dataset="RS", variable="RSDTC", value=pd.Series(["RSDTC 2024-08-26"]),
    )  # fmt: skip
    line = collected.frame().iloc[0]
    assert line[["message", "rule", "severity", "text", "todo", "value", "subject", "folder"]].tolist() == [
        "V-RS-101", "B-DIRT-23", "warning", "a relapse too early", "Ask.", "RSDTC 2024-08-26", "01-004", ""
    ]  # fmt: skip


def test_a_finding_about_a_dataset_that_stopped_is_not_closed_by_that():
    """Nobody judged the dataset, so nobody can say that its fault is gone."""
    said = {"message": ["V-DM-1", "V-EX-1"], "dataset": ["DM", "EX"]}
    before = with_status(pd.DataFrame(said).reindex(columns=COLUMNS), None, "one")
    after = with_status(pd.DataFrame(columns=COLUMNS), before, "two", {"DM"})
    assert dict(zip(after["dataset"], after["status"], strict=True)) == {"DM": "open", "EX": "closed"}
