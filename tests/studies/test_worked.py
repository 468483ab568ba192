"""The four worked examples of spec_language.md, run as they stand there, on four subjects.

Expected values are worked out by hand from the pages in worked/demo and the rules the specs cite; the working stands
beside what is not plain.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from clinical.check import check_study
from clinical.derive import derive
from clinical.frames import Frame
from clinical.spec import Dataset
from clinical.study import load_study
from edc.read import read_extract
from tests.tables import assert_table

FOLDER = Path(__file__).parent / "worked"
GOLDEN = Path(__file__).parents[1] / "golden" / "spec_language_examples.yml"


def actual_arm(dm: Frame, ex: Frame, spec: Dataset) -> pd.Series:
    """The level nearest to the delivered dose, if within the tolerance of it; the lower of two."""
    delivered = dm["USUBJID"].map(ex[ex["EXTRT"] == "RD13-02"].groupby("USUBJID")["EXDOSE"].sum())
    tolerance = float(spec.study["dose_tolerance_pct"]) / 100
    codes = pd.Series(None, index=dm.index, dtype="str")
    for level in reversed(spec.study["dose_levels"]):
        planned = float(level["planned"])
        codes = codes.mask((delivered - planned).abs() <= planned * tolerance, str(level["code"]))
    return codes


@pytest.fixture(scope="module")
def found():
    study = load_study(FOLDER)
    study.programs = {"sdtm.dm.actual_arm": actual_arm}
    extract = read_extract(FOLDER / "demo", study.forms, study.config)
    assert not len(extract.findings)
    return derive(check_study(study), extract.frames)


@pytest.mark.parametrize("name", ["dm", "ex", "lb", "rs"])
def test_the_example_is_that_of_the_document_character_by_character(name):
    examples = GOLDEN.read_text("utf-8").split("---\n")
    written = [text for text in examples if text.startswith(f"# sdtm/{name}.yml")]
    assert written == [(FOLDER / "sdtm" / f"{name}.yml").read_text("utf-8")]


def test_no_dataset_stops_and_only_the_lab_record_without_page_is_a_finding(found):
    """A2 is on no LB page: `instance` has no optional, so it is a reconciliation finding."""
    assert found.stopped == {}
    shown = found.findings[["message", "dataset", "variable", "keys", "record"]].to_numpy().tolist()
    record = "central_lab/01-001/A2/WBC1/2024-05-12"
    assert shown == [["build.lookup-none", "LB", "instance", "WORKED-01-001", record]]


def test_dm_has_one_row_a_person_with_dates_age_and_arm(found):
    """01-001: born 1980-03, first of the month counts, so 44 on 2024-03-01. 01-003: only the year is known, so the
    field AGE. 01-004 was screened again as 01-031: consent is the first one, everything else the shown screening.
    """
    assert_table(
        found.outputs["DM"].frame,
        """
        USUBJID       | SUBJID | RFICDTC          | RFSTDTC          | RFXSTDTC         | RFXENDTC         | RFENDTC    | RFPENDTC   | BRTHDTC    | AGE | AGEU  | SEX
        WORKED-01-001 | 01-001 | 2024-03-01T09:10 | 2024-03-15T14:00 | 2024-03-10T09:00 | 2024-03-15T14:00 | 2024-06-20 | 2024-06-25 | 1980-03    | 44  | YEARS | M
        WORKED-01-002 | 01-002 | 2024-03-05       |                  |                  |                  |            | 2024-03-05 | 1990-07-15 | 33  | YEARS | F
        WORKED-01-003 | 01-003 | 2024-04-01T08:00 |                  | 2024-04-10T09:00 | 2024-04-10T09:30 |            | 2024-05-01 | 1985       | 39  | YEARS | M
        WORKED-01-004 | 01-031 | 2024-03-10       | 2024-05-20T10:00 | 2024-05-20T10:00 | 2024-05-20T10:00 | 2024-05-20 | 2024-05-20 | 1970-05-03 | 53  | YEARS | F
        """,
    )


def test_dm_says_who_died_and_why_an_arm_is_missing(found):
    """Delivered: 01-001 7.0 x 10^8 / 70 kg = 10 (DL1), 01-004 14: neither within 20 % of 10 nor of 20."""
    assert_table(
        found.outputs["DM"].frame,
        """
        USUBJID       | DTHDTC     | DTHFL | ARMCD | ARM                            | ACTARMCD | ARMNRS
        WORKED-01-001 | 2024-06-20 | Y     | DL1   | RD13-02 1x10^7 CAR+ T cells/kg | DL1      |
        WORKED-01-002 |            |       |       |                                |          | SCREEN FAILURE
        WORKED-01-003 |            |       | DL2   | RD13-02 2x10^7 CAR+ T cells/kg |          | ASSIGNED, NOT TREATED
        WORKED-01-004 |            |       | DL1   | RD13-02 1x10^7 CAR+ T cells/kg |          | UNPLANNED TREATMENT
        """,
    )
    assert_table(
        found.outputs["SUPPDM"].frame,
        """
        USUBJID       | IDVAR | QNAM     | QLABEL               | QVAL             | QORIG
        WORKED-01-001 |       | CHETHNIC | Chinese Ethnic Group | HAN              | CRF
        WORKED-01-002 |       | CHETHNIC | Chinese Ethnic Group | CHINESE MINORITY | CRF
        WORKED-01-004 |       | CHETHNIC | Chinese Ethnic Group | HAN              | CRF
        """,
    )


def test_ex_has_doses_in_protocol_units_over_midnight_and_with_their_adjustment(found):
    """850 mg / 1.7 m2 = 500; 51 / 1.72 = 29.651 -> 29.65; 0.8 g: 800 / 1.7 = 470.588 -> 470.59. Held: no record.

    Study days from 2024-03-15: the 10th is -5, the 11th -4, the 12th -3.
    """
    assert_table(
        found.outputs["EX"].frame,
        """
        USUBJID       | EXSEQ | EXSPID | EXTRT            | EXDOSE | EXDOSU                   | EXADJ        | EXSTDTC          | EXENDTC          | EXSTDY | EXENDY | EPOCH
        WORKED-01-001 | 1     | LD-2   | CYCLOPHOSPHAMIDE | 500    | mg/m2                    |              | 2024-03-10T10:00 | 2024-03-10T11:00 | -5     | -5     | TREATMENT
        WORKED-01-001 | 2     | LD-5   | CYCLOPHOSPHAMIDE | 470.59 | mg/m2                    | DOSE REDUCED | 2024-03-12       | 2024-03-12       | -3     | -3     | TREATMENT
        WORKED-01-001 | 3     | LD-1   | FLUDARABINE      | 30     | mg/m2                    |              | 2024-03-10T09:00 | 2024-03-10T09:30 | -5     | -5     | TREATMENT
        WORKED-01-001 | 4     | LD-3   | FLUDARABINE      | 29.65  | mg/m2                    | Fever        | 2024-03-11T23:30 | 2024-03-12T00:15 | -4     | -3     | TREATMENT
        WORKED-01-001 | 5     | INF-0  | RD13-02          | 10     | 10^6 Therapeutic Cells/kg |             | 2024-03-15T14:00 |                  | 1      |        | TREATMENT
        WORKED-01-003 | 1     | LD-1   | FLUDARABINE      | 30     | mg/m2                    |              | 2024-04-10T09:00 | 2024-04-10T09:30 |        |        | TREATMENT
        WORKED-01-004 | 1     | INF-0  | RD13-02          | 14     | 10^6 Therapeutic Cells/kg |             | 2024-05-20T10:00 |                  | 1      |        | TREATMENT
        """,
        EXDOSE="Num",
    )
    assert_table(
        found.outputs["SUPPEX"].frame,
        """
        USUBJID       | IDVAR | IDVARVAL | QNAM    | QVAL
        WORKED-01-001 | EXSEQ | 5        | DONORID | D-77
        """,
    )


def test_lb_has_the_last_corrected_result_the_cancelled_one_and_the_marrow(found):
    """A1: the corrected WBC of the 5th wins, haemoglobin 11 g/dL is 110 g/L. A2 was cancelled: 23:30 UTC is 07:30 of the
    next day at the site, its visit comes from VISITNAME and, without a page's instance, from the date. Baseline is what
    is before lymphodepletion on 2024-03-10.
    """
    assert_table(
        found.outputs["LB"].frame,
        """
        LBSEQ | LBREFID | LBTESTCD | LBTEST                  | LBCAT       | LBORRES | LBORRESU | LBORNRLO | LBSTRESC | LBSTRESN | LBSTRESU | LBSTAT
        1     | A1      | HGB      | Hemoglobin              |             | 11      | g/dL     |          | 110      | 110      | g/L      |
        2     |         | LBALL    | Laboratory Test Results |             |         |          |          |          |          |          | NOT DONE
        3     |         | WBC      | Leukocytes              |             | 5400    | /uL      |          | 5.4      | 5.4      | 10^9/L   |
        4     | A1      | WBC      | Leukocytes              |             | 5.4     | 10^9/L   | 3.5      | 5.4      | 5.4      | 10^9/L   |
        5     | A2      | WBC      | Leukocytes              |             |         | 10^9/L   | 3.5      |          |          |          | NOT DONE
        6     |         | BLASTNCE | Blasts/Nucleated Cells  | BONE MARROW | 45      | %        |          | 45       | 45       | %        |
        7     |         | BLASTNCE | Blasts/Nucleated Cells  | BONE MARROW | <1      | %        |          | <1       |          | %        |
        """,
    )
    assert_table(
        found.outputs["LB"].frame,
        """
        LBSEQ | LBTESTCD | LBSPEC      | LBMETHOD   | LBLOBXFL | LBNRIND | VISITNUM | VISIT     | VISITDY | EPOCH     | LBDTC            | LBDY
        1     | HGB      |             |            | Y        |         | 1        | SCREENING | -28     | SCREENING | 2024-03-02T08:00 | -13
        2     | LBALL    |             |            |          |         | 11       | DAY 28    | 29      |           |                  |
        3     | WBC      |             |            |          |         | 1        | SCREENING | -28     |           |                  |
        4     | WBC      |             |            | Y        |         | 1        | SCREENING | -28     | SCREENING | 2024-03-02T08:00 | -13
        5     | WBC      |             |            |          |         | 12       | WEEK 8    | 57      | FOLLOW-UP | 2024-05-10T07:30 | 57
        6     | BLASTNCE | BONE MARROW | MICROSCOPY | Y        |         | 1        | SCREENING | -28     | SCREENING | 2024-03-02       | -13
        7     | BLASTNCE | BONE MARROW | MICROSCOPY |          |         | 11       | DAY 28    | 29      | TREATMENT | 2024-04-12       | 29
        """,
    )


def test_rs_has_several_results_a_page_and_links_to_the_visit_with_lesions(found):
    """Lugano NA gives no record; MRD not done and relapse type do. Lesions were measured at week 8 only."""
    assert_table(
        found.outputs["RS"].frame,
        """
        RSSEQ | RSTESTCD | RSCAT                               | RSORRES  | RSSTRESC         | RSSTAT   | RSREASND    | RSEVAL       | RSLNKGRP         | VISITNUM | RSDTC      | RSDY | EPOCH
        1     | RSALL    |                                     |          |                  | NOT DONE | Not at site |              |                  | 1        |            |      |
        2     | METBRESP | LUGANO CLASSIFICATION               | CMR      | CMR              |          |             | INVESTIGATOR | WORKED-01-001-12 | 12       | 2024-05-10 | 57   | FOLLOW-UP
        3     | MRDRESP  | NCCN ALL MRD 2014                   | Negative | MRD NEGATIVITY   |          |             | INVESTIGATOR |                  | 11       | 2024-04-12 | 29   | TREATMENT
        4     | MRDRESP  | NCCN ALL MRD 2014                   |          |                  | NOT DONE |             | INVESTIGATOR | WORKED-01-001-12 | 12       | 2024-05-10 | 57   | FOLLOW-UP
        5     | BMRRESP  | PROTOCOL DEFINED RESPONSE CRITERIA  | CR       | CR               |          |             | INVESTIGATOR |                  | 11       | 2024-04-12 | 29   | TREATMENT
        6     | BMRRESP  | PROTOCOL DEFINED RESPONSE CRITERIA  | Relapse  | RELAPSED DISEASE |          |             | INVESTIGATOR | WORKED-01-001-12 | 12       | 2024-05-10 | 57   | FOLLOW-UP
        7     | DRCRIND  | PROTOCOL DEFINED RESPONSE CRITERIA  | Y        | Y                |          |             | INVESTIGATOR | WORKED-01-001-12 | 12       | 2024-05-10 | 57   | FOLLOW-UP
        8     | OVRLRESP | PROTOCOL DEFINED RESPONSE CRITERIA  | CR       | CR               |          |             | INVESTIGATOR |                  | 11       | 2024-04-12 | 29   | TREATMENT
        9     | OVRLRESP | PROTOCOL DEFINED RESPONSE CRITERIA  | Relapse  | RELAPSED DISEASE |          |             | INVESTIGATOR | WORKED-01-001-12 | 12       | 2024-05-10 | 57   | FOLLOW-UP
        """,
    )
    assert_table(
        found.outputs["SUPPRS"].frame,
        """
        IDVAR | IDVARVAL | QNAM     | QLABEL       | QVAL
        RSSEQ | 7        | RELAPTYP | Relapse Type | MARROW
        """,
    )


def test_every_record_set_aside_has_a_reason(found):
    """DM: the first screening of 01-004 and a re-consent; EX: two infusions not given and a held dose; LB: one preliminary
    and one corrected result, a marrow page without blasts; RS: the page that was not done has no result.
    """
    account = found.account[found.account["dataset"].isin(["DM", "EX", "LB", "RS"])]
    assert_table(
        account.astype({"records": "str"}),
        """
        dataset | part     | source          | reason                      | records
        DM      |          | raw.IC          | keep                        | 1
        DM      |          | raw.IC          | where                       | 1
        EX      | infusion | raw.INF         | where                       | 2
        EX      | ld       | raw.LD          | where                       | 1
        LB      | central  | raw.central_lab | keep                        | 1
        LB      | central  | raw.central_lab | where                       | 1
        LB      | marrow   | raw.BM          | no line of each has a value | 1
        LB      | not_done | raw.LB          | where                       | 1
        RS      | not_done | raw.RS          | where                       | 2
        RS      | response | raw.RS          | no line of each has a value | 1
        """,
    )
