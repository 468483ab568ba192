"""What a guess of a new study finds of specs written by hand, and that nothing of a person gets into it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from clinical.check import check_study, fields_of_columns
from clinical.graph import Node
from clinical.read import read_yaml
from clinical.study import load_study
from tests.cdiscflow import test_newstudy as little
from tests.cdiscflow.test_newstudy import CART, LIBRARY, PILOT, begin, form
from tests.studies.rd1302 import WORKED

home, run, extract = little.home, little.run, little.extract


def collected(folder: Path) -> dict[Node, set[Node]]:
    """The SDTM variables that read raw fields, each with the file and the column it reads."""
    study = load_study(folder, LIBRARY)
    found: dict[Node, set[Node]] = {}
    for (name, variable), fields in fields_of_columns(check_study(study).names).items():
        if study.datasets[name].layer == "sdtm" and variable and not variable.islower():
            columns = set()
            for of, field in fields:
                stated = study.forms[of]
                known = stated.fields.get(field) or stated.fields.get(field.removesuffix("_STD"))
                columns.add((stated.source.path, known.column if known else field))
            found[name, variable] = columns
    return {node: columns for node, columns in found.items() if columns}


def compared(hand: Path, guessed: Path) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By dataset, the collected variables of the specs by hand and those guessed from the same column."""
    wanted, got = collected(hand), collected(guessed)
    by_dataset: tuple[dict, dict] = ({}, {})
    for (name, variable), columns in wanted.items():
        by_dataset[0].setdefault(name, set()).add(variable)
        if columns & got.get((name, variable), set()):
            by_dataset[1].setdefault(name, set()).add(variable)
    return by_dataset


# counted in mappings/cdiscpilot01/sdtm/*.yml: variables that read raw fields, and why a guess must miss some
#   AE 27  MedDRA 12, AESEV AESER AEACN AEREL AEOUT, 7 criteria of seriousness, 3 dates
#   DM 12  RFICDTC DTHDTC AGE SEX RACE ETHNIC COUNTRY DMDTC, 4 of the arms
#   DS  5  DSCAT DSDECOD VISITNUM DSDTC DSSTDTC
#   EC 10  ECREFID ECTRT ECDOSE ECDOSU ECDOSFRM ECDOSFRQ ECROUTE VISITNUM ECSTDTC ECENDTC; EX 10 alike
#   VS  9  VSORRES VSPOS VSLOC VISITNUM VSDTC, 4 of the time point: together 27 + 12 + 5 + 10 + 10 + 9 = 73
PILOT_COUNTS = {"AE": 27, "DM": 12, "DS": 5, "EC": 10, "EX": 10, "VS": 9}
PILOT_MISSED = {
    "AE": {"AESCONG", "AESDISAB"},  # columns AESCNO and AEDIS
    "DS": {"DSCAT", "VISITNUM"},  # a rule; the list of visits
    "EC": {"ECTRT", "ECDOSFRM", "VISITNUM"},  # DRUGAD and DOSFM; the list of visits
    "EX": {"EXTRT", "EXDOSFRM", "VISITNUM"},
    "VS": {"VISITNUM", "VSPOS", "VSTPT", "VSTPTNUM", "VSELTM", "VSTPTREF"},  # SUBPOS; TMPTC in four
}  # 2 + 2 + 3 + 3 + 6 = 16, and 73 - 16 = 57
# where column and variable have one name, or that of CDASH (AESTDAT for AESTDTC, BRTHDAT for BRTHDTC)
CART_FOUND = {
    "AE": """
        AETERM AELLT AELLTCD AEDECOD AEPTCD AEHLT AEHLTCD AEHLGT AEHLGTCD AESOC AESOCCD AESTDTC AEENDTC
        AEENRTPT AESER AESDTH AESLIFE AESHOSP AESDISAB AESCONG AESMIE AEREL AEACN AEOUT AEGRPID
        """,
    "CM": "CMTRT CMDECOD CMINDC CMDOSU CMROUTE CMSTDTC CMENDTC CMENRTPT",
    "DM": "BRTHDTC AGE SEX RACE RACEOTH COUNTRY DTHDTC",
    "DV": "DVCAT DVTERM",
    "IE": "IETESTCD IEORRES IEDTC",
    "LB": "LBTESTCD LBORRES LBORRESU",
    "MH": "MHTERM MHLLT MHDECOD MHSTDTC MHENDTC MHENRTPT",
    "PR": "PRTRT PRINDC",
    "VS": "VSORRES VSORRESU VSTPT VSDTC",
}  # 25 + 8 + 7 + 2 + 3 + 3 + 6 + 2 + 4 = 60


def test_57_of_the_73_collected_variables_of_the_pilot_are_found_and_its_datasets_are_built(home, run):
    """Those not found have names of the sponsor, or need a list or a rule of the study."""
    said = begin(run, PILOT / "demo")
    assert said.startswith("fresh: 5 forms with 82 fields, 6 datasets: AE, DM, DS, EC, EX, VS\n")
    wanted, found = compared(PILOT, home / "mappings/fresh")
    assert {name: len(variables) for name, variables in wanted.items()} == PILOT_COUNTS
    missed = {name: variables - found[name] for name, variables in wanted.items()}
    assert {name: variables for name, variables in missed.items() if variables} == PILOT_MISSED
    assert (sum(map(len, found.values())), sum(PILOT_COUNTS.values())) == (57, 73)
    built = run("build", "fresh", "DM", "--subject", "701-1015").out
    assert "RFSTDTC   2014-01-02" in built
    assert "RFICDTC   2013-12-26" in built
    pages = pd.read_csv(PILOT / "demo/vs_raw.csv", dtype="str").set_index("PATNUM").loc["701-1015"]
    results = (
        pages[["IT.HEIGHT_VSORRES", "IT.WEIGHT", "IT.TEMP", "SYS_BP", "DIA_BP", "PULSE"]].notna().sum().sum()
    )
    assert run("build", "fresh", "VS", "--subject", "701-1015").out.startswith(f"{results} records with ")


def test_60_of_the_collected_variables_of_a_study_whose_names_are_not_those_of_cdash_are_found(home, run):
    begin(run, WORKED)
    wanted, found = compared(CART, home / "mappings/fresh")
    assert found == {name: set(variables.split()) for name, variables in CART_FOUND.items()}
    assert (sum(map(len, found.values())), sum(map(len, wanted.values())) > 200) == (60, True)
    assert form(home, "DM")["fields"]["SEX"]["codes"] == {"F": "Female", "M": "Male"}
    assert form(home, "LD")["fields"]["LDDAT"] == {"type": "date"}


def test_nothing_that_was_written_about_a_person_gets_into_a_file_or_the_answer(home, run, extract):
    """Planted: text that is the same in all records, that differs, and that has a code of its own in each."""
    folder = extract(
        dm="""
        Subject | Folder | SEX    | SEX_STD | INITIALS | COMMENT           | DOCTOR     | DOCTOR_STD | REMARK
        01-001  | SCR    | Female | F       | zebrafox | lives-with-wombat | Quokkason  | quokk1     | numbat
        01-002  | SCR    | Male   | M       | yakhorse | fears-all-dugongs | Echidnova  | echid2     | numbat
        01-003  | SCR    | Female | F       | xerusdog | bitten-by-a-galah | Bilbystein | bilby3     | numbat
        01-004  | SCR    | Male   | M       | wolfbird | sleeps-at-potoroo | Kakapoulos | kakap4     | numbat
        """,
        ae="""
        Subject | Folder | AETERM              | AESTDAT
        01-001  | LOG    | stung-by-a-platypus | 2024-05-01
        01-002  | LOG    | stung-by-a-platypus | 2024-05-02
        """,
    )
    said = begin(run, folder)
    written = "".join(path.read_text("utf-8") for path in (home / "mappings/fresh").rglob("*.*"))
    assert "Female" in written  # a code of the form is written
    planted = """
        01-001 zebrafox yakhorse xerusdog wolfbird wombat dugongs galah potoroo quokk echid bilby kakap numbat
        platypus 2024-05-01
        """
    found = (written + said).casefold()
    assert [word for word in planted.split() if word in found] == []


@pytest.mark.parametrize("source", [PILOT / "demo", WORKED], ids=["cdiscpilot01", "rd1302"])
def test_no_value_of_a_subject_is_in_the_written_files(home, run, source):
    """Only codes and texts of coded fields are: they are the form's and not the subject's."""
    begin(run, source)
    written, coded = "", {"CDISCPILOT01", "RD1302", "PROD"}
    for path in sorted((home / "mappings/fresh").rglob("*.yml")):
        written += path.read_text("utf-8")
    for path in (home / "mappings/fresh/raw").glob("*.yml"):
        for field in read_yaml(path, home)["fields"].values():
            codes = field.get("codes", {})
            coded |= {*codes, *(codes.values() if isinstance(codes, dict) else ())}
    values: set[str] = set()
    for path in source.rglob("*.csv"):
        frame = pd.read_csv(path, dtype="str", encoding="utf-8")
        values |= {value for column in frame for value in frame[column].dropna().unique() if len(value) > 5}
    words = {
        v for v in values - coded if v in written and re.search(rf"(?<!\w){re.escape(v)}(?!\w)", written)
    }
    assert words <= {"Weight", "Height", "CMTRT", "VITALS", "HEIGHT", "WEIGHT"}
