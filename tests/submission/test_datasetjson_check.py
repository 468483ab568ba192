"""What is wrong with a Dataset-JSON file is told, above all what the official schema lets pass: F-DSJ."""

import gzip
import json
import zlib

import pandas as pd
import pytest

from clinical.errors import InputError
from submission.datasetjson_check import Fault, check_datasetjson
from submission.datasetjson_read import read_datasetjson
from submission.datasetjson_schema import schema_problems
from tests.submission.dsj_files import FORMS, by_hand, column, plain, text, write

LB = [
    {"itemOID": "IT.LB.A", "name": "A", "label": "a", "dataType": "string", "length": 3},
    {"itemOID": "IT.LB.I", "name": "I", "label": "i", "dataType": "integer"},
    {"itemOID": "IT.LB.F", "name": "F", "label": "f", "dataType": "float"},
    {"itemOID": "IT.LB.B", "name": "B", "label": "b", "dataType": "boolean"},
    {"itemOID": "IT.LB.X", "name": "X", "label": "x", "dataType": "decimal", "targetDataType": "decimal"},
    {"itemOID": "IT.LB.D", "name": "D", "label": "d", "dataType": "date", "targetDataType": "integer"},
    {"itemOID": "IT.LB.T", "name": "T", "label": "t", "dataType": "datetime", "targetDataType": "integer"},
    {"itemOID": "IT.LB.C", "name": "C", "label": "c", "dataType": "time", "targetDataType": "integer"},
    {"itemOID": "IT.LB.P", "name": "P", "label": "p", "dataType": "datetime"},
]
RIGHT = ["abc", 1, 0.5, True, "1.50", "2024-02-29", "2024-02-29T10:30:00", "10:30:00", "2024-02"]
NOTHING = [None] * 9
PLACE = {entry["name"]: at for at, entry in enumerate(LB)}


def ids(path) -> list[str]:
    """The messages about a file, in order."""
    return [fault.id for fault in check_datasetjson(path)]


@pytest.mark.parametrize("form", FORMS)
def test_right_rows_are_right(tmp_path, form):
    path = by_hand(tmp_path / f"lb{form}", LB, [RIGHT, NOTHING, RIGHT])
    assert check_datasetjson(path) == []
    frame = read_datasetjson(path).frame
    assert frame["X"].tolist()[0] == 1.5
    assert frame.iloc[1].isna().all()


def test_an_empty_text_is_right_in_every_column_of_text(tmp_path):
    """The examples of CDISC have it for missing text and dates."""
    row = ["", 1, 0.5, True, "", "", "", "", ""]
    path = by_hand(tmp_path / "lb.json", LB, [row])
    assert check_datasetjson(path) == []
    assert read_datasetjson(path).frame.isna().iloc[0].tolist() == [value == "" for value in row]


def broken(name: str, value: object) -> list[list]:
    """Three rows, the second with another value."""
    row = list(RIGHT)
    row[PLACE[name]] = value
    return [RIGHT, row, RIGHT]


WRONG = [
    ("A", 5, "dsj.row-type"), ("A", True, "dsj.row-type"), ("A", "abcd", "dsj.text-length"),
    ("I", "1", "dsj.row-type"), ("I", 1.5, "dsj.row-type"), ("I", 2**64, "dsj.row-type"),
    ("I", False, "dsj.row-type"), ("F", "0.5", "dsj.row-type"), ("F", True, "dsj.row-type"),
    ("B", "true", "dsj.row-type"), ("B", 1, "dsj.row-type"), ("X", 1.5, "dsj.row-type"),
    ("X", "1,5", "dsj.decimal"), ("X", "<5", "dsj.decimal"), ("X", "1e3", "dsj.decimal"),
    ("D", 23435, "dsj.row-type"), ("D", "2024-02-30", "dsj.iso"), ("D", "2024-02", "dsj.iso"),
    ("D", "29FEB2024", "dsj.iso"), ("D", "2024-02-29T10:30:00", "dsj.iso"), ("T", "2024-02-29", "dsj.iso"),
    ("T", "2024-02-29T10:30", "dsj.iso"), ("T", "2024-02-29 10:30:00", "dsj.iso"),
    ("T", "2024-02-29T24:30:00", "dsj.iso"), ("T", "2024-02-29T10:30:00Z", "dsj.iso"),
    ("C", "25:00:00", "dsj.iso"), ("C", "10:30", "dsj.iso"), ("P", "2024-13", "dsj.iso"),
    ("P", "yesterday", "dsj.iso"), ("P", "2024-05-12T25:00", "dsj.iso"),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("name", "value", "message"), WRONG)
def test_a_value_that_is_not_of_its_column_is_told_and_not_read(tmp_path, name, value, message, form):
    path = by_hand(tmp_path / f"lb{form}", LB, broken(name, value))
    if form == ".json":
        assert schema_problems(plain(path), lines=False) == []  # the official schema sees nothing
    faults = check_datasetjson(path)
    assert [fault.id for fault in faults] == [message]
    assert faults[0].at == f"lb{form}: {name}"
    assert faults[0].text.endswith("(rows 2)")
    if (name, message) not in (("A", "dsj.text-length"), ("P", "dsj.iso")):
        with pytest.raises(InputError) as error:
            read_datasetjson(path)
        assert (error.value.id, str(error.value)) == (message, str(faults[0]))


def test_other_ways_of_writing_right_values_are_let_pass(tmp_path):
    rows = [
        [
            "a",
            1.0,
            1,
            None,
            "1,234.5",
            "2024-02-29",
            "2024-02-29T10:30:00.5",
            "10:30:00.25",
            "2024-02-29T10:30Z",
        ],
        ["a", -5, 1e300, False, "+.5", "1959-12-31", "0001-01-01T00:00:00", "00:00:00", "2024---15"],
    ]
    path = by_hand(tmp_path / "lb.json", LB, rows)
    assert check_datasetjson(path) == []
    frame = read_datasetjson(path).frame
    assert frame["I"].tolist() == [1.0, -5.0]
    assert frame["X"].tolist() == [1234.5, 0.5]
    assert frame["C"].tolist() == [37800.25, 0.0]
    assert frame["T"].astype("str").tolist() == ["2024-02-29 10:30:00.500", "0001-01-01 00:00:00.000"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("row", "count"), [(RIGHT[:-1], 8), ([*RIGHT, None], 10), ([], 0)])
def test_a_row_of_another_width_is_told(tmp_path, row, count, form):
    path = by_hand(tmp_path / f"lb{form}", LB, [RIGHT, RIGHT, row, RIGHT])
    text_ = f"row 3 has {count} values, there are 9 columns"
    assert check_datasetjson(path) == [Fault("dsj.row-width", f"lb{form}", text_)]
    with pytest.raises(InputError, match=text_):
        read_datasetjson(path)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [["a"], {"a": 1}, [], [[1]]])
def test_a_value_that_is_a_list_or_an_object_is_told(tmp_path, value, form):
    path = by_hand(tmp_path / f"lb{form}", LB, broken("A", value))
    assert [fault.id for fault in check_datasetjson(path)][:1] in (["dsj.row-malformed"], ["dsj.row-width"])
    with pytest.raises(InputError, match="row 2"):
        read_datasetjson(path)


BAD_JSON = [
    '["a\tb"]', '["a"x]', "[nil]", "[Null]", '["a\\q"]', '["a]', "[a]", "['a']", '["a" "b"]', '["\\ud800"]',
    '["a"]]', '[["a"]', "5", '{"A":"a"}', '"a"', '["a"]["b"]["c"', '["a"],', "[,]", '[""a""]', '["a\\"]', "x",
    '["\xff"]',
]  # fmt: skip


@pytest.mark.parametrize("line", BAD_JSON)
def test_a_line_that_is_no_list_of_json_values_is_told(tmp_path, line):
    path = by_hand(tmp_path / "dm.ndjson", rows=[["a"]] * 3)
    lines = path.read_bytes().split(b"\n")
    lines[2] = line.encode("latin-1")
    path.write_bytes(b"\n".join(lines))
    assert ids(path)[0] in ("dsj.row-malformed", "dsj.row-width")
    with pytest.raises(InputError, match=r"row [1-4] "):
        read_datasetjson(path)


@pytest.mark.parametrize(
    "number", ["01", "1.", ".5", "+1", "0x1", "1e", "--1", "1 2", "-", "-inf", "NaN", "1_0", "1.e5"]
)
@pytest.mark.parametrize("kind", ["float", "integer"])
def test_a_number_that_is_none_of_json_is_told(tmp_path, number, kind):
    columns = [{"itemOID": "IT.DM.N", "name": "N", "label": "n", "dataType": kind}]
    path = by_hand(tmp_path / "dm.ndjson", columns, [[1]] * 3)
    lines = path.read_text().split("\n")
    lines[2] = f"[{number}]"
    path.write_text("\n".join(lines))
    assert ids(path) == ["dsj.row-malformed"]
    with pytest.raises(InputError, match="row 2 is no list"):
        read_datasetjson(path)


def test_a_number_beyond_a_double_is_told(tmp_path):
    columns = [{"itemOID": "IT.DM.N", "name": "N", "label": "n", "dataType": "float"}]
    path = by_hand(tmp_path / "dm.ndjson", columns, [[1], [2]])
    path.write_text(path.read_text().replace("[2]", "[1e999]"))
    assert ids(path) == ["dsj.infinite"]
    with pytest.raises(InputError, match="infinite"):
        read_datasetjson(path)


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_number_of_records_is_told(tmp_path, form):
    path = by_hand(tmp_path / f"dm{form}", rows=[["a"], ["b"]], records=3)
    assert check_datasetjson(path) == [Fault("dsj.records", f"dm{form}", "records is 3, there are 2 rows")]
    with pytest.raises(InputError, match="records is 3, there are 2 rows"):
        read_datasetjson(path)


def entry(name: str = "A", **more: object) -> dict:
    """One column as in the file."""
    return {"itemOID": f"IT.DM.{name}", "name": name, "label": "a", "dataType": "string"} | more


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ([entry(), entry(itemOID="IT.DM.B")], "dsj.column-twice"),
        ([entry(), entry("B", itemOID="IT.DM.A")], "dsj.column-twice"),
        ([entry(name="")], "dsj.empty-attribute"),
        ([entry(itemOID="")], "dsj.empty-attribute"),
        ([entry(keySequence=1), entry("B", keySequence=3)], "dsj.key-sequence"),
        ([entry(keySequence=2)], "dsj.key-sequence"),
        ([entry(keySequence=1), entry("B", keySequence=1)], "dsj.key-sequence"),
        ([entry(targetDataType="integer")], "dsj.target-type"),
        ([entry(dataType="decimal")], "dsj.target-type"),
        ([entry(dataType="date", targetDataType="decimal")], "dsj.target-type"),
        ([entry(length=0)], "dsj.schema"),
        ([entry(dataType="text")], "dsj.schema"),
        ([entry(targetDataType="date")], "dsj.schema"),
        ([entry(label=None)], "dsj.schema"),
        ([entry(colour="red")], "dsj.schema"),
    ],
)
def test_a_column_that_cannot_be_is_told(tmp_path, columns, message, form):
    path = by_hand(tmp_path / f"dm{form}", columns, [])
    assert ids(path) == [message]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"label": None}, "dsj.schema"),
        ({"columns": None}, "dsj.schema"),
        ({"columns": 5}, "dsj.schema"),
        ({"columns": []}, "dsj.no-columns"),
        ({"datasetJSONVersion": "1.0.0"}, "dsj.schema"),
        ({"datasetJSONCreationDateTime": "2025-03-09"}, "dsj.schema"),
        ({"datasetJSONCreationDateTime": "2025-02-30T07:05:01"}, "dsj.created"),
        ({"sourceSystem": {"name": "x"}}, "dsj.schema"),
        ({"colour": "red"}, "dsj.schema"),
        ({"records": -1}, "dsj.schema"),
        ({"itemGroupOID": ""}, "dsj.empty-attribute"),
        ({"name": ""}, "dsj.empty-attribute"),
        ({"dbLastModifiedDateTime": "2025-03-10T00:00:00"}, "dsj.modified-later"),
    ],
)
def test_metadata_that_cannot_be_are_told(tmp_path, metadata, message, form):
    path = by_hand(tmp_path / f"dm{form}", rows=[["a"]])
    said = plain(path) | metadata
    rows = said.pop("rows")
    columns = said.pop("columns")
    path = (
        by_hand(path, rows=rows, **({"columns": columns} | said))
        if columns
        else by_hand(path, rows=rows, **said)
    )
    if "columns" in metadata:
        whole = {name: value for name, value in (plain(path) | metadata).items() if value is not None}
        rows = whole.pop("rows")
        lines = "".join(f"{json.dumps(line)}\n" for line in [whole, *rows]).encode()
        path.write_bytes(
            json.dumps(whole | {"rows": rows}).encode()
            if form == ".json"
            else gzip.compress(lines)
            if form == ".dsjc"
            else lines
        )
    assert message in ids(path)
    assert set(ids(path)) <= {message, "dsj.attribute-order", "dsj.records"}


def test_attributes_in_another_order_are_a_warning_and_are_read(tmp_path):
    path = by_hand(tmp_path / "dm.json", rows=[["a"], ["b"]])
    said = plain(path)
    path.write_text(json.dumps(dict(sorted(said.items()))))
    faults = check_datasetjson(path)
    assert [(fault.id, fault.severity) for fault in faults] == [("dsj.attribute-order", "warning")]
    assert read_datasetjson(path).frame["A"].tolist() == ["a", "b"]
    path.write_text(json.dumps({"rows": said.pop("rows")} | said, indent=2))
    assert read_datasetjson(path).frame["A"].tolist() == ["a", "b"]
    assert check_datasetjson(path) == []


def test_metadata_without_rows_are_a_file_too(tmp_path):
    path = by_hand(tmp_path / "dm.json", records=0)
    path.write_text(json.dumps({name: value for name, value in plain(path).items() if name != "rows"}))
    assert check_datasetjson(path) == []
    assert read_datasetjson(path).frame.shape == (0, 1)


@pytest.mark.parametrize("indent", [None, 2])
def test_other_layouts_are_read(tmp_path, indent):
    rows = [['say "],["', "],\n["], [None, "a, b"], ["", "é\\"]]
    path = by_hand(tmp_path / "dm.json", [entry("A"), entry("B")], rows)
    said = plain(path)
    for separators in ((",", ":"), (" , ", " : "), (",\r\n", ":")):
        path.write_text(json.dumps(said, indent=indent, separators=separators), newline="")
        assert check_datasetjson(path) == []
        frame = read_datasetjson(path).frame
        assert frame.fillna("").to_numpy().tolist() == [[value or "" for value in row] for row in rows]


def test_a_file_with_windows_line_ends_and_without_a_last_one_is_read(tmp_path):
    path = by_hand(tmp_path / "dm.ndjson", rows=[["a"], ["b"], ["c"]])
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    assert check_datasetjson(path) == []
    assert read_datasetjson(path).frame["A"].tolist() == ["a", "b", "c"]


def refusal(path) -> str:
    """The message of the reader, which must be that of the check."""
    with pytest.raises(InputError) as error:
        read_datasetjson(path)
    assert [fault.id for fault in check_datasetjson(path)] == [error.value.id]
    return str(error.value)


def test_a_file_that_is_none_is_refused(tmp_path):
    path = tmp_path / "dm.json"
    assert "No such file" in refusal(path)
    for content in ("", "[]", "<html>", '{"rows":[', "\ufeff{}"):
        path.write_text(content)
        assert "this is not the JSON of a dataset" in refusal(path)
    assert "ends in none of" in refusal(tmp_path / "dm.csv")


@pytest.mark.parametrize("left", range(1, 60))
def test_a_file_that_is_cut_off_is_refused(tmp_path, left):
    path = tmp_path / "dm.json"
    write(path, pd.DataFrame({"A": text(*(f"value {row}" for row in range(9)))}), column("A"))
    path.write_bytes(path.read_bytes()[:-left].rstrip(b"\n")[: -1 if left == 1 else None])
    refusal(path)


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_a_compressed_file_that_is_cut_off_or_damaged_is_refused(tmp_path, pack):
    path = by_hand(tmp_path / "dm.ndjson", rows=[[f"value {row}"] for row in range(500)])
    packed = pack(path.read_bytes())
    path = tmp_path / "dm.dsjc"
    for damaged in (
        packed[:-1],
        packed[: len(packed) // 2],
        packed[:-2] + b"xx",
        packed + b"x",
        b"",
        b"plain",
    ):
        path.write_bytes(damaged)
        with pytest.raises(InputError):
            read_datasetjson(path)
        assert ids(path)[-1] in ("dsj.packed", "dsj.not-json")


def test_a_second_gzip_member_is_read_on(tmp_path):
    path = by_hand(tmp_path / "dm.ndjson", rows=[["a"], ["b"]])
    head, _, tail = path.read_bytes().partition(b'["b"]')
    packed = tmp_path / "dm.dsjc"
    packed.write_bytes(gzip.compress(head) + gzip.compress(b'["b"]' + tail))
    assert read_datasetjson(packed).frame["A"].tolist() == ["a", "b"]


def test_a_column_of_many_faults_names_five_rows(tmp_path):
    path = by_hand(tmp_path / "dm.ndjson", [entry(length=1)], [["ab"]] * 9)
    assert [str(fault) for fault in check_datasetjson(path)] == [
        "dm.ndjson: A: values are longer than the length 1 (rows 1, 2, 3, 4, 5 and 4 more)"
    ]
