"""`cdiscflow explain` of the worked subjects (D.12), one page inactivated and one date partial.

Why there is a row, why there is none, and what is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from cdiscflow.checking import one_person
from clinical.errors import InputError
from tests.homes import LittleHome, command, deliver_worked, enter, little_home

STUDY = SimpleNamespace(name="rd1302", setting=lambda name: {"01-022": "02-003"})
PEOPLE = ["R-01-004", "R-02-004", "R-01-1004", "R-02-003"]
AUGUST_26 = "2024-08-26,26 AUG 2024,2024,08,26"
AUGUST = "2024-08-01 (D imputed by D-IMP from CM.CMSTDTC 2024-08)"
ACUTDT = "nothing else decides up to ADSL.ACUTDT"


@pytest.fixture(scope="module")
def worked(tmp_path_factory) -> Iterator[LittleHome]:
    """A finished run; the relapse page of 01-003 is inactive, the new therapy of 01-005 is of August 2024.

    The relapse of 01-004 is of 2024-10-01, as in the variant 04b of D.12.
    """
    made = little_home(tmp_path_factory.mktemp("explain") / "home", "rd1302")
    folder = deliver_worked(made) / "edc_csv"
    change(folder / "NACT.csv", "2024-08-12,12 AUG 2024,2024,08,12", "2024-08,UN AUG 2024,2024,08,")
    lines = (folder / "RS.csv").read_text("utf-8").splitlines()
    (relapse,) = [line for line in lines if ",01-003," in line and "2024-11-02" in line]
    place = lines[0].split(",").index("RecordActive")
    cells = relapse.split(",")
    assert cells[place] == "1"
    change(folder / "RS.csv", relapse, ",".join([*cells[:place], "0", *cells[place + 1 :]]))
    (later,) = [line for line in lines if ",01-004," in line and AUGUST_26 in line]
    change(folder / "RS.csv", later, later.replace(AUGUST_26, "2024-10-01,01 OCT 2024,2024,10,01"))
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
    assert f"; {ACUTDT} 2025-06-30; the dates beside it: NACTDT {AUGUST}, RSP none" in reason
    lines = explain("ADTTE", "FUP", "--subject", "01-007")
    assert sentences(lines, "why not: ") == [
        "why not: RD1302-01-007 has no FUP: it is for those of whom SAFFL is Y, and ADSL has SAFFL N."
    ]
    assert lines[-1].endswith("ADSL.SAFFL is Y if TRTSDT is not missing, else N [D.2]; here TRTSDT none")


def test_a_population_that_is_no_variable_of_adsl_is_told_by_its_date(explain):
    """D.10: only who fell below 20 has a time to platelet recovery; 03 was infused and did not."""
    (said,) = sentences(explain("ADTTE", "PLTREC", "--subject", "01-003"), "why not: ")
    assert said == (
        "why not: RD1302-01-003 has no PLTREC: it is for those of whom SAFFL is Y and first platelets below "
        "20 is not missing, and ADSL has SAFFL Y; first platelets below 20, the first ADLB.ADT where PARAMCD "
        "is PLAT and LBSPEC is BLOOD and AVAL < 20 and ADT > TRTSDT, is none."
    )


def test_a_subject_in_the_population_of_what_it_does_not_have_is_told_so(explain):
    """D.3: RSP and HSCTREM have a row of responders only; 05 is in EFFFL."""
    lines = explain("ADRS", "HSCTREM", "--subject", "01-005")
    (said,) = sentences(lines, "why not: ")
    assert said.endswith("by rule in_response (a date after the first response, not after progression or "
                         "`not_after`; responders only): RSPFL is N.")  # fmt: skip
    assert sentences(lines)[0].startswith("why: ORR is N by rule ever")
    (said,) = sentences(explain("ADRS", "RSP", "--subject", "01-005"), "why not: ")
    assert said == (
        "why not: RD1302-01-005 has no RSP: it is for those of whom EFFFL is Y, and ADSL has EFFFL Y; there "
        "is nothing to record by rule first (the first evaluable response of the group, for those who have "
        "one): RSPFL is N."
    )


def test_a_parameter_that_no_subject_has_is_known_all_the_same(explain):
    """The worked subjects have no samples for kinetics: ADPP is empty."""
    (said,) = sentences(explain("ADPP", "CMAX", "--subject", "01-003"), "why not: ")
    assert said.endswith("it is for those of whom PKFL is Y, and ADSL has PKFL N.")


def test_an_imputed_date_is_marked_and_leads_to_the_page_with_its_month(explain):
    """D-IMP: August 2024 is its first day later than the infusion on 2024-07-08."""
    lines = explain("ADRS", "NACT", "--subject", "01-005")
    (said,) = sentences(lines)
    assert said.startswith(f"why: NACT is Y on {AUGUST} by rule dated, date NACTDT ")
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


def test_a_gap_before_the_event_names_the_windows_that_were_missed(explain):
    """E-TTE d, D.12 04b: W8 is day 49 to 63, W12 day 77 to 91 from 2024-06-03; relapse 2024-10-01."""
    (said,) = sentences(explain("ADTTE", "DORMISS", "--subject", "01-004"))
    assert "to 2024-07-01: censored (6, LAST ADEQUATE ASSESSMENT BEFORE MISSED ASSESSMENTS), because " in said
    assert (
        "because windows without assessment between the one of 2024-07-01 and the event: "
        "W8 (2024-07-22 to 2024-08-05), W12 (2024-08-19 to 2024-09-02) (2 or more are needed); "
    ) in said
    (said,) = sentences(explain("ADTTE", "EFSMISS", "--subject", "01-002"))
    assert "; windows without assessment between the one of 2024-06-05 and the event: none; " in said


def test_alternatives_are_those_that_hold_in_the_words_of_the_spec(explain):
    """D.4 EFSINF: 05 has new therapy before the CR of 2024-09-02; W12 ends on day 91 from 2024-07-08."""
    lines = explain("ADTTE", "EFSINF", "--subject", "01-005")
    (said,) = sentences(lines)
    assert (
        "TREATMENT FAILURE (ADSL.TRTSDT where first CR/CRi is missing and ACUTDT >= last day of the Week 12 "
        "window or first CR/CRi is missing and NACTDT <= ACUTDT) is the first event"
    ) in said
    assert said.endswith(
        f"NACTDT {AUGUST}; first CR/CRi none, first PD or relapse none, last day of the Week 12 window "
        "2024-10-07."
    )
    assert not any(name in line for line in lines for name in ("cr1", "pd1", "w12end"))


def test_the_last_date_alive_names_one_record_that_proves_it(explain):
    """D.1 LSTALVDT: of the living the latest contact, 2025-05-15 of 03; of the dead the death."""
    lines = explain("ADSL", "LSTALVDT", "--subject", "01-003")
    assert lines[3].startswith("  SS USUBJID=RD1302-01-003, ")
    assert lines[3].endswith("SSDTC=2025-05-15")
    assert lines[4].strip().startswith("EDC page SFU/01-003/")
    assert len(lines) == 5
    (dead,) = [line for line in explain("ADSL", "LSTALVDT", "--subject", "01-002") if "DTHDTC=" in line]
    assert "DM USUBJID=RD1302-01-002, DTHDTC=2024-06-25" in dead


def test_an_answer_of_mrd_names_the_sample_beside_the_response(explain):
    """A.4 MRDORR: 02 was positive with the CRi of 2024-05-08 and negative with the CR of 06-05."""
    lines = explain("ADRS", "MRDORR", "--subject", "01-002")
    (said,) = sentences(lines)
    assert "; decided by RS.RSSTRESC CR of 2024-06-05 and by CP.CPSTRESC " in said
    assert " of 2024-06-05; the dates beside it: " in said
    assert [line for line in lines if line.startswith("  CP ") and "CPDTC=2024-06-05" in line]
    (none,) = sentences(explain("ADRS", "HSCTREM", "--subject", "01-002"))
    assert "; there is no ADSL.HSCTDT up to ADSL.ACUTDT 2025-04-24; " in none


def test_a_row_says_which_of_its_dates_is_imputed(explain):
    """D-IMP, in the line of the row, of a time and of a variable."""
    assert f"NACTDT={AUGUST}" in explain("ADSL", "NACTDT", "--subject", "01-005")[2]
    assert f"ADT={AUGUST}" in explain("ADRS", "NACT", "--subject", "01-005")[3]


@pytest.mark.parametrize(
    ("asked", "person"),
    [("01-004", "R-01-004"), ("R-01-004", "R-01-004"), ("1-1004", "R-01-1004"), ("003", "R-02-003"),
     ("01-022", "R-02-003"), ("022", "R-02-003"), ("2-004", "R-02-004")],
)  # fmt: skip
def test_the_end_of_a_number_means_one_person(asked, person):
    """Whole parts before an end within a part; a screening number before means the person of today."""
    assert one_person(STUDY, PEOPLE, asked) == person


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("004", "R-01-004, R-02-004"),
        ("4", "R-01-004, R-01-1004, R-02-004"),
        ("", "no subject is named"),
        (" ", "no subject is named"),
    ],
)
def test_an_end_of_several_numbers_is_refused_with_what_it_fits(asked, shown):
    with pytest.raises(InputError) as refused:
        one_person(STUDY, PEOPLE, asked)
    several = f"'{asked}' is the end of several subjects' numbers: {shown}"
    assert str(refused.value) == f"rd1302: {several if ',' in shown else shown}"


def test_of_many_that_fit_a_few_are_listed():
    with pytest.raises(InputError, match="R-001, R-011, R-021, R-031, R-041 and 2 more"):
        one_person(STUDY, [f"R-0{n}1" for n in range(7)], "1")


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
        (("ADAE", "--subject", "01-003"), "rd1302: no record of ADAE for subject 'RD1302-01-003'"),
        (("ADTTE", "OS", "--subject", ""), "rd1302: no subject is named"),
        (
            ("ADTTE", "OS", "--subject", "-00"),
            "rd1302: no record of a subject whose number ends as '-00'",
        ),
    ],
)
def test_what_nobody_can_explain_is_refused(explain, arguments, said):
    assert explain(*arguments) == [said]
