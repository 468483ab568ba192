"""The three gates: what the checkpoint says decides, what our masks mark is listed with EDC coordinates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from checks import gates, masks, suites
from checks.expected import COLUMNS, Expected, expected_of, masks_of, names_in
from checks.rules import GATES, Rules
from checks.suites import run_checkpoint
from clinical.errors import DerivationError
from tests.checks.finished import Finished, finished, found, plant


@pytest.fixture(scope="module")
def faulty() -> Finished:
    """RD1302 with one fault for each gate: a visit's date, a response, and a time to event of ours."""

    def in_raw(raw: dict[str, pd.DataFrame]) -> None:
        plant(raw["SVT"], {"Subject": "01-001", "Folder": "W8"}, SVDAT="2024-03-26")
        plant(raw["RS"], {"Subject": "01-004", "Folder": "D28"}, RSOVR="NR", RSOVR_STD="4")

    def in_adtte(frame: pd.DataFrame) -> pd.DataFrame:
        wrong = (frame["USUBJID"] == "RD1302-01-001") & (frame["PARAMCD"] == "DOR")
        return frame.assign(AVAL=frame["AVAL"] + wrong)

    return finished("rd1302", in_raw).with_output("ADTTE", in_adtte)


@pytest.fixture(scope="module")
def results(faulty) -> gates.GateResults:
    return faulty.gates()


@pytest.fixture(scope="module")
def mini() -> Finished:
    return finished("mini")


def only(patch: pytest.MonkeyPatch, *asked: str) -> None:
    """Only these gates are run."""
    patch.setattr(gates, "GATES", asked)


def test_a_visit_dated_before_an_earlier_one_is_found_on_its_page(results):
    """Rule B-DIRT-10: week 8 dated three days before day 28."""
    line = found(results, "V-raw.SVT-101").iloc[0]
    assert len(found(results, "V-raw.SVT-101")) == 1
    assert line[["severity", "dataset", "variable", "rule"]].tolist() == [
        "warning", "raw.SVT", "SVDAT", "B-DIRT-10"
    ]  # fmt: skip
    assert line[["form", "subject", "folder", "instance", "page", "line"]].tolist() == [
        "SVT", "01-001", "W8", "0", "0", "0"
    ]  # fmt: skip
    assert line["record"] == "SVT/01-001/W8/0/0/0"
    assert line["text"] == "dated before an earlier visit of the schedule"
    assert line["todo"] == "Query the dates of both visits."
    assert line["value"] == "SVDAT 2024-03-26, previous 2024-03-29"


def test_a_relapse_without_remission_is_found_on_the_response_page(results):
    """Rule B-DIRT-23: day 28 of 01-004 is no remission any more, week 12 is still a relapse."""
    lines = found(results, "V-RS-101")
    assert lines["record"].tolist() == ["RS/01-004/W12/0/0/0"]
    assert lines.loc[0, ["form", "subject", "folder", "dataset"]].tolist() == ["RS", "01-004", "W12", "RS"]
    assert lines.loc[0, "keys"].startswith("RD1302-01-004 PROTOCOL DEFINED RESPONSE CRITERIA OVRLRESP")


def test_a_wrong_time_is_found_on_the_page_of_the_assessment_it_ends_with(results):
    """ADTTE comes from ADRS, that from RS, that from the page: month 12 ends the response of 01-001."""
    lines = found(results, "V-ADTTE-10")
    assert lines["keys"].tolist() == ["RD1302-01-001 DOR"]
    assert lines.loc[0, ["form", "subject", "folder", "severity"]].tolist() == [
        "RS",
        "01-001",
        "M12",
        "error",
    ]
    assert lines.loc[0, "value"] == "AVAL 339, days 338"


def test_a_gate_fails_by_an_error_and_passes_with_findings_by_a_warning(results):
    summary = results.summary()
    assert summary["raw"]["raw.SVT"] == "passed with findings"
    assert summary["raw"]["raw.HSCT"] == "passed"
    assert summary["adam"]["ADTTE"] == "failed"
    assert [results.gates[gate].passed for gate in GATES] == [False, False, False]
    assert [results.gates[gate].worst for gate in GATES] == ["warning", "warning", "error"]


def test_a_study_without_faults_passes_its_gates(mini, monkeypatch):
    only(monkeypatch, "adam")
    assert set(mini.gates().summary()["adam"].values()) == {"passed"}


def without(patch: pytest.MonkeyPatch, column: str) -> None:
    """The suites have no expectation of this column."""
    whole = suites.expectations
    patch.setattr(
        suites,
        "expectations",
        lambda expected: [each for each in whole(expected) if getattr(each, "column", "") != column],
    )


def test_without_its_expectation_the_gate_lets_the_same_fault_pass(faulty, results, monkeypatch):
    only(monkeypatch, "adam")
    without(monkeypatch, "rule V-ADTTE-10")
    weaker = faulty.gates()
    assert results.summary()["adam"]["ADTTE"] == "failed"
    assert weaker.summary()["adam"]["ADTTE"] == "passed"
    assert len(found(results, "V-ADTTE-10")) == 1
    assert len(found(weaker, "V-ADTTE-10")) == 0


def test_without_its_expectation_the_gate_lets_an_empty_required_variable_pass(mini, monkeypatch):
    only(monkeypatch, "sdtm")
    empty = mini.with_output("DM", lambda frame: frame.assign(SUBJID=frame["SUBJID"].mask(frame.index == 0)))
    strict = empty.gates(Rules())
    assert strict.summary()["sdtm"]["DM"] == "failed"
    line = found(strict, "checks.empty")
    line = line[line["variable"] == "SUBJID"].iloc[0]
    assert (line["text"], line["form"], line["record"]) == ("DM: SUBJID is empty", "CONSENT", "CONSENT/B001")
    without(monkeypatch, "SUBJID")
    assert empty.gates(Rules()).summary()["sdtm"]["DM"] == "passed"


def test_a_value_outside_a_closed_list_is_listed_with_its_value(mini, monkeypatch):
    only(monkeypatch, "sdtm")
    odd = mini.with_output("DM", lambda frame: frame.assign(SEX=frame["SEX"].mask(frame.index == 1, "X")))
    lines = found(odd.gates(Rules()), "checks.not-in-list")
    assert lines[["variable", "value", "severity"]].to_numpy().tolist() == [["SEX", "X", "warning"]]
    assert lines.loc[0, "text"] == "DM: SEX holds a value outside its codelist"


def test_columns_in_another_order_stop_the_dataset(mini, monkeypatch):
    only(monkeypatch, "sdtm")
    turned = mini.with_output("AE", lambda frame: frame[[*frame.columns[1:], frame.columns[0]]])
    results = turned.gates(Rules())
    assert results.stopped == {"AE": "columns in order"}
    assert found(results, "checks.columns")["text"].tolist() == [
        "AE has other columns than its spec, or in another order"
    ]


def test_repeated_keys_of_qualifiers_are_listed(mini, monkeypatch):
    only(monkeypatch, "sdtm")
    twice = mini.with_output("SUPPAE", lambda frame: pd.concat([frame, frame.iloc[:1]], ignore_index=True))
    lines = found(twice.gates(Rules()), "checks.not-unique")
    assert len(lines) == 2
    assert lines.loc[0, "text"] == "SUPPAE: STUDYID RDOMAIN USUBJID IDVAR IDVARVAL QNAM are not unique"


def test_what_the_reader_reported_fails_the_raw_gate_and_is_not_said_twice(monkeypatch):
    """A required field is empty: the reader listed the record, the gate counts it."""
    only(monkeypatch, "raw")
    study = finished("rd1302", lambda raw: plant(raw["SFU"], {"Subject": "01-001"}, SFDAT=None))
    results = study.gates(Rules())
    assert results.summary()["raw"]["raw.SFU"] == "failed"
    assert len(results.findings) == 0


def spoiled(expected: Expected, seed: int) -> Expected:
    """The same promises over records of which many break them, in every way they can be broken."""
    random = np.random.default_rng(seed)
    size = 60
    frame = expected.frame.take(
        random.integers(0, max(len(expected.frame), 1), size) % max(len(expected.frame), 1)
    )
    frame = frame.reset_index(drop=True)
    for column in expected.required:
        frame[column] = frame[column].mask(random.random(size) < 0.3)
    for column in expected.value_sets:
        frame[column] = frame[column].mask(random.random(size) < 0.2, "?").mask(random.random(size) < 0.1)
    rules = {name: random.random(size) < 0.4 for name in expected.masks}
    return replace(expected, frame=frame, masks=rules)


@pytest.mark.parametrize("gate", GATES)
def test_great_expectations_counts_what_our_masks_mark(faulty, gate):
    """Every expectation and every rule of the study, over faulty records."""
    made = faulty.derived.build, faulty.derived.outputs
    whole = [expected_of(faulty.plan, *made, name) for name in names_in(gate, *made)]
    whole = [each for each in whole if len(each.frame)]
    for each in whole:
        for rule in faulty.rules.of(gate, each.dataset):
            each.masks[rule.id], each.severities[rule.id] = np.zeros(0, dtype=bool), rule.severity
    whole = [spoiled(each, seed) for seed, each in enumerate(whole)]
    verdict = run_checkpoint(gate, whole)
    compared = 0
    for each in whole:
        own = masks_of(each)
        for one in verdict.datasets[each.dataset].expectations:
            if one.kind == COLUMNS:
                assert one.passed
                continue
            assert one.failed_records == int(own.pop((one.kind, one.column)).sum()), (each.dataset, one)
            compared += one.failed_records > 0
        assert own == {}
    assert compared > 20


def test_a_dataset_without_records_breaks_no_expectation(mini):
    expected = expected_of(mini.plan, mini.derived.build, mini.derived.outputs, "DM")
    expected.frame = expected.frame.iloc[:0]
    expected.masks["V-DM-1"], expected.severities["V-DM-1"] = np.zeros(0, dtype=bool), "error"
    assert run_checkpoint("sdtm", [expected]).passed


def test_an_expectation_that_cannot_be_evaluated_is_no_pass():
    frame = pd.DataFrame({"USUBJID": pd.Series(["P1"], dtype="str")})
    expected = Expected("AE", frame, ["USUBJID"], ["USUBJID"], ["AETERM"])
    with pytest.raises(DerivationError) as fault:
        run_checkpoint("sdtm", [expected])
    assert str(fault.value).startswith(
        "AE: expect_column_values_to_not_be_null of AETERM could not be evaluated: Error: The column"
    )


def test_a_rule_that_cannot_run_is_no_pass_and_is_named(mini, monkeypatch):
    def broken_mask(frame: pd.DataFrame) -> np.ndarray:
        raise ValueError("no columns to compare")

    monkeypatch.setitem(masks.MASKS, "repeated", broken_mask)
    with pytest.raises(DerivationError) as fault:
        mini.gates()
    at, _, sentence = str(fault.value).rpartition(": rule ")
    assert at.startswith("validation/library/sdtm/all.yml:")
    assert sentence == "V-AE-11 cannot run: no columns to compare"


def test_a_rule_whose_other_dataset_is_missing_is_reported_and_its_dataset_not_passed(mini, monkeypatch):
    only(monkeypatch, "sdtm")
    outputs = {name: output for name, output in mini.derived.outputs.items() if name != "SE"}
    rules = mini.rules
    reading = [rule.id for rule in rules.of("sdtm", "DM") if "ADSL" in rule.reads]
    assert reading == ["V-DM-58"]
    del outputs["ADSL"]
    results = mini.with_outputs(outputs).gates(rules)
    assert results.not_run["V-DM-58"] == "DM: ADSL is not in this run"
    assert results.summary()["sdtm"]["DM"] == "not all rules could run"
    assert found(results, "checks.not-run")["text"].tolist() == [
        "checks that did not run, because ADSL is not in this run: 1 (V-DM-58)",
        "checks that did not run, because SE is not in this run: 2 (V-AE-18, V-EX-18)",
    ]


def test_all_rules_that_look_at_what_is_missing_are_one_finding_that_counts_them(mini):
    """As many rules as a stop keeps from running, a person reads one line of them."""
    outputs = {name: output for name, output in mini.derived.outputs.items() if name != "DM"}
    rules = mini.rules
    asked = [r.id for r in rules.rules if r.dataset in outputs and "DM" in r.reads and r.dataset != "DM"]
    results = mini.with_outputs(outputs).gates(rules)
    (line,) = found(results, "checks.not-run").to_dict("records")
    assert (line["dataset"], line["keys"], line["severity"]) == ("DM", "DM", "warning")
    assert len(asked) > 5
    assert line["text"] == (
        f"checks that did not run, because DM is not in this run: {len(asked)} ({', '.join(asked[:5])} ...)"
    )


def test_a_filter_of_a_rule_that_holds_for_nothing_is_reported(results):
    """Nobody of the demonstration extract has a response before the first exposure."""
    lines = found(results, "checks.matched-nothing")
    lines = lines[lines["dataset"] == "RS"].reset_index(drop=True)
    assert lines["severity"].tolist() == ["info"]
    place = lines.loc[0, "keys"]
    assert place.startswith("validation/library/sdtm/all.yml:")
    assert place.endswith(": V-RS-10: RSLOBXFL is Y")
    assert lines.loc[0, "text"] == f"this filter of a rule held for no record of the whole study: {place}"


MISSPELLED = """dataset: DM
rules:
  V-DM-101:
    severity: warning
    says: had the other drug
    todo: Ask.
    helpers: {doses: {count: EX, where: {EXTRT: ZETAMABB}}}
    fails_when: {doses: {gt: 0}}
    passes:
      DM: |
        USUBJID | SUBJID
        P1      | 1
      EX: |
        USUBJID | EXTRT
        P1      | PLACEBO
    fails:
      DM: |
        USUBJID | SUBJID
        P1      | 1
      EX: |
        USUBJID | EXTRT
        P1      | ZETAMABB
"""


def test_a_misspelled_filter_of_a_helper_is_reported(mini, tmp_path, monkeypatch):
    """The rule passes, because nobody had a drug of that name; that nobody had it is said."""
    only(monkeypatch, "sdtm")
    file = tmp_path / "validation" / "mini" / "sdtm" / "dm.yml"
    file.parent.mkdir(parents=True)
    file.write_text(MISSPELLED, "utf-8")
    results = replace(mini, validation=tmp_path / "validation").gates()
    assert len(found(results, "V-DM-101")) == 0
    assert found(results, "checks.matched-nothing")["text"].tolist() == [
        "this filter of a rule held for no record of the whole study: "
        "validation/mini/sdtm/dm.yml:7: DM.doses: EXTRT is ZETAMABB"
    ]
