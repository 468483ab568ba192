"""The first specs of a study, guessed from what was delivered: they hold together, and no subject data."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from xlsxwriter import Workbook

from cdiscflow.home import home as home_of
from clinical.read import read_yaml
from clinical.xpt import write_xpt
from clinical.xpt_layout import Variable
from tests.edc import odm_files
from tests.homes import ROOT, command, enter

LIBRARY = ROOT / "mappings" / "library"
PILOT, CART = ROOT / "mappings/cdiscpilot01", ROOT / "mappings/rd1302"


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A home with the library and no study."""
    root = tmp_path / "home"
    shutil.copytree(LIBRARY, root / "mappings" / "library")

    class Here:
        pass

    here = Here()
    here.root = root
    enter(here, monkeypatch)
    return root


@pytest.fixture
def run(capsys):
    return partial(command, capsys)


@pytest.fixture
def extract(tmp_path):
    """A function that writes files into an extract folder."""
    folder = tmp_path / "extract"
    folder.mkdir()

    def write(**files: str) -> Path:
        for name, text in files.items():
            lines = "\n".join(
                ",".join(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines()
            )
            (folder / f"{name}.csv").write_text(lines + "\n", "utf-8")
        return folder

    write()
    write.folder = folder
    return write


def begin(run, folder: Path, name: str = "fresh") -> str:
    """What the command says; the specs it wrote hold together."""
    answer = run("new-study", name, "--from", str(folder))
    assert answer.code == 0, answer.err
    checked = run("check", name)
    assert checked.code == 0, checked.err
    assert checked.out.endswith("all fine\n")
    return answer.out


def form(home: Path, name: str) -> dict:
    return read_yaml(home / "mappings/fresh/raw" / f"{name}.yml", home)


def dataset(home: Path, name: str) -> dict:
    return read_yaml(home / "mappings/fresh/sdtm" / f"{name}.yml", home)


def test_a_study_is_never_written_over_and_names_are_names(home, run, extract):
    folder = extract(dm="Subject|SEX|AGE\n01|F|30")
    begin(run, folder)
    before = {path: path.read_bytes() for path in (home / "mappings").rglob("*.yml")}
    again = run("new-study", "fresh", "--from", str(folder))
    assert (again.code, again.err) == (1, "fresh: is there already; a study is never written over\n")
    for name in ("../out", "library", "A b", ".x", "", "x" * 40):
        refused = run("new-study", name, "--from", str(folder))
        assert (refused.code, refused.err) == (
            1, f"'{name}' is no name for a study: small letters, digits and _, a letter first, at most 32\n"
        )  # fmt: skip
    assert {path: path.read_bytes() for path in (home / "mappings").rglob("*.yml")} == before


def test_a_folder_without_subjects_is_refused(home, run, extract, tmp_path):
    gone = tmp_path / "gone"
    assert run("new-study", "fresh", "--from", str(gone)).err == f"{gone}: no such folder\n"
    folder = extract(list="A|B\n1|2")
    assert run("new-study", "fresh", "--from", str(folder)).err == f"{folder}: no file with subjects in it\n"
    assert not (home / "mappings/fresh").exists()


def test_a_run_of_a_guessed_study_gives_its_datasets(home, run, extract):
    folder = extract(
        dm="Subject|SEX|AGE|RFICDAT\n01-001|F|30|2024-01-02\n01-002|M|41|2024-01-03",
        ae="Subject|AETERM|AESTDAT|AESER\n01-001|Fever|2024-02-01|N\n01-002||2024-02-02|",
    )
    said = begin(run, folder)
    link = home / "data/fresh/extract"
    assert link.is_symlink()
    assert f"{link} is a link to the extract\n" in said
    answer = run("run", "fresh")
    assert answer.code == 0, answer.err
    assert "records:   DM 2, AE 1" in answer.out


def test_families_of_columns_are_one_field_and_codes_those_of_the_data(home, run, extract):
    rows = "\n".join(
        f"01-00{n}|{'Female|F' if n % 2 else 'Male|M'}|2024-01-0{n}|0{n} JAN 2024|2024|01|0{n}|text {n}|t{n}"
        for n in range(1, 7)
    )
    begin(
        run,
        extract(
            dm=f"Subject|SEX|SEX_STD|BRTHDAT|BRTHDAT_RAW|BRTHDAT_YYYY|BRTHDAT_MM|BRTHDAT_DD|RACE|RACE_STD\n{rows}"
        ),
    )
    fields = form(home, "DM")["fields"]
    assert list(fields) == ["SEX", "BRTHDAT", "RACE"]
    assert fields["SEX"] == {"type": "code", "codes": {"F": "Female", "M": "Male"}}
    assert fields["BRTHDAT"] == {"type": "date"}
    assert fields["RACE"] == {"type": "code"}  # as many texts as records: no list that may be written down


def test_codes_that_are_numbers_of_subjects_or_dates_are_not_written(home, run, extract):
    rows = "\n".join(f"0{n % 2}|F|A0{n % 2}|0{n % 2}|x|2024-01-01" for n in range(8))
    begin(run, extract(dm=f"Subject|SEX|PAIR|PAIR_STD|DAY|DAY_STD\n{rows}"))
    assert "codes" not in form(home, "DM")["fields"]["PAIR"]
    assert "codes" not in form(home, "DM")["fields"]["DAY"]


def test_dates_have_the_forms_that_read_them_all(home, run, extract):
    begin(run, extract(
        ae="Subject|AETERM|AESTDAT|AEENDAT\n1|a|03/04/2024|13/04/2024\n2|b|05/04/2024|06/05/2024",
        cm="Subject|CMTRT|CMSTDAT\n1|a|01-Feb-2024\n2|b|UN-Mar-2024",
        mh="Subject|MHTERM|MHSTDAT\n1|a|2024年3月1日\n2|b|2024年3月",
    ))  # fmt: skip
    assert form(home, "AE")["dates"] == ["dd/mm/yyyy"]  # 13/04 decides 03/04 of the other column
    assert form(home, "CM")["dates"] == ["dd-Mon-yyyy"]
    assert form(home, "MH")["dates"] == ["yyyy年m月d日"]


def test_a_date_that_two_forms_read_differently_is_read_by_none_of_them(home, run, extract):
    """Both are accepted, so such a date gives a finding and no value; a person decides."""
    said = begin(run, extract(ae="Subject|AETERM|AESTDAT\n1|a|03/04/2024\n2|b|05/06/2024"))
    assert form(home, "AE")["dates"] == ["dd/mm/yyyy", "mm/dd/yyyy"]
    assert "raw/AE.yml: AESTDAT: the forms dd/mm/yyyy, mm/dd/yyyy read its dates differently\n" in said


def test_times_zones_numbers_and_identifiers_are_told_apart(home, run, extract):
    begin(run, extract(lb=(
        "SUBJID|LBREFID|LBTEST|LBORRES|LBORRESU|LBDAT|LBTIM|DRAWN|CODE|LBSTRESN\n"
        "1|A1|Glucose|5.1|mmol/L|2024-01-02|08:30|2024-01-02T08:30:00+08:00|0123|5.1\n"
        "1|A2|Albumin|<3|g/L|2024-01-02|9:15|2024-01-02T09:30:00Z|0456|3"
    )))  # fmt: skip
    fields = form(home, "LB")["fields"]
    assert {name: field["type"] for name, field in fields.items()} == {
        "LBREFID": "text", "LBTEST": "text", "LBORRES": "text", "LBORRESU": "text", "LBDAT": "date",
        "LBTIM": "time", "DRAWN": "datetime", "CODE": "text", "LBSTRESN": "number"}  # fmt: skip
    assert fields["DRAWN"]["zone"] == "offset"
    assert form(home, "LB")["record"] == ["SUBJID", "LBREFID"]
    words = dataset(home, "lb")["variables"]
    assert words["LBTESTCD"] == {"term": "raw.LBTEST", "codelist": "LBTESTCD", "via": "code"}
    assert words["LBDTC"] == {"date": "raw.LBDAT", "time": "raw.LBTIM"}
    assert "LBTESTCD" in run("build", "fresh", "LB").out


def test_results_of_several_tests_on_a_page_are_a_line_each_with_their_units(home, run, extract):
    begin(run, extract(vs=(
        "Subject|VSDAT|SYSBP|SYSBP_UNIT|TEMP_VSORRES|TEMP_VSORRESU|TEMP_VSLOC|VSPOS\n"
        "1|2024-01-01|120|mmHg|37|C|ORAL CAVITY|SITTING"
    )))  # fmt: skip
    assert dataset(home, "vs")["rows"]["each"] == [
        {"take": {"VSORRES": "raw.SYSBP", "VSORRESU": {"term": "raw.SYSBP_UNIT", "codelist": "VSRESU"}},
         "set": {"VSTESTCD": "SYSBP"}},
        {"take": {"VSORRES": "raw.TEMP_VSORRES",
                  "VSORRESU": {"term": "raw.TEMP_VSORRESU", "codelist": "VSRESU"},
                  "VSLOC": {"term": "raw.TEMP_VSLOC", "codelist": "LOC"}}, "set": {"VSTESTCD": "TEMP"}},
    ]  # fmt: skip
    built = run("build", "fresh", "VS").out
    assert "Systolic Blood Pressure" in built
    assert "ORAL CAVITY" in built


def test_two_files_of_one_domain_are_parts_of_a_union(home, run, extract):
    begin(run, extract(
        CM_PRIOR="Subject|CMTRT|CMSTDAT\n1|Aspirin|2023-01-01", CM_NOW="Subject|CMTRT|CMONGO\n1|Ibuprofen|Y",
    ))  # fmt: skip
    assert list(dataset(home, "cm")["rows"]["union"]) == ["cm_now", "cm_prior"]
    assert "ONGOING" in run("build", "fresh", "CM").out


def test_exposure_as_collected_is_exposure_too(home, run, extract):
    begin(run, extract(ec="Subject|ECTRT|ECSTDAT|ECDSTXT\n1|Drug|2024-01-01|50\n1||2024-01-02|"))
    assert dataset(home, "ex")["rows"] == {"from": "raw.EC", "where": {"ECTRT": {"missing": "false"}}}
    assert dataset(home, "ex")["variables"]["EXDOSE"] == {"number": "raw.ECDSTXT"}
    assert dataset(home, "dm")["variables"]["RFSTDTC"] == {"first": "EX.EXSTDTC"}
    assert "EXDOSE   50" in run("build", "fresh", "EX").out


def test_a_unit_without_its_result_makes_no_record(home, run, extract):
    begin(
        run, extract(ie="Subject|IETESTCD|WEIGHT_UNIT\n1|I1|kg", vs="Subject|VSDAT|TEMP_UNIT\n1|2024-01-01|C")
    )
    assert form(home, "VS")["not_submitted"] == "nothing reads it yet"


def test_every_guess_is_marked_with_what_speaks_for_it(home, run, extract):
    begin(run, extract(ae="SUBJID|AETERM|AESTDAT|ODD\n1|a|2024-02-03|q\n2|b|2024-02-04|r"))
    text = (home / "mappings/fresh/sdtm/ae.yml").read_text("utf-8")
    lines = text[text.index("variables:") :].splitlines()[1:]
    assert lines == [
        "  AETERM:  raw.AETERM  # guess: SDTMIG AETERM, 2 values",
        "  AESTDTC: raw.AESTDAT  # guess: CDASHIG AESTDAT, 2 values",
    ]
    raw = (home / "mappings/fresh/raw/AE.yml").read_text("utf-8")
    assert "subject: SUBJID  # guess: 2 values\n" in raw
    assert "ODD:     {type: text, not_submitted: nothing reads it yet}" in raw
    assert "record: file\n" in raw


def test_what_was_not_guessed_is_said(home, run, extract):
    folder = extract(
        ae="Subject|AETERM|ODD|AESER\n1|a|q|perhaps\n2|b|r|N", diary="Subject|X1\n1|2", sites="SITE|CITY\n1|X"
    )
    (folder / "notes.pdf").write_bytes(b"%PDF")
    said = begin(run, folder)
    for line in (
        "raw/AE.yml: no variable for ODD",
        "diary: no field tells by its name what it is for",
        "AE.AESER: 1 of 2 texts of AESER are not in NY: ct/ny.csv",
        "notes.pdf: no kind of file that forms are read from",
        "SITES: no column is a subject's number; no form",
    ):
        assert f"  {line}\n" in said.replace("sites:", "SITES:"), said


def test_headers_that_no_person_would_choose_become_names(home, run, extract):
    header = "Subject|AETERM|record|Start: (day)|{x}|1st|aeterm|a b|a-b|日期|USUBJID|on|#c"
    said = begin(run, extract(**{"AE (final) v2": f"{header}\n1|a|r|s|t|u|v|w|x|y|z|o|h"}))
    (path,) = (home / "mappings/fresh/raw").glob("*.yml")
    assert path.name == "AE_final_v2.yml"
    assert "AE" in said
    columns = {field.get("column", name) for name, field in read_yaml(path, home)["fields"].items()}
    assert {"record", "Start: (day)", "{x}", "1st", "aeterm", "a b", "a-b", "日期", "on", "#c"} <= columns
    assert run("build", "fresh", "AE").code == 0


def test_encodings_are_named_where_the_file_is_not_utf_8(home, run, extract):
    folder = extract.folder
    (folder / "ae.csv").write_bytes("Subject,AETERM\n1,发热伴寒战\n2,头痛\n".encode("gb18030"))
    (folder / "mh.csv").write_bytes("Subject,MHTERM\n1,Fièvre élevée\n2,x\n".encode("cp1252"))
    begin(run, folder)
    assert form(home, "AE")["read"] == {"csv": "ae.csv", "encoding": "gb18030"}
    assert form(home, "MH")["read"] == {"csv": "mh.csv", "encoding": "cp1252"}
    assert (
        "发热伴寒战" in run("build", "fresh", "AE", "--subject", "1").out
        or run("build", "fresh", "AE").code == 0
    )


def test_workbooks_sas_and_transport_files_are_forms_too(home, run, extract, tmp_path):
    folder = extract(dm="Subject|SEX|AGE\n01-001|F|30\n01-002|M|31")
    with Workbook(str(folder / "labs.xlsx")) as book:
        for name, row in (("CM", ["01-001", "Aspirin"]), ("empty", [])):
            sheet = book.add_worksheet(name)
            if row:
                sheet.write_row(0, 0, ["Subject", "CMTRT"])
                sheet.write_row(1, 0, row)
    shutil.copy(ROOT / "tests/edc/files/ae.sas7bdat", folder)
    frame = pd.DataFrame({"SUBJECT": ["01-001"], "MHTERM": ["Asthma"]}, dtype="str")
    variables = [Variable("SUBJECT", "Subject", "Char", 6, ""), Variable("MHTERM", "Term", "Char", 10, "")]
    write_xpt(folder / "mh.xpt", frame, name="MH", label="History", variables=variables,
              created=pd.Timestamp("2024-01-01").to_pydatetime())  # fmt: skip
    said = begin(run, folder)
    assert form(home, "CM")["read"] == {"excel": "labs.xlsx", "sheet": "CM"}
    assert form(home, "AE")["read"] == {"sas": "ae.sas7bdat"}
    assert form(home, "MH")["read"] == {"xpt": "mh.xpt"}
    assert "labs.xlsx#empty" in said
    assert "Asthma" in run("build", "fresh", "MH").out or run("build", "fresh", "MH").code == 0


def test_the_forms_and_code_lists_of_an_odm_file_are_taken(home, run, tmp_path):
    folder = tmp_path / "extract"
    folder.mkdir()
    items = odm_files.item("DAT", "2024-01-01") + odm_files.item("WEIGHT", "70")
    log = odm_files.group(odm_files.item("POS", "1"), 'ItemGroupRepeatKey="1"', "IG.VS.LOG")
    odm_files.written(folder, odm_files.subject(odm_files.page(odm_files.group(items) + log)))
    begin(run, folder)
    stated = form(home, "VS")
    assert stated["read"] == {"csv": "edc_csv/VS.csv", "odm": "FO.VS"}
    assert stated["fields"]["POS"]["codes"] == {"1": "Sitting", "2": "Standing"}
    assert stated["fields"]["DAT"]["type"] == "date"
    assert "Weight" in run("build", "fresh", "VS").out


def test_a_study_of_its_own_number_keeps_it_as_usubjid(home, run, extract):
    begin(run, extract(dm="STUDYID|USUBJID|SEX|AGE\nX1|X1-001|F|30\nX1|X1-002|M|31"))
    study = read_yaml(home / "mappings/fresh/study.yml", home)
    assert (study["study"], study["subject"]["usubjid"]) == ("X1", "{subject}")
    assert "X1-001" in run("build", "fresh", "DM").out


def test_an_extract_among_the_studys_data_needs_no_link(home, run):
    folder = home_of().data / "fresh" / "2024-05-01"
    folder.mkdir(parents=True)
    (folder / "dm.csv").write_text("Subject,SEX,AGE\n01,F,30\n")
    assert "link" not in begin(run, folder)
    assert [path.name for path in folder.parent.iterdir()] == ["2024-05-01"]
