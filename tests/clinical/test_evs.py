"""The official terminology text of NCI EVS is read into the columns that the product ships."""

import csv
from pathlib import Path

import pytest

from clinical.errors import InputError
from clinical.evs import COLUMNS, import_evs, write_ct
from clinical.terms import Terms

LIBRARY = Path(__file__).parents[2] / "mappings" / "library"
HEADER = [
    "Code", "Codelist Code", "Codelist Extensible (Yes/No)", "Codelist Name", "CDISC Submission Value",
    "CDISC Synonym(s)", "CDISC Definition", "NCI Preferred Term",
]  # fmt: skip
LINES = [
    ["C66731", "", "No", "Sex", "SEX", "Sex", "A terminology codelist for sex.", "CDISC Sex Terminology"],
    ["C20197", "C66731", "", "Sex", "M", "Male", "A person who is male.", "Male"],
    ["C16576", "C66731", "", "Sex", "F", "Female", '"One who said ""x"""', "Female"],
    ["C71620", "", "Yes", "Unit", "UNIT", "Unit", "Units.", "CDISC Unit Terminology"],
    ["C67311", "C71620", "", "Unit", "U/L", "IU/L", "", '"Unit ""per"" Liter"'],
]


def written(folder: Path, lines: list[list[str]], name: str = "SDTM Terminology 2025-03-28.txt") -> Path:
    file = folder / name
    file.write_text("".join("\t".join(line) + "\r\n" for line in lines), encoding="utf-8")
    return file


def test_terms_are_read_with_their_list_and_the_date_of_the_package(tmp_path):
    got = import_evs(written(tmp_path, [HEADER, *LINES]))
    assert list(got.columns) == COLUMNS
    assert got.to_numpy().tolist() == [
        ["C66731", "SEX", "Sex", "N", "C16576", "F", "Female", "2025-03-28"],
        ["C66731", "SEX", "Sex", "N", "C20197", "M", "Male", "2025-03-28"],
        ["C71620", "UNIT", "Unit", "Y", "C67311", "U/L", 'Unit "per" Liter', "2025-03-28"],
    ]


def test_the_column_standard_and_date_comes_before_the_files_name(tmp_path):
    lines = [[*line, "SDTM CT 2024-09-27"] for line in LINES]
    got = import_evs(written(tmp_path, [[*HEADER, "Standard and Date"], *lines]))
    assert set(got["origin"]) == {"2024-09-27"}


def test_an_imported_file_replaces_the_shipped_one(tmp_path):
    folder = tmp_path / "ct"
    folder.mkdir()
    write_ct(import_evs(written(tmp_path, [HEADER, *LINES])), folder / "sdtm.csv")
    (folder / "adam.csv").write_text((LIBRARY / "ct" / "adam.csv").read_text("utf-8"), encoding="utf-8")
    terms = Terms(tmp_path)
    assert terms.codelist("C66731").values == {"F": "C16576", "M": "C20197"}
    assert terms.codelist("UNIT").extensible


def test_the_shipped_files_have_the_columns_of_an_import():
    for name in ("sdtm", "adam"):
        with (LIBRARY / "ct" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            assert next(csv.reader(lines)) == COLUMNS


@pytest.mark.parametrize(
    ("lines", "name", "message"),
    [
        (
            [["Code", "Codelist Code"]],
            "x 2025-03-28.txt",
            "x 2025-03-28.txt:1: not a terminology file of NCI EVS: no column Codelist Extensible (Yes/No), "
            "Codelist Name, CDISC Submission Value, NCI Preferred Term",
        ),
        (
            [HEADER, LINES[1]],
            "x 2025-03-28.txt",
            "x 2025-03-28.txt:2: term of codelist C66731, which is not in the file",
        ),
        (
            [HEADER, *LINES],
            "x.txt",
            "x.txt: neither the file's name nor its content tells the date of the package",
        ),
    ],
)
def test_another_file_is_refused(tmp_path, lines, name, message):
    with pytest.raises(InputError) as refused:
        import_evs(written(tmp_path, lines, name))
    assert str(refused.value) == message
