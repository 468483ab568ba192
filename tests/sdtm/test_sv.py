"""SV: visits, their dates and numbers (rules C.1 SV, C-VISIT, C-ID)."""

from __future__ import annotations

import pandas as pd
import pytest

from sdtm.sv import sv
from tests.sdtm.specs import stated
from tests.tables import assert_table, table

SPEC = stated(
    "SV",
    """
    page: {form: SVT, date: SVDAT, occurred: SVOCC_STD, mode: SVMODE, reason: SVREAS}
    unscheduled: {folder: UNS, visit: UNSCHEDULED}
    """,
    """
    visits:
      - {VISITNUM: 1, VISIT: SCREENING, folder: SCR, day: -28}
      - {VISITNUM: 5, VISIT: DAY 0, folder: D0, day: 0}
      - {VISITNUM: 12, VISIT: WEEK 8, folder: W8, day: 56}
      - {VISITNUM: 13, VISIT: WEEK 12, folder: W12, day: 84}
      - {VISITNUM: 90, VISIT: END OF STUDY, folder: EOS}
    """,
)
DM = """
    USUBJID | RFICDTC    | RFSTDTC    | ended
    P1      | 2024-02-10 | 2024-03-01 |
    """
NO_MARROW = "USUBJID | participation | Folder | InstanceRepeatNumber | record | BMDAT | MRDDAT"


def visits(
    svt: str, marrow: str = NO_MARROW, dm: str = DM
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """SV of the drawn pages; a drawing of SVT may leave out participation (1), mode and reason."""
    pages = table(svt)
    for name, usual in (
        ("participation", "1"),
        ("InstanceRepeatNumber", "0"),
        ("SVMODE", None),
        ("SVREAS", None),
    ):
        if name not in pages:
            pages[name] = pd.Series([usual] * len(pages), dtype="str")
    pages["record"] = pd.Series([f"SVT/{place}" for place in range(len(pages))], dtype="str")
    return sv(table(dm, ended="Char"), SPEC, raw_svt=pages, raw_bm=table(marrow))


def test_a_visit_lasts_from_the_first_to_the_last_date_on_its_pages():
    got, _, findings = visits(
        "USUBJID | Folder | SVDAT | SVOCC_STD | SVMODE\n P1 | W8 | 2024-04-27 | Y | On site",
        NO_MARROW + "\n P1 | 1 | W8 | 0 | BM/1 | 2024-04-26 | 2024-04-29",
    )
    assert_table(
        got,
        """
        VISITNUM | VISIT  | SVPRESP | SVOCCUR | SVSTDTC    | SVENDTC    | folder | instance | mode
        12       | WEEK 8 | Y       | Y       | 2024-04-26 | 2024-04-29 | W8     | 0        | On site
        """,
    )
    assert findings.empty


def test_dates_before_consent_do_not_count():
    got, _, _ = visits(
        "USUBJID | Folder | SVDAT | SVOCC_STD\n P1 | SCR | 2024-02-11 | Y",
        NO_MARROW + "\n P1 | 1 | SCR | 0 | BM/1 | 2024-02-09 | 2024-02-10",
    )
    assert_table(got, "VISITNUM | SVSTDTC | SVENDTC\n 1 | 2024-02-10 | 2024-02-11")


def test_a_partial_date_counts_only_where_the_visit_has_no_complete_one():
    got, _, _ = visits(
        """
        USUBJID | Folder | InstanceRepeatNumber | SVDAT      | SVOCC_STD
        P1      | W8     | 0                    | 2024-04-26 | Y
        P1      | UNS    | 0                    | 2024-12-10 | Y
        """,
        NO_MARROW
        + """
        P1 | 1 | UNS | 0 | BM/1 | 2024-12 |
        P1 | 1 | UNS | 1 | BM/2 | 2025-01 |
        """,
    )
    assert_table(
        got,
        """
        VISITNUM | VISIT            | SVSTDTC    | SVENDTC
        12       | WEEK 8           | 2024-04-26 | 2024-04-26
        12.1     | UNSCHEDULED 12.1 | 2024-12-10 | 2024-12-10
        12.2     | UNSCHEDULED 12.2 | 2025-01    | 2025-01
        """,
    )


def test_unscheduled_visits_are_numbered_after_the_last_scheduled_visit_that_had_started():
    got, _, _ = visits("""
        USUBJID | Folder | InstanceRepeatNumber | SVDAT      | SVOCC_STD | SVREAS
        P1      | SCR    | 0                    | 2024-02-11 | Y         |
        P1      | W8     | 0                    | 2024-04-26 | Y         |
        P1      | W12    | 0                    | 2024-05-24 | Y         |
        P1      | UNS    | 0                    | 2024-05-20 | Y         | fever
        P1      | UNS    | 1                    | 2024-04-26 | Y         |
        P1      | UNS    | 2                    | 2024-05-24 | Y         |
        P1      | UNS    | 3                    | 2024-02-10 | Y         |
        """)
    assert_table(
        got,
        """
        VISITNUM | VISIT            | SVPRESP | SVOCCUR | instance | reason
        0.1      | UNSCHEDULED 0.1  |         |         | 3        |
        1        | SCREENING        | Y       | Y       | 0        |
        12       | WEEK 8           | Y       | Y       | 0        |
        12.1     | UNSCHEDULED 12.1 |         |         | 1        |
        12.2     | UNSCHEDULED 12.2 |         |         | 0        | fever
        13       | WEEK 12          | Y       | Y       | 0        |
        13.1     | UNSCHEDULED 13.1 |         |         | 2        |
        """,
    )


def test_a_wrong_date_on_another_page_moves_no_visit_but_its_own():
    """B-DIRT-9, A.2: a page of week 12 dated as day 0; the unscheduled visit stays after day 0."""
    got, _, _ = visits(
        """
        USUBJID | Folder | SVDAT      | SVOCC_STD
        P1      | D0     | 2024-03-01 | Y
        P1      | W12    | 2024-05-24 | Y
        P1      | UNS    | 2024-03-08 | Y
        """,
        NO_MARROW + "\n P1 | 1 | W12 | 0 | BM/1 | 2024-03-02 |",
    )
    assert_table(
        got,
        """
        VISITNUM | SVSTDTC    | SVENDTC    | on
        5        | 2024-03-01 | 2024-03-01 | 2024-03-01
        5.1      | 2024-03-08 | 2024-03-08 | 2024-03-08
        13       | 2024-03-02 | 2024-05-24 | 2024-05-24
        """,
    )


def test_a_missed_visit_is_no_anchor_for_unscheduled_numbers():
    got, _, _ = visits("""
        USUBJID | Folder | SVDAT      | SVOCC_STD
        P1      | W8     | 2024-04-26 | Y
        P1      | W12    |            | N
        P1      | UNS    | 2024-06-01 | Y
        """)
    assert_table(got, "VISITNUM | SVOCCUR\n 12 | Y\n 12.1 |\n 13 | N")


def test_more_than_nine_unscheduled_visits_after_one_visit_get_two_decimals():
    lines = "\n".join(f"P1 | UNS | {day} | 2024-05-{day:02} | Y" for day in range(1, 11))
    got, _, _ = visits(
        "USUBJID | Folder | InstanceRepeatNumber | SVDAT | SVOCC_STD\n P1 | W8 | 0 | 2024-04-26 | Y\n" + lines
    )
    assert list(got["VISITNUM"]) == [12, 12.01, 12.02, 12.03, 12.04, 12.05, 12.06, 12.07, 12.08, 12.09, 12.1]


def test_visits_of_an_earlier_screening_are_unscheduled_from_zero():
    got, _, _ = visits("""
        USUBJID | participation | Folder | InstanceRepeatNumber | SVDAT      | SVOCC_STD
        P1      | 1             | SCR    | 0                    | 2024-06-11 | Y
        P1      | 0             | SCR    | 0                    | 2024-02-11 | Y
        P1      | 0             | UNS    | 0                    | 2024-02-15 | Y
        """)
    assert_table(
        got,
        """
        VISITNUM | VISIT           | participation | folder | SVPRESP
        0.1      | UNSCHEDULED 0.1 | 0             | SCR    |
        0.2      | UNSCHEDULED 0.2 | 0             | UNS    |
        1        | SCREENING       | 1             | SCR    | Y
        """,
    )


def test_a_repeated_scheduled_folder_is_an_unscheduled_visit():
    got, _, _ = visits("""
        USUBJID | Folder | InstanceRepeatNumber | SVDAT      | SVOCC_STD
        P1      | W8     | 1                    | 2024-05-02 | Y
        P1      | W8     | 0                    | 2024-04-26 | Y
        """)
    assert_table(got, "VISITNUM | folder | instance\n 12 | W8 | 0\n 12.1 | W8 | 1")


@pytest.mark.parametrize(("end", "kept"), [("2024-05-24", 1), ("2024-05-23", 0), ("2024-05", 1), ("", 1)])
def test_a_missed_visit_gets_a_record_only_if_it_was_due_by_the_end(end, kept):
    """Week 12 is day 84 after 2024-03-01: due on 2024-05-24. An end in May may have been on that day."""
    got, _, findings = visits(
        "USUBJID | Folder | SVDAT | SVOCC_STD | SVREAS\n P1 | W12 | | N | too ill",
        dm=f"USUBJID | RFICDTC | RFSTDTC | ended\n P1 | 2024-02-10 | 2024-03-01T10:00 | {end}",
    )
    assert len(got) == kept
    assert list(findings["message"]) == ["sdtm.visit-after-end"] * (1 - kept)


def test_a_missed_visit_keeps_its_reason_and_has_no_dates():
    got, _, _ = visits("USUBJID | Folder | SVDAT | SVOCC_STD | SVREAS\n P1 | W8 | 2024-04-26 | N | too ill")
    assert_table(got, "VISITNUM | SVPRESP | SVOCCUR | SVSTDTC | SVENDTC | reason\n 12 | Y | N | | | too ill")


def test_dated_pages_without_a_visit_page_make_a_visit_and_a_question():
    got, lineage, findings = visits(
        "USUBJID | Folder | SVDAT | SVOCC_STD\n P1 | D0 | 2024-03-01 | Y",
        NO_MARROW + "\n P1 | 1 | W8 | 0 | BM/7 | 2024-04-26 |",
    )
    assert_table(
        got,
        """
        VISITNUM | SVPRESP | SVOCCUR | SVSTDTC
        5        | Y       | Y       | 2024-03-01
        12       | Y       | Y       | 2024-04-26
        """,
    )
    assert_table(
        findings,
        """
        message            | form | folder | instance | record
        sdtm.visit-derived | BM   | W8     | 0        | BM/7
        """,
    )
    assert list(findings["text"]) == [
        "the visit has dated pages but no page of its own; its dates are those of the pages"
    ]
    assert_table(lineage, "row | source | record\n 0 | raw.SVT | SVT/0\n 1 | raw.BM | BM/7", row="Num")


def test_an_unscheduled_visit_without_a_date_gets_no_record_but_a_question():
    got, _, findings = visits("USUBJID | Folder | SVDAT | SVOCC_STD\n P1 | UNS | | Y")
    assert got.empty
    assert list(findings["text"]) == [
        "the unscheduled visit has no date, so it has no visit number and no record"
    ]


def test_a_folder_that_is_no_visit_gives_no_record_but_a_question():
    got, _, findings = visits(
        "USUBJID | Folder | SVDAT | SVOCC_STD\n P1 | D0 | 2024-03-01 | Y",
        NO_MARROW + "\n P1 | 1 | W99 | 0 | BM/7 | 2024-04-26 |",
    )
    assert list(got["VISITNUM"]) == [5]
    assert list(findings["text"]) == [
        "the folder is neither a scheduled nor an unscheduled visit; its pages belong to no visit"
    ]


def test_the_words_about_a_visit_due_after_the_end():
    _, _, findings = visits(
        "USUBJID | Folder | SVDAT | SVOCC_STD\n P1 | W12 | | N",
        dm="USUBJID | RFICDTC | RFSTDTC | ended\n P1 | 2024-02-10 | 2024-03-01 | 2024-04-01",
    )
    assert list(findings["text"]) == [
        "the visit that did not take place was due after the end of participation; it gets no record"
    ]


def test_the_page_that_says_yes_wins_over_one_that_says_no():
    got, lineage, _ = visits("""
        USUBJID | Folder | SVDAT      | SVOCC_STD | SVREAS
        P1      | W8     |            | N         | mistake
        P1      | W8     | 2024-04-26 | Y         |
        """)
    assert_table(got, "VISITNUM | SVOCCUR | SVSTDTC | reason\n 12 | Y | 2024-04-26 |")
    assert len(lineage) == 2


def test_rows_in_another_order_give_the_same_visits():
    drawn = """
        USUBJID | Folder | InstanceRepeatNumber | SVDAT      | SVOCC_STD
        P1      | W8     | 0                    | 2024-04-26 | Y
        P1      | UNS    | 0                    | 2024-05-01 | Y
        P1      | UNS    | 1                    | 2024-05-01 | Y
        """
    header, *lines = [line for line in drawn.splitlines() if line.strip()]
    forth, _, _ = visits(drawn)
    back, _, _ = visits("\n".join([header, *lines[::-1]]))
    pd.testing.assert_frame_equal(forth, back)


def test_no_pages_give_no_visits_but_all_columns():
    got, lineage, findings = visits("USUBJID | Folder | SVDAT | SVOCC_STD")
    assert got.empty
    assert lineage.empty
    assert findings.empty
    assert {"VISITNUM", "VISIT", "SVSTDTC", "SVENDTC", "folder", "instance", "participation"} <= set(got)


def test_a_visit_missed_in_an_earlier_screening_gets_neither_record_nor_question():
    """C-ID: it would be unscheduled, and has no date; without a mark that it was missed it is asked for."""
    page = """
        USUBJID | participation | Folder | SVDAT      | SVOCC_STD
        P1      | 1             | SCR    | 2024-06-11 | Y
        P1      | 0             | D0     |            | {}
        """
    got, _, findings = visits(page.format("N"))
    assert list(got["VISIT"]) == ["SCREENING"]
    assert findings.empty
    _, _, findings = visits(page.format(" "))
    assert list(findings["message"]) == ["sdtm.visit-undated"]
    assert list(findings["keys"]) == ["P1"]
