"""Controlled terminology: the CDISC lists the product ships, and what a study collected put into their words.

A codelist is CDISC's (short name such as ONCRSR, or NCI code), with the study's file of the same name in
lower case on top (`ct/oncrsr.csv`: collected,submission[,code]), or the study's own (a file whose name is
no CDISC list). A file that the library ships beside the CDISC lists serves every study; the study's file
is laid over it.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread, spread_text
from clinical.errors import SpecError

MISSING_IN, FOUND, EXTENSION, NOT_FOUND = range(4)
_COLUMNS = ["collected", "submission", "code"]
_PAIRS = [("", "CD"), ("TN", "TC"), ("PN", "PC")]  # how CDISC names the list of texts and that of their codes


Found = tuple[str | None, int]  # value, status


@dataclass(frozen=True)
class Codelist:
    """One codelist as a study uses it.

    `values` are the submission values with their NCI codes (empty for sponsor values), `collected` what a
    normalised text means (None: deliberately no value), `exact` what a text means as it is written;
    `unclear` are normalised texts that only their case tells apart (Pa, PA).
    """

    name: str
    code: str
    extensible: bool
    values: dict[str, str]
    collected: dict[str, str | None]
    sponsor: bool
    exact: dict[str, str | None]
    unclear: frozenset[str]

    def find(self, text: str) -> Found:
        """The submission value of one text, and its status."""
        trimmed = _clean(text)
        for table, key in ((self.exact, trimmed), (self.collected, trimmed.casefold())):
            if key in table:
                return table[key], FOUND
        kept = self.extensible and trimmed.casefold() not in self.unclear
        return (trimmed.upper(), EXTENSION) if kept else (None, NOT_FOUND)


@dataclass(frozen=True)
class _Row:
    collected: str
    submission: str
    code: str
    at: str


class Terms:
    """All codelists of a study: `library` and `study` are the folders that hold `ct/`."""

    def __init__(self, library: Path, study: Path | None = None):
        packages = _read_cdisc(library / "ct")
        self._lists = {name: entry for lists in packages.values() for name, entry in lists.items()}
        self._dates = {package: _date_of(library / "ct" / f"{package}.csv") for package in packages}
        self._packages = {name: package for package, lists in packages.items() for name in lists}
        self._names = {code: name for name, (code, _, _) in self._lists.items()}
        self._files = _codelist_files(library / "ct")
        self._study_files = _codelist_files(study / "ct") if study else {}
        self._built: dict[str, Codelist] = {}

    def names(self) -> list[str]:
        """Every codelist that can be named, CDISC's and the sponsor's."""
        return sorted({*self._lists, *(name.upper() for name in {**self._files, **self._study_files})})

    def codelist(self, name: str) -> Codelist:
        """The codelist called `name`: CDISC short name, NCI code or sponsor file.

        Raises: SpecError for an unknown name, and for a study's file that contradicts the CDISC list.
        """
        short = self._names.get(name, name).upper()
        if short not in self._built:
            if short not in self.names():
                self._refuse(name)
            self._built[short] = self._build(short)
        return self._built[short]

    def published(self, name: str) -> tuple[str, frozenset[str]]:
        """The package (sdtm or adam) that publishes a codelist, and its values there; '' and none for a
        sponsor's."""
        package = self._packages.get(name, "")
        return package, frozenset(self._lists[name][2]) if package else frozenset()

    def package_date(self, package: str) -> str:
        """The date of the package (sdtm or adam) that the library ships: that of most of its terms."""
        return self._dates[package]

    def look_up(self, values: pd.Series, name: str) -> tuple[pd.Series, np.ndarray]:
        """The submission value of each collected text, and a status a row.

        The study's file is asked first, then the CDISC list; blanks, width and case do not matter. Status:
        0 nothing collected, 1 found, 2 kept in upper case as an extension of an extensible list, 3 not
        found (no value).

        Source: rules C-CT, C-CASE, B-DIRT-3.
        """
        codelist = self.codelist(name)
        return _per_text(values, codelist.find)

    def by_code(self, values: pd.Series, name: str) -> tuple[pd.Series, np.ndarray]:
        """The value of list `name` with the code that each value has in the paired list (LBTESTCD to LBTEST).

        A value without a code (a sponsor's) is looked up in the study's file of `name`. Status: 0 missing,
        1 found, 3 not found.

        Raises: SpecError if `name` has no paired list.
        """
        target, source = self.codelist(name), self.codelist(self._paired(name))
        meanings = {code: value for value, code in reversed(target.values.items()) if code}

        def find(text: str) -> Found:
            value = meanings.get(source.values.get(text, ""))
            if value:
                return value, FOUND
            value, status = target.find(text)
            return (value, FOUND) if status == FOUND else (None, NOT_FOUND)

        return _per_text(values, find)

    def fingerprint(self, names: list[str]) -> str:
        """A hash of the content of these lists, whatever the order of the names."""
        lists = sorted((self.codelist(name) for name in names), key=lambda codelist: codelist.name)
        content = [[each.name, each.extensible, each.values, each.exact, each.collected] for each in lists]
        return sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()

    def _paired(self, name: str) -> str:
        short = self.codelist(name).name
        for text, code in _PAIRS:
            for mine, other in ((text, code), (code, text)):
                pair = short.removesuffix(mine) + other
                if short.endswith(mine) and pair != short and pair in self.names():
                    return pair
        raise SpecError("terms.no-pair", getattr(name, "at", ""), name=short)

    def _refuse(self, name: str) -> None:
        near = get_close_matches(name.upper(), self.names(), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SpecError("terms.unknown-codelist", getattr(name, "at", ""), name=name, hint=hint)

    def _build(self, short: str) -> Codelist:
        code, extensible, cdisc = self._lists.get(short, ("", False, {}))
        files = [folder.get(short.lower()) for folder in (self._files, self._study_files)]
        layers = [_read_rows(file) if file else [] for file in files]
        rows = [row for layer in layers for row in layer]
        if cdisc:
            _check_against(short, cdisc, extensible, rows)
        values = {**{row.submission: row.code for row in rows if row.submission}, **cdisc}
        exact: dict[str, str | None] = {}
        collected: dict[str, set[str | None]] = {}
        for meanings in ({value: value for value in values}, *map(_meanings, layers)):
            exact |= meanings
            collected |= _by_folded(meanings)
        clear = {text: next(iter(found)) for text, found in collected.items() if len(found) == 1}
        return Codelist(
            short,
            code,
            extensible,
            values,
            clear,
            not cdisc,
            exact,
            frozenset(collected.keys() - clear.keys()),
        )


def normalise(text: pd.Series) -> pd.Series:
    """Text as codelists compare it: full width made half (NFKC), blanks trimmed and joined, case folded."""
    codes, values = distinct(text)
    return spread_text(codes, [_clean(value).casefold() for value in values], text.index)


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _per_text(values: pd.Series, find: Callable[[str], Found]) -> tuple[pd.Series, np.ndarray]:
    codes, texts = distinct(values)
    found = [find(text) for text in texts]
    status = np.array([each[1] for each in found], dtype="int8")
    return spread_text(codes, [each[0] for each in found], values.index), spread(
        codes, status, np.int8(MISSING_IN)
    )


def _meanings(rows: list[_Row]) -> dict[str, str | None]:
    return {row.collected: row.submission or None for row in rows}


def _by_folded(meanings: dict[str, str | None]) -> dict[str, set[str | None]]:
    """What each case-folded text can mean."""
    folded: dict[str, set[str | None]] = {}
    for text, meaning in meanings.items():
        folded.setdefault(text.casefold(), set()).add(meaning)
    return folded


def _read_cdisc(folder: Path) -> dict[str, dict[str, tuple[str, bool, dict[str, str]]]]:
    """By package, code, extensible or not, and the values with their codes, of every CDISC list by name."""
    packages: dict[str, dict[str, tuple[str, bool, dict[str, str]]]] = {}
    for package in ("adam", "sdtm"):
        seen = packages[package] = {}
        with (folder / f"{package}.csv").open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                entry = seen.setdefault(row["codelist"], (row["codelist_code"], row["extensible"] == "Y", {}))
                entry[2][row["submission_value"]] = row["term_code"]
    return packages


def _date_of(file: Path) -> str:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        dates = Counter(row.get("origin") or "" for row in csv.DictReader(lines))
    return max(dates, key=lambda date: (dates[date], date), default="")


def _codelist_files(folder: Path) -> dict[str, Path]:
    files = sorted(folder.glob("*.csv")) if folder.is_dir() else []
    return {file.stem: file for file in files if file.stem not in ("sdtm", "adam")}


def _read_rows(file: Path) -> list[_Row]:
    name = PurePosixPath(*file.parts[-4:])
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        header = next(reader, [])
        if header not in (_COLUMNS, _COLUMNS[:2]):
            raise SpecError("terms.columns", f"{name}:1", columns=",".join(header))
        rows = []
        for cells in reader:
            if len(cells) != len(header):
                raise SpecError(
                    "terms.cells", f"{name}:{reader.line_num}", cells=len(cells), columns=len(header)
                )
            collected, submission, code = (_clean(cell) for cell in [*cells, ""][:3])
            rows.append(_Row(collected, submission, code, f"{name}:{reader.line_num}"))
    return _one_meaning_each(rows)


def _one_meaning_each(rows: list[_Row]) -> list[_Row]:
    seen: dict[str, _Row] = {}
    for row in rows:
        if not row.collected:
            raise SpecError("terms.nothing-collected", row.at)
        first = seen.setdefault(row.collected, row)
        if first.submission != row.submission:
            raise SpecError("terms.two-meanings", row.at, text=row.collected, first=first.at)
    return rows


def _check_against(short: str, cdisc: dict[str, str], extensible: bool, rows: list[_Row]) -> None:
    spelling = {value.casefold(): value for value in cdisc}
    for row in rows:
        if not row.submission or row.submission in cdisc:
            continue
        right = spelling.get(row.submission.casefold())
        if right:
            raise SpecError("terms.misspelt", row.at, value=row.submission, right=right, name=short)
        if not extensible:
            raise SpecError("terms.not-extensible", row.at, value=row.submission, name=short)
