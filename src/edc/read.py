"""An extract folder, read: a frame for each form, what is wrong with it, and where every row went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.errors import InputError, catalogue
from clinical.findings import COLUMNS, Findings, Frame
from clinical.forms import Form
from clinical.read import Mapping
from clinical.where import mask
from edc.collected import Collected, of_form
from edc.columns import column_of, must_have_columns, spared_columns, undeclared
from edc.csv import header_of, read_csv
from edc.delivery import Delivery, open_delivery
from edc.persons import keep_one_a_person
from edc.report import Report
from edc.rows import Account, records_of
from edc.subjects import Subjects, participation, read_subjects, shown_screenings
from edc.values import add_fields


@dataclass(eq=False)
class Extract:
    """What was read.

    `frames` has a frame for each form that could be read (`place` in it is the order of the record ids),
    `refused` the reason for each that could not. `account` says for every form that was read where its rows
    went: read = kept + the others. `files` are the files with their hashes, `manifest` as it was delivered.
    """

    frames: dict[str, Frame]
    findings: Frame
    account: Frame
    files: Frame
    refused: dict[str, InputError]
    manifest: dict


def read_extract(folder: Path, forms: dict[str, Form], study: Mapping) -> Extract:
    """The extract in `folder`, read as the forms say.

    A form whose file cannot be read is refused with a finding; the others are read.

    Raises: InputError where the manifest does not agree with the files: then nothing of the extract is used.
    """
    delivery = open_delivery(folder, study)
    by_file = _by_file(forms)
    delivery.check_files(set(by_file))
    reader = _Reader(delivery, study, read_subjects(study))
    for path, of_file in by_file.items():
        reader.read_file(path, of_file)
    delivery.check_rows()
    for path in delivery.unread(set(by_file)):
        reader.findings.add("raw.file-unread", keys=path, file=path)
    return reader.extract()


def check_headers(folder: Path, forms: dict[str, Form]) -> dict[str, InputError]:
    """The forms that could not be read, as far as the header of their files tells."""
    refused = {}
    for path, of_file in _by_file(forms).items():
        for form in of_file:
            try:
                must_have_columns(form, path, header_of(folder / path, path, form.source.encoding))
            except InputError as fault:
                refused[form.name] = fault
    return refused


def _by_file(forms: dict[str, Form]) -> dict[str, list[Form]]:
    by_file: dict[str, list[Form]] = {}
    for name in sorted(forms):
        by_file.setdefault(forms[name].source.csv, []).append(forms[name])
    return by_file


class _Reader:
    """Reads file after file and keeps what each gives."""

    def __init__(self, delivery: Delivery, study: Mapping, subjects: Subjects):
        self.delivery, self.study, self.subjects = delivery, study, subjects
        self.findings, self.account = Findings(), Account()
        self.refused: dict[str, InputError] = {}
        self._read: dict[str, tuple[Form, Frame]] = {}

    def read_file(self, path: str, forms: list[Form]) -> None:
        """The forms that one file holds."""
        try:
            scan = self.delivery.scan(path)
            encoding = next((form.source.encoding for form in forms if form.source.encoding), "")
            collected = read_csv(self.delivery.folder / path, path, encoding, scan)
        except InputError as fault:
            for form in forms:
                self._refuse(form, fault)
            return
        names = [form.name for form in forms]
        self.delivery.was_read(path, len(collected.frame), collected.encoding, names)
        if path not in self.delivery.listed and not scan.ends_with_line:
            collected.notes.append(("raw.last-line", {"file": path}))
        for message, words in collected.notes:
            self._note(message, names[0], **words)
        for column, near in undeclared(forms, list(collected.frame.columns)).items():
            hint = f"; did you mean {near}?" if near else ""
            self._note("raw.column-unknown", names[0], column, file=path, hint=hint)
        self._read_forms(forms, collected)

    def _read_forms(self, forms: list[Form], collected: Collected) -> None:
        claimed = np.zeros(len(collected.frame), dtype="int64")
        for form in forms:
            try:
                claimed += self._read_form(form, collected)
            except InputError as fault:
                self._refuse(form, fault)
        if any(form.name in self.refused for form in forms):
            return
        for message, rows in (("raw.rows-unclaimed", claimed == 0), ("raw.rows-claimed-twice", claimed > 1)):
            if rows.any():
                self._note(message, forms[0].name, file=collected.path, rows=int(rows.sum()))

    def _read_form(self, form: Form, collected: Collected) -> np.ndarray:
        """Reads one form of a file; gives the rows that are its own."""
        columns = list(collected.frame.columns)
        must_have_columns(form, collected.path, columns)
        for column in spared_columns(form, columns):
            self._note("raw.column-gone", form.name, column, file=collected.path)
        mine = np.ones(len(collected.frame), dtype=bool)
        if form.source.where:
            mine = mask(lambda name: collected.frame[column_of(form, name)], form.source.where)
        records = records_of(form, collected, mine, self.study, self.subjects, self.findings, self.account)
        site_tz = str(self.study.get("site_tz", "+00:00"))
        frame = add_fields(records.system, records.frame, records.report, site_tz)
        self._read[form.name] = form, frame
        return mine

    def _note(self, message: str, form: str, field: str = "", **words: object) -> None:
        self.findings.add(message, of_form(form), dataset=f"raw.{form}", field=field, **words)

    def _refuse(self, form: Form, fault: InputError) -> None:
        self.refused[form.name] = fault
        entry = catalogue()[fault.id]
        line = dict.fromkeys(COLUMNS, "") | {
            "message": fault.id,
            "rule": entry.rule,
            "severity": entry.severity,
            "dataset": f"raw.{form.name}",
            "form": form.name,
            "text": str(fault),
            "todo": entry.todo,
        }
        self.findings.extend(pd.DataFrame([line], dtype="str"))

    def extract(self) -> Extract:
        """All that was read, with `participation`, and one record a person where a form promises that."""
        shown = shown_screenings({name: frame for name, (_, frame) in self._read.items()}, self.subjects)
        frames = {}
        for name, (form, frame) in sorted(self._read.items()):
            frame.insert(2, "participation", participation(frame["Subject"], self.subjects, shown))
            if form.per_subject:
                report = Report(form, frame, self.findings)
                frame = keep_one_a_person(frame, self.subjects, shown, report, self.account)
            self.account.add(name, "", "kept", len(frame))
            frames[name] = frame.assign(place=np.arange(len(frame)))
        return Extract(
            frames=frames,
            findings=self.findings.frame(),
            account=self.account.frame(),
            files=self.delivery.files(),
            refused=self.refused,
            manifest=self.delivery.manifest,
        )
