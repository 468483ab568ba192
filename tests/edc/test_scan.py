"""The quick look at a file's bytes, held against Python's own csv module as a second implementation."""

from __future__ import annotations

import csv
import io
import tempfile
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinical.errors import InputError
from edc import scan as scanning
from edc.csv import read_csv
from edc.order import ranks, sort_key
from edc.scan import are_tidy, record_lines, scan_file

CELLS = st.text(alphabet='ab ",\n\r5é中', max_size=6)
TABLES = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=6)
)
MESSES = st.text(alphabet='ab",\n\r', max_size=40)


def written(rows: list[list[str]], quoting: int, end: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue().encode()


def scanned(data: bytes):
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "x.csv"
        path.write_bytes(data)
        return scan_file(path)


def cleaned(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n").strip()


@settings(max_examples=150, deadline=None)
@given(TABLES, st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), st.sampled_from(["\n", "\r\n"]))
def test_what_a_csv_library_writes_is_tidy_and_read_back_as_it_was(table, quoting, end):
    if quoting == csv.QUOTE_MINIMAL:  # Python 3.11 leaves a lone carriage return without quotes
        table = [[cell.replace("\r", "") for cell in row] for row in table]
    width = len(table[0]) if table else 1
    header = [f"C{number}" for number in range(width)]
    data = written([header, *table], quoting, end)
    assert are_tidy(data)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "x.csv"
        path.write_bytes(data)
        got = read_csv(path, "x.csv", "", scan_file(path))
    expected = [[cleaned(cell) for cell in row] for row in table]
    if width == 1:
        expected = [row for row in expected if row[0]]
        rows = [row for row in got.frame.fillna("").to_numpy().tolist() if row[0]]
    else:
        rows = got.frame.fillna("").to_numpy().tolist()
    assert rows == expected


@settings(max_examples=300, deadline=None)
@given(MESSES)
def test_no_mess_is_read_otherwise_than_a_strict_reader_reads_it(mess):
    """Each file is refused, or read with the cells that a strict reader finds."""
    data = f"A,B\n{mess}".encode()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "x.csv"
        path.write_bytes(data)
        try:
            got = read_csv(path, "x.csv", "", scan_file(path)).frame.fillna("").to_numpy().tolist()
        except InputError:
            return
    strict = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
    rows = [[cleaned(cell) for cell in row] for row in strict][1:]
    assert got == [row[:2] for row in rows if len(row) > 1 or any(row)]


@settings(max_examples=150, deadline=None)
@given(TABLES, st.integers(1, 7), st.sampled_from(["\n", "\r\n"]), st.sets(st.integers(0, 6)), st.booleans())
def test_records_start_on_the_lines_where_a_csv_reader_finds_them(table, size, end, blank_after, ended):
    """Blank lines between records are none, and the last one may lack its line end."""
    parts = [written([[cell.replace("\r", "") for cell in row]], csv.QUOTE_ALL, end) for row in table]
    data = b"".join(part + end.encode() * (n in blank_after) for n, part in enumerate(parts))
    data = data if ended else data.removesuffix(end.encode())
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    reader, starts, line = csv.reader(io.StringIO(data.decode(), newline="")), [], 1
    for cells in reader:
        starts += [line] * bool(cells)
        line = reader.line_num + 1
    assert record_lines(pieces).tolist() == starts


@settings(max_examples=100, deadline=None)
@given(TABLES, MESSES, st.integers(1, 5))
def test_a_file_is_scanned_alike_in_pieces_of_any_size(table, mess, size):
    for data in (written(table, csv.QUOTE_ALL, "\r\n"), mess.encode()):
        usual = scanning.CHUNK
        whole = scanned(data)
        scanning.CHUNK = size
        try:
            assert scanned(data) == whole
        finally:
            scanning.CHUNK = usual
        assert whole.sha256 == sha256(data).hexdigest()
        assert whole.tidy == are_tidy(data)


@pytest.mark.parametrize(
    ("data", "tidy"),
    [
        (b'a,"b"', True),
        (b'"a""b","",""""\r\n"c"', True),
        (b'a""', False),
        (b'ab"",', False),
        (b'"a"b', False),
        (b'"a" ,b', False),
        (b'a,"b', False),
        (b'5",6"', False),
        (b'\xef\xbb\xbf"a"', True),
    ],
)
def test_quotes_are_tidy_where_each_opens_closes_or_is_doubled(monkeypatch, data, tidy):
    for size in (1, 2, 3, 100):
        monkeypatch.setattr(scanning, "CHUNK", max(size, 3 if data.startswith(b"\xef") else 1))
        assert scanned(data).tidy == tidy


def test_the_first_line_that_is_not_utf8_is_found_across_pieces(monkeypatch):
    data = "a\nb\né\nc".encode() + b"\nd\xe9x\n"
    for size in (1, 2, 3, 100):
        monkeypatch.setattr(scanning, "CHUNK", size)
        assert (scanned(data).not_utf8, scanned(data).cut) == (5, False)
        assert (scanned(data[:5]).not_utf8, scanned(data[:5]).cut) == (3, True)


def test_numbers_are_ranked_as_numbers_before_texts_and_missing_comes_first():
    values = pd.Series(["10", "9", None, "a", "-1", "9.5", "09", "B"], dtype="str")
    places, count = ranks(values)
    order = values.iloc[places.argsort(kind="stable")].fillna("").tolist()
    assert order == ["", "-1", "09", "9", "9.5", "10", "B", "a"]
    assert count == 8


def test_a_sort_key_of_many_parts_orders_as_its_parts_do():
    """More combinations than one integer could number."""
    many = pd.Series([str(number) for number in range(3000)], dtype="str")
    parts = [many, many[::-1].reset_index(drop=True), many, many, many, many]
    assert (sort_key(parts).argsort(kind="stable") == range(3000)).all()
    assert (sort_key([*parts[:0], parts[1], *parts]).argsort() == range(2999, -1, -1)).all()
