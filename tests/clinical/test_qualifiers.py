"""Supplemental qualifiers back beside their records (SDTMIG 8.4)."""

from clinical.qualifiers import with_qualifiers
from tests.tables import assert_table, table

DV = """
    USUBJID | DVSEQ | DVTERM
    P1      | 1     | late
    P1      | 2     | early
    P2      | 1     | wrong
    """
SUPP = """
    USUBJID | IDVAR | IDVARVAL | QNAM     | QVAL
    P2      | DVSEQ | 1        | DVIMPACT | MAJOR
    P1      | DVSEQ | 2        | DVIMPACT | MINOR
    P1      | DVSEQ | 1        | DVNOTE   | seen
    P9      | DVSEQ | 1        | DVIMPACT | MAJOR
    """


def test_a_qualifier_is_a_column_of_its_record_and_missing_where_there_is_none():
    got = with_qualifiers(table(DV), table(SUPP), ["DVIMPACT", "DVNOTE"])
    assert_table(
        got,
        """
        USUBJID | DVSEQ | DVTERM | DVIMPACT | DVNOTE
        P1      | 1     | late   |          | seen
        P1      | 2     | early  | MINOR    |
        P2      | 1     | wrong  | MAJOR    |
        """,
        DVIMPACT="Char",
        DVNOTE="Char",
    )


def test_the_order_of_records_and_qualifiers_changes_nothing():
    frame, supp = table(DV)[::-1], table(SUPP)[::-1]
    again = with_qualifiers(frame, supp, ["DVIMPACT"])
    assert again.sort_index().equals(with_qualifiers(table(DV), table(SUPP), ["DVIMPACT"]))


def test_a_qualifier_of_a_subject_has_no_sequence():
    supp = table("USUBJID | IDVAR | IDVARVAL | QNAM | QVAL\nP2 | | | COHORT | DL1")
    got = with_qualifiers(table("USUBJID | SEX\nP1 | F\nP2 | M"), supp, ["COHORT"])
    assert_table(got, "USUBJID | COHORT\nP1 |\nP2 | DL1", COHORT="Char")


def test_a_record_without_a_number_has_no_qualifier():
    got = with_qualifiers(table("USUBJID | DVSEQ | DVTERM\nP1 | | late"), table(SUPP), ["DVIMPACT"])
    assert_table(got, "USUBJID | DVIMPACT\nP1 |", DVIMPACT="Char")


def test_a_qualifier_that_nobody_has_is_still_a_column():
    for supp in (None, table(SUPP)):
        got = with_qualifiers(table(DV)[::-1], supp, ["DVNEVER"])
        assert got["DVNEVER"].isna().all()
        assert (got.dtypes["DVNEVER"], len(got)) == ("str", 3)
    assert list(with_qualifiers(table(DV), table(SUPP), [])) == ["USUBJID", "DVSEQ", "DVTERM"]
