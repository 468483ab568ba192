"""Specs of a study as the rows of a workbook: nothing that a file says is left out (comments are)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cdiscflow.specbook_cells import (
    ARGUMENTS,
    DATASET_TEXTS,
    FORM_COLUMNS,
    PART_COLUMNS,
    SHEETS,
    Row,
    Rows,
    is_shown,
    snippet,
    written,
)
from clinical.form_fields import FIELD_KEYS
from clinical.forms import READ_KEYS
from clinical.words import COMMON, WORDS

KEY = re.compile(r"[A-Za-z0-9_-]+")
ROWS = "(rows)"  # the part of a dataset whose records come about in one way only
OTHER = "(yaml)"  # the settings that no row can name
Tree = Mapping[str, object]


def rows_of(files: Mapping[str, Tree], codelists: Mapping[str, list[list[str]]]) -> Rows:
    """The rows of each sheet: `files` are trees by path in the study's folder, `codelists` the records
    of each file in `ct`, its header first.
    """
    rows: Rows = {sheet: [] for sheet in SHEETS}
    for name, tree in files.items():
        if name == "study.yml":
            rows["study"] += list(settings(tree))
        elif name.startswith("raw/"):
            _form(name, tree, rows)
        else:
            _dataset(name, tree, rows)
    for name, (header, *records) in codelists.items():
        rows["codelists"] += [
            {"file": name, **dict(zip(header, record, strict=True))} for record in records
        ] or [{"file": name}]
    return rows


def settings(tree: Tree) -> Iterator[Row]:
    """A row a setting: `subject.shape`, `visits[1]`."""
    others = {key: value for key, value in tree.items() if not KEY.fullmatch(key)}
    for key, value in tree.items():
        if key not in others:
            yield from ({"setting": path, "value": text} for path, text in _flat(key, value))
    if others:
        yield {"setting": OTHER, "value": snippet(others)}


def _flat(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value and all(map(KEY.fullmatch, value)):
        for key, each in value.items():
            yield from _flat(f"{path}.{key}", each)
    elif isinstance(value, list) and value and not all(isinstance(each, str) for each in value):
        for place, each in enumerate(value, start=1):
            yield f"{path}[{place}]", written("texts", each) or ""
    else:
        yield path, written("texts", value) or ""


def _form(name: str, tree: Tree, rows: Rows) -> None:
    row, rest = {"file": name}, {}
    for key, value in tree.items():
        if key == "fields" and isinstance(value, Mapping) and value:
            rows["fields"] += [_field(name, field, each) for field, each in value.items()]
        elif key == "read" and isinstance(value, Mapping) and value and set(value) <= set(READ_KEYS):
            left = _put(row, value, READ_KEYS)
            rest |= {"read": left} if left else {}
        else:
            rest |= _put(row, {key: value}, FORM_COLUMNS)
    _leave(row, "yaml", rest)
    rows["forms"].append(row)


def _put(row: Row, values: Tree, columns: tuple[str, ...]) -> dict[str, object]:
    """Writes the values that have a column of their own; those that have none are given back."""
    rest = {}
    for key, value in values.items():
        text = written(key, value) if key in columns else None
        if text is None:
            rest[key] = value
        else:
            row[key] = text
    return rest


def _leave(row: Row, column: str, rest: Tree) -> None:
    if rest:
        row[column] = snippet(rest)


def _field(name: str, field: str, value: object) -> Row:
    row = {"file": name, "field": field}
    if not isinstance(value, Mapping) or not value:
        return {**row, "yaml": snippet(value)}
    _leave(row, "yaml", _put(row, value, FIELD_KEYS))
    return row


def _dataset(name: str, tree: Tree, rows: Rows) -> None:
    head, parts, rest = {"file": name}, [], {}
    for key, value in tree.items():
        if key in ("variables", "supp") and isinstance(value, Mapping) and value:
            rows["variables"] += [_variable(name, "", key, each, word) for each, word in value.items()]
        elif key == "rows" and isinstance(value, Mapping) and value:
            parts = _parts(name, value, rows)
            if not parts:
                rest[key] = value
        elif key == "parameters" and isinstance(value, Mapping) and value:
            rows["parameters"] += [{"file": name, **row} for row in settings(value)]
        else:
            rest |= _put(head, {key: value}, (*DATASET_TEXTS, "keys"))
    _leave(head, "yaml", rest)
    first = parts[0] if parts else {}
    rows["datasets"] += [head | first, *({"file": name} | part for part in parts[1:])]


def _parts(name: str, value: Tree, rows: Rows) -> list[Row]:
    union = value.get("union")
    if "union" not in value:
        return [_part(name, "", value, rows)]
    shown = set(value) == {"union"} and isinstance(union, Mapping) and union
    if not shown or not all(is_shown(part) and part != ROWS for part in union):
        return []
    return [_part(name, part, each, rows) for part, each in union.items()]


def _part(name: str, part: str, value: object, rows: Rows) -> Row:
    row = {"part": part} if part else {}
    if not isinstance(value, Mapping) or not value:
        return {**row, "part yaml": snippet(value)}
    rest = {}
    for key, each in value.items():
        if key == "variables" and isinstance(each, Mapping) and each:
            stated = [_variable(name, part or ROWS, key, of, word) for of, word in each.items()]
            rows["variables"] += stated
        elif key in ("each", "table") and _are_lines(each):
            rows["lines"] += [_line(name, part, key, line) for line in each]
        else:
            rest |= _put(row, {key: each}, PART_COLUMNS)
    _leave(row, "part yaml", rest)
    return row


def _are_lines(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(
        isinstance(line, Mapping) and line and set(line) <= {"take", "set", "where"} for line in value
    )  # fmt: skip


def _line(name: str, part: str, key: str, line: Tree) -> Row:
    row = {"file": name, "list": key} | ({"part": part} if part else {})
    return row | {column: written(column, value) or "" for column, value in line.items()}


def _variable(name: str, part: str, section: str, variable: str, value: object) -> Row:
    row = {"file": name, "section": section, "variable": variable} | ({"part": part} if part else {})
    if isinstance(value, str):
        return row | ({"value": str(value)} if is_shown(value) else {"yaml": snippet(value)})
    words = [key for key in value if key in (*WORDS, "drop")] if isinstance(value, Mapping) else []
    if not isinstance(value, Mapping) or not value or len(words) > 1:
        return row | {"yaml": snippet(value)}
    cells: Row = {}
    for word in words:
        text = written("text" if word == "drop" else WORDS[word][0], value[word])
        if text is None or (word == "drop" and len(value) > 1):
            return row | {"yaml": snippet(value)}
        cells = {"word": word, "value": text}
    takes = WORDS[words[0]][1] if words and words[0] in WORDS else ARGUMENTS
    rest = {}
    for key, each in value.items():
        kind = {**takes, **COMMON}.get(key) if key not in words else None
        text = written(kind, each) if kind else None
        if text is not None:
            cells[key] = text
        elif key not in words:
            rest[key] = each
    _leave(cells, "yaml", rest)
    return row | cells
