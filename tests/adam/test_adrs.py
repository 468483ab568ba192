"""ADRS: responses, first progression, best response and whose rows there are (rule D.3).

The infusion is on 2024-03-04 (see `drawn_adsl`).
"""

from __future__ import annotations

import pandas as pd
import pytest

from adam.adrs import adrs
from tests.adam.cases import NO_CP, NO_RS, ONE, drawn_adsl, drawn_cp, drawn_rs, made_adrs, no_components, spec
from tests.tables import assert_table, table


def test_on_one_date_the_worst_response_counts_and_not_evaluable_never_does():
    """Rule D.3: RD, PD, NR, PR, CRi, CR from worst to best."""
    got = made_adrs(
        ONE,
        """
        USUBJID | RSDTC      | RSSTRESC
        P1      | 2024-03-10 | CR
        P1      | 2024-03-10 | CRi
        P1      | 2024-03-11 | CRi
        P1      | 2024-03-11 | PR
        P1      | 2024-03-12 | PR
        P1      | 2024-03-12 | NR
        P1      | 2024-03-13 | NE
        P1      | 2024-03-13 | CR
        P1      | 2024-03-14 | CR
        P1      | 2024-03-14 | CR
        P1      | 2024-03-15 | PD
        P1      | 2024-03-15 | RELAPSED DISEASE
        """,
        only=("OVR", "PD"),
    )
    assert_table(
        got,
        """
        PARAMCD | ADT        | AVALC | RSSEQ | ANL01FL | SRCSEQ
        OVR     | 2024-03-10 | CR    | 1     |         | 1
        OVR     | 2024-03-10 | CRi   | 2     | Y       | 2
        OVR     | 2024-03-11 | CRi   | 3     |         | 3
        OVR     | 2024-03-11 | PR    | 4     | Y       | 4
        OVR     | 2024-03-12 | PR    | 5     |         | 5
        OVR     | 2024-03-12 | NR    | 6     | Y       | 6
        OVR     | 2024-03-13 | NE    | 7     |         | 7
        OVR     | 2024-03-13 | CR    | 8     | Y       | 8
        OVR     | 2024-03-14 | CR    | 9     | Y       | 9
        OVR     | 2024-03-14 | CR    | 10    |         | 10
        OVR     | 2024-03-15 | PD    | 11    |         | 11
        OVR     | 2024-03-15 | RD    | 12    | Y       | 12
        PD      | 2024-03-15 | Y     |       |         | 12
        """,
    )


def test_an_assessment_on_the_day_of_new_therapy_progression_or_horizon_still_counts_a_later_one_does_not():
    """Rules E-EVSET, D-HOR."""
    got = made_adrs(
        """
        USUBJID | NACTDT     | ACUTDT
        THERAPY | 2024-04-10 | 2025-03-18
        PROGR   |            | 2025-03-18
        HORIZON |            | 2024-04-10
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        THERAPY | 2024-04-10 | CR
        THERAPY | 2024-04-11 | CR
        PROGR   | 2024-04-10 | PD
        PROGR   | 2024-04-11 | CR
        HORIZON | 2024-04-10 | CR
        HORIZON | 2024-04-11 | CR
        """,
        only=("OVR", "LSTA"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | ADT        | AVALC | ANL01FL
        THERAPY | OVR     | 2024-04-10 | CR    | Y
        THERAPY | OVR     | 2024-04-11 | CR    |
        PROGR   | OVR     | 2024-04-10 | PD    | Y
        PROGR   | OVR     | 2024-04-11 | CR    |
        HORIZON | OVR     | 2024-04-10 | CR    | Y
        HORIZON | OVR     | 2024-04-11 | CR    |
        THERAPY | LSTA    | 2024-04-11 | Y     |
        PROGR   | LSTA    | 2024-04-11 | Y     |
        HORIZON | LSTA    | 2024-04-10 | Y     |
        """,
    )


def test_the_best_response_is_dated_where_it_was_first_reached_and_by_week_12_means_up_to_d91():
    """Rule D.3, BOR and BORW12: D91 is 2024-06-03."""
    got = made_adrs(
        "USUBJID\nP1\nP2\nNONE",
        """
        USUBJID | RSDTC      | RSSTRESC
        P1      | 2024-04-01 | PR
        P1      | 2024-04-29 | PR
        P1      | 2024-06-03 | CRi
        P1      | 2024-06-04 | CR
        P1      | 2024-07-04 | CR
        P2      | 2024-06-04 | PD
        NONE    | 2024-04-01 | NE
        """,
        only=("BOR", "BORW12"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | AVALC | AVAL | ADT        | SRCDOM | SRCSEQ
        P1      | BOR     | CR    | 1    | 2024-06-04 | RS     | 4
        P1      | BORW12  | CRi   | 2    | 2024-06-03 | RS     | 3
        P2      | BOR     | PD    | 5    | 2024-06-04 | RS     | 1
        P2      | BORW12  | NE    | 9    |            | ADSL   |
        NONE    | BOR     | NE    | 9    |            | ADSL   |
        NONE    | BORW12  | NE    | 9    |            | ADSL   |
        """,
    )


def test_a_relapse_follows_a_complete_remission_and_keeps_where_it_was():
    """Rule D.3 RELAPSE: the type is on another row of the same page; a PD after CR1 is none."""
    got = made_adrs(
        "USUBJID\nRELAPSED\nPROGR\nNOCR",
        """
        USUBJID  | RSTESTCD | RSDTC      | RSSTRESC         | VISITNUM | RSSEQ | RELAPTYP
        RELAPSED | OVRLRESP | 2024-04-01 | CR               | 11       | 2     |
        RELAPSED | OVRLRESP | 2024-04-29 | RELAPSED DISEASE | 12       | 3     |
        RELAPSED | DRCRIND  | 2024-04-29 | Y                | 12       | 1     | CNS
        PROGR    | OVRLRESP | 2024-04-01 | CRi              | 11       | 1     |
        PROGR    | OVRLRESP | 2024-04-29 | PD               | 12       | 2     |
        NOCR     | OVRLRESP | 2024-04-01 | PR               | 11       | 1     |
        NOCR     | OVRLRESP | 2024-04-29 | RELAPSED DISEASE | 12       | 2     |
        """,
        only=("OVR", "RELAPSE", "PD"),
    )
    assert_table(
        got.loc[(got["PARAMCD"] != "OVR") | (got["AVALC"] == "RD")],
        """
        USUBJID  | PARAMCD | AVALC | ADT        | RELAPTYP
        RELAPSED | OVR     | RD    | 2024-04-29 | CNS
        RELAPSED | PD      | Y     | 2024-04-29 |
        RELAPSED | RELAPSE | Y     | 2024-04-29 | CNS
        PROGR    | PD      | Y     | 2024-04-29 |
        PROGR    | RELAPSE | N     |            |
        NOCR     | OVR     | RD    | 2024-04-29 |
        NOCR     | PD      | Y     | 2024-04-29 |
        NOCR     | RELAPSE | N     |            |
        """,
    )


def test_a_transplant_is_in_remission_after_the_first_response_up_to_progression_and_new_therapy():
    """Rule D.3 HSCTREM: not on the day of the response; on that of progression or new therapy it is."""
    got = made_adrs(
        """
        USUBJID | HSCTDT     | NACTDT
        SAMEDAY | 2024-04-01 |
        DAY2    | 2024-04-02 |
        ONPD    | 2024-04-29 |
        AFTERPD | 2024-04-30 |
        ONNT    | 2024-04-29 | 2024-04-29
        AFTERNT | 2024-04-30 | 2024-04-29
        HORIZON | 2025-03-19 |
        NORESP  | 2024-04-30 |
        NOHSCT  |            |
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        SAMEDAY | 2024-04-01 | PR
        DAY2    | 2024-04-01 | PR
        ONPD    | 2024-04-01 | CR
        ONPD    | 2024-04-29 | PD
        AFTERPD | 2024-04-01 | CR
        AFTERPD | 2024-04-29 | PD
        ONNT    | 2024-04-01 | CR
        AFTERNT | 2024-04-01 | CR
        HORIZON | 2024-04-01 | CR
        NORESP  | 2024-04-01 | NR
        NOHSCT  | 2024-04-01 | CR
        """,
        only=("HSCTREM", "HSCTANY"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | AVALC | AVAL | ADT        | SRCDOM | SRCVAR
        SAMEDAY | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        DAY2    | HSCTREM | Y     | 1    | 2024-04-02 | ADSL   | HSCTDT
        ONPD    | HSCTREM | Y     | 1    | 2024-04-29 | ADSL   | HSCTDT
        AFTERPD | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        ONNT    | HSCTREM | Y     | 1    | 2024-04-29 | ADSL   | HSCTDT
        AFTERNT | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        HORIZON | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        NOHSCT  | HSCTREM | N     | 0    |            | ADSL   | ACUTDT
        SAMEDAY | HSCTANY | Y     | 1    | 2024-04-01 | ADSL   | HSCTDT
        DAY2    | HSCTANY | Y     | 1    | 2024-04-02 | ADSL   | HSCTDT
        ONPD    | HSCTANY | Y     | 1    | 2024-04-29 | ADSL   | HSCTDT
        AFTERPD | HSCTANY | Y     | 1    | 2024-04-30 | ADSL   | HSCTDT
        ONNT    | HSCTANY | Y     | 1    | 2024-04-29 | ADSL   | HSCTDT
        AFTERNT | HSCTANY | Y     | 1    | 2024-04-30 | ADSL   | HSCTDT
        HORIZON | HSCTANY | N     | 0    |            | ADSL   | ACUTDT
        NORESP  | HSCTANY | Y     | 1    | 2024-04-30 | ADSL   | HSCTDT
        NOHSCT  | HSCTANY | N     | 0    |            | ADSL   | ACUTDT
        """,
    )


def test_therapy_and_death_after_the_horizon_are_not_used():
    """Rule D-HOR: the horizon is 2025-03-18."""
    got = made_adrs(
        """
        USUBJID | NACTDT     | DTHDT
        ON      | 2025-03-18 | 2025-03-18
        AFTER   | 2025-03-19 | 2025-03-19
        """,
        only=("NACT", "DEATH"),
    )
    assert_table(
        got,
        """
        USUBJID | PARAMCD | AVALC | AVAL | ADT        | SRCVAR
        ON      | NACT    | Y     | 1    | 2025-03-18 | NACTDT
        ON      | DEATH   | Y     | 1    | 2025-03-18 | DTHDT
        AFTER   | NACT    | N     | 0    |            | ACUTDT
        AFTER   | DEATH   | N     | 0    |            | ACUTDT
        """,
    )


def test_the_untreated_have_no_rows_and_those_without_disease_only_what_is_for_the_safety_population():
    """Rule D.3: OVR, MRD, MRDPCT, PD, HSCTANY, LSTA, NACT, DEATH for SAFFL, the rest for EFFFL."""
    got = made_adrs(
        """
        USUBJID | SAFFL | EFFFL
        NEVER   | N     | N
        NODIS   | Y     | N
        """,
        """
        USUBJID | RSDTC      | RSSTRESC
        NEVER   | 2024-04-01 | CR
        NODIS   | 2024-04-01 | CR
        STRANGE | 2024-04-01 | CR
        """,
        """
        USUBJID | CPDTC      | CPSTRESC
        NODIS   | 2024-04-01 | 0
        """,
    )
    assert set(got["USUBJID"]) == {"NODIS"}
    assert set(got["PARAMCD"]) == {"OVR", "OVRD", "MRD", "MRDPCT", "PD", "HSCTANY", "LSTA", "NACT", "DEATH"}


def test_each_parameter_has_one_name_one_number_and_says_whether_it_was_derived():
    """Rule D.0: PARAMCD, PARAM and PARAMN are 1:1:1; collected parameters have no PARAMTYP."""
    got = made_adrs(
        ONE,
        "USUBJID | RSDTC | RSSTRESC\nP1 | 2024-04-01 | CR",
        "USUBJID | CPDTC | CPSTRESC\nP1 | 2024-04-01 | 0",
    )
    named = got[["PARAMCD", "PARAM", "PARAMN"]].drop_duplicates()
    assert len(named) == 32
    assert all(named[column].is_unique for column in named)
    collected = got.loc[got["PARAMTYP"].isna(), "PARAMCD"]
    assert set(collected) == {"OVR", "MRDPCT"}
    assert set(got["PARAMTYP"].dropna()) == {"DERIVED"}


def test_every_derived_record_names_its_source():
    """Rule D-TRACE: domain and variable always, a sequence number where the source has one."""
    got = made_adrs(
        ONE,
        "USUBJID | RSDTC | RSSTRESC\nP1 | 2024-04-01 | CR",
        "USUBJID | CPDTC | CPSTRESC\nP1 | 2024-04-01 | 0",
    )
    assert got[["SRCDOM", "SRCVAR"]].notna().all(axis=None)
    assert (got["SRCSEQ"].notna() == got["SRCDOM"].isin(["RS", "CP"])).all()


def test_the_order_of_the_records_does_not_matter():
    """Style guide: a derivation does not care in which order the rows arrive."""
    rs = drawn_rs("""
        USUBJID | RSSEQ | VISITNUM | RSDTC      | RSSTRESC
        P1      | 1     | 11       | 2024-04-01 | CR
        P1      | 2     | 11       | 2024-04-01 | CR
        P1      | 3     | 12       | 2024-05    | PD
        P2      | 1     | 11       | 2024-04    | PR
        """)
    cp = drawn_cp("USUBJID | CPSEQ | CPDTC | CPSTRESC\nP1 | 1 | 2024-04-01 | 0\nP1 | 2 | 2024-04-01 | 0")
    sv = table("USUBJID | VISITNUM | SVSTDTC\nP2 | 11 | 2024-04-02\nP1 | 12 | 2024-05-02")
    adsl = drawn_adsl("USUBJID\nP1\nP2")
    keys = ["USUBJID", "PARAMCD", "ADT", "AVISITN", "RSSEQ", "SRCSEQ"]
    forward, backward = (
        adrs(
            *(frame.iloc[::step].reset_index(drop=True) for frame in (adsl, rs, cp, sv)),
            spec=spec("adrs"),
            **no_components(),
        )[0].sort_values(keys, ignore_index=True)
        for step in (1, -1)
    )
    pd.testing.assert_frame_equal(forward, backward)


def test_no_subjects_give_no_rows_and_all_columns():
    """Style guide, law empty."""
    visits = table("USUBJID | VISITNUM | SVSTDTC")
    given = drawn_adsl("USUBJID"), drawn_rs(NO_RS), drawn_cp(NO_CP), visits
    empty, _ = adrs(*given, spec=spec("adrs"), **no_components())
    assert len(empty) == 0
    assert list(empty) == list(made_adrs(ONE))


@pytest.mark.parametrize("name", ["adsl", "rs", "cp", "sv"])
def test_the_frames_handed_in_are_not_changed(name: str):
    """Style guide, law purity."""
    given = {
        "adsl": drawn_adsl(ONE),
        "rs": drawn_rs("USUBJID | RSDTC | RSSTRESC\nP1 | 2024-04 | CR"),
        "cp": drawn_cp("USUBJID | CPDTC | CPSTRESC\nP1 | 2024-04 | 0"),
        "sv": table("USUBJID | VISITNUM | SVSTDTC\nP1 | 1 | 2024-04-02"),
    }
    before = given[name].copy()
    adrs(**given, spec=spec("adrs"), **no_components())
    pd.testing.assert_frame_equal(given[name], before)
