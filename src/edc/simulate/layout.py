"""The columns of the files: system columns, and those that raw forms declare for their fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

import pandas as pd

from clinical.form_fields import SYSTEM, Field
from clinical.forms import Form
from clinical.where import mask

EDC, LINE = "edc_csv", "RecordPosition"


@dataclass(frozen=True)
class File:
    """A file of an extract: its path, the forms that read it and their fields by name."""

    name: str
    path: str
    odm: str
    forms: tuple[Form, ...]
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def vendor(self) -> bool:
        """Whether a vendor delivers it."""
        return not self.path.startswith(EDC + "/")

    def raw_form(self, line: int) -> str:
        """The raw form that reads the records on this line: pages and their lines may be two forms."""
        if len(self.forms) == 1:
            return self.forms[0].name
        position = pd.Series([str(line)], dtype="str")
        mine = (
            one
            for one in self.forms
            if one.source.where is None or mask({LINE: position}.get, one.source.where)
        )
        return next(mine, self.forms[0]).name

    @property
    def columns(self) -> list[str]:
        """The header, physical names."""
        named = [column for one in self.fields.values() for column in columns_of(one)]
        return named if self.vendor else [*SYSTEM, *dict.fromkeys(named)]


def columns_of(one: Field) -> tuple[str, ...]:
    """The columns of a field as an EDC exports them: text and code, date with its parts as typed."""
    if one.type == "code":
        return (one.column, f"{one.column}_STD")
    if one.type == "date":
        return tuple(one.column + end for end in ("", "_RAW", "_YYYY", "_MM", "_DD"))
    return (one.column,)


def files_of(forms: dict[str, Form]) -> dict[str, File]:
    """The files that the raw forms read, by the stem of their name."""
    by_path: dict[str, list[Form]] = {}
    for name in sorted(forms):
        by_path.setdefault(forms[name].source.path, []).append(forms[name])
    files = {}
    for path, sharing in sorted(by_path.items()):
        name = PurePosixPath(path).stem
        sharing.sort(key=lambda form: (form.name != name, form.name))
        fields = {one.name: one for form in sharing for one in form.fields.values() if not one.joined}
        odm = next((form.source.odm for form in sharing if form.source.odm), f"FO.{name}")
        files[name] = File(name, path, odm, tuple(sharing), fields)
    return files
