"""`cdiscflow explain` of the worked subjects (D.12), one page inactivated and one date partial.

Why there is a row, why there is none, and what is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.homes import LittleHome, command, deliver_worked, enter, little_home

ACUTDT = "nothing else decides up to ADSL.ACUTDT"


@pytest.fixture(scope="module")
def worked(tmp_path_factory) -> Iterator[LittleHome]:
    """A finished run; the relapse page of 01-003 is inactive, the new therapy of 01-005 is of August 2024."""
    made = little_home(tmp_path_factory.mktemp("explain") / "home", "rd1302")
    folder = deliver_worked(made) / "edc_csv"
    change(folder / "NACT.csv", "2024-08-12,12 AUG 2024,2024,08,12", "2024-08,UN AUG 2024,2024,08,")
    lines = (folder / "RS.csv").read_text("utf-8").splitlines()
    (relapse,) = [line for line in lines if ",01-003," in line and "2024-11-02" in line]
    place = lines[0].split(",").index("RecordActive")
    cells = relapse.split(",")
    assert cells[place] == "1"
    change(folder / "RS.csv", relapse, ",".join([*cells[:place], "0", *cells[place + 1 :]]))
    change(made.root / "mappings" / "rd1302" / "study.yml", "manifest: required", "manifest: none")
    with pytest.MonkeyPatch.context() as patch:
        enter(made, patch)
        from cdiscflow.home import home as home_of
        from cdiscflow.pipeline import Request, run_study

        run_study(home_of(), "rd1302", Request("jane", "to explain", "run"))
        yield made
    made.remove()


def change(path, old: str, new: str) -> None:
    text = path.read_bytes().decode("utf-8")
    assert text.count(old) == 1
    path.write_bytes(text.replace(old, new).encode("utf-8"))


@pytest.fixture
def explain(worked, capsys):
    """The lines, or the refusal, of an explanation."""

    def ask(*arguments: str) -> list[str]:
        answer = command(capsys, "explain", "rd1302", *arguments)
        assert answer.code == (1 if answer.err else 0)
        return (answer.err or answer.out).splitlines()

    return ask


def sentences(lines: list[str], start: str = "why: ") -> list[str]:
    return [line.strip() for line in lines if line.strip().startswith(start)]


def test_a_reversed_parameter_says_why_the_other_ends_with_its_dates(explain):
    """D.12, 03: OS 375 days, alive; 02: DEATH on 2024-06-25. E-TTE, FUP."""
    (alive,) = sentences(explain("ADTTE", "FUP", "--subject", "01-003"))
    assert alive == (
        "why: FUP is 375 days, both ends counted, from 2024-05-06 (ADSL.TRTSDT) to 2025-05-15, as OS with "
        "event and censoring exchanged; in OS, censored (1, ALIVE AT LAST CONTACT), because there is no "
        "event up to ACUTDT 2025-05-20 and LSTALVDT is 2025-05-15; the subject counts as SAFFL is Y, and "
        "ADSL has DTHDT none, HORIZDT 2025-05-20, LSTALVDT 2025-05-15."
    )
    (dead,) = sentences(explain("ADTTE", "FUP", "--subject", "01-002"))
    assert "in OS, DEATH (ADSL.DTHDT) is the first event up to ACUTDT 2025-04-24" in dead


def test_a_subject_outside_the_population_is_told_why_there_is_no_row(explain):
    """D.4: no row and no null row. 05 had no response before new therapy (D.12); 07 was never infused."""
    lines = explain("ADTTE", "DOR", "--subject", "01-005")
    assert sentences(lines, "why not: ") == [
        "why not: RD1302-01-005 has no DOR: it is for those of whom RSPFL is Y, and ADSL has RSPFL N."
    ]
    (reason,) = sentences(lines)
    assert reason.startswith("why: ORR is N by rule ever, of response (CR, CRi, PR) ")
    assert f"; {ACUTDT} 2025-06-30; the dates beside it: NACTDT 2024-08-01 (D imputed), RSP none" in reason
    lines = explain("ADTTE", "FUP", "--subject", "01-007")
    assert sentences(lines, "why not: ") == [
        "why not: RD1302-01-007 has no FUP: it is for those of whom SAFFL is Y, and ADSL has SAFFL N."
    ]
    assert lines[-1].endswith("ADSL.SAFFL is Y if TRTSDT is not missing, else N [D.2]; here TRTSDT none")


def test_a_population_that_is_no_variable_of_adsl_is_told_by_its_date(explain):
    """D.10: only who fell below 20 has a time to platelet recovery; 03 was infused and did not."""
    (said,) = sentences(explain("ADTTE", "PLTREC", "--subject", "01-003"), "why not: ")
    assert said == (
        "why not: RD1302-01-003 has no PLTREC: it is for those of whom SAFFL is Y and low_plt is not "
        "missing, and ADSL has SAFFL Y; low_plt, the first ADLB.ADT where PARAMCD is PLAT and LBSPEC is "
        "BLOOD and AVAL < 20 and ADT > TRTSDT, is none."
    )


def test_a_subject_in_the_population_of_what_it_does_not_have_is_told_so(explain):
    """D.3: RSP has a row of responders only; 05 is in EFFFL."""
    (said,) = sentences(explain("ADRS", "RSP", "--subject", "01-005"), "why not: ")
    assert said == (
        "why not: RD1302-01-005 has no RSP: it is for those of whom EFFFL is Y, and ADSL has EFFFL Y; there "
        "is nothing to record by rule first (the first evaluable response of the group, for those who have "
        "one)."
    )


def test_a_parameter_that_no_subject_has_is_known_all_the_same(explain):
    """The worked subjects have no samples for kinetics: ADPP is empty."""
    (said,) = sentences(explain("ADPP", "CMAX", "--subject", "01-003"), "why not: ")
    assert said.endswith("it is for those of whom PKFL is Y, and ADSL has PKFL N.")


def test_an_imputed_date_is_marked_and_leads_to_the_page_with_its_month(explain):
    """D-IMP: August 2024 is its first day later than the infusion on 2024-07-08."""
    lines = explain("ADRS", "NACT", "--subject", "01-005")
    (said,) = sentences(lines)
    assert said.startswith("why: NACT is Y on 2024-08-01 (D imputed) by rule dated, date NACTDT ")
    assert "decided by ADSL.NACTDT 2024-08-01" in said
    assert any("CMSTDTC=2024-08," in line or line.endswith("CMSTDTC=2024-08") for line in lines)
    assert any(line.strip().startswith("EDC page NACT/01-005/") for line in lines)


def test_an_inactivated_page_is_no_reason_any_more(explain):
    """B-DIRT: without the relapse of 2024-11-02, DOR of 03 ends at the assessment of 10-03: 123 days."""
    lines = explain("ADTTE", "DOR", "--subject", "01-003")
    (said,) = sentences(lines)
    assert said.startswith("why: DOR is 123 days, both ends counted, from 2024-06-03 ")
    assert "to 2024-10-03: censored (1, LAST ADEQUATE ASSESSMENT), because there is no event" in said
    assert not any("2024-11-02" in line for line in lines)


def test_each_of_several_rows_has_its_sentence_with_its_own_date(explain):
    """05: NR 2024-08-05, CR 2024-09-02 (D.12)."""
    said = sentences(explain("ADRS", "OVR", "--subject", "01-005"))
    assert [line.split(" by rule ")[0] for line in said][:2] == [
        "why: OVR is NR on 2024-08-05", "why: OVR is CR on 2024-09-02"
    ]  # fmt: skip
    every = explain("ADRS", "--subject", "01-005")
    rows = [line for line in every if line.startswith("ADRS row ")]
    assert (len(rows), len(sentences(every))) == (5, 5)
    assert every[-1].startswith("... and ")


def test_a_variable_without_a_value_is_told_from_a_subject_without_a_record(explain):
    assert explain("ADSL", "DTHDT", "--subject", "01-003")[-1] == (
        "ADSL has 1 rows of RD1302-01-003, and DTHDT is empty in all of them"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("ADTTE", "DOR", "--subject", "01-999"),
            "rd1302: no record of a subject whose number ends as '01-999'",
        ),
        (("ADTE", "DOR"), "rd1302: no dataset called ADTE; did you mean ADTTE?"),
        (("ADTTE", "DUR"), "rd1302: ADTTE has neither a variable nor a parameter DUR"),
        (("ADTTE", "DATES"), "rd1302: ADTTE has neither a variable nor a parameter DATES"),
        (("ADAE", "--subject", "01-003"), "rd1302: no record of ADAE for subject '01-003'"),
    ],
)
def test_what_nobody_can_explain_is_refused(explain, arguments, said):
    assert explain(*arguments) == [said]
