"""ADSL of rd1302 from pages drawn by hand [D.1, D.2, D-IMP, D-BASE]; consent 2024-03-01, infusion 2024-03-15T10:00.

Lymphodepletion began on 2024-03-10T09:00; protocol day 28 is 2024-04-12.
"""

from __future__ import annotations

import pytest

from tests.studies.rd1302_domains.domain import AROUND, Built, domain, plan_with

NOT_INFUSED = AROUND["INF"].replace("| Y  ", "| N  ")
HISTORY = "Subject | Folder | DHTYPE_STD | DXDAT | DHETP_STD | DHSTAT_STD | DHLINES | CD7PCT\n01-001 | SCR | "
TOXICITY = "Subject | RecordPosition | AETERM | AEPT | AESTDAT | AEGR_STD | AEDLT_STD\n01-001 | 1 | a | A | {day} | 3 | {tick}"
VISITS = "Subject | Folder | InstanceRepeatNumber | SVDAT | SVOCC_STD | SVMODE_STD\n01-001 | D28 | 0 | {day} | Y | 1"
HSCT = "Subject | HSTYPE_STD | HSDAT\n01-001 | 1 | {day}"
NACT = (
    "Subject | RecordPosition | NATYPE_STD | NATRT | NASTDAT | NAREAS_STD\n01-001 | 1 | 1 | FLAG | {day} | 2"
)
DEATH = "Subject | Folder | DTHDAT | DTHCAUS_STD\n01-001 | LOG | {day} | 3"


def person(**pages: str) -> dict[str, object]:
    """The row of P1."""
    return row_of(domain("ADSL", **pages))


def row_of(built: Built) -> dict[str, object]:
    row = built.frame.set_index("SUBJID").loc["01-001"]
    return {name: None if value != value else value for name, value in row.items()}


def day(value: object) -> str | None:
    return None if value is None else str(value)[:10]


@pytest.mark.parametrize(
    ("collected", "date", "flag"),
    [
        ("2023-02-20", "2023-02-20", None),
        ("2023-02", "2023-02-15", "D"),
        ("2022", "2022-07-01", "M"),
        ("2020", "2020-07-01", "M"),
        ("2024-03", "2024-03-01", "D"),
        ("2024-02", "2024-02-15", "D"),
        ("2024", "2024-03-01", "M"),
        ("", None, None),
    ],
)
def test_a_diagnosis_of_unknown_day_is_in_the_middle_and_not_after_the_consent(collected, date, flag):
    """D-IMP, diagnosis: the 15th, July 1st, at the latest the consent of 2024-03-01."""
    found = person(DH=HISTORY + f"TALL | {collected} | | | |")
    assert (day(found["DXDT"]), found["DXDTF"]) == (date, flag)


@pytest.mark.parametrize(("code", "kind"), [("TALL", "T-ALL"), ("TLBL", "T-LBL"), ("MPAL", "OTHER")])
def test_the_disease_has_one_of_three_types(code, kind):
    """D.1 DISTYPE."""
    assert person(DH=HISTORY + f"{code} | 2023-01-01 | | | |")["DISTYPE"] == kind


def test_the_history_of_the_disease_is_that_of_its_page():
    """D.1: ETPFL is Y or N, unknown is neither; DISSTAT, NPRLINES, CD7PCT as collected; nothing without a page."""
    found = person(DH=HISTORY + "TALL | 2023-01-01 | Y | 2 | 3 | 97.5")
    assert [found[name] for name in ("ETPFL", "DISSTAT", "NPRLINES", "CD7PCT")] == [
        "Y",
        "FIRST RELAPSE",
        3,
        97.5,
    ]
    assert person(DH=HISTORY + "TALL | 2023-01-01 | N | | |")["ETPFL"] == "N"
    assert person(DH=HISTORY + "TALL | 2023-01-01 | U | | |")["ETPFL"] is None
    nothing = person(DH="Subject")
    assert [nothing[name] for name in ("DISTYPE", "ETPFL", "DISSTAT", "NPRLINES", "CD7PCT")] == [None] * 5


@pytest.mark.parametrize(("kind", "flag"), [("3", "Y"), ("1", "N"), ("2", "N")])
def test_a_prior_transplant_is_one_of_the_prior_therapies(kind, flag):
    """D.1 PRHSCTFL: PR, PRCAT PRIOR HSCT."""
    page = f"Subject | RecordPosition | PTTYPE_STD | PTTRT | PTSTDAT\n01-001 | 1 | {kind} | x | 2022-01"
    assert person(PT=page)["PRHSCTFL"] == flag


def test_cns_status_and_performance_are_the_last_before_the_first_dose_of_lymphodepletion():
    """D-BASE, disease baseline: 2024-03-10T09:00; a result of that day without a time counts."""
    csf = "Subject | Folder | CSFDAT | CNSGR_STD\n01-001 | SCR | 2024-03-02 | CNS2\n01-001 | LD1 | 2024-03-11 | CNS1"
    ecog = "Subject | Folder | PSDAT | ECOG_STD\n01-001 | SCR | 2024-03-02 | 1\n01-001 | LD1 | {day} | 2"
    found = person(CSF=csf, PS=ecog.format(day="2024-03-10"))
    assert (found["BLCNS"], found["BLECOG"]) == ("CNS2", 2)
    assert person(PS=ecog.format(day="2024-03-11"))["BLECOG"] == 1


VITALS = """
    Subject | Folder | PageRepeatNumber | VSDAT      | VSTIM   | VSTPT_STD | HEIGHT | WEIGHT
    01-001  | SCR    | 0                | 2024-02-28 |         | NA        | 150    | 60
    01-001  | SCR    | 1                | {day}      | {time}  | {point}   | 170    | 70
    """


@pytest.mark.parametrize(
    ("when", "weight"),
    [
        ({"day": "2024-03-01", "time": "", "point": "NA"}, 70),
        ({"day": "2024-02-29", "time": "", "point": "NA"}, None),
        ({"day": "2024-03-15", "time": "10:00", "point": "NA"}, 70),
        ({"day": "2024-03-15", "time": "10:01", "point": "NA"}, None),
        ({"day": "2024-03-15", "time": "", "point": "NA"}, 70),
        ({"day": "2024-03-15", "time": "", "point": "PRE"}, 70),
        ({"day": "2024-03-15", "time": "", "point": "15M"}, None),
        ({"day": "2024-03-16", "time": "", "point": "NA"}, None),
    ],
)
def test_weight_and_height_are_the_last_from_consent_to_infusion(when, weight):
    """D-BASE, safety: at or before the start of the infusion and after consent; a time point after it never."""
    found = person(VS=VITALS.format(**when))
    assert found["BLWT"] == weight
    assert found["BLHT"] == (weight and 170)
    assert found["BLBSA"] == (weight and pytest.approx((170 * 70 / 3600) ** 0.5, abs=1e-5))


@pytest.mark.parametrize(("baseline", "weight"), [("pre_infusion", 70), ("pre_ld", 65)])
def test_which_dose_a_baseline_precedes_is_a_setting_of_the_study(tmp_path, baseline, weight):
    """A.5 baseline, D-BASE: the infusion, or the first dose of lymphodepletion."""
    page = """
        Subject | Folder | VSDAT      | VSTIM | VSTPT_STD | WEIGHT
        01-001  | SCR    | 2024-03-02 |       | NA        | 65
        01-001  | LD1    | 2024-03-11 |       | NA        | 70
        """
    changed = plan_with(tmp_path, "baseline: pre_infusion", f"baseline: {baseline}")
    assert row_of(domain("ADSL", planned=changed, VS=page))["BLWT"] == weight


@pytest.mark.parametrize(
    ("start", "tick", "flag"),
    [
        ("2024-03-14", "Y", "N"),
        ("2024-03-15", "Y", "Y"),
        ("2024-04-12", "Y", "Y"),
        ("2024-04-13", "Y", "N"),
        ("2024-04-01", "N", "N"),
    ],
)
def test_a_subject_with_a_ticked_toxicity_in_the_window_has_dltfl(start, tick, flag):
    """ADSL.DLTFL: any AEDLT = Y from D0 to D28."""
    assert person(AE=TOXICITY.format(day=start, tick=tick))["DLTFL"] == flag


SHORT = {"DS": "Subject"}  # no end of study: the last visit is the last contact


@pytest.mark.parametrize(
    ("pages", "flag"),
    [
        ({"SVT": VISITS.format(day="2024-04-12"), **SHORT}, "Y"),
        ({"SVT": VISITS.format(day="2024-04-11"), **SHORT}, "N"),
        ({"SVT": VISITS.format(day="2024-04-11"), "AE": TOXICITY.format(day="2024-04-01", tick="Y"), **SHORT}, "Y"),
        ({"HSCT": HSCT.format(day="2024-04-12")}, "N"),
        ({"HSCT": HSCT.format(day="2024-04-13")}, "Y"),
        ({"NACT": NACT.format(day="2024-04-12")}, "N"),
        ({"NACT": NACT.format(day="2024-04-13")}, "Y"),
        ({"NACT": NACT.format(day="2024-04-12"), "AE": TOXICITY.format(day="2024-04-01", tick="Y")}, "Y"),
        ({"DTH": DEATH.format(day="2024-04-11"), **SHORT, "SVT": VISITS.format(day="2024-04-01")}, "N"),
        ({"INF": AROUND["INF"].replace("| 700 ", "| 560 ")}, "Y"),
        ({"INF": AROUND["INF"].replace("| 700 ", "| 559 ")}, "N"),
        ({"INF": NOT_INFUSED}, "N"),
        ({"IE": AROUND["IE"].replace("| DL1 ", "|     ")}, "N"),
    ],
    ids=[
        "followed to day 28", "followed to day 27", "toxicity and lost", "transplant on day 28", "transplant on day 29",
        "therapy on day 28", "therapy on day 29", "toxicity before the therapy", "death on day 27", "80 percent of the dose",
        "less than 80 percent", "not infused", "no planned dose",
    ],
)  # fmt: skip
def test_who_counts_for_dose_limiting_toxicity(pages, flag):
    """D.2 DLTEVFL: 80 % of the dose, and a toxicity in D0-D28 or followed for 28 days without therapy or transplant."""
    assert person(**pages)["DLTEVFL"] == flag


SAMPLE = """
    Subject | Folder | PageRepeatNumber | PKDAT      | PKTIM  | PKTPT_STD | PKSAMP | PKSPEC_STD
    01-001  | D0     | 0                | {day}      | {time} | VISIT     | B1     | {spec}
    """
RESULT = "Subject | BARCODE | MATRIX | RESULT | UNIT | LLOQ | REPEAT | QC\n01-001 | B1 | {matrix} | {result} | copies/ug gDNA | 50 | 0 | {qc}"


@pytest.mark.parametrize(
    ("sample", "result", "flags"),
    [
        (("2024-03-19", "08:00", "1"), ("PB", "1200", "PASS"), ("Y", "Y")),
        (("2024-03-19", "08:00", "1"), ("PB", "<50", "PASS"), ("Y", "N")),
        (("2024-03-15", "10:01", "1"), ("PB", "1200", "PASS"), ("Y", "Y")),
        (("2024-03-15", "10:00", "1"), ("PB", "1200", "PASS"), ("N", "N")),
        (("2024-03-19", "", "1"), ("PB", "1200", "PASS"), ("N", "N")),
        (("2024-03-19", "08:00", "2"), ("BM", "1200", "PASS"), ("N", "N")),
        (("2024-03-19", "08:00", "1"), ("PB", "1200", "FAIL"), ("N", "N")),
        (("2024-03-19", "08:00", "1"), ("PB", "NR", "PASS"), ("N", "N")),
    ],
    ids=["number", "below the limit", "a minute after the start", "at the start", "time unknown", "marrow", "failed", "no result"],
)  # fmt: skip
def test_kinetics_need_a_timed_result_in_blood_after_the_start_of_the_infusion(sample, result, flags):
    """D.2: PKFL number or BLQ with known time, PPFL at least one quantifiable."""
    date, time, spec = sample
    matrix, value, control = result
    pages = {
        "PKS": SAMPLE.format(day=date, time=time, spec=spec),
        "ck_qpcr": RESULT.format(matrix=matrix, result=value, qc=control),
    }
    found = person(**pages)
    assert (found["PKFL"], found["PPFL"]) == flags
    lost = person(**pages, INF=NOT_INFUSED)
    assert (lost["PKFL"], lost["PPFL"]) == ("N", "N")


@pytest.mark.parametrize(("day", "flags"), [("2024-03-15", ("N", "N")), ("2024-03-16", ("Y", "N"))])
def test_without_the_time_of_the_infusion_only_a_later_day_is_after_it_and_nothing_is_a_maximum(day, flags):
    """D.2, D-IMP: PKFL needs a result known to be after the infusion, PPFL a time after it that is not imputed."""
    untimed = AROUND["INF"].replace("| 10:00 ", "|       ", 1)
    pages = {
        "PKS": SAMPLE.format(day=day, time="12:00", spec="1"),
        "ck_qpcr": RESULT.format(matrix="PB", result="1200", qc="PASS"),
    }
    found = person(**pages, INF=untimed)
    assert found["TRTSTMF"] == "H"
    assert (found["PKFL"], found["PPFL"]) == flags


LOST = (
    "Subject | Folder | DSTYPE_STD | DSDAT | DSSTAT_STD | DSREAS_STD\n01-001 | EOS | EOS | 2025-01-20 | 2 | 2"
)


@pytest.mark.parametrize(
    ("pages", "last"),
    [
        ({}, "2024-05-10"),
        ({"AE": "Subject | RecordPosition | AETERM | AESTDAT | AEENDAT | AEGR_STD\n01-001 | 1 | a | 2024-06-01 | | 1"}, "2024-06-01"),
        ({"AE": "Subject | RecordPosition | AETERM | AESTDAT | AEENDAT | AEGR_STD\n01-001 | 1 | a | 2024-06-01 | 2024-06-05 | 1"}, "2024-06-05"),
        ({"AE": "Subject | RecordPosition | AETERM | AESTDAT | AEENDAT | AEGR_STD\n01-001 | 1 | a | 2024-06-01 | 2024-06 | 1"}, "2024-06-01"),
        ({"VS": "Subject | Folder | VSDAT | VSTPT_STD | WEIGHT\n01-001 | W8 | 2024-06-02 | NA | 70"}, "2024-06-02"),
        ({"EG": "Subject | Folder | EGDAT | HR\n01-001 | W8 | 2024-06-03 | 70"}, "2024-06-03"),
        ({"PE": "Subject | Folder | PEDAT\n01-001 | W8 | 2024-06-04", "PELINE": "Subject | Folder | RecordPosition | PESYS_STD | PERES_STD\n01-001 | W8 | 1 | SKIN | N"}, "2024-06-04"),
        ({"PKS": SAMPLE.format(day="2024-06-06", time="08:00", spec="1"), "ck_qpcr": RESULT.format(matrix="PB", result="5", qc="PASS")}, "2024-06-06"),
        ({"CM": "Subject | RecordPosition | CMTRT | CMSTDAT | CMENDAT\n01-001 | 1 | a | 2024-06-07 | 2024-06-20"}, "2024-06-07"),
    ],
    ids=["visits", "event", "end of event", "partial end", "vital signs", "ecg", "examination", "kinetics", "drug"],
)  # fmt: skip
def test_the_last_contact_is_the_latest_complete_date_of_any_kind(pages, last):
    """D.1 LSTALVDT: the date lost to follow-up, 2025-01-20, is no contact; drugs count by their start."""
    assert day(person(DS=LOST, **pages)["LSTALVDT"]) == last


def test_the_end_of_a_fatal_event_does_not_prove_life():
    """D-IMP, death: last known alive excludes the death record; alive on 2024-06-01, dead in June."""
    page = "Subject | RecordPosition | AETERM | AESTDAT | AEENDAT | AEGR_STD | AEOUT_STD\n01-001 | 1 | a | 2024-06-01 | 2024-06-05 | 5 | {out}"
    death = DEATH.format(day="2024-06")
    fatal = person(DS=LOST, DTH=death, AE=page.format(out="5"))
    assert (day(fatal["DTHDT"]), fatal["DTHDTF"]) == ("2024-06-02", "D")
    assert day(person(DS=LOST, DTH=death, AE=page.format(out="3"))["DTHDT"]) == "2024-06-06"


@pytest.mark.parametrize(("second", "total"), [("400", 10.0), ("", 4.2857)])
def test_the_dose_is_the_sum_of_all_infusions_and_unknown_where_one_is(second, total):
    """D.1 DOSEKG: 300 and 400 million cells at 70 kg; without the second weight the sum is not known."""
    pages = (
        AROUND["INF"].splitlines()[1].strip()
        + "\n"
        + (
            "01-001 | D0 | Y | 2024-03-15 | 10:00 | 10:30 | 70 | 300 | 10^6 cells\n"
            f"01-001 | D0 | Y | 2024-03-15 | 10:40 | 10:50 | {'70' if second else ''} | 400 | 10^6 cells"
        )
    )
    pages = pages.replace("| Folder |", "| Folder | PageRepeatNumber |", 1).replace("| D0 |", "| D0 | 0 |", 1)
    pages = pages.replace("| D0 | Y", "| D0 | 1 | Y", 1)
    got = person(INF=pages)["DOSEKG"]
    assert got == (total if second else None)
