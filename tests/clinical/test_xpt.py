"""Transport files: what is written is what strict and foreign readers read. Rule F-XPT; SAS TS-140."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal
from xpt_files import CREATED, char, checked, moments, num, peer, text, write

from clinical.xpt import TextColumn, read_xpt, write_xpt


@pytest.fixture
def adsl(tmp_path):
    """A dataset with one variable of each kind, and its file."""
    frame = pd.DataFrame(
        {
            "USUBJID": text("01-001", "01-002", "01-003"),
            "RACE": text(None, "ASIAN", None),
            "AGE": [61.0, np.nan, 33.5],
            "TRTSDT": moments("2024-02-29", None, "1959-12-31"),
            "TRTSDTM": moments("2024-02-29T13:05:09", "1960-01-01T00:00:01", None),
        }
    )
    days, seconds = num("TRTSDT", "DATE9."), num("TRTSDTM", "DATETIME20.")
    variables = [char("USUBJID"), char("RACE"), num("AGE", "8.1"), days, seconds]
    path = tmp_path / "adsl.xpt"
    written = write(path, frame, *variables, name="ADSL", label="Subject-Level Analysis Dataset")
    return frame, path, written


def test_a_dataset_reads_back_as_it_was(adsl):
    frame, path, written = adsl
    got = read_xpt(path)
    assert_frame_equal(got.frame, frame)
    assert (got.name, got.label) == ("ADSL", "Subject-Level Analysis Dataset")
    assert got.variables == written.variables
    assert [variable.length for variable in got.variables] == [6, 5, 8, 8, 8]
    assert [variable.format for variable in got.variables] == ["", "", "8.1", "DATE9.", "DATETIME20."]
    assert got.variables[0].label == "Label of USUBJID"
    assert got.codes.empty
    assert got.findings.empty


def test_the_strict_checker_finds_nothing(adsl):
    _, path, _ = adsl
    member = checked(path)
    assert member["violations"] == []
    assert (member["name"], member["nobs"], member["row_bytes"]) == ("ADSL", 3, 35)


def test_another_reader_sees_the_same_dataset(adsl):
    """Days and seconds since 1960-01-01 by hand: 2024-02-29 is day 23435 (64 years, 16 leap, 59 days)."""
    _, path, _ = adsl
    frame, about = peer(path)
    assert frame["USUBJID"].tolist() == ["01-001", "01-002", "01-003"]
    assert frame["RACE"].isna().tolist() == [True, False, True]
    np.testing.assert_array_equal(frame["AGE"], [61.0, np.nan, 33.5])
    np.testing.assert_array_equal(frame["TRTSDT"], [64 * 365 + 16 + 59, np.nan, -1])
    np.testing.assert_array_equal(frame["TRTSDTM"], [23435 * 86400 + 13 * 3600 + 5 * 60 + 9, 1, np.nan])
    assert about.table_name == "ADSL"
    assert about.file_label == "Subject-Level Analysis Dataset"
    assert about.column_names_to_labels["AGE"] == "Label of AGE"
    formats = about.original_variable_types
    assert (formats["AGE"], formats["TRTSDT"], formats["TRTSDTM"]) == ("8.1", "DATE9", "DATETIME20")


def test_the_bytes_are_those_of_ts_140(tmp_path):
    path = tmp_path / "ae.xpt"
    write(path, pd.DataFrame({"A": text("x"), "N": [1.0]}), char("A"), num("N"), label="Adverse Events")
    zeros, stamp, blank = "0" * 30, "09MAR25:07:05:01", " "
    records = [
        f"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!{zeros}  ",
        f"SAS     SAS     SASLIB  6.06    bsd4.2  {blank:24}{stamp}",
        f"{stamp:80}",
        "HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140  ",
        f"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!{zeros}  ",
        f"SAS     AE      SASDATA 6.06    bsd4.2  {blank:24}{stamp}",
        f"{stamp}{blank:16}{'Adverse Events':40}{blank:8}",
        "HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000000200000000000000000000  ",
    ]
    head = "".join(records).encode()
    data = path.read_bytes()
    assert data[:640] == head
    first = data[640:780]
    assert first[:8].hex() == "0002000000010001"  # character, no hash, length 1, first variable
    assert first[8:16] == b"A       "
    assert first[16:56] == b"Label of A".ljust(40)
    assert first[56:84].hex() == (b" " * 8).hex() + "00" * 8 + (b" " * 8).hex() + "00" * 4
    assert first[84:] == bytes(56)  # position 0 and 52 null bytes
    assert data[780 + 84 : 780 + 88].hex() == "00000001"  # the number begins after one byte
    assert data[960:1040] == f"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!{zeros}  ".encode()
    assert data[1040:] == (b"x" + bytes.fromhex("4110000000000000")).ljust(80)


def test_numbers_of_every_kind_of_column_are_kept(tmp_path):
    frame = pd.DataFrame(
        {
            "INT8": pd.Series([-128, 127], dtype="int8"),
            "INT64": pd.Series([2**53, -(2**53)], dtype="int64"),
            "UINT64": pd.Series([0, 2**53], dtype="uint64"),
            "NULLINT": pd.Series([1, None], dtype="Int64"),
            "NULLBOOL": pd.Series([True, None], dtype="boolean"),
            "BOOL": [False, True],
            "NULLFLT": pd.Series([0.1, None], dtype="Float64"),
            "CODE": pd.Series([3, 1], dtype="category"),
            "NONE": [None, None],
            "SWAPPED": np.array([1.5, -2.0], dtype=">f8"),
        }
    )
    path = tmp_path / "kinds.xpt"
    write(path, frame, *(num(name) for name in frame))
    expected = {
        "INT8": [-128, 127], "INT64": [2**53, -(2**53)], "UINT64": [0, 2**53], "NULLINT": [1, np.nan],
        "NULLBOOL": [1, np.nan], "BOOL": [0, 1], "NULLFLT": [0.1, np.nan], "CODE": [3, 1],
        "NONE": [np.nan, np.nan], "SWAPPED": [1.5, -2],
    }  # fmt: skip
    assert_frame_equal(read_xpt(path).frame, pd.DataFrame(expected, dtype="float64"))
    assert_frame_equal(peer(path)[0], pd.DataFrame(expected, dtype="float64"), check_dtype=False)


def test_text_of_every_kind_of_column_is_kept(tmp_path):
    frame = pd.DataFrame(
        {
            "STR": text("a", None, "abc"),
            "OBJECT": pd.Series(["a", None, "abc"], dtype="object"),
            "CATEGORY": pd.Series(["a", None, "abc"], dtype="category"),
            "ARROW": pd.Series(["a", None, "abc"], dtype=pd.ArrowDtype(pa.string())),
            "NONE": pd.Series([None, None, None], dtype="object"),
        }
    )
    path = tmp_path / "texts.xpt"
    write(path, frame, *(char(name) for name in frame))
    got = read_xpt(path)
    assert [variable.length for variable in got.variables] == [3, 3, 3, 3, 1]
    for name in ("STR", "OBJECT", "CATEGORY", "ARROW"):
        assert got.frame[name].fillna("-").tolist() == ["a", "-", "abc"]
    assert got.frame["NONE"].isna().all()


def test_an_arrow_table_is_written_like_a_frame(tmp_path):
    table = pa.table(
        {
            "A": pa.chunked_array([["x", None], ["yy"]]),
            "V": pa.array(["k", "l", None], pa.string_view()),
            "D": pa.array([date(2024, 2, 29), None, date(1582, 1, 1)], pa.date32()),
            "E": pa.array([date(2024, 2, 29), None, date(9999, 12, 31)], pa.date64()),
            "T": pa.array([time(0, 1, 2), None, time(23, 59, 59)], pa.time32("s")),
            "U": pa.array([time(0, 1, 2, 500), None, time(0)], pa.time64("us")),
            "N": pa.nulls(3),
        }
    )
    path = tmp_path / "arrow.xpt"
    variables = [
        char("A"),
        char("V"),
        num("D", "DATE9."),
        num("E", "E8601DT19."),
        num("T", "TIME8."),
        num("U", "TIME15.6"),
    ]
    write(path, table, *variables, num("N"))
    assert_frame_equal(
        read_xpt(path).frame,
        pd.DataFrame(
            {
                "A": text("x", None, "yy"),
                "V": text("k", "l", None),
                "D": moments("2024-02-29", None, "1582-01-01"),
                "E": moments("2024-02-29", None, "9999-12-31"),
                "T": [62.0, np.nan, 86399.0],
                "U": [62.0005, np.nan, 0.0],
                "N": [np.nan] * 3,
            }
        ),
    )


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_moment_is_the_same_whatever_unit_the_frame_counts_in(tmp_path, unit):
    """pyreadstat writes 1970-01-01 for every [s] value."""
    frame = pd.DataFrame(
        {"DT": moments("2024-05-12", None, unit=unit), "DTM": moments("1959-12-31T23:59:59", None, unit=unit)}
    )
    path = tmp_path / "unit.xpt"
    write(path, frame, num("DT", "DATE9."), num("DTM", "DATETIME20."))
    np.testing.assert_array_equal(peer(path)[0]["DT"], [64 * 365 + 16 + 31 + 29 + 31 + 30 + 11, np.nan])
    np.testing.assert_array_equal(peer(path)[0]["DTM"], [-1, np.nan])
    assert_frame_equal(read_xpt(path).frame, frame.astype("datetime64[s]"))


def test_parts_of_a_second_are_kept_to_the_microsecond(tmp_path):
    frame = pd.DataFrame(
        {"DTM": moments("2024-05-12T01:02:03.123456", "1955-01-01T00:00:00.999999", unit="us")}
    )
    path = tmp_path / "micro.xpt"
    write(path, frame, num("DTM", "DATETIME26.6"))
    assert_frame_equal(read_xpt(path).frame, frame)


def test_special_missing_values_keep_their_letter(tmp_path, monkeypatch):
    monkeypatch.setattr("clinical.xpt.BLOCK_BYTES", 32)
    monkeypatch.setattr("clinical.xpt_read.BLOCK_BYTES", 48)
    monkeypatch.setattr("clinical.xpt_columns.ROWS_A_CHECK", 2)
    frame = pd.DataFrame(
        {"AVAL": [1.0, np.nan, np.nan, np.nan, np.nan], "ADT": moments(None, None, None, None, "2024-01-01")}
    )
    codes = pd.DataFrame(
        {"AVAL": text(None, ".A", ".Z", "._", "."), "ADT": text(".N", None, None, None, None)}
    )
    path = tmp_path / "special.xpt"
    write(path, frame, num("AVAL"), num("ADT", "DATE9."), codes=codes)
    by_name = {variable["name"]: variable for variable in checked(path)["variables"]}
    assert by_name["AVAL"]["special_missing"] == [".A", ".Z", "._"]
    got = read_xpt(path)
    assert_frame_equal(got.frame, frame)
    assert_frame_equal(got.codes, codes.replace({".": None}).astype("str"))
    again = tmp_path / "again.xpt"
    write(again, got.frame, *got.variables, codes=got.codes, name="SPECIAL")
    assert again.read_bytes() == path.read_bytes()


def test_a_dataset_without_records_keeps_its_variables(tmp_path):
    path = tmp_path / "empty.xpt"
    frame = pd.DataFrame({"A": text(), "N": pd.Series(dtype="float64"), "D": moments()})
    written = write(path, frame, char("A", length=12), num("N"), num("D", "DATE9."))
    assert [variable.length for variable in written.variables] == [12, 8, 8]
    assert checked(path)["nobs"] == 0
    assert_frame_equal(read_xpt(path).frame, frame)
    assert (len(peer(path)[0]), peer(path)[1].column_names) == (0, ["A", "N", "D"])


def test_a_variable_without_any_value_is_one_byte_long(tmp_path):
    path = tmp_path / "none.xpt"
    frame = pd.DataFrame({"A": text(None, None), "N": [np.nan, np.nan]})
    assert [variable.length for variable in write(path, frame, char("A"), num("N")).variables] == [1, 8]
    assert_frame_equal(read_xpt(path).frame, frame)


def test_200_bytes_are_kept_and_a_given_length_is_kept(tmp_path):
    path = tmp_path / "long.xpt"
    frame = pd.DataFrame({"A": text("x" * 200, None), "B": text("ab", "c")})
    written = write(path, frame, char("A"), char("B", length=20, format="$20."))
    assert [variable.length for variable in written.variables] == [200, 20]
    assert {variable["name"]: variable["length"] for variable in checked(path)["variables"]} == {
        "A": 200,
        "B": 20,
    }
    assert_frame_equal(read_xpt(path).frame, frame)
    assert peer(path)[0]["A"][0] == "x" * 200


def test_a_text_that_is_missing_is_blank_even_where_bytes_of_a_former_value_lie(tmp_path):
    """pandas leaves the bytes of a value that is set to missing in its buffer."""
    values = text("SECRET é", "kept", "also SECRET")
    values.iloc[[0, 2]] = None
    path = tmp_path / "former.xpt"
    write(path, pd.DataFrame({"A": values, "N": [1.0, 2.0, 3.0]}), char("A"), num("N"))
    assert b"SECRET" not in path.read_bytes()
    assert read_xpt(path).frame["A"].fillna("-").tolist() == ["-", "kept", "-"]


def test_more_rows_than_a_block_holds_are_all_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("clinical.xpt.BLOCK_BYTES", 100)
    monkeypatch.setattr("clinical.xpt_read.BLOCK_BYTES", 70)
    monkeypatch.setattr("clinical.xpt_columns.ROWS_A_CHECK", 4)
    frame = pd.DataFrame({"A": text(*(f"{row:x}" for row in range(300))), "N": np.arange(300.0)})
    path = tmp_path / "blocks.xpt"
    write(path, frame, char("A"), num("N"))
    assert_frame_equal(read_xpt(path).frame, frame)
    assert peer(path)[0]["N"].tolist() == list(range(300))


def test_rows_and_variables_keep_their_order_and_the_index_means_nothing(tmp_path):
    frame = pd.DataFrame({"N": [2.0, 1.0], "A": text("b", "a")}).set_index(pd.Index([7, 7]))
    path = tmp_path / "order.xpt"
    write(path, frame, char("A"), num("N"))
    assert_frame_equal(read_xpt(path).frame, pd.DataFrame({"A": text("b", "a"), "N": [2.0, 1.0]}))
    assert frame.columns.tolist() == ["N", "A"]


SCRIPT = """
import sys
from xpt_files import moments, text, char, num, write
from pathlib import Path
import pandas as pd
frame = pd.DataFrame({"A": text("x", None), "D": moments("2024-03-31T02:30:00", None)})
write(Path(sys.argv[1]), frame, char("A"), num("D", "DATETIME20."))
"""


def test_the_bytes_do_not_depend_on_zone_locale_hash_seed_or_day(tmp_path):
    files = []
    for zone, locale, seed in (("Asia/Shanghai", "zh_CN.UTF-8", "1"), ("America/Los_Angeles", "C", "2")):
        folder = tmp_path / seed
        folder.mkdir()
        settings_ = {
            "TZ": zone,
            "LC_ALL": locale,
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": str(Path(__file__).parent),
        }
        command = [sys.executable, "-c", SCRIPT, str(folder / "dm.xpt")]
        subprocess.run(command, env=os.environ | settings_, check=True)
        files.append((folder / "dm.xpt").read_bytes())
    assert files[0] == files[1]
    assert b"09MAR25:07:05:01" in files[0]


def test_a_creation_time_with_a_zone_is_stamped_in_utc(tmp_path):
    path = tmp_path / "dm.xpt"
    west = CREATED.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=-8)))
    write(path, pd.DataFrame({"N": [1.0]}), num("N"), created=west)
    assert read_xpt(path).created == "09MAR25:07:05:01"


def test_an_error_half_way_leaves_no_file_and_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "dm.xpt"
    frame = pd.DataFrame({"A": text("a", "b", "c"), "N": [1.0, 2.0, 3.0]})
    monkeypatch.setattr("clinical.xpt.BLOCK_BYTES", 9)
    encode = TextColumn.encode

    def full_disk(column: TextColumn, start: int, stop: int) -> np.ndarray:
        if (start, stop) == (1, 2):
            raise OSError(28, "No space left on device")
        return encode(column, start, stop)

    monkeypatch.setattr(TextColumn, "encode", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write(path, frame, char("A"), num("N"))
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"the file of last night")
    with pytest.raises(OSError, match="No space left"):
        write(path, frame, char("A"), num("N"))
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [
        ("dm.xpt", b"the file of last night")
    ]


def test_a_file_is_for_owner_and_group_only(tmp_path):
    path = tmp_path / "dm.xpt"
    write(path, pd.DataFrame({"N": [1.0]}), num("N"))
    assert path.stat().st_mode & 0o777 == 0o640


def test_the_frame_is_not_changed(adsl, tmp_path):
    frame, _, written = adsl
    before = frame.copy(deep=True)
    write_xpt(
        tmp_path / "x.xpt",
        frame,
        name="X",
        label="",
        variables=written.variables,
        created=datetime(2024, 1, 1),
    )
    assert_frame_equal(frame, before)
