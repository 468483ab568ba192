"""Results of findings: from what was collected to standard text, number and unit [C-RES]."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clinical.distinct import distinct, distinct_rows, spread, spread_text
from clinical.rounding import shortest, significant
from clinical.terms import FOUND, Terms
from clinical.units import Units

RESULT_LIST = "RESULT"  # library ct/result.csv, with the study's ct/result.csv over it
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:E[+-]?\d+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+(?=,)|\d+)?(?:,\d*)?(?:E[+-]?\d+)?", re.ASCII)
_INEQUALITY = re.compile(r"(<=|>=|<|>|≤|≥)\s*(.+)")
_BELOW = re.compile(r"(?:<|<=|≤)\s*.+|BLQ|BQL|BLLOQ", re.ASCII)
_SIGNS = {"≤": "<=", "≥": ">="}
_OTHER, _PLAIN, _LIMIT, _TERM = range(4)


@dataclass(frozen=True)
class Standard:
    """A column of results in standard form.

    `text`, `number` and `unit` are --STRESC, --STRESN and --STRESU. `no_unit` is True where a number could
    not be put into a standard unit: text, number and unit are then missing. Words keep the unit; other
    text does only if nothing is converted.
    """

    text: pd.Series
    number: pd.Series
    unit: pd.Series
    no_unit: np.ndarray


def to_number(text: pd.Series, comma: bool = False) -> tuple[pd.Series, np.ndarray]:
    """The number that each text is, and True where there is text that is none.

    `1,200` is 1200 (the comma groups thousands) and `1.2E5` 120000; only with `comma` is `8,5` 8.5.
    Full-width digits count as digits.

    Source: rule C-RES.
    """
    codes, values = distinct(text)
    read = [_read_number(_clean(value), comma) for value in values]
    numbers = np.array([np.nan if number is None else number for number in read], dtype="float64")
    wrong = np.array([number is None for number in read], dtype=bool)
    return pd.Series(spread(codes, numbers, np.nan), index=text.index), spread(codes, wrong, False)


def standardise(
    orres: pd.Series,
    unit: pd.Series | None,
    test: pd.Series | None,
    units: Units,
    terms: Terms,
    comma: bool = False,
    below: str | None = None,
) -> Standard:
    """Each collected result as standard text, number and unit.

    In this order: blanks and width, words of the RESULT list (`neg.`), numbers, limits (`<50`: text only,
    converted like a number), units. A converted number is rounded to 6 significant digits; its text is its
    shortest decimal text. Any other text stays as it is (`0-1`). `below`, if given, is the text for every
    result below quantification (`<50`, `BLQ`).

    Missing: a number whose unit is not known for the test gives nothing.
    Source:  rule C-RES.
    """
    nothing = np.full(len(orres), -1)
    columns = [
        spread_text(nothing, [], orres.index) if column is None else column for column in (orres, unit, test)
    ]
    codes, (results, sources, tests) = distinct_rows(columns)
    one = _standardise(results, sources, tests, units, terms, comma, below)
    return Standard(
        text=_rows(one.text, codes, orres.index),
        number=_rows(one.number, codes, orres.index),
        unit=_rows(one.unit, codes, orres.index),
        no_unit=one.no_unit[codes],
    )


def _rows(values: pd.Series, codes: np.ndarray, index: pd.Index) -> pd.Series:
    return values.take(codes).set_axis(index)


def _standardise(
    results: pd.Series,
    sources: pd.Series,
    tests: pd.Series,
    units: Units,
    terms: Terms,
    comma: bool,
    below: str | None,
) -> Standard:
    read = _read_results(results, terms, comma, below)
    target, factor, offset, unknown = units.standard(tests, sources)
    measured = np.isin(read.kind, (_PLAIN, _LIMIT))
    no_unit = measured & unknown
    numbers = pd.Series(read.number).where(~no_unit)
    changed = ((factor != 1) | (offset != 0)) & ~unknown
    numbers = significant(numbers * factor + offset).where(changed, numbers)
    texts = [
        words if kind in (_TERM, _OTHER) else None if pd.isna(text) else (words or "") + text
        for kind, words, text in zip(read.kind, read.words, shortest(numbers), strict=True)
    ]
    has_unit = ~no_unit & ~(changed & (read.kind == _OTHER)) & results.notna()
    return Standard(
        text=pd.Series(texts, dtype="str"),
        number=numbers.where(read.kind == _PLAIN),
        unit=target.where(has_unit),
        no_unit=no_unit,
    )


@dataclass(frozen=True)
class _Read:
    """What each result is: its kind, its number, and its words or the sign of its limit."""

    kind: np.ndarray
    number: np.ndarray
    words: list[str | None]


def _read_results(results: pd.Series, terms: Terms, comma: bool, below: str | None) -> _Read:
    codes, values = distinct(results)
    found, status = terms.look_up(pd.Series(values, dtype="str"), RESULT_LIST)
    read: list[tuple[int, float, str | None]] = []
    for value, word, hit in zip(values, found, status, strict=True):
        text = _clean(value)
        if below and _BELOW.fullmatch(text.upper()):
            read.append((_TERM, np.nan, below))
        elif hit == FOUND:
            read.append((_TERM, np.nan, None if pd.isna(word) else word))
        else:
            read.append(_read_result(text, comma))
    read.append((_OTHER, np.nan, None))
    kinds = np.array([entry[0] for entry in read], dtype="int8")
    numbers = np.array([entry[1] for entry in read], dtype="float64")
    return _Read(kinds[codes], numbers[codes], [read[code][2] for code in codes])


def _read_result(text: str, comma: bool) -> tuple[int, float, str | None]:
    number = _read_number(text, comma)
    if number is not None:
        return _PLAIN, number, None
    limit = _INEQUALITY.fullmatch(text)
    bound = _read_number(limit[2], comma) if limit else None
    if bound is not None:
        return _LIMIT, bound, _SIGNS.get(limit[1], limit[1])
    return _OTHER, np.nan, text


def _read_number(text: str, comma: bool) -> float | None:
    text = text.upper()
    pattern = _COMMA_NUMBER if comma and "," in text else _NUMBER
    if not pattern.fullmatch(text) or not text[:1] or not any(sign.isdigit() for sign in text.split("E")[0]):
        return None
    if pattern is _COMMA_NUMBER:
        text = text.replace(".", "").replace(",", ".")
    number = float(text.replace(",", ""))
    return number if np.isfinite(number) else None


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).replace("−", "-")
