"""ADPC, ADPP and PP of rd1302 from drawn pages and vendor files [D.8, D.9, C.4 PP]; infusion 2024-03-15T10:00 to 10:30."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from tests.studies.rd1302_domains.domain import Built, domain

PKS = """
    Subject | Folder | PageRepeatNumber | PKDAT      | PKTIM | PKTPT_STD | PKSAMP | PKSPEC_STD | PKND
    01-001  | D0     | 0                | 2024-03-15 | 09:30 | PRE       | B1     | 1          |
    01-001  | D0     | 1                | 2024-03-15 | 11:30 | EOI1H     | B2     | 1          |
    01-001  | D28    | 0                | 2024-04-12 | 10:00 | VISIT     | B3     | 1          |
    01-001  | D28    | 1                | 2024-04-12 | 10:00 | VISIT     | B4     | 2          |
    01-001  | D28    | 2                | 2024-04-12 | 10:00 | VISIT     | B5     | 3          |
    01-001  | UNS    | 0                | 2024-04-20 | 08:00 | VISIT     | B6     | 1          |
    01-001  | W8     | 0                |            |       | VISIT     | B7     | 1          | 1
    """
HEAD = "Subject | BARCODE | COLLDTC | MATRIX | RESULT | UNIT | LLOQ | RUNID | REPEAT | QC"
FLOW = "Subject | BARCODE | COLLDTC | MATRIX | PARAM | RESULT | UNIT | LLOQ | RUNID"


def qpcr(*samples: tuple[str, str, str, str], qc: str = "PASS") -> str:
    """Vendor rows of (barcode, collected, specimen, result)."""
    lines = [
        f"01-001 | {code} | {day} | {place} | {result} | copies/ug gDNA | 50 | R{code} | 0 | {qc}"
        for code, day, place, result in samples
    ]
    return "\n".join([HEAD, *lines])


def plain(column: pd.Series) -> list:
    """The values, missing ones as None."""
    return [None if pd.isna(value) else value for value in column]


@cache
def copies() -> Built:
    return domain(
        "ADPC",
        PKS=PKS,
        ck_qpcr=qpcr(
            ("B1", "2024-03-15T09:30", "PB", "<50"), ("B2", "2024-03-15T11:30", "PB", "49.9"),
            ("B3", "2024-04-12T10:00", "PB", "50"), ("B4", "2024-04-12T10:00", "BM", "700"),
            ("B5", "2024-04-12T10:00", "CSF", "BLQ"), ("B6", "2024-04-20T08:00", "PB", "NR"),
        ),
    )  # fmt: skip


def test_values_below_the_limit_are_zero_and_have_half_the_limit_on_the_log_scale_after_the_infusion():
    """D.8: AVAL 0, AVALC BLQ, BLQFL; AVALLOG LLOQ/2 post-infusion, null pre-infusion; 50 is at the limit of 50."""
    copies().shows("""
        PARAMCD | PCSEQ | AVAL | AVALC | AVALLOG | BLQFL | ALLOQ | PKEXCLFL | PKEXCRS
        CARVCN  | 2     | 0    | BLQ   |         | Y     | 50    |          |
        CARVCN  | 3     | 0    | BLQ   | 25      | Y     | 50    |          |
        CARVCN  | 4     | 50   | 50    | 50      |       | 50    |          |
        CARVCN  | 5     |      |       |         |       | 50    | Y        | NO RESULT REPORTED
        CARVBM  | 6     | 700  | 700   | 700     |       | 50    |          |
        CARVCSF | 7     | 0    | BLQ   | 25      | Y     | 50    |          |
        """)
    copies().asks()


def test_nominal_and_actual_time_are_days_from_the_start_of_the_infusion():
    """D.8: 0 pre, 0.06 one hour post, then the protocol day; unscheduled null. PCSEQ 1 is the sample nobody took."""
    frame = copies().frame
    copies().shows("""
        PCSEQ | AVISIT           | AVISITN | ATPT                     | ATPTREF                   | ADTM             | ADY | NRRELTM
        2     | DAY 0            | 5       | PRE-INFUSION             | START OF RD13-02 INFUSION | 2024-03-15T09:30 | 1   | 0
        3     | DAY 0            | 5       | 1 H POST END OF INFUSION | END OF RD13-02 INFUSION   | 2024-03-15T11:30 | 1   | 0.06
        4     | DAY 28 (WEEK 4)  | 11      |                          |                           | 2024-04-12T10:00 | 29  | 28
        6     | DAY 28 (WEEK 4)  | 11      |                          |                           | 2024-04-12T10:00 | 29  | 28
        7     | DAY 28 (WEEK 4)  | 11      |                          |                           | 2024-04-12T10:00 | 29  | 28
        5     |                  |         |                          |                           | 2024-04-20T08:00 | 37  |
        """)
    actual = dict(zip(frame["PCSEQ"], (frame["ARRELTM"] * 24).round(6), strict=True))
    assert actual == {2: -0.5, 3: 1.5, 4: 672, 5: 862, 6: 672, 7: 672}


@pytest.mark.parametrize(
    ("collected", "reason"),
    [("2024-04-12T10:00", None), ("2024-04-12", "COLLECTION TIME UNKNOWN"), ("2024-04-12T10", "COLLECTION TIME UNKNOWN")],
)  # fmt: skip
def test_a_sample_without_time_is_excluded(collected, reason):
    """D-IMP: times are never imputed for PK sampling: row excluded from PK with reason."""
    got = domain("ADPC", PKS="Subject", ck_qpcr=qpcr(("C1", collected, "PB", "300"))).frame
    assert plain(got["PKEXCRS"]) == [reason]
    assert got["ADTM"].isna().tolist() == got["ARRELTM"].isna().tolist() == [reason is not None]
    assert got["ADT"].notna().all()


def test_a_failed_measurement_and_a_result_above_the_limit_have_no_value():
    failed = domain("ADPC", PKS="Subject", ck_qpcr=qpcr(("C1", "2024-04-12T10:00", "PB", "300"), qc="FAIL"))
    failed.shows("""
        PARAMCD | AVAL | AVALC | PKEXCLFL | PKEXCRS
        CARVCN  |      |       | Y        | QC FAIL
        """)
    above = domain("ADPC", PKS="Subject", ck_qpcr=qpcr(("C1", "2024-04-12T10:00", "PB", ">5000000")))
    above.shows("""
        PARAMCD | AVAL | AVALC | PKEXCLFL | PKEXCRS
        CARVCN  |      |       | Y        | NO NUMBER
        """)


@pytest.mark.parametrize(
    ("folder", "collected", "reason"),
    [
        ("W8", "2024-05-21T14:48", None),                     # 67.2 days: 20 % after day 56
        ("W8", "2024-05-21T14:49", "OFF NOMINAL TIME"),
        ("W8", "2024-04-29T05:12", None),                     # 44.8 days: 20 % before it
        ("W8", "2024-04-29T05:11", "OFF NOMINAL TIME"),
        ("D28", "2024-04-20T10:00", None),                    # 36 days, but planned for day 28
    ],
)  # fmt: skip
def test_a_sample_more_than_a_fifth_off_its_nominal_time_after_day_28(folder, collected, reason):
    """D.8: >+-20 % off nominal after D28."""
    day, time = collected.split("T")
    got = domain(
        "ADPC",
        PKS=f"""
        Subject | Folder | PKDAT | PKTIM  | PKTPT_STD | PKSAMP | PKSPEC_STD
        01-001  | {folder} | {day} | {time} | VISIT | C1 | 1
        """,
        ck_qpcr=qpcr(("C1", collected, "PB", "300")),
    ).frame
    assert plain(got["PKEXCRS"]) == [reason]


INFUSED_TWICE = """
    Subject | Folder | PageRepeatNumber | INFYN_STD | INFDAT     | INFSTTIM | INFENTIM | INFWT | INFDOSE | INFDOSEU_STD
    01-001  | D0     | 0                | Y         | 2024-03-15 | 10:00    | 10:30    | 70    | 700     | 10^6 cells
    01-001  | {}     | 1                | Y         | {}         | 10:00    | 10:30    | 70    | 700     | 10^6 cells
    """


def test_the_kinetics_stop_at_a_second_infusion():
    """D.8: the day before it still counts, its day does not; marrow and flow cytometry alike."""
    got = domain(
        "ADPC",
        PKS="Subject",
        INF=INFUSED_TWICE.format("W8", "2024-05-10"),
        ck_qpcr=qpcr(("C1", "2024-05-09T23:00", "PB", "60"), ("C2", "2024-05-10T08:00", "PB", "60"), ("C3", "2024-05-11T08:00", "BM", "60")),
        ck_flow=f"{FLOW}\n01-001 | C2 | 2024-05-10T08:00 | PB | CAR+ABS | 12 | cells/uL | 0.5 | F1",
    )  # fmt: skip
    got.shows("""
        PARAMCD | ADT        | PKEXCRS
        CARVCN  | 2024-05-09 |
        CARVCN  | 2024-05-10 | AFTER SECOND INFUSION
        CARVBM  | 2024-05-11 | AFTER SECOND INFUSION
        CARTLYC | 2024-05-10 | AFTER SECOND INFUSION
        """)


UNTIMED = """
    Subject | Folder | INFYN_STD | INFDAT     | INFSTTIM | INFENTIM | INFWT | INFDOSE | INFDOSEU_STD
    01-001  | D0     | Y         | 2024-03-15 |          | 10:30    | 70    | 700     | 10^6 cells
    """


def test_without_the_time_of_the_infusion_no_sample_has_a_time_after_it():
    """D-IMP: a missing time is never imputed for PK sampling: row excluded with reason, nothing estimable [D.9]."""
    files = {
        "INF": UNTIMED,
        "PKS": PKS,
        "ck_qpcr": qpcr(("B2", "2024-03-15T11:30", "PB", "70"), ("B3", "2024-04-12T10:00", "PB", "900")),
    }
    domain("ADPC", **files).shows("""
        PARAMCD | ADTM             | ARRELTM | AVAL | PKEXCLFL | PKEXCRS
        CARVCN  | 2024-03-15T11:30 |         | 70   | Y        | INFUSION TIME UNKNOWN
        CARVCN  | 2024-04-12T10:00 |         | 900  | Y        | INFUSION TIME UNKNOWN
        """)
    got = domain("ADPP", **files).frame
    assert set(got.loc[~got["PARAMCD"].str.startswith("PERSM"), "AVALC"]) == {"NC: INFUSION TIME UNKNOWN"}
    assert set(plain(got["PPFL"])) == {"N"}


def test_an_interrupted_infusion_is_no_second_one():
    """Decision 25: records of a day and the next are one infusion."""
    got = domain(
        "ADPC",
        PKS="Subject",
        INF=INFUSED_TWICE.format("D0", "2024-03-16"),
        ck_qpcr=qpcr(("C1", "2024-03-20T08:00", "PB", "60")),
    )
    assert got.frame["PKEXCRS"].isna().all()


def test_flow_cytometry_has_the_time_point_of_its_sample_and_its_own_limit():
    """D.8: CARTLYP, CARTLYC (CP, blood); below the vendor's limit however it is written."""
    got = domain(
        "ADPC",
        PKS=PKS,
        ck_flow=f"""
        {FLOW}
        01-001  | B1 | 2024-03-15T09:30 | PB | CAR+%CD3 | <0.1 | %        | 0.1 | F1
        01-001  | B3 | 2024-04-12T10:00 | PB | CAR+%CD3 | 0.09 | %        | 0.1 | F1
        01-001  | B3 | 2024-04-12T10:00 | PB | CAR+ABS  | 0.5  | cells/uL | 0.5 | F1
        01-001  | B3 | 2024-04-12T10:00 | PB | CD4CAR%  | 30   | %        | 0.1 | F1
        """,
        ck_qpcr=qpcr(("B1", "2024-03-15T09:30", "PB", "<50"), ("B3", "2024-04-12T10:00", "PB", "60")),
    )
    got.shows("""
        PARAMCD | ATPT         | NRRELTM | AVAL | AVALC | AVALLOG | ALLOQ
        CARTLYC |              | 28      | 0.5  | 0.5   | 0.5     | 0.5
        CARTLYP | PRE-INFUSION | 0       | 0    | BLQ   |         | 0.1
        CARTLYP |              | 28      | 0    | BLQ   | 0.05    | 0.1
        CARVCN  | PRE-INFUSION | 0       | 0    | BLQ   |         | 50
        CARVCN  |              | 28      | 60   | 60    | 60      | 50
        """)


def test_a_sample_of_day_0_without_page_is_before_the_infusion_or_has_no_nominal_time():
    got = domain(
        "ADPC",
        PKS="Subject",
        ck_qpcr=qpcr(("C1", "2024-03-15T10:00", "PB", "60"), ("C2", "2024-03-15T10:01", "PB", "60")),
    )
    got.shows("""
        PCSEQ | AVISITN | ATPT | NRRELTM
        1     | 5       |      | 0
        2     | 5       |      |
        """)


# -- parameters, and the domain written back from them -------------------------------------------------------


@cache
def parameters() -> Built:
    days = (
        ("03-19", "1200"),
        ("03-22", "25000"),
        ("03-25", "88000"),
        ("03-29", "41000"),
        ("04-05", "6200"),
        ("04-12", "900"),
        ("05-10", "<50"),
    )
    samples = [(f"C{n}", f"2024-{day}T10:00", "PB", result) for n, (day, result) in enumerate(days, 1)]
    return domain("PP", more=("ADPP", "PC", "RELREC"), PKS="Subject", ck_qpcr=qpcr(*samples))  # fmt: skip


def test_the_golden_of_the_design_through_the_specs_is_written_back():
    """D.9, C.4 PP: six decimals; the partial area has its interval; the group is that of the samples."""
    parameters().shows("""
        PPTESTCD | PPTEST                    | PPCAT  | PPORRES       | PPSTRESN      | PPORRESU          | PPSTAT | PPSPEC | PPANMETH                  | PPSTINT | PPENINT | PPRFTDTC         | PPGRPID        | EPOCH
        AUCINT   | AUC from T1 to T2         | CARVCN | 605528.354798 | 605528.354798 | day*DNA copies/ug |        | BLOOD  | LINEAR UP LOG DOWN METHOD | P0D     | P28D    | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        AUCLST   | AUC to Last Nonzero Conc  | CARVCN | 605528.354798 | 605528.354798 | day*DNA copies/ug |        | BLOOD  | LINEAR UP LOG DOWN METHOD |         |         | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        CLST     | Last Nonzero Conc         | CARVCN | 900           | 900           | DNA copies/ug     |        | BLOOD  |                           |         |         | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        CMAX     | Max Conc                  | CARVCN | 88000         | 88000         | DNA copies/ug     |        | BLOOD  |                           |         |         | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        LAMZ     | Lambda z                  | CARVCN | 0.272781      | 0.272781      | /day              |        | BLOOD  |                           |         |         | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        LAMZHL   | Half-Life Lambda z        | CARVCN | 2.54104       | 2.54104       | day               |        | BLOOD  |                           |         |         | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        R2ADJ    | R Squared Adjusted        | CARVCN | 0.999924      | 0.999924      |                   |        | BLOOD  |                           |         |         | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        TLST     | Time of Last Nonzero Conc | CARVCN | 28            | 28            | day               |        | BLOOD  |                           |         |         | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        TMAX     | Time of CMAX              | CARVCN | 10            | 10            | day               |        | BLOOD  |                           |         |         | 2024-03-15T10:00 | CARVCN-BLOOD-1 | TREATMENT
        """)
    parameters().asks()


def test_a_parameter_knows_its_record_in_pp():
    """D-TRACE: PPSEQ of ADPP; persistence is not written to PP."""
    written = parameters().frame.set_index("PPSEQ")["PPSTRESN"]
    frame = parameters().derived.outputs["ADPP"].frame
    for row in frame[frame["PPSEQ"].notna()].itertuples():
        assert abs(written[row.PPSEQ] - row.AVAL) < 1e-6, row.PARAMCD
    assert set(frame.loc[frame["PPSEQ"].isna(), "PARAMCD"]) == {"PERS", "PERSM3", "PERSM6", "PERSM12"}


def test_what_is_not_estimable_is_not_done_with_its_reason():
    """C.4 PP: PPSTAT NOT DONE + PPREASND; no unit without a result."""
    got = domain("PP", PKS="Subject", ck_qpcr=qpcr(("C1", "2024-03-25T10:00", "PB", "300")))
    shown = got.frame.loc[
        got.frame["PPSTAT"].notna(), ["PPTESTCD", "PPSTAT", "PPREASND", "PPORRES", "PPORRESU"]
    ]
    few, short = "FEWER THAN 3 QUANTIFIABLE SAMPLES AFTER TMAX", "LAST SAMPLE BEFORE DAY 25"
    assert shown.fillna("").to_numpy().tolist() == [
        ["AUCINT", "NOT DONE", short, "", ""],
        *([code, "NOT DONE", few, "", ""] for code in ("LAMZ", "LAMZHL", "R2ADJ")),
    ]


def test_samples_and_parameters_are_related_by_their_group():
    """C.5: PC-PP, --GRPID, MANY/MANY; only if both sides have rows."""
    frame = parameters().derived.outputs["RELREC"].frame
    pairs = frame.loc[frame["RELID"] == "PCPP", ["RDOMAIN", "IDVAR", "RELTYPE"]].to_numpy().tolist()
    assert pairs == [["PC", "PCGRPID", "MANY"], ["PP", "PPGRPID", "MANY"]]
    without = domain("RELREC", PKS="Subject", ck_qpcr=HEAD).frame
    assert "PCPP" not in set(without["RELID"])
