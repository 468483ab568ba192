"""Rows of Dataset-JSON, taken apart exactly and fast: pieces of a file become columns of Arrow.

numpy finds where every value begins and ends and what kind of JSON it is; the brackets go, and what is left
is CSV, which Arrow reads several times as fast as any JSON reader. Escapes are decoded value by value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

TEXT = pa.large_string()
STRING, NULL, NUMBER, TRUTH = 1, 2, 3, 4  # kinds of JSON values; 0 is none of them

_KIND = np.zeros(256, "u1")
_KIND[[ord(sign) for sign in "-0123456789"]] = NUMBER
_KIND[[ord('"'), ord("n"), ord("t"), ord("f")]] = STRING, NULL, TRUTH, TRUTH
_DIGIT = np.zeros(256, bool)
_DIGIT[list(b"0123456789")] = True
_AFTER_ZERO = np.zeros(256, bool)
_AFTER_ZERO[list(b",\n.eE")] = True
_BLANK = np.zeros(256, bool)
_BLANK[list(b" \t\r\n")] = True
_EDGE = _BLANK.copy()
_EDGE[list(b",[]")] = True
PAIR = np.frombuffer(b"[]", "u1")
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_NUMBER = r"^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$"
_INTEGER = r"^-?\d+$"
PARSING = pyarrow.csv.ParseOptions(double_quote=False, ignore_empty_lines=False)


class Malformed(Exception):
    """Row number `row`, from 0 in its piece, is no list of plain JSON values."""

    def __init__(self, row: int = 0):
        self.row = row


class _Loose(Exception):
    """The rows are laid out in another way, with blanks between values or rows."""


class Width(Exception):
    """Row number `row`, from 0 in its piece, has `found` values."""

    def __init__(self, row: int, found: int):
        self.row = row
        self.found = found


@dataclass(frozen=True)
class Cells:
    """The values of some rows.

    `kinds`: the kind of each value, rows by columns. `columns`: text as large_string, integers int64, floats
    float64, truth bool; null where the value is null. A column with a value of another kind, or with a number
    that its type cannot hold, is text as it was written; `unfit` has which of its rows are at fault.
    """

    kinds: np.ndarray
    columns: list[pa.Array]
    unfit: dict[int, np.ndarray]

    def __len__(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True)
class _Places:
    """Where values are in `data`, which is rows as CSV without escapes: `ends` rows by columns."""

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


def cells_of(piece: bytes, comma: bool, kinds: Sequence[int], whole: Sequence[bool]) -> Cells:
    """The values of whole rows, `[..]` and what separates them, of columns of these kinds.

    Needs:   `comma` says if rows have one between them; `whole` is True for columns of integers.
    Raises:  Malformed, Width.
    """
    try:
        csv = _compact(piece, b"],\n[" if comma else b"]\n[")
        masked = _masked(csv)
        places = _places(masked, len(kinds))
    except (_Loose, Malformed, Width):
        csv = _tight(piece, comma)
        masked = _masked(csv)
        places = _places(masked, len(kinds))
    found = _kinds_of(masked, places)
    wrong = [bool(column) for column in ((found != NULL) & (found != np.asarray(kinds, "u1"))).any(axis=0)]
    columns, unfit = _columns(masked, kinds, whole, wrong)
    _check_nulls(columns, found, kinds, wrong)
    if csv is not masked:
        _unescape(columns, csv, places, found)
    for at, is_wrong in enumerate(wrong):
        if is_wrong:
            unfit[at] = (found[:, at] != NULL) & (found[:, at] != kinds[at])
    return Cells(found, columns, unfit)


def _compact(piece: bytes, between: bytes) -> bytes:
    """Rows as this product writes them, one a line, as CSV."""
    csv = piece[1:-1].replace(between, b"\n")
    replaced = (len(piece) - 2 - len(csv)) // (len(between) - 1)
    if piece[:1] != b"[" or piece[-1:] != b"]" or csv.count(b"\n") != replaced:
        raise _Loose
    return csv + b"\n"


def _masked(csv: bytes) -> bytes:
    """The same with `xx` for every escape, so that every quote left begins or ends a text."""
    return _ESCAPE.sub(b"xx", csv) if b"\\" in csv else csv


def _inside(data: np.ndarray) -> np.ndarray:
    """True from the quote that opens a text to before the one that closes it."""
    return np.bitwise_xor.accumulate((data == ord('"')).view("u1")).view(bool)


def _places(masked: bytes, width: int) -> _Places:
    data = np.frombuffer(masked, "u1")
    inside = _inside(data)
    low = data <= 0x20
    outside = low & ~inside
    ends = np.flatnonzero(((data == ord(",")) & ~inside) | outside)
    rows = int(np.count_nonzero(outside))
    newlines = data[ends] == ord("\n")
    if np.count_nonzero(newlines) != rows:
        raise _Loose  # there are blanks
    if not rows or ends[-1] != len(data) - 1 or data[-1] != ord("\n"):
        raise Malformed(rows)  # a text does not end
    if np.count_nonzero(data < 0x20) != rows:
        raise Malformed(_row_of(int(np.flatnonzero(inside & (data < 0x20))[0]), ends[newlines]))
    if len(ends) != rows * width or not newlines[width - 1 :: width].all():
        counts = np.diff(np.flatnonzero(newlines), prepend=-1)
        row = int(np.flatnonzero(counts != width)[0])
        raise Width(row, 0 if _is_empty(data, ends[newlines], row) else int(counts[row]))
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    return _Places(data, starts.reshape(rows, width), ends.reshape(rows, width))


def _row_of(place: int, row_ends: np.ndarray) -> int:
    return int(np.searchsorted(row_ends, place))


def _is_empty(data: np.ndarray, row_ends: np.ndarray, row: int) -> bool:
    return bool(row_ends[row] == (row_ends[row - 1] + 1 if row else 0))


def _kinds_of(masked: bytes, places: _Places) -> np.ndarray:
    """The kind of every value. A text is one pair of quotes and nothing else."""
    kinds = _KIND[places.data[places.starts]]
    texts = kinds == STRING
    quoted = places.data[places.ends - 1] == ord('"')
    bad = (kinds == 0) | (texts != quoted) | (texts & (places.ends - places.starts < 2))
    if bad.any():
        raise Malformed(int(np.flatnonzero(bad.any(axis=1))[0]))
    if np.count_nonzero(places.data == ord('"')) != 2 * np.count_nonzero(texts):
        quotes = np.flatnonzero(places.data == ord('"'))
        cell = np.searchsorted(places.ends.ravel(), quotes)
        odd = np.bincount(cell, minlength=kinds.size) != 2 * texts.ravel()
        raise Malformed(int(np.flatnonzero(odd)[0]) // kinds.shape[1])
    _check_numbers(places, kinds == NUMBER)
    if b".e" in masked or b".E" in masked:
        points = np.flatnonzero((places.data[:-1] == ord(".")) & (places.data[1:] | 0x20 == ord("e")))
        cells = np.searchsorted(places.ends.ravel(), points)
        odd = cells[kinds.ravel()[cells] == NUMBER]
        if len(odd):
            raise Malformed(int(odd[0]) // kinds.shape[1])
    return kinds


def _check_numbers(places: _Places, numbers: np.ndarray) -> None:
    """No number begins with a needless zero or ends with a point; the rest, Arrow knows."""
    first = places.starts[numbers]
    first = first + (places.data[first] == ord("-"))
    digit = _DIGIT[places.data[first]]
    second = np.minimum(first + 1, len(places.data) - 1)
    zero = (places.data[first] == ord("0")) & ~_AFTER_ZERO[places.data[second]]
    bad = ~digit | zero | ~_DIGIT[places.data[places.ends[numbers] - 1]]
    if bad.any():
        raise Malformed(int(np.nonzero(numbers)[0][np.flatnonzero(bad)[0]]))


def _columns(
    masked: bytes, kinds: Sequence[int], whole: Sequence[bool], wrong: Sequence[bool]
) -> tuple[list[pa.Array], dict[int, np.ndarray]]:
    """The columns as Arrow reads them; those with a value that does not fit, as the text that was written."""
    typed = {STRING: TEXT, NUMBER: pa.float64(), TRUTH: pa.bool_()}
    types = [
        TEXT if is_wrong else pa.int64() if is_whole else typed[kind]
        for kind, is_whole, is_wrong in zip(kinds, whole, wrong, strict=True)
    ]
    try:
        columns = _read(masked, types)
    except pa.ArrowInvalid:
        return _one_by_one(_as_text(masked, len(types)), types)
    return columns, _infinite(columns)


def _infinite(columns: list[pa.Array]) -> dict[int, np.ndarray]:
    unfit = {}
    for at, column in enumerate(columns):
        if column.type == pa.float64():
            odd = np.asarray(pc.invert(pc.is_finite(column)).fill_null(False))
            if odd.any():
                unfit[at] = odd
    return unfit


def _as_text(masked: bytes, width: int) -> list[pa.Array]:
    try:
        return _read(masked, [TEXT] * width)
    except pa.ArrowInvalid as fault:
        start = 0
        try:
            masked.decode()
        except UnicodeDecodeError as found:
            start = found.start
        raise Malformed(masked[:start].count(b"\n")) from fault


def _read(masked: bytes, types: list[pa.DataType]) -> list[pa.Array]:
    names = [str(at) for at in range(len(types))]
    table = pyarrow.csv.read_csv(
        pa.py_buffer(masked),
        pyarrow.csv.ReadOptions(column_names=names, use_threads=False, block_size=len(masked) + 1),
        PARSING,
        pyarrow.csv.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)),
            null_values=["null"],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return [column.combine_chunks() for column in table.columns]


def _one_by_one(
    texts: list[pa.Array], types: list[pa.DataType]
) -> tuple[list[pa.Array], dict[int, np.ndarray]]:
    """Each column as its type, where every value fits it."""
    columns, unfit = list(texts), {}
    for at, (text, kind) in enumerate(zip(texts, types, strict=True)):
        if kind == TEXT:
            continue
        if kind == pa.bool_():
            fits = pc.is_in(text, pa.array(["true", "false", None], TEXT))
        else:
            fits = pc.match_substring_regex(text, _NUMBER)
        if pc.any(pc.invert(fits)).as_py():
            raise Malformed(pc.index(fits, False).as_py())
        if kind != pa.int64():
            columns[at] = text.cast(kind)
            continue
        columns[at], odd = _integers(text)
        if odd.any():
            unfit[at] = odd
    return columns, unfit | _infinite(columns)


def _integers(text: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """The numbers as int64, also those written 1.0 or 1e3; the text, where one is at fault, and which are."""
    plain = pc.match_substring_regex(text, _INTEGER).fill_null(True).to_pylist()
    numbers: list[int | None] = []
    for value, is_plain in zip(text.to_pylist(), plain, strict=True):
        number = None if value is None else int(value) if is_plain else float(value)
        numbers.append(int(number) if isinstance(number, float) and number.is_integer() else number)
    odd = np.array(
        [value is not None and (isinstance(value, float) or abs(value) >= 2**63) for value in numbers]
    )
    return (text, odd) if odd.any() else (pa.array(numbers, pa.int64()), odd)


def _check_nulls(
    columns: list[pa.Array], found: np.ndarray, kinds: Sequence[int], wrong: Sequence[bool]
) -> None:
    """What begins like null must be null; in a column of text, Arrow would take `nil` for a text."""
    for at, column in enumerate(columns):
        if pa.types.is_large_string(column.type) and column.null_count != np.count_nonzero(
            found[:, at] == NULL
        ):
            odd = (found[:, at] == NULL) & np.asarray(column.is_valid())
            raise Malformed(int(np.flatnonzero(odd)[0]))


def _unescape(columns: list[pa.Array], csv: bytes, places: _Places, found: np.ndarray) -> None:
    """Puts the texts that have escapes in the place of their masks."""
    data = np.frombuffer(csv, "u1")
    cells = np.unique(np.searchsorted(places.ends.ravel(), np.flatnonzero(data == ord("\\"))))
    starts, ends = places.starts.ravel()[cells], places.ends.ravel()[cells]
    written = [csv[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    rows, at = np.divmod(cells, found.shape[1])
    try:
        texts = orjson.loads(b"[" + b",".join(written) + b"]")
    except orjson.JSONDecodeError as fault:
        raise Malformed(int(rows[0])) from fault
    texts = np.array(texts, dtype="object")
    for column in np.unique(at).tolist():
        mask = np.zeros(len(found), bool)
        mask[rows[at == column]] = True
        new = pa.array(texts[at == column].tolist(), TEXT)
        columns[column] = pc.replace_with_mask(columns[column], pa.array(mask), new)


def _tight(piece: bytes, comma: bool) -> bytes:
    """Rows however they are laid out, as CSV."""
    masked = np.frombuffer(_masked(piece), "u1")
    outside = ~_inside(masked)
    brackets = outside & ((masked == ord("[")) | (masked == ord("]")))
    in_row = np.bitwise_xor.accumulate(brackets.view("u1")).view(bool)
    _check_brackets(masked, np.flatnonzero(brackets))
    blank = _BLANK[masked] & outside
    between = np.flatnonzero(~in_row & ~brackets & ~blank)
    _check_commas(masked[between], between, np.flatnonzero(brackets), comma)
    if not comma:
        _check_lines(np.flatnonzero(outside & (masked == ord("\n"))), np.flatnonzero(brackets))
    keep = (in_row & ~blank & ~brackets) | (brackets & (masked == ord("]")))
    kept = np.flatnonzero(keep)
    apart = np.flatnonzero(np.diff(kept) > 1)
    glued = ~(_EDGE[masked[kept[apart]]] | _EDGE[masked[kept[apart + 1]]])
    if glued.any():
        before = kept[apart[np.flatnonzero(glued)[0]]]
        raise Malformed(int(np.count_nonzero(brackets[:before])) // 2)
    csv = np.frombuffer(piece, "u1")[kept].copy()
    csv[brackets[kept]] = ord("\n")
    return csv.tobytes()


def _check_brackets(masked: np.ndarray, brackets: np.ndarray) -> None:
    odd = np.flatnonzero(masked[brackets] != np.resize(PAIR, len(brackets)))
    if len(odd) or len(brackets) % 2:
        raise Malformed(int(odd[0]) // 2 if len(odd) else len(brackets) // 2)


def _check_commas(signs: np.ndarray, places: np.ndarray, brackets: np.ndarray, comma: bool) -> None:
    """Between two rows is one comma, or nothing."""
    after = np.searchsorted(brackets, places) // 2
    expected = np.arange(1, len(brackets) // 2) if comma else np.zeros(0, "i8")
    if (signs != ord(",")).any() or not np.array_equal(after, expected):
        raise Malformed(int(after[0]) if len(after) else 0)


def _check_lines(newlines: np.ndarray, brackets: np.ndarray) -> None:
    """Every row is on one line, and on its own."""
    after = np.searchsorted(brackets, newlines)
    if (after % 2).any():
        raise Malformed(int(after[after % 2 == 1][0]) // 2)
    alone = np.isin(np.arange(2, len(brackets), 2), after)
    if not alone.all():
        raise Malformed(int(np.flatnonzero(~alone)[0]))


def rows_end(buffer: bytes) -> tuple[int, int]:
    """Where the last whole row of `buffer` ends, and where the list of rows does; -1 if it does not.

    Needs:   `buffer` begins between two rows.
    Raises:  Malformed for a list within a row.
    """
    masked = np.frombuffer(_masked(buffer), "u1")
    brackets = np.flatnonzero(((masked == ord("[")) | (masked == ord("]"))) & ~_inside(masked))
    expected = np.resize(PAIR, len(brackets))
    odd = np.flatnonzero(masked[brackets] != expected)
    count = int(odd[0]) if len(odd) else len(brackets)
    if len(odd) and count % 2:
        raise Malformed(count // 2)
    whole = count - count % 2
    return int(brackets[whole - 1]) + 1 if whole else 0, int(brackets[count]) if len(odd) else -1
