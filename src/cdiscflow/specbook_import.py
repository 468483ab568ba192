"""The rows of a workbook as specs: trees by file, each value knowing its cell."""

from __future__ import annotations

import re

from cdiscflow.specbook_cells import (
    ARGUMENTS,
    DATASET_TEXTS,
    FORM_COLUMNS,
    PART_COLUMNS,
    SHEETS,
    Read,
    read_snippet,
    read_value,
)
from cdiscflow.specbook_export import OTHER, ROWS
from clinical.errors import SpecError
from clinical.form_fields import FIELD_KEYS
from clinical.forms import READ_KEYS
from clinical.names import closest
from clinical.read import Mapping, Sequence, Text, Value
from clinical.words import COMMON, WORDS

FILE = {
    "forms": r"raw/\w[\w.-]*\.yml", "datasets": r"(sdtm|adam)/\w[\w.-]*\.yml",
    "codelists": r"ct/\w[\w.-]*\.csv",
}  # fmt: skip
OWNER = {"fields": "forms", "lines": "datasets", "variables": "datasets", "parameters": "datasets"}
STEP = re.compile(r"([A-Za-z0-9_-]+)(\[\d+\])?")


class Book:
    """What the sheets of a workbook say: `files` and `codelists` as `rows_of` takes them, `faults` that name
    their cell, `variables` with the value of each row of that sheet.
    """

    def __init__(self, sheets: dict[str, list[Read]]):
        self.files: dict[str, Mapping] = {}
        self.codelists: dict[str, list[tuple[str, str, str]]] = {}
        self.faults: list[SpecError] = []
        self.variables: list[tuple[str, Read, Value]] = []
        self._paths: dict[str, set[tuple[str, ...]]] = {}
        for sheet in SHEETS:
            for row in sheets.get(sheet, []):
                try:
                    getattr(self, f"_{sheet}")(row)
                except SpecError as fault:
                    self.faults.append(fault)
                else:
                    self._refuse_unused(row)

    def _refuse_unused(self, row: Read) -> None:
        for column in row.cells:
            if column not in row.taken:
                self.faults.append(SpecError("book.unused", row.at(column), column=column))

    def _file(self, row: Read) -> Mapping:
        """The file that the row is about; the sheets `forms` and `datasets` make it."""
        name, at = row.text("file"), row.at("file")
        sheet = OWNER.get(row.sheet, row.sheet)
        if not re.fullmatch(FILE[sheet], name, re.ASCII):
            raise SpecError("book.file", at, file=name or "nothing", shape=_shape(sheet))
        if row.sheet in OWNER and name not in self.files:
            raise SpecError("book.no-owner", at, sheet=sheet, file=name)
        return self.files.setdefault(name, Mapping(at=at))

    def _put(self, node: Mapping, row: Read, columns: tuple[str, ...]) -> None:
        for column in columns:
            text = row.text(column)
            if text:
                self._set(node, column, read_value(column, text, row.at(column)), row, column)

    def _set(self, node: Mapping, key: str, value: Value, row: Read, column: str) -> None:
        if key in node:
            raise SpecError("book.twice", row.at(column), name=key)
        node[key], node.lines[key] = value, row.at(column)

    def _merge(self, node: Mapping, row: Read, column: str) -> None:
        """Adds what the row has in YAML."""
        text = row.text(column)
        if not text:
            return
        given = read_snippet(text, row.at(column))
        if not isinstance(given, Mapping):
            raise SpecError("book.snippet", row.at(column), problem="a mapping is needed")
        for key, value in given.items():
            if isinstance(value, Mapping) and isinstance(node.get(key), Mapping):
                node[key].update(value)
            else:
                self._set(node, key, value, row, column)

    def _study(self, row: Read) -> None:
        self._setting(self.files.setdefault("study.yml", Mapping(at=row.at("setting"))), "study.yml", row)

    def _parameters(self, row: Read) -> None:
        file = self._file(row)
        if "parameters" not in file:
            self._set(file, "parameters", Mapping(at=row.at("setting")), row, "setting")
        self._setting(file["parameters"], row.cells["file"], row)

    def _setting(self, node: Mapping, file: str, row: Read) -> None:
        name, text, at = row.text("setting"), row.text("value"), row.at("setting")
        if name == OTHER:
            self._merge(node, row, "value")
            return
        steps = [STEP.fullmatch(step) for step in name.split(".")]
        if None in steps or any(step[2] for step in steps[:-1]):
            raise SpecError("book.setting", at, setting=name)
        if not text:
            raise SpecError("book.value-missing", at, name=name)
        for step in steps[:-1]:
            node = node.setdefault(step[1], Mapping(at=at))
            if not isinstance(node, Mapping):
                raise SpecError("book.twice", at, name=step[1])
        value, last = read_value("texts", text, row.at("value")), steps[-1]
        if not last[2]:
            self._set(node, last[1], value, row, "setting")
            return
        seen = self._paths.setdefault(file, set())
        items = node.setdefault(last[1], Sequence(at=at))
        if (name,) in seen or not isinstance(items, Sequence) or (items and (last[1], "list") not in seen):
            raise SpecError("book.twice", at, name=name)
        seen |= {(name,), (last[1], "list")}
        items.append(value)

    def _forms(self, row: Read) -> None:
        if row.text("file") in self.files:
            raise SpecError("book.twice", row.at("file"), name=row.text("file"))
        node, read = self._file(row), Mapping(at=row.at("file"))
        self._put(node, row, FORM_COLUMNS)
        self._put(read, row, READ_KEYS)
        if read:
            self._set(node, "read", read, row, "file")
        self._merge(node, row, "yaml")

    def _fields(self, row: Read) -> None:
        file, name = self._file(row), row.text("field")
        if not name:
            raise SpecError("book.value-missing", row.at("field"), name="field")
        node = Mapping(at=row.at("field"))
        self._put(node, row, FIELD_KEYS)
        value = self._with_yaml(node, row)
        fields = file.setdefault("fields", Mapping(at=row.at("field")))
        self._set(fields, name, value, row, "field")

    def _with_yaml(self, node: Mapping, row: Read) -> Value:
        """The row's value with what its cell `yaml` adds; that cell alone may hold another value."""
        text = row.cells.get("yaml", "")
        if text and not node:
            row.text("yaml")
            return read_snippet(text, row.at("yaml"))
        self._merge(node, row, "yaml")
        return node

    def _datasets(self, row: Read) -> None:
        node, again = self._file(row), row.cells.get("file") in self._paths
        self._paths.setdefault(row.cells["file"], set())
        self._put(node, row, (*DATASET_TEXTS, "keys"))
        self._merge(node, row, "yaml")
        name, part = row.text("part"), Mapping(at=row.at("part"))
        self._put(part, row, PART_COLUMNS)
        value: Value = part
        if row.cells.get("part yaml") and not part:
            value = read_snippet(row.text("part yaml"), row.at("part yaml"))
        else:
            self._merge(part, row, "part yaml")
        if again and not name:
            raise SpecError("book.part-needed", row.at("part"), file=row.cells["file"])
        if name:
            rows = node.setdefault("rows", Mapping(at=row.at("part")))
            self._set(rows.setdefault("union", Mapping(at=row.at("part"))), name, value, row, "part")
        elif value or row.cells.get("part yaml"):
            self._set(node, "rows", value, row, "file")

    def _rows_of(self, file: Mapping, part: str, row: Read) -> Mapping:
        """The mapping that says how the records of a part come about."""
        if not part or part == ROWS:
            rows = file.setdefault("rows", Mapping(at=row.at("file")))
        else:
            rows = file.get("rows", Mapping()).get("union", Mapping()).get(part)
        if not isinstance(rows, Mapping) or (part in ("", ROWS) and "union" in rows):
            raise SpecError("book.no-part", row.at("part"), part=part or ROWS, file=row.cells["file"])
        return rows

    def _lines(self, row: Read) -> None:
        rows, key = self._rows_of(self._file(row), row.text("part"), row), row.text("list")
        if key not in ("each", "table"):
            raise SpecError("book.choice", row.at("list"), choices="each or table")
        line = Mapping(at=row.at("take"))
        self._put(line, row, ("take", "set", "where"))
        items = rows.setdefault(key, Sequence(at=row.at("list")))
        if not isinstance(items, Sequence):
            raise SpecError("book.twice", row.at("list"), name=key)
        items.append(line)

    def _variables(self, row: Read) -> None:
        file, section, name = self._file(row), row.text("section"), row.text("variable")
        if not name:
            raise SpecError("book.value-missing", row.at("variable"), name="variable")
        if section not in ("variables", "supp"):
            raise SpecError("book.choice", row.at("section"), choices="variables or supp")
        part = row.text("part")
        owner = self._rows_of(file, part, row) if part else file
        words = owner.setdefault(section, Mapping(at=row.at("variable")))
        if not isinstance(words, Mapping):
            raise SpecError("book.twice", row.at("section"), name=section)
        value = self._word(row)
        self._set(words, name, value, row, "variable")
        self.variables.append((row.cells["file"], row, value))

    def _word(self, row: Read) -> Value:
        word, text, node = row.text("word"), row.text("value"), Mapping(at=row.at("word"))
        if word and not text:
            raise SpecError("book.value-missing", row.at("value"), name=row.cells["variable"])
        takes = {**(WORDS[word][1] if word in WORDS else ARGUMENTS), **COMMON}
        columns = [column for column in row.cells if column in takes]
        if text and not word and not columns and not row.cells.get("yaml"):
            return Text(text, row.at("value"))
        for column in row.cells:
            if column in ARGUMENTS and column not in takes:
                near = closest(column, WORDS[word][1])
                hint = f"; did you mean {near}?" if near else ""
                row.taken.add(column)
                raise SpecError("book.argument", row.at(column), word=word, argument=column, hint=hint)
        if text:
            kind = WORDS[word][0] if word in WORDS else "text" if word == "drop" else "texts"
            self._set(node, word or "copy", read_value(kind, text, row.at("value")), row, "value")
        for column in columns:
            value = read_value(takes[column], row.text(column), row.at(column))
            self._set(node, column, value, row, column)
        found = self._with_yaml(node, row)
        if isinstance(found, Mapping) and not found and not row.cells.get("yaml"):
            raise SpecError("book.value-missing", row.at("value"), name=row.cells["variable"])
        return found

    def _codelists(self, row: Read) -> None:
        name = row.text("file")
        if not re.fullmatch(FILE["codelists"], name, re.ASCII):
            raise SpecError("book.file", row.at("file"), file=name or "nothing", shape=_shape("codelists"))
        records = self.codelists.setdefault(name, [])
        record = tuple(row.text(column) for column in ("collected", "submission", "code"))
        if any(record):
            records.append(record)


def _shape(sheet: str) -> str:
    return {"forms": "raw/NAME.yml", "datasets": "sdtm/NAME.yml or adam/NAME.yml"}.get(sheet, "ct/NAME.csv")
