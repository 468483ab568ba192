"""ADLB, ADVS and ADEG of rd1302: baseline, windows, values, grades, flags [D.6, D-BASE].

P1 consents on 2024-03-01, has lymphodepletion from 2024-03-10T09:00 and the infusion at 2024-03-15T10:00.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from adam.adlb import prolonged_cytopenia
from tests.adam.cases import spec
from tests.studies.rd1302_domains.domain import Built, domain
from tests.tables import assert_table, table

INFUSION = date(2024, 3, 15)
RANGES = {
    "HGB": ("g/L", "110", "150"), "NEUT": ("10^9/L", "1.8", "6.3"), "PLT": ("10^9/L", "125", "350"),
    "ALT": ("U/L", "7", "40"), "CA": ("mmol/L", "2.11", "2.52"), "ALB": ("g/L", "40", "55"),
    "K": ("mmol/L", "3.5", "5.3"), "CRP": ("mg/L", "0", "8"), "INR": ("RATIO", "0.8", "1.2"),
}  # fmt: skip
BLOOD = ("HGB", "NEUT", "PLT")


def lab(*results: str, more: str = "") -> Built:
    """ADLB from results of the central laboratory such as `2024-03-10T08:00 HGB 120` (accession: the moment)."""
    lines = [
        "Subject | COLLDATE | ACCESSION | TESTCODE | RESULT | UNITS | REFLOW | REFHIGH | SPECIMEN | STATUS | REPORTDT"
    ]
    for result in results:
        taken, test, value, *accession = result.split()
        unit, low, high = RANGES[test]
        specimen = "Whole blood" if test in BLOOD else "Serum"
        cells = (taken, *(accession or [taken]), test, value, unit, low, high, specimen, "F", taken[:10])
        lines.append(" | ".join(("01-001", *cells)))
    return domain("ADLB", central_lab="\n".join(lines))


def on(protocol_day: int, time: str = "08:00") -> str:
    return f"{INFUSION + timedelta(days=protocol_day)}T{time}"


def rows(built: Built, **where: str):
    frame = built.frame
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return frame


def test_both_baselines_end_at_the_minute_their_treatment_starts():
    """D-BASE: at or before the infusion start; before the first LD dose; not before consent. CHG after that moment."""
    got = lab("2024-02-29T08:00 HGB 150", "2024-03-10T08:59 HGB 130", "2024-03-10T09:00 HGB 128",
              "2024-03-15T10:00 HGB 90", "2024-03-15T10:01 HGB 85")  # fmt: skip
    got.shows("""
        PARAMCD | PARAM            | BASETYPE     | ADTM             | ADY | AVAL | BASE | CHG | PCHG   | ABLFL | AVISIT          | AVISITN | ANL01FL | LBSEQ
        HGB     | Hemoglobin (g/L) | PRE-INFUSION | 2024-02-29T08:00 | -15 | 150  | 90   |     |        |       | SCREENING       | -28     | Y       | 1
        HGB     | Hemoglobin (g/L) | PRE-INFUSION | 2024-03-10T08:59 | -5  | 130  | 90   |     |        |       | LYMPHODEPLETION | -5      |         | 2
        HGB     | Hemoglobin (g/L) | PRE-INFUSION | 2024-03-10T09:00 | -5  | 128  | 90   |     |        |       | LYMPHODEPLETION | -5      |         | 3
        HGB     | Hemoglobin (g/L) | PRE-INFUSION | 2024-03-15T10:00 | 1   | 90   | 90   |     |        | Y     | LYMPHODEPLETION | -5      | Y       | 4
        HGB     | Hemoglobin (g/L) | PRE-INFUSION | 2024-03-15T10:01 | 1   | 85   | 90   | -5  | -5.555555556 |  | DAY 0           | 0       | Y       | 5
        HGB     | Hemoglobin (g/L) | PRE-LD       | 2024-02-29T08:00 | -15 | 150  | 130  |     |        |       | SCREENING       | -28     | Y       | 1
        HGB     | Hemoglobin (g/L) | PRE-LD       | 2024-03-10T08:59 | -5  | 130  | 130  |     |        | Y     | LYMPHODEPLETION | -5      |         | 2
        HGB     | Hemoglobin (g/L) | PRE-LD       | 2024-03-10T09:00 | -5  | 128  | 130  |     |        |       | LYMPHODEPLETION | -5      |         | 3
        HGB     | Hemoglobin (g/L) | PRE-LD       | 2024-03-15T10:00 | 1   | 90   | 130  | -40 | -30.76923077 |  | LYMPHODEPLETION | -5      | Y       | 4
        HGB     | Hemoglobin (g/L) | PRE-LD       | 2024-03-15T10:01 | 1   | 85   | 130  | -45 | -34.61538462 |  | DAY 0           | 0       | Y       | 5
        """)


def test_a_result_before_consent_is_no_baseline():
    """D-BASE: and after consent, 2024-03-01; on the day of consent without a time it is one."""
    before = lab("2024-02-29T08:00 HGB 150", "2024-03-20T08:00 HGB 90")
    assert before.frame[["BASE", "ABLFL"]].isna().all(axis=None)
    assert lab("2024-03-01T08:00 HGB 150", "2024-03-20T08:00 HGB 90").frame["BASE"].tolist() == [150] * 4


def test_a_result_of_the_infusion_day_without_a_time_is_baseline():
    """D-BASE: same-day results without time count as baseline; ADTM is not imputed [D-IMP]."""
    got = rows(
        lab("2024-03-14T08:00 HGB 100", "2024-03-15 HGB 95", "2024-03-15T11:00 HGB 90"),
        BASETYPE="PRE-INFUSION",
    )
    assert_table(got, """
        ADTM             | AVAL | ABLFL | AVISIT
        2024-03-14T08:00 | 100  |       | LYMPHODEPLETION
                         | 95   | Y     | LYMPHODEPLETION
        2024-03-15T11:00 | 90   |       | DAY 0
        """)  # fmt: skip


EDGES = """
    1 DAY 0, 2 DAY 4, 5 DAY 4, 6 DAY 7, 8 DAY 7, 9 DAY 10, 11 DAY 10, 12 DAY 14, 17 DAY 14, 18 DAY 21, 24 DAY 21,
    25 DAY 28, 42 DAY 28, 43 WEEK 8, 70 WEEK 8, 71 WEEK 12, 102 WEEK 12, 103 MONTH 4, 135 MONTH 4, 136 MONTH 5,
    165 MONTH 5, 166 MONTH 6, 225 MONTH 6, 226 MONTH 9, 317 MONTH 9, 318 MONTH 12, 400 MONTH 12, 401
    """


def test_both_ends_of_every_window():
    """D.6: contiguous windows, later: none; LYMPHODEPLETION from LDSTDT (day -5) on."""
    edges = [edge.strip().partition(" ") for edge in EDGES.split(",")]
    expected = {float(day): visit or None for day, _, visit in edges} | {
        -6.0: "SCREENING",
        -5.0: "LYMPHODEPLETION",
    }
    got = rows(lab(*(f"{on(int(day))} HGB 100" for day in expected)), BASETYPE="PRE-LD")
    days = got["ADY"] - (got["ADY"] > 0)
    assert (
        dict(zip(days, got["AVISIT"].astype(object).where(got["AVISIT"].notna(), None), strict=True))
        == expected
    )
    assert len(expected) == 30


@pytest.mark.parametrize(
    ("results", "chosen"),
    [
        (["27 08:00", "29 08:00"], ["29 08:00"]),  # as near: the later day
        (["27 08:00", "30 08:00"], ["27 08:00"]),  # nearer
        (["28 08:00", "28 07:59"], ["28 08:00"]),  # one day: the later time
        (["42 08:00"], ["42 08:00"]),  # of an unscheduled visit, alone in its window
    ],
)
def test_the_record_nearest_to_the_target_counts(results, chosen):
    """D.6: several in a window: nearest to target, tie later."""
    moments = {result: on(int(result.split()[0]), result.split()[1]) for result in results}
    got = rows(lab(*(f"{moment} HGB 100" for moment in moments.values())), ANL01FL="Y", BASETYPE="PRE-LD")
    assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in got["ADTM"]] == [moments[result] for result in chosen]


def test_results_that_are_no_numbers():
    """D.6: <x is x/2 and is graded as x (0.5 is grade 3, not 4); >x is x; a range keeps its upper end."""
    got = lab(f"{on(-12)} NEUT 3", f"{on(4)} NEUT <0.5", f"{on(7)} NEUT <0.4", f"{on(4)} CRP >300", f"{on(7)} CRP 1-2",
              f"{on(10)} CRP clotted", f"{on(14)} ALT >200")  # fmt: skip
    assert_table(rows(got, BASETYPE="PRE-LD"), """
        PARAMCD | AVISIT    | LBSTRESC | AVAL | DTYPE    | AVALC | ANRLO | ANRHI | ANRIND | ATOXGRL | ATOXGRH | ATOXGR
        NEUT    | SCREENING | 3        | 3    |          |       | 1.8   | 6.3   | NORMAL | 0       |         | 0
        NEUT    | DAY 4     | <0.5     | 0.25 | HALFLLOQ |       | 1.8   | 6.3   | LOW    | 3       |         | -3
        NEUT    | DAY 7     | <0.4     | 0.2  | HALFLLOQ |       | 1.8   | 6.3   | LOW    | 4       |         | -4
        CRP     | DAY 4     | >300     | 300  | ULOQ     |       | 0     | 8     | HIGH   |         |         |
        CRP     | DAY 7     | 1-2      | 2    | MAXIMUM  |       | 0     | 8     | NORMAL |         |         |
        CRP     | DAY 10    | clotted  |      |          |       |       |       |        |         |         |
        ALT     | DAY 14    | >200     | 200  | ULOQ     |       | 7     | 40    | HIGH   |         | 2       | 2
        """)  # fmt: skip


def test_normal_is_known_only_within_both_limits():
    """D.6: ANRIND, both limits are normal; without one of them only a value beyond the other says something."""
    cells = "HGB | {} | g/L | {} | {} | Whole blood | F | 2024-03-20"
    drawn = (
        "109 110 150", "110 110 150", "150 110 150", "151 110 150", "109 110 -", "110 110 -", "151 110 -",
        "109 - 150", "150 - 150", "151 - 150", "120 - -",
    )  # fmt: skip
    lines = [
        "Subject | COLLDATE | ACCESSION | TESTCODE | RESULT | UNITS | REFLOW | REFHIGH | SPECIMEN | STATUS | REPORTDT"
    ]
    for minute, each in enumerate(drawn):
        result = cells.format(*each.replace("-", "").split(" "))
        lines.append(f"01-001 | 2024-03-14T08:{minute:02} | A{minute} | {result}")
    got = rows(domain("ADLB", central_lab="\n".join(lines)), BASETYPE="PRE-INFUSION")
    assert_table(
        got,
        """
        AVAL | ANRLO | ANRHI | ANRIND
        109  | 110   | 150   | LOW
        110  | 110   | 150   | NORMAL
        150  | 110   | 150   | NORMAL
        151  | 110   | 150   | HIGH
        109  | 110   |       | LOW
        110  | 110   |       |
        151  | 110   |       |
        109  |       | 150   |
        150  |       | 150   |
        151  |       | 150   | HIGH
        120  |       |       |
        """,
    )
    assert got["BNRIND"].isna().all()  # the last of them is the baseline


def test_marrow_and_cerebrospinal_fluid_are_parameters_of_their_own():
    """D.6: for CSF + C; AVALC for qualitative tests alone; what was not done has no row."""
    got = domain(
        "ADLB",
        BM="""
        Subject | Folder | BMDAT      | BMBLAST | BMCELL | BMND
        01-001  | SCR    | 2024-03-02 | 0-1     | hyper  |
        01-001  | D28    |            |         |        | 1
        """,
        CSF="""
        Subject | Folder | CSFDAT     | CSFWBC | CSFBLAST_STD
        01-001  | SCR    | 2024-03-02 | 3      | N
        """,
    )
    assert_table(rows(got, BASETYPE="PRE-LD"), """
        PARAMCD  | PARAM                                   | PARAMN | PARCAT1     | AVAL  | AVALC         | DTYPE   | ABLFL | LBSPEC
        BLASTNCE | Blasts/Nucleated Cells in Bone Marrow (%) | 41   | BONE MARROW | 1     |               | MAXIMUM | Y     | BONE MARROW
        CELLULAR | Cellularity of Bone Marrow              | 42     | BONE MARROW |       | HYPERCELLULAR |         | Y     | BONE MARROW
        WBCC     | Leukocytes in CSF (10^9/L)              | 43     | CSF         | 0.003 |               |         | Y     | CEREBROSPINAL FLUID
        BLASTC   | Blasts in CSF                           | 44     | CSF         |       | ABSENT        |         | Y     | CEREBROSPINAL FLUID
        """)  # fmt: skip


def test_calcium_is_corrected_by_the_albumin_of_the_same_sample():
    """D.6: CA + 0.02 x (40 - ALB): 1.89 with 30 is 2.09, low grade 1; with 40 grade 2; without albumin not graded."""
    got = lab(f"{on(4)} CA 1.89 A1", f"{on(4)} ALB 30 A1", f"{on(7)} CA 1.89 A2", f"{on(7)} ALB 40 A2",
              f"{on(10)} CA 1.89 A3", f"{on(10)} ALB 40 A4", f"{on(14)} CA 2.5 A5", f"{on(14)} ALB 20 A5")  # fmt: skip
    assert_table(rows(got, PARAMCD="CA", BASETYPE="PRE-LD"), """
        AVISIT | AVAL | ATOXGRL | ATOXGRH | ATOXGR
        DAY 4  | 1.89 | 1       | 0       | -1
        DAY 7  | 1.89 | 2       | 0       | -2
        DAY 10 | 1.89 |         |         |
        DAY 14 | 2.5  | 0       | 1       | 1
        """)  # fmt: skip


def test_grades_rest_on_the_baseline_before_lymphodepletion():
    """D.6: ALT 60 before LD is abnormal (ULN 40): 89 is below 1.5 x 60, so 0, in both BASETYPE; shifts after infusion."""
    got = lab(
        f"{on(-8)} ALT 60", f"{on(-1)} ALT 30", f"{on(4)} ALT 89", f"{on(7)} ALT 90", f"{on(10)} ALT 181"
    )
    got.shows("""
        BASETYPE     | ADY | AVAL | BASE | ATOXGRH | ATOXGR | BTOXGRH | BTOXGR | SHIFT1 | SHIFT2 | BNRIND
        PRE-INFUSION | -8  | 60   | 30   | 0       | 0      | 0       | 0      |        |        | NORMAL
        PRE-INFUSION | -1  | 30   | 30   | 0       | 0      | 0       | 0      |        |        | NORMAL
        PRE-INFUSION | 5   | 89   | 30   | 0       | 0      | 0       | 0      |        | 0 to 0 | NORMAL
        PRE-INFUSION | 8   | 90   | 30   | 1       | 1      | 0       | 0      |        | 0 to 1 | NORMAL
        PRE-INFUSION | 11  | 181  | 30   | 2       | 2      | 0       | 0      |        | 0 to 2 | NORMAL
        PRE-LD       | -8  | 60   | 60   | 0       | 0      | 0       | 0      |        |        | HIGH
        PRE-LD       | -1  | 30   | 60   | 0       | 0      | 0       | 0      |        |        | HIGH
        PRE-LD       | 5   | 89   | 60   | 0       | 0      | 0       | 0      |        | 0 to 0 | HIGH
        PRE-LD       | 8   | 90   | 60   | 1       | 1      | 0       | 0      |        | 0 to 1 | HIGH
        PRE-LD       | 11  | 181  | 60   | 2       | 2      | 0       | 0      |        | 0 to 2 | HIGH
        """)


def test_worst_grades_of_both_ends_and_both_periods():
    """D.6: D0-D28 (day 28 in, day 29 out) ANL02FL low, ANL03FL high; after infusion ANL04FL, ANL05FL; first of ties."""
    got = lab(
        f"{on(-8)} K 2.4",
        f"{on(4)} K 2.9",
        f"{on(7)} K 2.8",
        f"{on(28)} K 5.6",
        f"{on(29)} K 2.4",
        f"{on(60)} K 7.1",
    )
    assert_table(rows(got, BASETYPE="PRE-LD"), """
        ADY | ATOXGRL | ATOXGRH | ATOXGR | ANL02FL | ANL03FL | ANL04FL | ANL05FL
        -8  | 4       | 0       | -4     |         |         |         |
        5   | 3       | 0       | -3     | Y       |         |         |
        8   | 3       | 0       | -3     |         |         |         |
        29  | 0       | 2       | 2      |         | Y       |         |
        30  | 4       | 0       | -4     |         |         | Y       |
        61  | 0       | 4       | 4      |         |         |         | Y
        """)  # fmt: skip


def counted(drawn: str):
    """PROLCYT of people infused on 2024-03-15, from counts drawn with their protocol day."""
    lb = table(drawn, day="Num")
    days = [f"{INFUSION + timedelta(days=int(day))}" for day in lb["day"]]
    lb = lb.assign(LBDTC=days, LBSEQ=range(1, len(lb) + 1)).astype({"LBDTC": "str", "LBSEQ": "float64"})
    number = [None if text.startswith("<") else float(text) for text in lb["LBSTRESC"]]
    blood = lb.assign(LBSTRESN=number, LBSPEC="BLOOD", LBSTAT=None)
    blood = blood.astype({"LBSTRESN": "float64", "LBSPEC": "str", "LBSTAT": "str"})
    people = sorted(set(lb["USUBJID"]))
    adsl = table("\n".join(["USUBJID | SAFFL | TRTSDT", *(f"{one} | Y | {INFUSION}" for one in people)]))
    return prolonged_cytopenia(blood, adsl, spec("adlb"))


def test_prolonged_cytopenia_at_day_28():
    """D.5, D.6: ANC < 0.5 or PLT < 50 in the window of day 28 (25 to 42), of several the nearest; both sides."""
    got, lineage = counted("""
        USUBJID | LBTESTCD | day | LBSTRESC
        P1      | NEUT     | 28  | 0.49
        P1      | PLAT     | 28  | 200
        P2      | NEUT     | 28  | 0.5
        P2      | PLAT     | 28  | 50
        P3      | NEUT     | 28  | 3
        P3      | PLAT     | 42  | 49.9
        P4      | NEUT     | 28  | 3
        P4      | PLAT     | 43  | 20
        P5      | NEUT     | 24  | 0.1
        P6      | PLAT     | 25  | 20
        P7      | NEUT     | 25  | 0.1
        P7      | NEUT     | 30  | 0.6
        P7      | PLAT     | 30  | 60
        P8      | NEUT     | 28  | <0.1
        P9      | NEUT     | 28  | <0.5
        P9      | PLAT     | 28  | 60
        """)
    assert_table(got, """
        USUBJID | PARAMCD | AVAL | AVALC | LBSEQ
        P1      | PROLCYT | 1    | Y     | 1
        P2      | PROLCYT | 0    | N     | 3
        P3      | PROLCYT | 1    | Y     | 6
        P6      | PROLCYT | 1    | Y     | 10
        P7      | PROLCYT | 0    | N     | 12
        P8      | PROLCYT | 1    | Y     | 14
        P9      | PROLCYT | 0    | N     | 15
        """)  # fmt: skip
    assert lineage["record"].tolist() == [
        "P1/1", "P1/2", "P2/3", "P2/4", "P3/5", "P3/6", "P6/10", "P7/12", "P7/13", "P8/14", "P9/15", "P9/16",
    ]  # fmt: skip


VITALS = """
    Subject | Folder | PageRepeatNumber | VSDAT      | VSTIM | VSTPT_STD | TEMP | OXYSAT
    01-001  | SCR    | 0                | 2024-03-02 | 08:00 |           | 36.5 | 99
    01-001  | D0     | 0                | 2024-03-15 |       | PRE       | 36.8 | 98
    01-001  | D0     | 1                | 2024-03-15 |       | 15M       | 38.1 | 97
    01-001  | D0     | 2                | 2024-03-15 | 11:00 | 60M       | 38.1 | 93
    01-001  | D28    | 0                | 2024-04-12 | 08:00 |           | 37   | 93
    01-001  | W8     | 0                | 2024-05-10 | 08:00 |           | 39   |
    """


def test_vital_signs_of_the_infusion_day_follow_the_time_point():
    """D-BASE: without time the PRE record is baseline, that of 15 minutes after is not; worst: TEMP high, OXYSAT low."""
    domain("ADVS", VS=VITALS).shows("""
        PARAMCD | PARAMTYP | ATPT                           | ADT        | ADTM             | AVAL | BASE | CHG  | ABLFL | AVISIT          | ANL01FL | ANL02FL | BASETYPE
        OXYSAT  |          |                                | 2024-03-02 | 2024-03-02T08:00 | 99   | 98   |      |       | SCREENING       | Y       |         | PRE-INFUSION
        OXYSAT  |          | PRE-INFUSION                   | 2024-03-15 |                  | 98   | 98   |      | Y     | LYMPHODEPLETION | Y       |         | PRE-INFUSION
        OXYSAT  |          | 15 MIN AFTER START OF INFUSION | 2024-03-15 |                  | 97   | 98   | -1   |       | DAY 0           | Y       |         | PRE-INFUSION
        OXYSAT  |          | 60 MIN AFTER START OF INFUSION | 2024-03-15 | 2024-03-15T11:00 | 93   | 98   | -5   |       | DAY 0           |         | Y       | PRE-INFUSION
        OXYSAT  |          |                                | 2024-04-12 | 2024-04-12T08:00 | 93   | 98   | -5   |       | DAY 28          | Y       |         | PRE-INFUSION
        TEMP    |          |                                | 2024-03-02 | 2024-03-02T08:00 | 36.5 | 36.8 |      |       | SCREENING       | Y       |         | PRE-INFUSION
        TEMP    |          | PRE-INFUSION                   | 2024-03-15 |                  | 36.8 | 36.8 |      | Y     | LYMPHODEPLETION | Y       |         | PRE-INFUSION
        TEMP    |          | 15 MIN AFTER START OF INFUSION | 2024-03-15 |                  | 38.1 | 36.8 | 1.3  |       | DAY 0           | Y       |         | PRE-INFUSION
        TEMP    |          | 60 MIN AFTER START OF INFUSION | 2024-03-15 | 2024-03-15T11:00 | 38.1 | 36.8 | 1.3  |       | DAY 0           |         |         | PRE-INFUSION
        TEMP    |          |                                | 2024-04-12 | 2024-04-12T08:00 | 37   | 36.8 | 0.2  |       | DAY 28          | Y       |         | PRE-INFUSION
        TEMP    |          |                                | 2024-05-10 | 2024-05-10T08:00 | 39   | 36.8 | 2.2  |       | WEEK 8          | Y       | Y       | PRE-INFUSION
        TEMPMAX | DERIVED  |                                | 2024-03-02 | 2024-03-02T08:00 | 36.5 | 36.5 |      | Y     | SCREENING       | Y       |         | PRE-INFUSION
        TEMPMAX | DERIVED  | 15 MIN AFTER START OF INFUSION | 2024-03-15 |                  | 38.1 | 36.5 | 1.6  |       | DAY 0           | Y       |         | PRE-INFUSION
        TEMPMAX | DERIVED  |                                | 2024-04-12 | 2024-04-12T08:00 | 37   | 36.5 | 0.5  |       | DAY 28          | Y       |         | PRE-INFUSION
        TEMPMAX | DERIVED  |                                | 2024-05-10 | 2024-05-10T08:00 | 39   | 36.5 | 2.5  |       | WEEK 8          | Y       | Y       | PRE-INFUSION
        """)  # fmt: skip


def test_the_categories_of_qtcf():
    """D.6: >450, >480, >500 and change >30, >60, both sides of each; no category for another interval or a baseline."""
    got = domain(
        "ADEG",
        EG="""
        Subject | Folder | EGDAT      | EGTIM | QT  | QTCF  | EGINT_STD
        01-001  | SCR    | 2024-03-02 | 08:00 | 470 | 420.1 | 1
        01-001  | D28    | 2024-04-12 | 08:00 | 500 | 450   | 3
        01-001  | W8     | 2024-05-10 | 08:00 | 500 | 450.1 | 1
        01-001  | M4     | 2024-07-13 | 08:00 |     | 450.2 |
        01-001  | M5     | 2024-08-12 | 08:00 |     | 480   |
        01-001  | M6     | 2024-09-11 | 08:00 |     | 480.1 |
        01-001  | M9     | 2024-12-10 | 08:00 |     | 480.2 |
        01-001  | M9     | 2024-12-11 | 08:00 |     | 500   |
        01-001  | M12    | 2025-03-15 | 08:00 |     | 500.1 |
        """,
    )
    assert_table(rows(got, PARAMCD="QTCFAG"), """
        AVISIT    | AVAL  | BASE  | CHG  | AVALCAT1 | CHGCAT1 | ABLFL | ANL02FL
        SCREENING | 420.1 | 420.1 |      | <=450    |         | Y     |
        DAY 28    | 450   | 420.1 | 29.9 | <=450    | <=30    |       |
        WEEK 8    | 450.1 | 420.1 | 30   | >450-480 | <=30    |       |
        MONTH 4   | 450.2 | 420.1 | 30.1 | >450-480 | >30-60  |       |
        MONTH 5   | 480   | 420.1 | 59.9 | >450-480 | >30-60  |       |
        MONTH 6   | 480.1 | 420.1 | 60   | >480-500 | >30-60  |       |
        MONTH 9   | 480.2 | 420.1 | 60.1 | >480-500 | >60     |       |
        MONTH 9   | 500   | 420.1 | 79.9 | >480-500 | >60     |       |
        MONTH 12  | 500.1 | 420.1 | 80   | >500     | >60     |       | Y
        """)  # fmt: skip
    assert_table(rows(got, PARAMCD="INTP"), """
        AVISIT    | AVAL | AVALC    | ABLFL | ANL01FL | AVALCAT1
        SCREENING |      | NORMAL   | Y     | Y       |
        DAY 28    |      | ABNORMAL |       | Y       |
        WEEK 8    |      | NORMAL   |       | Y       |
        """)  # fmt: skip
    assert rows(got, PARAMCD="QTAG")["AVALCAT1"].isna().all()
