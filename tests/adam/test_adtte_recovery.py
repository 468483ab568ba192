"""ANCREC and PLTREC (rule D.10), on both sides of each boundary.

The infusion is on 2024-03-04 (see `drawn_adsl`); what D.10 leaves open, decision 31 says.
"""

from __future__ import annotations

from tests.adam.cases import made_recovery
from tests.tables import assert_table


def neutrophils(*results: str, adsl: str = "USUBJID\nP1") -> str:
    """ANCREC of P1: `ADT AVAL CNSR EVNTDESC CNSDTDSC SRCSEQ`, or nothing where P1 has no record."""
    lines = "\n".join(f"P1 | {day} | {value}" for day, value in (each.split() for each in results))
    return told(made_recovery(adsl, f"USUBJID | ADT | AVAL\n{lines}"))


def platelets(*results: str, given: tuple[str, ...] = ()) -> str:
    """PLTREC of P1 after transfusions on days `given`."""
    lines = "\n".join(f"P1 | {day} | {value} | PLAT" for day, value in (each.split() for each in results))
    transfused = "".join(f"\nP1 | {day}" for day in given)
    return told(
        made_recovery(
            "USUBJID\nP1", f"USUBJID | ADT | AVAL | PARAMCD\n{lines}", f"USUBJID | ASTDT{transfused}"
        )
    )


def told(found) -> str:
    return "; ".join(
        f"{row.ADT:%Y-%m-%d} {row.AVAL:g} {row.CNSR:g} "
        f"{row.CNSDTDSC if row.CNSR else row.EVNTDESC} {row.SRCDOM}.{row.SRCVAR}"
        + ("" if row.SRCSEQ != row.SRCSEQ else f".{row.SRCSEQ:g}")
        for row in found.itertuples()
    )


def test_recovery_is_the_first_of_three_results_in_a_row_and_two_are_not_enough():
    """Rule D.10: event at the first of 3; else censored (1) at the last such result."""
    assert (
        neutrophils("2024-03-08 0.4", "2024-03-14 0.5", "2024-03-18 0.6", "2024-03-25 0.9")
        == "2024-03-14 11 0 NEUTROPHIL RECOVERY LB.LBDTC.2"
    )
    assert (
        neutrophils("2024-03-08 0.4", "2024-03-14 0.5", "2024-03-18 0.6")
        == "2024-03-18 15 1 LAST RESULT WITHOUT RECOVERY LB.LBDTC.3"
    )


def test_exactly_the_limit_is_recovered_and_not_low():
    """Rule D.10: fell below 0.5 and 20; event at >= 0.5 and >= 20."""
    after = ("2024-03-14 0.5", "2024-03-18 0.5", "2024-03-25 0.5")
    assert neutrophils("2024-03-08 0.5", *after) == ""
    assert neutrophils("2024-03-08 0.49", *after) == "2024-03-14 11 0 NEUTROPHIL RECOVERY LB.LBDTC.2"
    assert neutrophils("2024-03-08 0.4", *after[:2], "2024-03-25 0.49") == (
        "2024-03-25 22 1 LAST RESULT WITHOUT RECOVERY LB.LBDTC.4"
    )
    after = ("2024-03-14 20", "2024-03-18 20", "2024-03-25 20")
    assert platelets("2024-03-08 20", *after) == ""
    assert platelets("2024-03-08 19", *after) == "2024-03-14 11 0 PLATELET RECOVERY LB.LBDTC.2"
    assert platelets("2024-03-08 19", *after[:2], "2024-03-25 19").endswith(
        "LAST RESULT WITHOUT RECOVERY LB.LBDTC.4"
    )


def test_a_result_below_the_limit_in_between_begins_the_count_anew():
    """Rule D.10: consecutive."""
    got = neutrophils(
        "2024-03-08 0.4", "2024-03-10 0.8", "2024-03-12 0.8", "2024-03-14 0.4", "2024-03-18 0.6",
        "2024-03-22 0.7", "2024-03-26 0.8",
    )  # fmt: skip
    assert got == "2024-03-18 15 0 NEUTROPHIL RECOVERY LB.LBDTC.5"


def test_results_of_one_day_count_once_and_the_lowest_of_them():
    """Rule D.10: on different days; decision 31: the lowest of a day."""
    twice = ("2024-03-08 0.4", "2024-03-14 0.7", "2024-03-14 0.6", "2024-03-18 0.7")
    assert neutrophils(*twice) == "2024-03-18 15 1 LAST RESULT WITHOUT RECOVERY LB.LBDTC.4"
    assert neutrophils(*twice, "2024-03-19 0.7") == "2024-03-14 11 0 NEUTROPHIL RECOVERY LB.LBDTC.3"
    spoiled = ("2024-03-08 0.4", "2024-03-14 0.7", "2024-03-14 0.4", "2024-03-18 0.7", "2024-03-19 0.7")
    assert neutrophils(*spoiled).startswith("2024-03-19 16 1")
    assert neutrophils(*spoiled, "2024-03-20 0.7") == "2024-03-18 15 0 NEUTROPHIL RECOVERY LB.LBDTC.4"


def test_only_who_was_low_after_the_infusion_has_a_record():
    """Rule D.10: below the limit after TRTSDT; a low result before it or on its day is not."""
    after = ("2024-03-14 0.8", "2024-03-18 0.8", "2024-03-25 0.8")
    assert neutrophils("2024-03-03 0.1", "2024-03-04 0.1", *after) == ""
    assert neutrophils("2024-03-05 0.1", *after) == "2024-03-14 11 0 NEUTROPHIL RECOVERY LB.LBDTC.2"
    assert neutrophils("2024-03-05 0.1", *after, adsl="USUBJID | SAFFL\nP1 | N") == ""


def test_good_results_before_the_first_low_one_do_not_count():
    """Rule D.10: after the first low one."""
    before = ("2024-03-05 0.9", "2024-03-06 0.9", "2024-03-07 0.9", "2024-03-09 0.4")
    assert neutrophils(*before).startswith("2024-03-09 6 1")
    assert neutrophils(*before, "2024-03-10 0.9", "2024-03-11 0.9").startswith("2024-03-11 8 1")


def test_platelets_after_a_transfusion_are_not_recovered():
    """Rule D.10: no platelet transfusion from 7 d before the first to the third, both days included."""
    results = ("2024-03-08 12", "2024-03-20 25", "2024-03-23 26", "2024-03-26 27")
    recovered = "2024-03-20 17 0 PLATELET RECOVERY LB.LBDTC.2"
    assert platelets(*results, given=("2024-03-12", "2024-03-27")) == recovered
    for day in ("2024-03-13", "2024-03-20", "2024-03-24", "2024-03-26"):
        assert platelets(*results, given=(day,)).startswith("2024-03-26 23 1"), day
    later = (*results, "2024-03-29 28")
    assert platelets(*later, given=("2024-03-15",)) == "2024-03-23 20 0 PLATELET RECOVERY LB.LBDTC.3"


def test_only_transfusions_of_platelets_count_and_only_for_platelets():
    """Rule D.10: for PLT no platelet transfusion."""
    results = """
        USUBJID | PARAMCD | ADT        | AVAL
        P1      | NEUT    | 2024-03-08 | 0.1
        P1      | PLAT    | 2024-03-08 | 12
        P1      | NEUT    | 2024-03-20 | 0.7
        P1      | NEUT    | 2024-03-21 | 0.7
        P1      | NEUT    | 2024-03-22 | 0.7
        P1      | PLAT    | 2024-03-20 | 25
        P1      | PLAT    | 2024-03-21 | 25
        P1      | PLAT    | 2024-03-22 | 25
        """
    for product, censored in (("PLATELETS", 1), ("RED BLOOD CELLS", 0)):
        got = made_recovery("USUBJID\nP1", results, f"USUBJID | ASTDT | CMTRT\nP1 | 2024-03-20 | {product}")
        assert_table(got, f"PARAMCD | CNSR\nANCREC | 0\nPLTREC | {censored}")


def test_only_results_in_the_blood_and_of_one_basetype_count():
    """Rule D.10: blood results; ADLB has each result twice."""
    got = made_recovery(
        "USUBJID\nP1\nP2",
        """
        USUBJID | ADT        | AVAL | LBSPEC              | BASETYPE
        P1      | 2024-03-08 | 0.4  | BLOOD               | PRE-INFUSION
        P1      | 2024-03-14 | 0.7  | BLOOD               | PRE-INFUSION
        P1      | 2024-03-15 | 0.7  | CEREBROSPINAL FLUID | PRE-INFUSION
        P1      | 2024-03-16 | 0.7  | BLOOD               | PRE-LD
        P1      | 2024-03-17 | 0.7  | BLOOD               | PRE-INFUSION
        P2      | 2024-03-08 | 0.4  | BONE MARROW         | PRE-INFUSION
        """,
    )
    assert_table(got, "USUBJID | ADT | CNSR\nP1 | 2024-03-17 | 1")


def test_death_transplant_or_new_therapy_before_recovery_censors_on_its_day():
    """Rule D.10: before the event censor (1) there; on the day of the event it is an event (as E-TTE c)."""
    results = ("2024-03-08 0.4", "2024-03-14 0.5", "2024-03-18 0.6", "2024-03-25 0.9")
    recovered = "2024-03-14 11 0 NEUTROPHIL RECOVERY LB.LBDTC.2"
    for column, text in (("NACTDT", "NEW THERAPY"), ("HSCTDT", "HSCT"), ("DTHDT", "DEATH")):
        adsl = f"USUBJID | {column}\nP1 | 2024-03-%s"
        assert neutrophils(*results, adsl=adsl % 13) == (
            f"2024-03-13 10 1 {text} BEFORE RECOVERY ADSL.{column}"
        )
        assert neutrophils(*results, adsl=adsl % 14) == recovered
        assert neutrophils(*results, adsl=adsl % 15) == recovered
        assert neutrophils(*results[:3], adsl=adsl % 30) == (
            f"2024-03-30 27 1 {text} BEFORE RECOVERY ADSL.{column}"
        )


def test_what_comes_first_of_death_transplant_and_therapy_is_told():
    """Rule D.10; on one day the order of the rule."""
    results = ("2024-03-08 0.4",)
    adsl = "USUBJID | DTHDT | HSCTDT | NACTDT\nP1 | 2024-03-%s | 2024-03-%s | 2024-03-%s"
    assert " 1 NEW THERAPY" in neutrophils(*results, adsl=adsl % (14, 13, 12))
    assert " 1 HSCT" in neutrophils(*results, adsl=adsl % (14, 13, 13))
    assert " 1 DEATH" in neutrophils(*results, adsl=adsl % (13, 13, 13))


def test_the_data_cut_bounds_recovery_and_not_the_horizon():
    """Rules D.10, D-CUT: the last such result <= DCUTDT."""
    adsl = "USUBJID | ACUTDT | DCUTDT\nP1 | 2024-03-15 | 2024-03-25"
    results = ("2024-03-08 0.4", "2024-03-20 0.4", "2024-03-25 0.4")
    assert neutrophils(*results, adsl=adsl).startswith("2024-03-25 22 1 LAST")
    assert neutrophils(*results, "2024-03-26 0.4", adsl=adsl).startswith("2024-03-25 22 1 LAST")


def test_subjects_are_told_apart():
    """Style guide, law split: the results of the next subject do not complete a row."""
    got = made_recovery(
        "USUBJID\nP1\nP2",
        """
        USUBJID | ADT        | AVAL | BASETYPE
        P1      | 2024-03-08 | 0.4  | PRE-INFUSION
        P1      | 2024-03-14 | 0.7  | PRE-INFUSION
        P1      | 2024-03-15 | 0.7  | PRE-INFUSION
        P2      | 2024-03-16 | 0.4  | PRE-LD
        P2      | 2024-03-17 | 0.7  | PRE-INFUSION
        """,
    )
    assert_table(got, "USUBJID | ADT | CNSR\nP1 | 2024-03-15 | 1\nP2 | 2024-03-17 | 1")
