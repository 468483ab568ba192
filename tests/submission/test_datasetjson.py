"""Dataset-JSON 1.1: what is written, and that it reads back as it was. Rule F-DSJ."""

import gzip
import zlib
from datetime import date, time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from submission.datasetjson import About, Column, columns_of, number_types, write_dsjc, write_json
from submission.datasetjson_check import check_datasetjson
from submission.datasetjson_read import read_datasetjson
from tests.submission.dsj_files import ABOUT, FORMS, by_hand, column, moment, moments, plain, text, write

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def adsl() -> tuple[pd.DataFrame, list[Column]]:
    """A dataset with one column of each kind."""
    frame = pd.DataFrame(
        {
            "USUBJID": text("01-001", "01-002", "01-003"),
            "RACE": text(None, "ASIAN", ""),
            "AGE": [61.0, np.nan, 33.0],
            "BMI": [25.1, 0.1, np.nan],
            "TRTSDT": moments("2024-02-29", None, "1959-12-31"),
            "TRTSDTM": moments("2024-02-29T13:05:09", "1582-01-01T00:00:01", None),
            "TRTSTM": [47109.0, np.nan, 0.0],
            "RATIO": [0.5, 1e-7, 120.0],
            "BRTHDTC": text("1950", "1950-05-12", None),
        }
    )
    columns = [
        column("USUBJID", length=6, keySequence=1), column("RACE", length=5), column("AGE", "integer"),
        column("BMI", "float", displayFormat="8.1"), moment("TRTSDT", displayFormat="DATE9."),
        moment("TRTSDTM", "datetime", displayFormat="DATETIME20."), moment("TRTSTM", "time"),
        column("RATIO", "decimal", targetDataType="decimal"), column("BRTHDTC", "date"),
    ]  # fmt: skip
    return frame, columns


ROWS = [
    ["01-001", None, 61, 25.1, "2024-02-29", "2024-02-29T13:05:09", "13:05:09", "0.5", "1950"],
    ["01-002", "ASIAN", None, 0.1, None, "1582-01-01T00:00:01", None, "0.0000001", "1950-05-12"],
    ["01-003", None, 33, None, "1959-12-31", None, "00:00:00", "120", None],
]


@pytest.mark.parametrize("form", FORMS)
def test_a_dataset_is_written_as_the_specification_has_it(tmp_path, adsl, form):
    frame, columns = adsl
    path = tmp_path / f"adsl{form}"
    write(path, frame, *columns)
    found = plain(path)
    assert found["rows"] == ROWS
    assert list(found) == [
        "datasetJSONCreationDateTime", "datasetJSONVersion", "itemGroupOID", "records", "name", "label",
        "columns", "rows",
    ]  # fmt: skip
    assert (found["records"], found["name"], found["label"]) == (3, "DM", "Demographics")
    assert found["columns"][4] == {
        "itemOID": "IT.DM.TRTSDT", "name": "TRTSDT", "label": "Label of TRTSDT", "dataType": "date",
        "targetDataType": "integer", "displayFormat": "DATE9.",
    }  # fmt: skip
    assert list(found["columns"][0]) == ["itemOID", "name", "label", "dataType", "length", "keySequence"]
    assert check_datasetjson(path) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_dataset_reads_back_as_it_was(tmp_path, adsl, form):
    frame, columns = adsl
    path = tmp_path / f"adsl{form}"
    write(path, frame, *columns)
    about, again, got = read_datasetjson(path)
    assert again == columns
    assert (about.created, about.name, about.records) == ("2025-03-09T07:05:01", "DM", 3)
    assert_frame_equal(got, frame.assign(RACE=text(None, "ASIAN", None)), check_exact=True)


def test_all_attributes_stand_in_the_order_of_the_specification(tmp_path):
    about = About(
        "2025-03-09T07:05:01Z", "IG.DM", "DM", "Demographics", fileOID="F.1", modified="2025-03-08T00:00:00Z",
        originator="Sponsor", sourceSystem=("Flow", "1.0"), studyOID="S.1", metaDataVersionOID="MDV.1",
        metaDataRef="define.xml",
    )  # fmt: skip
    path = tmp_path / "dm.json"
    write_json(path, pd.DataFrame({"A": text("x")}), about, [column("A")])
    assert list(plain(path)) == [
        "datasetJSONCreationDateTime", "datasetJSONVersion", "fileOID", "dbLastModifiedDateTime",
        "originator", "sourceSystem", "studyOID", "metaDataVersionOID", "metaDataRef", "itemGroupOID",
        "records", "name", "label", "columns", "rows",
    ]  # fmt: skip
    assert plain(path)["sourceSystem"] == {"name": "Flow", "version": "1.0"}
    assert read_datasetjson(path).about.sourceSystem == ("Flow", "1.0")
    assert check_datasetjson(path) == []


def test_the_bytes_of_the_json_form(tmp_path):
    path = tmp_path / "dm.json"
    write(path, pd.DataFrame({"A": text("x", None), "N": [1.0, 0.25]}), column("A"), column("N", "float"))
    head, rows = path.read_text().split('"rows":')
    assert rows == '[\n["x",1],\n[null,0.25]\n]}\n'
    assert head.startswith('{"datasetJSONCreationDateTime":"2025-03-09T07:05:01",')


def test_a_compressed_file_is_zlib_and_on_request_gzip_and_both_are_read(tmp_path):
    """The specification says zlib; all examples of CDISC are gzip."""
    frame = pd.DataFrame({"A": text("x", "y")})
    lines, packed, zipped = (tmp_path / name for name in ("dm.ndjson", "dm.dsjc", "gz.dsjc"))
    write(lines, frame, column("A"))
    write(packed, frame, column("A"))
    write_dsjc(zipped, frame, ABOUT, [column("A")], gzip=True, level=9)
    assert zlib.decompress(packed.read_bytes()) == lines.read_bytes()
    assert gzip.decompress(zipped.read_bytes()) == lines.read_bytes()
    assert zipped.read_bytes()[4:8] == bytes(4)  # no time in the header: the bytes must reproduce
    assert_frame_equal(read_datasetjson(packed).frame, frame)
    assert_frame_equal(read_datasetjson(zipped).frame, frame)


NUMBERS = [5e-324, -5e-324, 1e300, 1.7976931348623157e308, 0.1, 1 / 3, 1e22, 1e21, 123456789012345680.0,
           2.0**53, 1e-7, 5e-7, -1.5, 0.0, np.nan]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_numbers_are_kept_to_the_last_bit(tmp_path, form):
    path = tmp_path / f"dm{form}"
    frame = pd.DataFrame({"N": NUMBERS})
    write(path, frame, column("N", "double"))
    assert_frame_equal(read_datasetjson(path).frame, frame, check_exact=True)
    assert [float(row[0]) for row in plain(path)["rows"][:-1]] == NUMBERS[:-1]


def test_whole_numbers_have_no_point_and_minus_zero_is_zero(tmp_path):
    """-0.0 and 0.0 have one content hash, so they must give one text."""
    path = tmp_path / "dm.json"
    write(
        path,
        pd.DataFrame({"N": [1.0, -0.0, 1e15], "I": [3.0, -0.0, -7.0]}),
        column("N", "float"),
        column("I", "integer"),
    )
    assert path.read_text().endswith("[\n[1,3],\n[0,0],\n[1e+15,-7]\n]}\n")


def test_whole_numbers_beyond_a_double_are_kept(tmp_path):
    path = tmp_path / "dm.ndjson"
    big = pd.array([2**53 + 1, None, -(2**63) + 1, 2**63 - 1], dtype="Int64")
    write(path, pd.DataFrame({"N": big}), column("N", "integer"))
    assert [row[0] for row in plain(path)["rows"]] == [2**53 + 1, None, -(2**63) + 1, 2**63 - 1]
    assert_frame_equal(read_datasetjson(path).frame, pd.DataFrame({"N": big}))


STRANGE = [
    'say "so"', "back\\slash", "\\", '"', '\\"', "a\tb\nc\rd", "\x00\x01\x1f\x7f", "],\n[", '"],["', "],[",
    "a,b", "µ≥2 “q” \U0001f600 \u2028\ufffd", "null", "true", "1", " padded ", "[x]", "{y}",
    "é\\u00e9", "\\n",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_text_of_any_kind_is_kept(tmp_path, form):
    path = tmp_path / f"dm{form}"
    frame = pd.DataFrame(
        {"A": text(*STRANGE), "B": text(*reversed(STRANGE)), "N": np.arange(len(STRANGE)) / 4}
    )
    columns = column("A"), column("B"), column("N", "float")
    write(path, frame, *columns)
    assert [row[:2] for row in plain(path)["rows"]] == [
        list(pair) for pair in zip(STRANGE, STRANGE[::-1], strict=True)
    ]
    assert_frame_equal(read_datasetjson(path).frame, frame)
    assert check_datasetjson(path) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_dataset_without_records_keeps_its_columns(tmp_path, adsl, form):
    frame, columns = adsl
    path = tmp_path / f"dm{form}"
    write(path, frame.head(0), *columns)
    assert (plain(path)["records"], plain(path)["rows"]) == (0, [])
    assert_frame_equal(read_datasetjson(path).frame, frame.head(0))
    assert check_datasetjson(path) == []


@pytest.mark.parametrize("form", FORMS)
def test_columns_without_any_value_keep_their_types(tmp_path, adsl, form):
    frame, columns = adsl
    path = tmp_path / f"dm{form}"
    nothing = frame.mask(frame.notna() | frame.isna())
    write(path, nothing, *columns)
    assert plain(path)["rows"] == [[None] * 9] * 3
    assert_frame_equal(read_datasetjson(path).frame, nothing)
    write(path, pd.DataFrame({"A": [None, None]}, dtype="object"), column("A"))
    assert_frame_equal(read_datasetjson(path).frame, pd.DataFrame({"A": text(None, None)}))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_moment_is_the_same_whatever_unit_the_frame_counts_in(tmp_path, unit):
    frame = pd.DataFrame(
        {"DT": moments("1961-05-12", None, unit=unit), "DTM": moments("1959-12-31T23:59:59", None, unit=unit)}
    )
    path = tmp_path / "dm.ndjson"
    write(path, frame, moment("DT"), moment("DTM", "datetime"))
    assert plain(path)["rows"] == [["1961-05-12", "1959-12-31T23:59:59"], [None, None]]
    assert_frame_equal(read_datasetjson(path).frame, frame.astype("datetime64[s]"))


def test_parts_of_a_second_are_kept_to_the_microsecond(tmp_path):
    frame = pd.DataFrame(
        {
            "DTM": moments("2024-05-12T01:02:03.123456", "1955-01-01T00:00:00", unit="us"),
            "TM": [0.000001, 86399.5],
        }
    )
    path = tmp_path / "dm.json"
    write(path, frame, moment("DTM", "datetime"), moment("TM", "time"))
    assert plain(path)["rows"] == [
        ["2024-05-12T01:02:03.123456", "00:00:00.000001"], ["1955-01-01T00:00:00", "23:59:59.500000"],
    ]  # fmt: skip
    assert_frame_equal(read_datasetjson(path).frame, frame)


def test_an_arrow_table_and_other_kinds_of_columns_are_written_like_a_frame(tmp_path):
    table = pa.table(
        {
            "A": pa.chunked_array([["x", None], ["yy"]]),
            "C": pa.chunked_array([pa.array(['q"', None, 'q"']).dictionary_encode()]),
            "D": pa.array([date(2024, 2, 29), None, date(1582, 1, 1)], pa.date32()),
            "T": pa.array([time(0, 1, 2), None, time(23, 59, 59)], pa.time32("s")),
            "I": pa.array([1, None, 3], pa.int8()),
            "B": pa.array([True, None, False]),
            "F": pa.array([0.5, None, 0.1], pa.float32()),
            "N": pa.nulls(3),
        }
    )
    path = tmp_path / "dm.json"
    columns = [
        column("A"), column("C"), moment("D"), moment("T", "time"), column("I", "integer"),
        column("B", "boolean"), column("F", "float"), column("N"),
    ]  # fmt: skip
    write(path, table, *columns)
    assert plain(path)["rows"] == [
        ["x", 'q"', "2024-02-29", "00:01:02", 1, True, 0.5, None],
        [None, None, None, None, None, None, None, None],
        ["yy", 'q"', "1582-01-01", "23:59:59", 3, False, 0.10000000149011612, None],
    ]
    got = read_datasetjson(path).frame
    assert got["B"].tolist() == [True, pd.NA, False]
    assert got["T"].tolist()[::2] == [62.0, 86399.0]
    assert check_datasetjson(path) == []


def test_rows_over_several_blocks_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("submission.datasetjson.ROWS_A_BLOCK", 7)
    monkeypatch.setattr("submission.datasetjson_file.CHUNK", 50)
    frame = pd.DataFrame(
        {"A": text(*(f'{row:x}"' * (row % 3) or None for row in range(300))), "N": np.arange(300.0)}
    )
    for form in FORMS:
        path = tmp_path / f"dm{form}"
        write(path, frame, column("A"), column("N", "integer"))
        assert_frame_equal(read_datasetjson(path).frame, frame)


def test_an_error_half_way_leaves_no_file_and_the_old_one(tmp_path):
    path = tmp_path / "dm.json"
    path.write_text("the file of last night")
    with pytest.raises(Exception, match="infinite"):
        write(path, pd.DataFrame({"N": [1.0, np.inf]}), column("N", "float"))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [
        ("dm.json", "the file of last night")
    ]


def test_columns_follow_from_the_standard_and_the_transport_file():
    from clinical.standards import Variable

    variables = [
        Variable("USUBJID", "Subject", "Char", 1), Variable("AESTDTC", "Start", "Char", 2),
        Variable("AESEQ", "Number", "Num", 3), Variable("AVAL", "Value", "Num", 4),
        Variable("ASTDT", "Day", "Date", 5), Variable("ASTDTM", "Moment", "Datetime", 6),
        Variable("ASTTM", "Time", "Num", 7),
    ]  # fmt: skip
    frame = pd.DataFrame({"AESEQ": [1.0, np.nan], "AVAL": [0.5, 1.0]})
    types = {"AESTDTC": "datetime"} | number_types(frame, ["AESEQ", "AVAL"])
    lengths = {"USUBJID": 11, "AESTDTC": 19, "AESEQ": 8}
    found = columns_of(
        "AE", variables, types=types, lengths=lengths, keys=["USUBJID", "AESEQ"], formats={"ASTTM": "TIME8."}
    )
    assert found == [
        Column("IT.AE.USUBJID", "USUBJID", "Subject", "string", length=11, keySequence=1),
        Column("IT.AE.AESTDTC", "AESTDTC", "Start", "datetime"),
        Column("IT.AE.AESEQ", "AESEQ", "Number", "integer", length=8, keySequence=2),
        Column("IT.AE.AVAL", "AVAL", "Value", "float"),
        Column("IT.AE.ASTDT", "ASTDT", "Day", "date", "integer", displayFormat="DATE9."),
        Column("IT.AE.ASTDTM", "ASTDTM", "Moment", "datetime", "integer", displayFormat="DATETIME20."),
        Column("IT.AE.ASTTM", "ASTTM", "Time", "time", "integer", displayFormat="TIME8."),
    ]


TEXTS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
DAYS = st.one_of(st.none(), st.dates(date(1582, 1, 1), date(9999, 12, 31)))
MOMENTS = st.one_of(st.none(), st.datetimes(pd.Timestamp("1582-01-01"), pd.Timestamp("9999-12-31")))
KINDS = {
    "string": TEXTS, "float": st.one_of(st.just(np.nan), st.floats(allow_infinity=False, allow_nan=False)),
    "integer": st.one_of(st.just(np.nan), st.integers(-(2**53), 2**53).map(float)),
    "date": DAYS, "datetime": MOMENTS,
}  # fmt: skip


@st.composite
def datasets(draw: st.DrawFn) -> tuple[pd.DataFrame, list[Column]]:
    """Up to six columns, up to 20 rows."""
    rows = draw(st.integers(0, 20))
    columns, series = [], {}
    for place, kind in enumerate(draw(st.lists(st.sampled_from(list(KINDS)), min_size=1, max_size=6))):
        values = draw(st.lists(KINDS[kind], min_size=rows, max_size=rows))
        name = f"V{place}"
        if kind in ("date", "datetime"):
            series[name] = moments(*(value and value.isoformat() for value in values), unit="us")
            columns.append(moment(name, kind))
        else:
            series[name] = text(*values) if kind == "string" else pd.Series(values, dtype="float64")
            columns.append(column(name, kind))
    return pd.DataFrame(series), columns


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(datasets(), st.sampled_from(FORMS))
def test_any_dataset_reads_back_equal_and_is_without_fault(tmp_path_factory, dataset, form):
    frame, columns = dataset
    path = tmp_path_factory.mktemp("any") / f"any{form}"
    write(path, frame, *columns)
    assert check_datasetjson(path) == []
    got = read_datasetjson(path).frame
    for name in got.select_dtypes("datetime"):
        got[name] = got[name].astype("datetime64[us]")
    assert_frame_equal(got, frame, check_exact=True)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(datasets())
def test_any_layout_of_the_standard_library_reads_the_same(tmp_path_factory, dataset):
    frame, columns = dataset
    folder = tmp_path_factory.mktemp("layout")
    ours = folder / "ours.ndjson"
    write(ours, frame, *columns)
    said = plain(ours)
    rows = said.pop("rows")
    for form in FORMS:
        path = by_hand(Path(folder, f"theirs{form}"), rows=rows, **said)
        assert_frame_equal(read_datasetjson(path).frame, read_datasetjson(ours).frame)
        assert check_datasetjson(path) == []
