"""SDTM of rd1302 from its raw extracts: what the fixtures start from, and the rules of C.1 to C.4 by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from clinical.check import check_study
from clinical.derive import derive
from clinical.study import load_study
from edc.read import read_extract
from tests.studies.rd1302 import CASES, EXTRACTS, STUDY, WORKED, fixtures, places
from tests.tables import assert_table

DOMAINS = ["DM", "EX", "EC", "RS", "CP", "LB", "PR", "CM", "DS", "DD", "SS", "SV", "SE", "TA", "TE", "TV"]
RULES = CASES / "2025-06-30-sdtm"
INFUSED = [name for name in places() if name != "07"]
EXPECTED_MESSAGES = {"build.matched-nothing", "sdtm.visit-derived", "sdtm.visit-after-end"}


@cache
def plan():
    return check_study(load_study(STUDY))


@cache
def built(extract: Path):
    """What the study's specs make of an extract, without a data cut (SDTM is never cut)."""
    raw = read_extract(extract, plan().study.forms, plan().study.config)
    assert raw.findings.empty, raw.findings["text"].unique()
    return derive(plan(), raw.frames, cut="2025-06-30", only=DOMAINS)


def domain(name: str, extract: Path = WORKED, subject: str = "", **where: str) -> pd.DataFrame:
    """The records of a domain, of one screening number and with these values if asked."""
    frame = built(extract).outputs[name].frame
    if subject:
        frame = frame[frame["USUBJID"] == f"RD1302-{subject}"]
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame


def of_fixture(name: str, dataset: str, **where: str) -> pd.DataFrame:
    subject, extract = places()[name]
    return domain(dataset, extract, subject, **where)


def listed(frame: pd.DataFrame, *columns: str) -> list[tuple]:
    rows = frame[list(columns)].astype("object").where(frame[list(columns)].notna(), None)
    return sorted(rows.itertuples(index=False, name=None), key=str)


@pytest.mark.parametrize("extract", EXTRACTS, ids=[path.name for path in EXTRACTS])
def test_every_domain_is_built_and_nothing_is_asked_that_was_not_planned(extract):
    found = built(extract)
    assert found.stopped == {}
    assert set(DOMAINS) <= set(found.outputs)
    assert set(found.findings["message"]) <= EXPECTED_MESSAGES


@pytest.mark.parametrize("extract", EXTRACTS, ids=[path.name for path in EXTRACTS])
def test_every_visit_number_used_is_in_sv(extract):
    """C-VISIT."""
    visits = domain("SV", extract)
    known = set(zip(visits["USUBJID"], visits["VISITNUM"], visits["VISIT"], strict=True))
    for name in ("RS", "CP", "LB"):
        used = domain(name, extract)
        assert used["VISITNUM"].notna().all()
        assert set(zip(used["USUBJID"], used["VISITNUM"], used["VISIT"], strict=True)) <= known


@pytest.mark.parametrize("extract", EXTRACTS, ids=[path.name for path in EXTRACTS])
def test_each_death_has_exactly_one_disposition_record_outside_study_treatment(extract):
    """C.3: DTHFL=Y and DS DEATH agree, person by person."""
    dead = domain("DM", extract, DTHFL="Y")["USUBJID"]
    deaths = domain("DS", extract, DSDECOD="DEATH")
    outside = deaths[deaths["DSSCAT"] != "STUDY TREATMENT"]
    assert sorted(outside["USUBJID"]) == sorted(dead)


@pytest.mark.parametrize("name", INFUSED)
def test_reference_start_is_the_infusion_of_the_fixture(name):
    person = of_fixture(name, "DM").iloc[0]
    assert person["RFSTDTC"][:10] == fixtures()[name]["input"]["TRTSDT"]
    assert person["ARMCD"] == person["ACTARMCD"]
    assert pd.isna(person["ARMNRS"])


@pytest.mark.parametrize("name", INFUSED)
def test_overall_responses_are_those_of_the_fixture(name):
    told = [
        (date, {"RD": "RELAPSED DISEASE"}.get(value, value))
        for date, value in fixtures()[name]["input"]["OVR"]
    ]
    if name in ("08", "08b"):
        told[-1] = ("2024-12", "RELAPSED DISEASE")
    assert listed(of_fixture(name, "RS", RSTESTCD="OVRLRESP"), "RSDTC", "RSSTRESC") == sorted(told)


@pytest.mark.parametrize("name", INFUSED)
def test_mrd_samples_are_those_of_the_fixture(name):
    """A NEG of the fixture is `<0.01` or 0 at a sensitivity of 0.01; NE has no number."""
    samples = of_fixture(name, "CP", CPTESTCD="ABCCE")
    samples = samples[samples["CPSTAT"].isna() & (samples["VISITNUM"] != 1)]
    assert set(samples["CPLLOQ"]) <= {0.01}
    found = [
        (row.CPDTC, 0.0 if row.CPSTRESC == "<0.01" else None if pd.isna(row.CPSTRESN) else row.CPSTRESN)
        for row in samples.itertuples()
    ]
    told = [
        (date, None if amount is None else float(amount))
        for date, _, amount in fixtures()[name]["input"]["MRD"]
    ]
    assert sorted(found, key=str) == sorted(told, key=str)


@pytest.mark.parametrize("name", INFUSED)
def test_transplant_therapy_death_and_loss_are_those_of_the_fixture(name):
    told = fixtures()[name]["input"]
    transplants = listed(of_fixture(name, "PR", PRCAT="HSCT"), "PRSTDTC")
    assert transplants == [(told["HSCTDT"],)] * bool(told["HSCTDT"])
    therapy = of_fixture(name, "CM", CMCAT="SUBSEQUENT ANTI-CANCER THERAPY")
    aside = ["HSCT CONDITIONING", "CNS PROPHYLAXIS IT", "POST-HSCT MAINTENANCE"]
    started = listed(therapy[~therapy["CMSCAT"].isin(aside)], "CMSTDTC")
    assert started == [(told["NACTDT"],)] * bool(told["NACTDT"])
    day = "2025-01" if name in ("08", "08b") else told["DTHDT"]
    assert listed(of_fixture(name, "DM"), "DTHDTC", "DTHFL") == [(day, "Y" if day else None)]
    reasons = {"LTFU": "LOST TO FOLLOW-UP", "WD": "WITHDRAWAL BY SUBJECT"}
    ends = of_fixture(name, "DS", DSSCAT="STUDY PARTICIPATION")
    lost = listed(ends[ends["DSDECOD"].isin(reasons.values())], "DSSTDTC", "DSDECOD")
    assert lost == [(told["EOSDT"], reasons.get(told["EOS"]))] * bool(told["EOS"])


@pytest.mark.parametrize("name", INFUSED)
def test_blasts_before_lymphodepletion_say_whether_there_is_disease(name):
    marrow = of_fixture(name, "LB", LBTESTCD="BLASTNCE", LBLOBXFL="Y")
    assert len(marrow) == 1
    assert marrow["LBDTC"].iloc[0] < of_fixture(name, "DM")["RFXSTDTC"].iloc[0][:10]
    assert (marrow["LBSTRESN"].iloc[0] >= 5) == fixtures()[name]["input"]["DISEASE_AT_BASELINE"]


def test_doses_in_five_units_become_10_6_cells_per_kg():
    """620e6 / 10^6 / 62; 523.2 / 54.5; 6.76 x 100 / 65; 9.85e6 / 10^6; 19.2 as it is; 1425 / 47.5."""
    got = domain("EX", EXTRT="RD13-02")
    assert_table(
        got[got["USUBJID"].str[-2:].isin(["01", "02", "03", "04", "05", "12"])],
        """
        USUBJID       | EXDOSE | EXDOSU
        RD1302-01-001 | 10     | 10^6 Therapeutic Cells/kg
        RD1302-01-002 | 9.6    | 10^6 Therapeutic Cells/kg
        RD1302-01-003 | 10.4   | 10^6 Therapeutic Cells/kg
        RD1302-01-004 | 9.85   | 10^6 Therapeutic Cells/kg
        RD1302-01-005 | 19.2   | 10^6 Therapeutic Cells/kg
        RD1302-01-012 | 30     | 10^6 Therapeutic Cells/kg
        """,
    )
    assert_table(
        domain("EC", subject="01-003", ECTRT="RD13-02"),
        """
        ECMOOD    | ECDOSE | ECDOSU                    | ECOCCUR
        SCHEDULED | 10     | 10^6 Therapeutic Cells/kg |
        PERFORMED | 6.76   | 10^8 Therapeutic Cells    | Y
        """,
    )


def test_lymphodepletion_in_mg_and_g_becomes_mg_per_m2():
    """01-002: 51 mg and 850 mg at 1.70 m2; 01-004: 57 mg and 0.95 g at 1.90 m2."""
    for subject in ("01-002", "01-004"):
        doses = domain("EX", subject=subject, EXCAT="LYMPHODEPLETION")
        assert set(zip(doses["EXTRT"], doses["EXDOSE"], strict=True)) == {
            ("FLUDARABINE", 30),
            ("CYCLOPHOSPHAMIDE", 500),
        }


def test_a_held_dose_is_in_ec_only_and_a_reduced_one_says_why():
    assert "LD-6" not in set(domain("EX", subject="01-008")["EXSPID"])
    assert_table(
        domain("EC", subject="01-008", ECSPID="LD-6"),
        """
        ECTRT            | ECOCCUR | ECREASOC                       | ECDOSE | ECSTDTC
        CYCLOPHOSPHAMIDE | N       | Grade 3 hepatic enzyme increase |       | 2024-09-06
        """,
    )
    reduced = domain("EX", subject="01-006", EXTRT="FLUDARABINE")
    assert_table(
        reduced[reduced["EXADJ"].notna()],
        """
        EXSPID | EXDOSE | EXADJ
        LD-3   | 22.5   | Creatinine clearance 52 mL/min
        LD-5   | 22.5   | DOSE REDUCED
        """,
    )


def test_an_infusion_across_midnight_ends_on_the_next_day():
    assert_table(
        domain("EX", subject="01-005", EXTRT="RD13-02"),
        """
        EXSTDTC          | EXENDTC          | EXSTDY | EXENDY
        2024-07-08T23:40 | 2024-07-09T00:20 | 1      | 2
        """,
    )


def test_the_subject_who_was_never_infused():
    """D.12, 07."""
    assert_table(
        domain("DM", subject="01-007"),
        """
        ACTARMCD | ARMNRS                | RFSTDTC | RFENDTC | RFXSTDTC         | RFPENDTC   | DTHFL
                 | ASSIGNED, NOT TREATED |         |         | 2024-09-10T09:00 | 2024-09-20 | Y
        """,
    )
    assert_table(
        domain("DS", subject="01-007", DSCAT="DISPOSITION EVENT"),
        """
        DSSCAT              | DSDECOD     | DSTERM                    | DSSTDTC    | DSSTDY
        STUDY PARTICIPATION | DEATH       | DEATH                     | 2024-09-20 |
        STUDY TREATMENT     | NEVER DOSED | NEVER DOSED WITH RD13-02  | 2024-09-20 |
        """,
    )
    assert_table(
        domain("SE", subject="01-007"),
        """
        ETCD | EPOCH     | SESTDTC          | SEENDTC
        SCRN | SCREENING | 2024-08-20T10:40 | 2024-09-10T09:00
        LD   | TREATMENT | 2024-09-10T09:00 | 2024-09-20
        """,
    )
    assert domain("EX", subject="01-007", EXTRT="RD13-02").empty
    performed = domain("EC", subject="01-007", ECTRT="RD13-02", ECMOOD="PERFORMED")
    assert_table(performed, "ECOCCUR | ECREASOC\n N | Sepsis")
    missed = domain("SV", subject="01-007", SVOCCUR="N")
    assert_table(missed, "VISITNUM | SVREASOC\n 5 | Sepsis, infusion cancelled")


def test_partial_dates_of_subject_08_stay_partial_and_the_visit_has_its_day():
    """D.12, 08: the relapse's day is only in SV; week 12 was missed before the end, so it has a record."""
    last = domain("SV", subject="01-008")
    assert_table(
        last[last["VISITNUM"] > 12],
        """
        VISITNUM | VISIT            | SVOCCUR | SVSTDTC    | SVSTDY
        12.1     | UNSCHEDULED 12.1 |         | 2024-12-10 | 93
        13       | WEEK 12          | N       |            |
        """,
    )
    assert_table(
        domain("RS", subject="01-008", RSTESTCD="OVRLRESP", RSSTRESC="RELAPSED DISEASE"),
        "RSDTC | VISITNUM | RSDY | EPOCH\n 2024-12 | 12.1 | | FOLLOW-UP",
    )
    deaths = domain("DS", subject="01-008", DSDECOD="DEATH")
    assert_table(deaths, "DSCAT | DSSCAT | DSSTDTC\n OTHER EVENT | | 2025-01")
    assert list(domain("DD", subject="01-008")["DDDTC"].unique()) == ["2025-01"]


def test_without_a_visit_page_the_visit_of_the_relapse_is_as_partial_as_its_date():
    """Variant 08b: no visit date in December."""
    assert_table(
        of_fixture("08b", "SV").tail(1), "VISITNUM | SVSTDTC | SVUPDES\n 12.1 | 2024-12 | UNSCHEDULED"
    )


def test_age_comes_from_birth_year_and_month_else_from_the_form():
    """April 2001 to 2024-07-16 is 23 completed years; 01-010 has a birth year only and 45 on the form."""
    ages = domain("DM")
    assert_table(
        ages[ages["SUBJID"].isin(["01-006", "01-010", "01-013"])],
        """
        SUBJID | BRTHDTC    | AGE | AGEU
        01-006 | 2001-04    | 23  | YEARS
        01-010 | 1979       | 45  | YEARS
        01-013 | 2012-02-29 | 11  | YEARS
        """,
    )


def test_day_28_is_treatment_and_the_day_after_is_follow_up():
    """C-EPOCH: infusion 2024-03-01, follow-up from 2024-03-30 (day 30)."""
    assert_table(
        domain("SE", subject="01-001", ETCD="FU"), "SESTDTC | SESTDY | SEENDTC\n 2024-03-30 | 30 | 2025-05-10"
    )
    visit = domain("SV", subject="01-001", VISIT="DAY 28 (WEEK 4)")
    assert_table(visit, "SVSTDTC | SVSTDY | EPOCH\n 2024-03-29 | 29 | TREATMENT")


def test_results_with_signs_ranges_and_exponents_keep_their_meaning():
    """C.4: `<0.01` and `0-1` have no number, 2E-2 is 0.02; else the category is the result."""
    mrd = domain("CP", subject="01-006")
    assert_table(mrd[mrd["CPORRES"] == "2E-2"], "CPSTRESC | CPSTRESN | CPSTRESU\n 0.02 | 0.02 | %")
    assert_table(
        domain("CP", subject="01-004", VISITNUM=11.0),
        "CPORRES | CPORRESU | CPSTRESC | CPSTRESN | CPSTAT\n Not evaluable | | NOT EVALUABLE | |",
    )
    blasts = domain("LB", subject="01-001", LBTESTCD="BLASTNCE")
    assert_table(blasts[blasts["LBORRES"] == "0-1"].head(1), "LBSTRESC | LBSTRESN | LBSTRESU\n 0-1 | | %")


def test_a_marrow_not_done_is_one_record_with_its_reason():
    assert_table(
        domain("LB", subject="01-006", LBTESTCD="LBALL"),
        """
        LBTEST                  | LBSTAT   | LBREASND                                         | VISITNUM
        Laboratory Test Results | NOT DONE | Marrow aspiration postponed: platelets 8 x10^9/L | 11
        """,
    )


def test_a_stable_disease_is_no_response_overall_and_a_relapse_has_its_type():
    got = domain("RS", subject="01-005", RSORRES="SD", RSTESTCD="OVRLRESP")
    assert_table(got, "RSSTRESC | RSDTC\n NR | 2024-08-05")
    sites = domain("SUPPRS", QNAM="RELAPTYP")
    assert_table(
        sites[sites["USUBJID"].isin(["RD1302-01-003", "RD1302-01-004"])],
        """
        USUBJID       | IDVAR | QVAL
        RD1302-01-003 | RSSEQ | COMBINED
        RD1302-01-004 | RSSEQ | EXTRAMEDULLARY
        """,
    )


def test_response_and_marrow_on_the_day_of_infusion_are_not_the_last_before_exposure():
    """Edge case E01: screening 2024-02-26 counts, day 0 is after the first lymphodepletion dose."""
    for dataset, column in (("RS", "RSLOBXFL"), ("LB", "LBLOBXFL")):
        flagged = of_fixture("E01", dataset, **{column: "Y"})
        assert set(flagged[f"{dataset}DTC"]) == {"2024-02-26"}
