"""Lesions in the algorithmic response (rule A.4; Lugano 2014, table 3), on both sides of each limit.

Marrow, blood and counts are those of a complete remission, so that the lesions decide. A lesion of 40 x 30 mm
(1200 mm2) was found before lymphodepletion.
"""

from __future__ import annotations

import pytest

from tests.adam.test_algorithm import SAID, made, of

LYMPHOMA = "USUBJID | BLBLAST | DISTYPE\nP1 | 2 | T-LBL"
LEUKAEMIA = "USUBJID | BLBLAST | DISTYPE\nP1 | 60 | T-ALL"
KNOWN = "P1 | T01 | TARGET | 2024-02-20"
LATER = "2024-04-01"


def scan(
    size: str = "",
    score: str = "",
    state: str = "PRESENT",
    lesion: str = "T01",
    day: str = LATER,
    base: str = "",
) -> str:
    """Records of a lesion on a day: diameters `40x30`, Deauville score and state."""
    found = [("TUMSTATE", state)] if state else []
    if size:
        long, short = (float(part) for part in size.split("x"))
        found += [("LDIAM", f"{long:g}"), ("PPD", f"{long * short:g}")]
    found += [("FDP5PS", score)] if score else []
    return "\n".join(f"P1 | {lesion} | {day} | {test} | {value} | {base}" for test, value in found)


def before(score: str = "") -> str:
    return scan("40x30", score, day="2024-02-20", base="Y")


def response(*scans: str, adsl: str = LYMPHOMA, tu: str = KNOWN, lb: str = "", rs: str = SAID) -> str:
    return made(lb or of(), adsl=adsl, rs=rs, tu=tu, tr="\n".join(scans))


@pytest.mark.parametrize(
    ("score", "size", "expected"),
    [
        ("1", "40x30", "CR MARROW BLASTS"),
        ("3", "40x30", "CR MARROW BLASTS"),  # a mass without uptake is no disease
        ("4", "40x30", "PR LESIONS"),  # less uptake than at baseline
        ("4", "10x5", "PR LESIONS"),  # uptake, however small
        ("5", "40x30", "NR LESIONS"),
        ("5", "30x20", "PR LESIONS"),  # as much uptake: by size, 600 of 1200
        ("5", "30x20.1", "NR LESIONS"),
        ("5", "10x5", "PR LESIONS"),
    ],
)
def test_with_pet_the_score_decides(score: str, size: str, expected: str):
    """Lugano: 1-3 is complete; 4 or 5 with less uptake partial, without change none."""
    assert response(before("5"), scan(size, score)) == expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("15x10", "CR MARROW BLASTS"),
        ("15.1x10", "PR LESIONS"),
        ("30x20", "PR LESIONS"),
        ("30.1x20", "NR LESIONS"),
        ("49.9x36.1", "NR LESIONS"),
        ("50x36", "PD LESIONS"),  # 1800 = 150 %, 10 mm longer
        ("50x35.9", "NR LESIONS"),
        ("49x40", "NR LESIONS"),
    ],
)
def test_without_pet_the_size_decides(size: str, expected: str):
    """Lugano CT: complete <= 15 mm; partial SPD >= 50 % less; progression PPD >= 50 % and 10 mm more."""
    assert response(before(), scan(size)) == expected


@pytest.mark.parametrize(
    ("size", "expected"), [("23x18", "PD LESIONS"), ("22.9x18", "PR LESIONS"), ("23x14", "PR LESIONS")]
)
def test_a_node_grows_from_its_smallest_size_by_5_mm_up_to_20_mm(size: str, expected: str):
    """Lugano: from nadir, here 18 x 12 (216 mm2): 0.5 cm for lesions <= 2 cm; PPD 324 is 50 % more."""
    nadir = scan("18x12", day="2024-03-15")
    assert response(before(), nadir, scan(size)) == expected


def test_more_uptake_than_ever_before_is_progression():
    """Lugano: 4 or 5 with an increase; after a remission a relapse."""
    assert response(before("4"), scan("40x30", "5")) == "PD LESIONS"
    nadir = scan("40x30", "1", day="2024-03-20")
    history = "P1 | 2024-03-20 | CR\n" + SAID
    counts = of(day="2024-03-20") + "\n" + of()
    assert (
        response(before("5"), nadir, scan("40x30", "4"), rs=history, lb=counts)
        == "CR MARROW BLASTS; RD LESIONS"
    )
    assert response(before("5"), nadir, scan("40x30", "3"), rs=history, lb=counts).endswith(
        "CR MARROW BLASTS"
    )


def test_a_new_lesion_or_unequivocal_progression_is_progression():
    """Rule A.4: PD new EMD or lesion; TUMSTATE UNEQUIVOCAL PROGRESSION."""
    new = KNOWN + "\nP1 | NEW01 | NEW | 2024-04-01"
    for adsl in (LYMPHOMA, LEUKAEMIA):
        gone = scan("0x0", state="ABSENT")
        assert response(before(), gone, scan("21x15", lesion="NEW01"), tu=new, adsl=adsl) == "PD LESIONS"
        other = KNOWN + "\nP1 | NT01 | NON-TARGET | 2024-02-20"
        worse = scan(state="UNEQUIVOCAL PROGRESSION", lesion="NT01")
        assert response(before(), gone, worse, tu=other, adsl=adsl) == "PD LESIONS"


def test_a_lesion_that_is_not_a_target_must_be_gone():
    """Lugano: non-target lesions absent or normal in a complete response."""
    other = KNOWN + "\nP1 | NT01 | NON-TARGET | 2024-02-20"
    for state, expected in (("ABSENT", "CR MARROW BLASTS"), ("PRESENT", "PR LESIONS")):
        assert response(before(), scan("15x10"), scan(state=state, lesion="NT01"), tu=other) == expected


def test_outside_lymphoma_every_lesion_must_be_gone():
    """Rule A.4: extramedullary none; SPD >= 50 % smaller; RD any site."""
    for size, state, expected in (
        ("0x0", "ABSENT", "CR MARROW BLASTS"),
        ("10x5", "PRESENT", "PR LESIONS"),
        ("30x20", "PRESENT", "PR LESIONS"),
        ("30x20.1", "PRESENT", "NR LESIONS"),
        ("80x80", "PRESENT", "NR LESIONS"),
    ):
        assert response(before(), scan(size, state=state), adsl=LEUKAEMIA) == expected, size
    history = "P1 | 2024-03-20 | CR\n" + SAID
    got = response(before(), scan("10x5"), adsl=LEUKAEMIA, rs=history, lb=of(day="2024-03-20") + "\n" + of())
    assert got.endswith("RD LESIONS")


def test_the_sum_is_that_of_all_targets():
    """Rule A.4: SPD, the sum of the products of the diameters."""
    two = KNOWN + "\nP1 | T02 | TARGET | 2024-02-20"
    first = before() + "\n" + scan("20x20", lesion="T02", day="2024-02-20", base="Y")
    for size, expected in (("20x20", "PR LESIONS"), ("20x20.1", "NR LESIONS")):
        assert response(first, scan("20x20"), scan(size, lesion="T02"), tu=two) == expected  # 800 of 1600
    assert response(first, scan("20x20"), tu=two) == "NE LESIONS NOT ASSESSED"


def test_lesions_not_measured_near_the_assessment_are_not_guessed():
    """Rules A.4 NE, D.3 OVRD: within +-7 d."""
    for day, expected in (
        ("2024-03-25", "CR MARROW BLASTS"), ("2024-04-08", "CR MARROW BLASTS"),
        ("2024-03-24", "NE LESIONS NOT ASSESSED"), ("2024-04-09", "NE LESIONS NOT ASSESSED"),
    ):  # fmt: skip
        assert response(before(), scan("15x10", day=day)) == expected, day
    assert response(before(), scan(state="")) == "NE LESIONS NOT ASSESSED"


def test_a_lesion_first_found_later_is_none_yet():
    """Rule D.3 OVRD: identified within 7 d of the assessment."""
    found = scan("21x15", lesion="NEW01", day="2024-04-09")
    new = "P1 | NEW01 | NEW | 2024-04-%02d"
    assert response(found, tu=new % 9) == "CR MARROW BLASTS"
    assert response(found.replace("04-09", "04-08"), tu=new % 8) == "PD LESIONS"


def test_without_measurements_the_answer_of_the_page_stands():
    """Rule D.3: RS components."""
    for code, answer, expected in (
        ("METBRESP", "CMR", "CR MARROW BLASTS"), ("METBRESP", "PMR", "PR LESIONS"),
        ("METBRESP", "SMD", "NR LESIONS"), ("METBRESP", "PMD", "PD LESIONS"),
        ("EMDRESP", "CR", "CR MARROW BLASTS"), ("EMDRESP", "PR", "PR LESIONS"),
        ("EMDRESP", "SD", "NR LESIONS"), ("EMDRESP", "PD", "PD LESIONS"),
        ("EMDRESP", "NE", "NE LESIONS NOT ASSESSED"),
    ):  # fmt: skip
        assert with_answer(code, answer, before()) == expected, (code, answer)
    assert with_answer("METBRESP", "PMD", before("5"), scan("10x5", "1")) == "CR MARROW BLASTS"
    assert with_answer("EMDRESP", "PD", tu="") == "PD LESIONS"


def with_answer(code: str, answer: str, *scans: str, tu: str = KNOWN) -> str:
    """The response where the page has an answer to another question, too."""
    rs = f"P1 | 2024-04-01 | CR | OVRLRESP | 1\nP1 | 2024-04-01 | {answer} | {code} | 1"
    return made(of(), adsl=LYMPHOMA, rs=rs, tu=tu, tr="\n".join(scans), more=" | RSTESTCD | VISITNUM")
