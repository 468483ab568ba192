"""The store: one set of values, one set of bytes, one content hash."""

from __future__ import annotations

import csv
import hashlib
import os
import stat
import struct
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical.errors import DerivationError, RunError
from clinical.files import json_bytes, write_bytes
from clinical.store import (
    ROWS_A_GROUP,
    bucket_hashes,
    column_hashes,
    content_hash,
    read_parquet,
    schema_of,
    write_csv,
    write_json,
    write_parquet,
)

SCHEMA = {"USUBJID": "Char", "AVAL": "Num", "ADT": "Date", "ADTM": "Datetime"}


def small() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "USUBJID": pd.Series(["S-01", "S-02", None], dtype="str"),
            "AVAL": [1.5, np.nan, -0.0],
            "ADT": pd.Series(["2024-02-29", None, "1899-12-31"]).astype("datetime64[s]"),
            "ADTM": pd.Series(["2024-02-29T23:59:59", None, "2024-03-01"]).astype("datetime64[s]"),
        }
    )


def stored(folder, frame, schema, name="adlb.parquet"):
    write_parquet(folder / name, frame, schema)
    return (folder / name).read_bytes()


# What a stored frame is


def test_a_stored_frame_reads_back_in_the_frame_conventions(tmp_path):
    stored(tmp_path, small(), SCHEMA)
    got = read_parquet(tmp_path / "adlb.parquet")
    assert [str(kind) for kind in got.dtypes] == ["str", "float64", "datetime64[s]", "datetime64[s]"]
    pd.testing.assert_frame_equal(got, small().assign(AVAL=[1.5, np.nan, 0.0]))


def test_only_the_columns_asked_for_are_read(tmp_path):
    stored(tmp_path, small(), SCHEMA)
    assert list(read_parquet(tmp_path / "adlb.parquet", ["AVAL", "USUBJID"]).columns) == ["AVAL", "USUBJID"]


def test_a_column_the_file_does_not_hold_is_refused(tmp_path):
    stored(tmp_path, small(), SCHEMA)
    with pytest.raises(DerivationError) as caught:
        read_parquet(tmp_path / "adlb.parquet", ["AVAL", "CHG"])
    assert str(caught.value) == (
        "adlb.parquet: the frame and its schema differ; without data CHG; not in the schema none"
    )


def test_text_is_plain_text_and_dates_are_dates_on_disk(tmp_path):
    stored(tmp_path, small(), SCHEMA)
    schema = pq.read_schema(tmp_path / "adlb.parquet")
    assert schema.types == [pa.string(), pa.float64(), pa.date32(), pa.timestamp("ms")]
    assert schema.metadata is None
    assert pq.ParquetFile(tmp_path / "adlb.parquet").metadata.metadata is None


def test_minus_zero_nan_and_empty_text_leave_no_trace_in_the_bytes(tmp_path):
    one = pd.DataFrame({"T": pd.Series(["a", ""], dtype="str"), "N": [-0.0, np.nan]})
    two = pd.DataFrame({"T": pd.Series(["a", None], dtype="str"), "N": pd.array([0, None], dtype="Int64")})
    schema = {"T": "Char", "N": "Num"}
    assert stored(tmp_path, one, schema, "one.parquet") == stored(tmp_path, two, schema, "two.parquet")
    assert content_hash(one, schema) == content_hash(two, schema)
    assert read_parquet(tmp_path / "one.parquet")["T"].isna().tolist() == [False, True]
    assert not np.signbit(read_parquet(tmp_path / "one.parquet")["N"][0])


def test_categories_and_other_text_arrays_are_the_same_text(tmp_path):
    plain = pd.DataFrame({"T": pd.Series(["b", "a", None, "b"], dtype="str")})
    frames = [
        plain,
        plain.astype("category"),
        plain.astype({"T": pd.CategoricalDtype(["b", "zzz", "a"])}),
        plain.fillna("").astype("category"),
        plain.astype("object"),
        plain.astype({"T": "string[pyarrow]"}),
    ]
    schema = {"T": "Char"}
    assert len({stored(tmp_path, each, schema, f"{n}.parquet") for n, each in enumerate(frames)}) == 1
    assert len({content_hash(each, schema) for each in frames}) == 1


def test_how_a_column_is_cut_into_chunks_does_not_show(tmp_path):
    rows = ROWS_A_GROUP + 1000
    texts = pd.Series([f"text {n}" if n % 5 else None for n in range(rows)], dtype="str")
    whole = pd.DataFrame({"T": texts, "N": np.arange(rows) / 8})
    window = pd.DataFrame({"T": pd.concat([texts, texts])[:rows], "N": np.arange(rows) / 8})
    pieces = pd.concat([whole[at : at + 999] for at in range(0, rows, 999)], ignore_index=True)
    odd = whole.iloc[::-1].iloc[::-1].set_index(np.arange(rows)[::-1])
    schema = schema_of(whole)
    frames = [whole, window, pieces, odd, whole.astype({"T": "category"})]
    assert len({stored(tmp_path, each, schema, f"{n}.parquet") for n, each in enumerate(frames)}) == 1
    assert len({content_hash(each) for each in frames}) == 1
    assert pq.ParquetFile(tmp_path / "0.parquet").num_row_groups == 2


WRITE_IN_ANOTHER_WORLD = """
import sys, locale
from pathlib import Path
import numpy as np, pandas as pd, pyarrow as pa
from clinical.store import content_hash, write_csv, write_json, write_parquet
locale.setlocale(locale.LC_ALL, "")
folder, pieces, workers = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
pa.set_cpu_count(workers)
names = {"受试者", "S-02", "S-03"}
parts = [pd.Series(part) for part in np.array_split(sorted(names) * 1000, pieces)]
text = pd.concat(parts, ignore_index=True)
days = pd.Series(np.datetime64("1582-10-15T00:30:00", "s") + np.arange(3000).astype("m8[D]"))
frame = pd.DataFrame({"T": text.astype("str"), "N": np.arange(3000) / 3, "DTM": days})
schema = {"T": "Char", "N": "Num", "DTM": "Datetime"}
write_parquet(folder / "a.parquet", frame, schema)
write_csv(folder / "a.csv", frame)
write_json(folder / "a.json", {name: len(name) for name in names})
print(content_hash(frame, schema))
"""


def test_time_zone_locale_hash_seed_chunks_and_workers_change_no_byte(tmp_path):
    worlds = [
        ({"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "0"}, "1", "1"),
        ({"TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"}, "7", "2"),
        ({"TZ": "Asia/Shanghai", "LANG": "C.UTF-8", "PYTHONHASHSEED": "4711"}, "31", "3"),
    ]
    results = set()
    for number, (world, pieces, workers) in enumerate(worlds):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-c", WRITE_IN_ANOTHER_WORLD, str(folder), pieces, workers]
        env = {**{"PATH": os.environ["PATH"]}, **world}
        said = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
        results.add((said, *(path.read_bytes() for path in sorted(folder.iterdir()))))
    assert len(results) == 1
    assert len(next(iter(results))) == 4


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)),
            st.floats(allow_infinity=False),
            st.one_of(st.none(), st.integers(-9_000_000_000, 9_000_000_000)),
        ),
        max_size=20,
    )
)
def test_what_is_read_is_what_was_stored(tmp_path_factory, records):
    folder = tmp_path_factory.mktemp("store")
    frame = pd.DataFrame(
        {
            "T": pd.Series([text for text, _, _ in records], dtype="str"),
            "N": pd.Series([number for _, number, _ in records], dtype="float64"),
            "DTM": pd.Series([seconds for _, _, seconds in records], dtype="Int64")
            .astype("object")
            .where(lambda s: s.notna(), None)
            .pipe(lambda s: pd.to_datetime(s, unit="s").astype("datetime64[s]")),
        }
    )
    stored(folder, frame, {"T": "Char", "N": "Num", "DTM": "Datetime"})
    got = read_parquet(folder / "adlb.parquet")
    pd.testing.assert_frame_equal(got, frame)
    assert content_hash(got) == content_hash(frame)


# What the store refuses


SEVERAL_TYPES = pd.Series(["a", 1], dtype="object")


def refusal(tmp_path, frame, schema):
    with pytest.raises(DerivationError) as caught:
        write_parquet(tmp_path / "ae.parquet", frame, schema)
    assert not (tmp_path / "ae.parquet").exists()
    return str(caught.value)


def test_a_frame_with_other_columns_than_its_schema_is_refused(tmp_path):
    frame = pd.DataFrame({"AETERM": ["x"], "B": [1.0], "A": [1.0]})
    assert refusal(tmp_path, frame, {"AETERM": "Char", "AESEQ": "Num"}) == (
        "AE: the frame and its schema differ; without data AESEQ; not in the schema A, B"
    )


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        (["1.5"], "Num", "a column of type Num holds values of type str"),
        ([1.5], "Char", "a column of type Char holds values of type double"),
        (SEVERAL_TYPES, "Char", "a column of type Char holds values of several types"),
        (pd.to_datetime(["2024-01-01T10:00"]), "Date", "a column of type Date holds times of day"),
        (pd.to_datetime(["2024-01-01T10:00:00.5"]), "Datetime", "Datetime holds parts of a second"),
        (["2024-01-01"], "Date", "a column of type Date holds values of type str"),
        (pd.to_datetime(["2024-01-01"], utc=True), "Datetime", "of type datetime64[us, UTC]"),
        ([1.0], "Int", "a column of type Int holds values of type float64"),
        (pd.array([1, None], dtype="Int64"), "Int", "a column of type Int holds missing values"),
    ],
)  # fmt: skip
def test_a_value_that_storing_would_change_is_refused(tmp_path, values, kind, said):
    message = refusal(tmp_path, pd.DataFrame({"X": values}), {"X": kind})
    assert message.startswith("AE.X: ")
    assert message.endswith(said)


def test_a_column_without_any_value_may_be_of_any_dtype(tmp_path):
    for name, column in {"o": [None, None], "f": [np.nan, np.nan]}.items():
        frame = pd.DataFrame({kind: pd.Series(column) for kind in ("Char", "Num", "Date", "Datetime")})
        stored(tmp_path, frame, {kind: kind for kind in frame}, f"{name}.parquet")
        assert read_parquet(tmp_path / f"{name}.parquet").isna().all(axis=None)
    assert (tmp_path / "o.parquet").read_bytes() == (tmp_path / "f.parquet").read_bytes()


def test_no_rows_keep_all_columns_and_their_types(tmp_path):
    stored(tmp_path, small()[:0], SCHEMA)
    got = read_parquet(tmp_path / "adlb.parquet")
    assert (list(got.columns), len(got)) == (list(SCHEMA), 0)
    assert content_hash(got) == content_hash(small()[:0], SCHEMA)


def test_a_damaged_file_is_named(tmp_path):
    data = stored(tmp_path, small(), SCHEMA)
    write_bytes(tmp_path / "cut.parquet", data[:-5])
    with pytest.raises(RunError) as caught:
        read_parquet(tmp_path / "cut.parquet")
    assert str(caught.value) == "cut.parquet: not readable as a Parquet file"


def test_a_file_is_never_written_twice(tmp_path):
    stored(tmp_path, small(), SCHEMA)
    with pytest.raises(DerivationError) as caught:
        write_parquet(tmp_path / "adlb.parquet", small(), SCHEMA)
    assert str(caught.value) == "adlb.parquet: this file of the run is there already; a file is written once"


def test_files_have_no_rights_for_others_even_without_a_umask(tmp_path):
    before = os.umask(0)
    try:
        stored(tmp_path / "deep" / "er", small(), SCHEMA)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "deep").rglob("*")]
    assert modes == [0o750, 0o640]


# The content hash, against a second implementation in plain Python


def plain_hash(kind: str, values: list) -> str:
    digest = hashlib.blake2b(f"{kind} {len(values)}\n".encode(), digest_size=16)
    if kind == "text":
        texts = [(value or "").encode() for value in values]
        digest.update(b"".join(struct.pack("<i", len(text)) for text in texts) + b"".join(texts))
    elif kind == "number":
        nan = bytes.fromhex("000000000000f87f")
        digest.update(b"".join(nan if value is None else struct.pack("<d", value) for value in values))
    else:
        digest.update(b"".join(struct.pack("<q", -(2**63) if value is None else value) for value in values))
    return digest.hexdigest()


def test_the_content_hash_is_the_one_written_down():
    got = column_hashes(small().assign(SEQ=[1, 2, 3]), {**SCHEMA, "SEQ": "Int"})
    day = 86_400
    expected = {
        "USUBJID": plain_hash("text", ["S-01", "S-02", None]),
        "AVAL": plain_hash("number", [1.5, None, 0.0]),
        "ADT": plain_hash("time", [19_782 * day, None, -25_568 * day]),
        "ADTM": plain_hash("time", [19_782 * day + day - 1, None, 19_783 * day]),
        "SEQ": plain_hash("integer", [1, 2, 3]),
    }
    assert got == expected
    lines = "3\n" + "".join(f"{name} {digest}\n" for name, digest in expected.items())
    whole = hashlib.blake2b(lines.encode(), digest_size=16).hexdigest()
    assert content_hash(small().assign(SEQ=[1, 2, 3]), {**SCHEMA, "SEQ": "Int"}) == whole


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.assign(USUBJID=pd.Series(["S-0", "1S-02", None], dtype="str")),
        lambda f: f.assign(USUBJID=pd.Series(["S-01", None, "S-02"], dtype="str")),
        lambda f: f.assign(AVAL=[1.5, 0.0, 0.0]),
        lambda f: f.assign(ADT=f["ADT"] + pd.Timedelta(days=1)),
        lambda f: f.rename(columns={"AVAL": "CHG"}),
        lambda f: f[["AVAL", "USUBJID", "ADT", "ADTM"]],
        lambda f: f[::-1],
        lambda f: f[:2],
    ],
)  # fmt: skip
def test_any_change_of_a_value_a_name_or_the_order_changes_the_content_hash(change):
    assert content_hash(change(small())) != content_hash(small())


def test_the_hash_of_a_bucket_is_the_hash_of_its_rows_alone():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "T": pd.Series(rng.choice(["a", "bb", "", "cccc"], 500), dtype="str"),
            "FULL": pd.Series(rng.choice(["a", "bb", "cccc"], 500), dtype="str"),
            "N": np.where(rng.random(500) < 0.2, np.nan, rng.random(500)),
        }
    )
    for buckets in (
        rng.integers(-1, 5, 500),
        np.sort(rng.integers(-1, 5, 500)),
        np.zeros(500, dtype="int16"),
    ):
        expected = {int(b): column_hashes(frame[buckets == b]) for b in np.unique(buckets)}
        assert bucket_hashes(frame, buckets) == expected


def test_no_rows_have_no_buckets():
    assert bucket_hashes(small()[:0], np.array([], dtype="int16"), SCHEMA) == {}


# JSON and CSV


def test_json_does_not_depend_on_the_order_things_were_put_in(tmp_path):
    write_json(tmp_path / "a.json", {"b": [1, None], "a": "受试者"})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n "a": "受试者",\n "b": [\n  1,\n  null\n ]\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_bytes({"a": float("nan")})


def test_text_a_spreadsheet_would_run_is_quoted(tmp_path):
    texts = [
        "=1+1",
        "+cmd|x",
        "-2+3",
        "@SUM(A1)",
        "  =A1",
        "\t=A1",
        "＝1",
        "-",
        "plain",
        "-1.5",
        "+3",
        "a=b",
        'say "no"',
        None,
    ]
    write_csv(tmp_path / "a.csv", pd.DataFrame({"TEXT": pd.Series(texts, dtype="str")}))
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as lines:
        got = [row["TEXT"] for row in csv.DictReader(lines)]
    assert got == [
        "'=1+1", "'+cmd|x", "'-2+3", "'@SUM(A1)", "'  =A1", "'\\t=A1", "'＝1", "'-",
        "plain", "-1.5", "+3", "a=b", 'say "no"', "",
    ]  # fmt: skip


def test_what_would_act_on_a_screen_is_an_escape_in_a_csv(tmp_path):
    """ESC and its 8-bit form, a bell, a line break, text turned from right to left, a blank nobody sees."""
    texts = ["\x1b[31mred", "\x9b31m", "a\x07", "two\r\nlines", "\u202egpj.exe", "\u200b=1", "Größe ≥ 3 中"]
    write_csv(tmp_path / "a.csv", pd.DataFrame({"TEXT": pd.Series(texts, dtype="str")}))
    assert (tmp_path / "a.csv").read_text("utf-8-sig").splitlines() == [
        '"TEXT"', r'"\x1b[31mred"', r'"\x9b31m"', r'"a\x07"', r'"two\r\nlines"', r'"\u202egpj.exe"',
        r'"\u200b=1"', '"Größe ≥ 3 中"',
    ]  # fmt: skip


def test_numbers_and_dates_of_a_csv_are_in_their_shortest_form(tmp_path):
    frame = small().assign(SEQ=[1.0, 2.0, 3.0], AVAL=[-0.1, 1e-7, 1e16])
    write_csv(tmp_path / "a.csv", frame)
    assert (tmp_path / "a.csv").read_bytes().decode("utf-8-sig").split("\r\n") == [
        '"USUBJID","AVAL","ADT","ADTM","SEQ"',
        '"S-01","-0.1","2024-02-29","2024-02-29T23:59:59","1"',
        '"S-02","0.0000001","","","2"',
        '"","10000000000000000","1899-12-31","2024-03-01T00:00:00","3"',
        "",
    ]
