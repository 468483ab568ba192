"""ADCRS: every grade of ASTCT and MAGIC, the carried fever, and the daily values (rule D.5).

P1 is infused on 2024-03-15, protocol day 0; the tables graded here are those of the library.
"""

from __future__ import annotations

import pandas as pd
import pytest

from adam.adcrs import adcrs
from clinical.read import Text
from tests.adam.cases import spec
from tests.tables import assert_table, table

CRS, ICANS = "CYTOKINE RELEASE SYNDROME", "IMMUNE EFFECTOR CELL-ASSOCIATED NEUROTOXICITY SYNDROME"
GVHD = "ACUTE GRAFT VERSUS HOST DISEASE"
NO_DRUG = "USUBJID | CMCAT | CMDECOD | CMCLASCD | CMSTDTC"
PARACETAMOL = NO_DRUG + "\nP1 | CONCOMITANT MEDICATION | PARACETAMOL | N02BE | {}"


def findings(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """FA of P1: (object, test, day of March 2024 or a whole date, result) in the order of FASEQ."""
    lines = ["USUBJID | FAOBJ | FATESTCD | FADTC | FASTRESC | FASTRESN | FASEQ"]
    for number, (about, test, day, result) in enumerate(rows, start=1):
        date = day if "-" in day else f"2024-03-{day}"
        amount = result if result.replace(".", "").isdigit() else ""
        lines.append(f"P1 | {about} | {test} | {date} | {result} | {amount} | {number}")
    return table("\n".join(lines))


def graded(
    *rows: tuple[str, str, str, str], drugs: str = NO_DRUG, age: str = "30", carried: str = "signs"
) -> pd.DataFrame:
    adsl = table(f"USUBJID | TRTSDT | AGE\nP1 | 2024-03-15 | {age}\nP2 | | 40")
    whole = spec("adcrs")
    whole.parameters["CRSGRD"]["fever"]["carried"] = Text(carried, whole.at)
    return adcrs(adsl, findings(*rows), table(drugs), whole)[0]


def grades(frame: pd.DataFrame, code: str) -> dict[str, float]:
    """Grade by day of the month."""
    own = frame[frame["PARAMCD"] == code]
    return {day.strftime("%d"): value for day, value in zip(own["ADT"], own["AVAL"], strict=True)}


def storm(temperature: str, hypotension: str = "NONE", hypoxia: str = "NONE", day: str = "20") -> list:
    found = (("TMAX24", temperature), ("HYPOTN", hypotension), ("HYPOX", hypoxia))
    return [(CRS, test, day, result) for test, result in found if result]


@pytest.mark.parametrize(
    ("temperature", "hypotension", "hypoxia", "grade"),
    [
        ("37.9", "NONE", "NONE", 0),
        ("38", "NONE", "NONE", 1),
        ("37.9", "MULTIPLE VASOPRESSORS", "POSITIVE PRESSURE", 0),
        ("38", "FLUIDS ONLY", "NONE", 2),
        ("38", "NONE", "LOW-FLOW", 2),
        ("39.5", "FLUIDS ONLY", "LOW-FLOW", 2),
        ("38", "ONE VASOPRESSOR", "NONE", 3),
        ("38", "NONE", "HIGH-FLOW/MASK", 3),
        ("38", "ONE VASOPRESSOR", "LOW-FLOW", 3),
        ("38", "MULTIPLE VASOPRESSORS", "NONE", 4),
        ("38", "NONE", "POSITIVE PRESSURE", 4),
        ("38", "FLUIDS ONLY", "POSITIVE PRESSURE", 4),
    ],
)
def test_every_grade_of_cytokine_release(temperature, hypotension, hypoxia, grade):
    """D.5, ASTCT: fever from 38.0 is 1; the worse of hypotension and hypoxia counts; not febrile is 0."""
    assert grades(graded(*storm(temperature, hypotension, hypoxia)), "CRSGRD") == {"20": grade}


def test_a_fever_that_was_treated_goes_on_for_what_came_with_it():
    """D.5: an earlier febrile day, and a drug that started by the day; fever alone must be measured."""
    days = [
        *storm("37", "FLUIDS ONLY", day="18"),
        *storm("38.5", day="19"),
        *storm("37", "FLUIDS ONLY", day="20"),
        *storm("37", "FLUIDS ONLY", day="21"),
        *storm("37", day="22"),
    ]
    treated = PARACETAMOL.format("2024-03-21")
    assert grades(graded(*days), "CRSGRD") == {"18": 0, "19": 1, "20": 0, "21": 0, "22": 0}
    assert grades(graded(*days, drugs=treated), "CRSGRD") == {"18": 0, "19": 1, "20": 0, "21": 2, "22": 0}


def test_with_the_other_reading_a_fever_that_was_treated_is_a_fever_itself():
    """D.5 read word by word: the day counts as febrile, and fever only is grade 1."""
    days = [*storm("38.5", day="19"), *storm("37", "FLUIDS ONLY", day="20"), *storm("37", day="21")]
    found = graded(*days, drugs=PARACETAMOL.format("2024-03-20"), carried="fever")
    assert grades(found, "CRSGRD") == {"19": 1, "20": 2, "21": 1}
    assert grades(graded(*days, carried="fever"), "CRSGRD") == {"19": 1, "20": 0, "21": 0}


def test_a_drug_of_the_day_before_the_fever_carries_it_too():
    days = [*storm("38", day="19"), *storm("37", hypoxia="LOW-FLOW", day="20")]
    assert grades(graded(*days, drugs=PARACETAMOL.format("2024-03-18")), "CRSGRD") == {"19": 1, "20": 2}


@pytest.mark.parametrize(
    ("drug", "grade"),
    [
        ("CONCOMITANT MEDICATION | TOCILIZUMAB | L04AC", 2),
        ("CONCOMITANT MEDICATION | DEXAMETHASONE | H02AB", 2),
        ("CONCOMITANT MEDICATION | ACICLOVIR | J05AB", 0),
        ("PRIOR ANTI-CANCER THERAPY | DEXAMETHASONE | H02AB", 0),
    ],
)
def test_what_carries_a_fever(drug, grade):
    """D.5: antipyretics, tocilizumab, corticosteroids; those of an earlier line of therapy do not."""
    days = [*storm("38", day="19"), *storm("37", "FLUIDS ONLY", day="20")]
    found = graded(*days, drugs=f"{NO_DRUG}\nP1 | {drug} | 2024-03-19")
    assert grades(found, "CRSGRD")["20"] == grade


def test_a_partial_start_of_a_drug_counts_from_its_first_day():
    """D-IMP, CM start."""
    days = [*storm("38", day="19"), *storm("37", "FLUIDS ONLY", day="20")]
    assert grades(graded(*days, drugs=PARACETAMOL.format("2024-03")), "CRSGRD")["20"] == 2
    assert grades(graded(*days, drugs=PARACETAMOL.format("2024-04")), "CRSGRD")["20"] == 0


def test_without_temperature_a_day_is_graded_only_by_what_a_carried_fever_came_with():
    days = [
        *storm("38", day="19"),
        *storm("", "FLUIDS ONLY", day="20"),
        *storm("", day="21"),
        *storm("38", "", "", day="22"),
    ]
    assert grades(graded(*days, drugs=PARACETAMOL.format("2024-03-19")), "CRSGRD") == {
        "19": 1,
        "20": 2,
        "22": 1,
    }
    assert grades(graded(*days), "CRSGRD") == {"19": 1, "22": 1}


SCORES = ([10], [7, 8, 9], [3, 4, 5, 6], [0, 1, 2])


@pytest.mark.parametrize(
    ("test", "result", "grade"),
    [
        *[("ICETOT", str(score), grade) for grade, scores in enumerate(SCORES) for score in scores],
        ("CONSC", "AWAKE", 0),
        ("CONSC", "TO VOICE", 2),
        ("CONSC", "TO TOUCH", 3),
        ("CONSC", "UNAROUSABLE", 4),
        ("SEIZURE", "NONE", 0),
        ("SEIZURE", "BRIEF/RESOLVING", 3),
        ("SEIZURE", "PROLONGED >5 MIN OR REPETITIVE", 4),
        ("MOTOR", "N", 0),
        ("MOTOR", "Y", 4),
        ("EDEMA", "NONE", 0),
        ("EDEMA", "FOCAL", 3),
        ("EDEMA", "DIFFUSE", 4),
    ],
)  # fmt: skip
def test_every_component_of_neurotoxicity(test, result, grade):
    """D.5, ASTCT: ICE 10 g0, 7-9 g1, 3-6 g2, 0-2 g3."""
    assert grades(graded((ICANS, test, "20", result)), "ICANSGRD") == {"20": grade}


def test_the_worst_component_is_the_grade():
    rows = [
        (ICANS, "ICETOT", "20", "8"),
        (ICANS, "CONSC", "20", "TO VOICE"),
        (ICANS, "SEIZURE", "20", "NONE"),
    ]
    frame = graded(*rows)
    assert_table(
        frame[frame["PARAMCD"] == "ICANSGRD"],
        """
        PARAMCD  | PARAMTYP | AVAL | AVALC | ADT        | SRCSEQ
        ICANSGRD | DERIVED  | 2    | 2     | 2024-03-20 | 2
        """,
    )


@pytest.mark.parametrize(("age", "grade"), [("11", 2), ("12", 3), ("", 3)])
def test_the_score_of_a_child_is_not_used(age, grade):
    """D.5: AGE < 12: the ICE part is skipped."""
    rows = [(ICANS, "ICETOT", "20", "0"), (ICANS, "CONSC", "20", "TO VOICE")]
    assert grades(graded(*rows, age=age), "ICANSGRD") == {"20": grade}


def test_a_score_that_no_score_can_be_gives_no_grade():
    assert grades(graded((ICANS, "ICETOT", "20", "11")), "ICANSGRD") == {}


STAGES = {
    "STGSKIN": (0, 1, 1, 2, 4),
    "STGLIVER": (0, 2, 3, 3, 4),
    "STGUGI": (0, 2),
    "STGLGI": (0, 2, 3, 3, 4),
}


@pytest.mark.parametrize(
    ("test", "stage", "grade"),
    [(test, stage, grade) for test, found in STAGES.items() for stage, grade in enumerate(found)],
)
def test_every_stage_of_graft_versus_host_disease(test, stage, grade):
    """D.5, MAGIC: I skin 1-2; II skin 3 or stage 1 of liver or gut; III liver or lower GI 2-3; IV stage 4."""
    assert grades(graded((GVHD, test, "2024-06-20", str(stage))), "AGVHDGRD") == {"20": grade}


def test_the_worst_organ_counts_and_chronic_disease_does_not():
    rows = [(GVHD, "STGSKIN", "2024-06-20", "2"), (GVHD, "STGLGI", "2024-06-20", "2")]
    assert grades(graded(*rows), "AGVHDGRD") == {"20": 3}
    chronic = [(about.replace("ACUTE", "CHRONIC"), *rest) for about, *rest in rows]
    assert grades(graded(*chronic), "AGVHDGRD") == {}


def test_the_highest_value_of_a_day_and_the_lowest_score_with_the_finding_they_come_from():
    """D.5: AVAL = max that day, ICETOT: min; of equal ones the first."""
    frame = graded(
        (CRS, "TOXGR", "2024-03-20T08:00", "1"), (CRS, "TOXGR", "2024-03-20T20:00", "2"),
        (CRS, "TOXGR", "2024-03-20T21:00", "2"),
        (ICANS, "TOXGR", "20", "1"), (ICANS, "ICETOT", "20", "9"), (ICANS, "ICETOT", "20", "7"),
        (CRS, "TMAX24", "20", "37.1"), (CRS, "TMAX24", "20", "38.2"),
        (GVHD, "TOXGR", "20", "0"),
    )  # fmt: skip
    assert_table(
        frame[frame["PARAMTYP"].isna()],
        """
        USUBJID | PARAMCD | AVAL | ADT        | SRCSEQ
        P1      | CRSGR   | 2    | 2024-03-20 | 2
        P1      | ICANSGR | 1    | 2024-03-20 | 4
        P1      | ICETOT  | 7    | 2024-03-20 | 6
        P1      | TMAX24  | 38.2 | 2024-03-20 | 8
        P1      | AGVHDGR | 0    | 2024-03-20 | 9
        """,
    )


@pytest.mark.parametrize(
    ("date", "daily"),
    [
        ("2024-03-14", False),
        ("2024-03-15", True),
        ("2024-04-12", True),
        ("2024-04-13", False),
        ("2024-03", None),
    ],
)
def test_daily_values_are_those_of_day_0_to_day_28(date, daily):
    """D.5: ADY 1-29; graft versus host disease any day; a date without day is no day."""
    frame = graded((CRS, "TOXGR", date, "1"), (CRS, "TMAX24", date, "38"), (GVHD, "TOXGR", date, "1"))
    wanted = {True: {"CRSGR", "TMAX24", "CRSGRD", "AGVHDGR"}, False: {"AGVHDGR"}, None: set()}
    assert set(frame["PARAMCD"]) == wanted[daily]


def test_the_lineage_is_every_finding_that_was_looked_at():
    adsl = table("USUBJID | TRTSDT | AGE\nP1 | 2024-03-15 | 30")
    rows = findings(*storm("38", "FLUIDS ONLY"), *storm("37", day="21"))
    frame, lineage = adcrs(adsl, rows, table(NO_DRUG), spec("adcrs"))
    row = frame.index[(frame["PARAMCD"] == "CRSGRD") & (frame["AVAL"] == 2)]
    assert frame["SRCSEQ"][row].tolist() == [2]
    assert lineage.loc[lineage["row"].isin(row), "record"].tolist() == ["P1/1", "P1/2", "P1/3"]
