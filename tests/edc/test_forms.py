"""What a raw form may say, and how it is refused: file, line, form and field, and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinical.errors import SpecErrors
from clinical.forms import read_forms

GOOD = """form: RS
label: Response
read: {csv: edc_csv/RS.csv, where: {RecordPosition: 0}}
per: subject
record: [Subject, Folder, RSDAT]
coordinates: {folder: Folder, line: RecordPosition}
duplicates: {keep: {last: MaxUpdated}, by: [Folder, RSDAT]}
dates: [dd-Mon-yyyy, yyyy/mm]
fields:
  RSDAT:  {type: date, label: Date}
  RSTIM:  {type: time, label: Time}
  RSDTM:  {date: RSDAT, time: RSTIM}
  RSOVR:  {type: code, label: Overall, codes: {1: CR, 2: [CRi, incomplete remission]}}
  RSEMD:  {type: code, codes: [CR, PR]}
  RSTERM: {type: text, column: IT.RSTERM, required: {RSOVR: {missing: false}}}
  RSUTC:  {type: datetime, zone: UTC}
  RSCOM:  {type: text, not_submitted: free text}
"""
PLAIN = "form: RS\nread: {csv: RS.csv}\nfields:\n"


def refusals(place: Path, **files: str) -> list[str]:
    """Every fault of a folder of raw forms."""
    folder = place / "mappings" / "toy" / "raw"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, "utf-8")
    with pytest.raises(SpecErrors) as caught:
        read_forms(folder, place)
    return [str(error).removeprefix("mappings/toy/") for error in caught.value.errors]


def fault(place: Path, line: str, head: str = PLAIN) -> str:
    """The one fault of a form with this line."""
    found = refusals(place, RS=head + line + "\n")
    assert len(found) == 1
    return found[0]


def test_a_form_is_read_with_everything_that_was_written(tmp_path):
    (tmp_path / "RS.yml").write_text(GOOD, "utf-8")
    form = read_forms(tmp_path, tmp_path)["RS"]
    assert (form.name, form.subject, form.per_subject, form.label) == ("RS", "Subject", True, "Response")
    assert (form.source.path, form.source.encoding) == ("edc_csv/RS.csv", "")
    assert form.record == ("Subject", "Folder", "RSDAT")
    assert form.coordinates == {"Folder": "Folder", "RecordPosition": "RecordPosition"}
    assert (form.duplicates.which, form.duplicates.order) == ("last", "MaxUpdated")
    assert form.duplicates.by == ("Folder", "RSDAT")
    assert form.dates == ("dd-Mon-yyyy", "yyyy/mm")
    fields = form.fields
    assert fields["RSOVR"].codes == {"1": "CR", "2": "CRi"}
    assert fields["RSOVR"].synonyms == {"incomplete remission": "2"}
    assert fields["RSEMD"].codes == {"CR": "CR", "PR": "PR"}
    assert fields["RSDAT"].columns == ("RSDAT", "RSDAT_RAW", "RSDAT_YYYY", "RSDAT_MM", "RSDAT_DD")
    assert fields["RSTERM"].columns == ("IT.RSTERM",)
    assert (fields["RSDTM"].joined, fields["RSDTM"].columns) == (True, ())
    assert (fields["RSTERM"].required, fields["RSUTC"].zone) == (True, "UTC")
    assert str(fields["RSCOM"].at) == "RS.yml:17"
    assert {"RSOVR", "RSOVR_STD", "RSDTM", "Folder", "USUBJID", "record", "participation"} <= set(
        form.columns
    )


def test_all_faults_of_all_files_are_told_at_once(tmp_path):
    found = refusals(
        tmp_path,
        AE="form: AE\nread: {csv: AE.csv}\nfields:\n  A: {type: txt}\n  B: {tpye: text}\n",
        CM="form: CM\nform: CM\n",
        RS=PLAIN.replace("csv", "cvs") + "  A: {type: text}\n",
    )
    assert found == [
        "raw/AE.yml:4: AE.A: no field type called 'txt'; did you mean text?",
        "raw/AE.yml:5: AE.B: a field takes no key 'tpye'; did you mean type?",
        "raw/AE.yml:5: AE.B: needs type",
        "raw/CM.yml:2: key form given twice (lines 1 and 2)",
        "raw/RS.yml:2: RS: read takes no key 'cvs'; did you mean csv?",
        "raw/RS.yml:2: RS: needs read: {csv: file}",
    ]


SHAPE = "codes is a mapping of code to text (or a list: text, then synonyms), or a list of codes"
SYSTEM = "Folder is a column of every export or made by the reader; it needs no field"


def told(short: str) -> str:
    """`4 RS.A: text` as the product writes it, with the file."""
    line, _, sentence = short.replace("{RS}", "mappings/toy/raw/RS.yml").partition(" ")
    return f"raw/RS.yml:{line}: {sentence}"


FAULTS = [
    ("  A: text", "4 RS.A: a field is a mapping: {type: text, label: Words}"),
    ("  A: {type: [text]}", "4 RS.A: type takes one text"),
    ("  A: {type: text, label: [x]}", "4 RS.A: label takes one text"),
    ("  Folder: {type: text}", f"4 RS.Folder: {SYSTEM}"),
    ("  A: {type: text, zone: UTC}", "4 RS.A: zone belongs to type datetime, this field is text"),
    ("  A: {type: datetime, zone: CET}", "4 RS.A: zone is offset or UTC, not 'CET'"),
    ("  A: {type: text, codes: {1: x}}", "4 RS.A: codes belongs to type code, this field is text"),
    ("  A: {type: code, codes: x}", f"4 RS.A: {SHAPE}"),
    ("  A: {type: code, codes: {1: {a: b}}}", f"4 RS.A: {SHAPE}"),
    ("  A: {type: code, codes: {1: CR, 2: ' cr'}}", "4 RS.A: ' cr' stands for code 1 and for code 2"),
    ("  A: {type: text, required: maybe}", "4 RS.A: required is true, false or a condition, not 'maybe'"),
    ("  A: {type: text, required: {B: 1}}", "4 RS.A: {RS} has no field B"),
    ("  A: {type: text, not_submitted: true}", "4 RS.A: not_submitted needs a reason"),
    ("  A: {date: B, time: C}\n  B: {type: date}\n  C: {type: text}", "4 RS.A: time names C, which is text"),
    ("  A: {date: B}\n  B: {type: date}", "4 RS.A: needs time"),
    ("  A: {date: B, time: CTM}\n  B: {type: date}\n  CTIM: {type: time}",
     "4 RS.A: {RS} has no field CTM; did you mean CTIM?"),
    ("  A: {type: code}\n  A_STD: {type: text}", "5 RS.A_STD: column A_STD already belongs to A"),
    ("  A: {type: text}\n  B: {type: text, column: A}", "5 RS.B: column A already belongs to A"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), FAULTS)
def test_a_faulty_field_is_refused_with_file_line_form_and_field(tmp_path, line, expected):
    assert fault(tmp_path, line) == told(expected)


HEADS = [
    ("form: XX", "1 XX: form XX is in RS.yml; name the file XX.yml"),
    ("filds: {}", "1 RS: a form takes no key 'filds'; did you mean fields?"),
    ("per: page", "1 RS: per takes subject, not 'page'"),
    ("record: {a: b}", "1 RS: record takes a list of names"),
    ("record: [Subjct]", "1 RS: {RS} has no field Subjct; did you mean Subject?"),
    ("coordinates: [Folder]", "1 RS: coordinates is a mapping: {folder: COLUMN}"),
    ("coordinates: {visit: Folder}", "1 RS: coordinates takes no key 'visit'"),
    ("duplicates: MaxUpdated", "1 RS: duplicates is {keep: {last: COLUMN}, by: [COLUMNS]}"),
    ("duplicates: {by: [A]}", "1 RS: duplicates is {keep: {last: COLUMN}, by: [COLUMNS]}"),
    ("duplicates: {keep: {last: MaxUpdate}}", "1 RS: {RS} has no field MaxUpdate; did you mean MaxUpdated?"),
    ("not_submitted: ''", "1 RS: not_submitted needs a reason"),
    ("record: [J]", "1 RS: record cannot use J, which is joined from others"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), HEADS)
def test_a_faulty_form_is_refused_with_file_line_and_form(tmp_path, line, expected):
    fields = "fields: {A: {type: text}, D: {type: date}, T: {type: time}, J: {date: D, time: T}}\n"
    found = refusals(tmp_path, RS=f"{line}\nread: {{csv: RS.csv}}\n{fields}")
    assert found == [told(expected)]


READS = [
    ("{csv: ../RS.csv}", "'../RS.csv' is not a path inside the extract folder"),
    ("{csv: /data/RS.csv}", "'/data/RS.csv' is not a path inside the extract folder"),
    ("{csv: 'C:\\RS.csv'}", "'C:\\RS.csv' is not a path inside the extract folder"),
    ("{csv: RS.csv, encoding: utf-99}", "no encoding called 'utf-99'"),
    ("{csv: RS.csv, encoding: base64}", "no encoding called 'base64'"),
    ("{csv: RS.csv, where: {A: {column: B}}}",
     "where compares with plain values here, not with {column: NAME}"),
    ("{odm: FO.RS}", "needs read: {csv: file}"),
    ("RS.csv", "needs read: {csv: file}"),
]  # fmt: skip


@pytest.mark.parametrize(("read", "expected"), READS)
def test_a_faulty_read_is_refused(tmp_path, read, expected):
    found = refusals(tmp_path, RS=f"read: {read}\nfields: {{A: {{type: text}}}}\n")
    assert found == [told(f"1 RS: {expected}")]


def test_an_unknown_date_form_is_refused_with_the_known_ones(tmp_path):
    found = fault(tmp_path, "  A: {type: text}", "dates: [dd/mm/yy]\nread: {csv: RS.csv}\nfields:\n")
    assert found.startswith("raw/RS.yml:1: RS: no date form called 'dd/mm/yy'; known are iso, dd-Mon-yyyy,")


def test_a_form_without_fields_is_refused(tmp_path):
    assert refusals(tmp_path, RS="read: {csv: RS.csv}\n") == ["raw/RS.yml:1: RS: needs fields"]


def test_a_folder_without_forms_has_none(tmp_path):
    assert read_forms(tmp_path, tmp_path) == {}
