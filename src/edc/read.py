"""An extract folder, read: a frame for each form, what is wrong with it, and where every row went."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.errors import InputError, catalogue
from clinical.findings import COLUMNS, Findings, Frame, no_findings
from clinical.forms import Form
from clinical.raw_frames import RawFrames
from clinical.read import Mapping
from clinical.where import mask
from edc.collected import Collected, of_form
from edc.columns import column_of, must_have_columns, spared_columns, undeclared
from edc.delivery import Delivery, open_delivery
from edc.kept import FileRead, Kept
from edc.opening import by_file, columns_of, open_file
from edc.persons import keep_one_a_person
from edc.report import Report
from edc.rows import Account, records_of
from edc.subjects import Subjects, participation, read_subjects, screenings_in, shown_screenings
from edc.values import add_fields

UNREAD = ""  # where findings about files that nobody reads are noted


@dataclass(eq=False)
class Extract:
    """What was read.

    `frames` has a frame for each form that could be read (`place` in it is the order of the record ids),
    `refused` the reason for each that could not. `account` says for every form that was read where its rows
    went: read = kept + the others. `files` are the files with their hashes, `manifest` as it was delivered.
    `kept` is what the next run may take over.
    """

    frames: RawFrames
    findings: Frame
    account: Frame
    files: Frame
    refused: dict[str, InputError]
    manifest: dict
    kept: Kept = field(default_factory=Kept)


def read_extract(folder: Path, forms: dict[str, Form], study: Mapping, last: Kept | None = None) -> Extract:
    """The extract in `folder`, read as the forms say; files that are as in `last` are taken over from there.

    A form whose file cannot be read is refused with a finding; the others are read.

    Needs:  `last` was read by the same forms, settings and code.
    Raises: InputError where the manifest does not agree with the files: then nothing of the extract is used.
    """
    delivery = open_delivery(folder, study)
    files = by_file(folder, forms)
    delivery.check_files(set(files))
    reader = _Reader(delivery, study, read_subjects(study), last or Kept())
    for path, of_file in files.items():
        if not reader.take_over(path):
            reader.read_file(path, of_file)
    if reader.kept and reader.shown() != set(reader.last.shown):
        for path in sorted(reader.kept):  # whom DM shows may have changed the records of every form
            reader.read_file(path, files[path])
    delivery.check_rows()
    for path in delivery.unread(set(files)):
        reader.found(UNREAD).add("raw.file-unread", keys=path, file=path)
    return reader.extract()


def check_headers(folder: Path, forms: dict[str, Form]) -> dict[str, InputError]:
    """The forms that could not be read, as far as the header of their files tells."""
    refused = {}
    for path, of_file in by_file(folder, forms).items():
        for form in of_file:
            try:
                columns = columns_of(folder, path, form)
                if columns is not None:
                    must_have_columns(form, path, columns)
            except InputError as fault:
                refused[form.name] = fault
    return refused


class _Reader:
    """Reads file after file and keeps what each gives."""

    def __init__(self, delivery: Delivery, study: Mapping, subjects: Subjects, last: Kept):
        self.delivery, self.study, self.subjects, self.last = delivery, study, subjects, last
        self.findings, self.account = Findings(), Account()
        self.refused: dict[str, InputError] = {}
        self.kept: dict[str, FileRead] = {}
        self._files: dict[str, FileRead] = {}
        self._found: dict[str, tuple[Findings, Account]] = {}
        self._read: dict[str, tuple[Form, Frame]] = {}

    def found(self, place: str) -> Findings:
        """The findings about a file, or the late ones about a form; from now on both are noted there."""
        self.findings, self.account = self._found[place] = Findings(), Account()
        return self.findings

    def take_over(self, path: str) -> bool:
        """Takes a file over from the last run, if it is as it was."""
        if path not in self.last.files or not (self.delivery.folder / path).is_file():
            return False
        if not self.last.has(path, self.delivery.sha256(path)):
            return False
        known = self.kept[path] = self.last.files[path]
        self.found(path).extend(self.last.findings_of(path))
        self.account.lines += known.account
        self.delivery.was_read(path, known.rows, known.encoding, list(known.forms))
        return True

    def read_file(self, path: str, forms: list[Form]) -> None:
        """The forms that one file holds."""
        self.kept.pop(path, None)
        self.found(path)
        left, rows, encoding = list(forms), 0, ""
        try:
            scan = self.delivery.scan(path)
            for of_part, part in open_file(self.delivery.folder, path, forms, scan):
                left = [form for form in left if form not in of_part]
                if isinstance(part, InputError):
                    for form in of_part:
                        self._refuse(form, part)
                    continue
                if part.is_text and path not in self.delivery.listed and not scan.ends_with_line:
                    part.notes.append(("raw.last-line", {"file": path}))
                self._read_part(of_part, part)
                rows, encoding = rows + len(part.frame), part.encoding
        except InputError as fault:
            for form in left:
                self._refuse(form, fault)
            return
        names = [form.name for form in forms]
        self.delivery.was_read(path, rows, encoding, names)
        if not self.refused.keys() & set(names):
            self._files[path] = self._file_read(path, rows, encoding, names)

    def _file_read(self, path: str, rows: int, encoding: str, names: list[str]) -> FileRead:
        frames = {name: self._read[name][1] for name in names}
        present, enrolled = screenings_in(frames, self.subjects)
        account, digest = tuple(self.account.lines), self.delivery.sha256(path)
        people = tuple(sorted(present)), tuple(sorted(enrolled))
        return FileRead(digest, rows, encoding, tuple(names), account, *people)

    def shown(self) -> set[str]:
        """The screenings that DM shows of rescreened persons."""
        files = [*self.kept.values(), *self._files.values()]
        unkept = {name: frame for name, (_, frame) in self._read.items()}
        present, enrolled = screenings_in(unkept, self.subjects)
        for known in files:
            present, enrolled = present | set(known.present), enrolled | set(known.enrolled)
        return shown_screenings(present, enrolled, self.subjects)

    def _read_part(self, forms: list[Form], collected: Collected) -> None:
        for message, words in collected.notes:
            self._note(message, forms[0].name, **words)
        for column, near in undeclared(forms, list(collected.frame.columns)).items():
            hint = f"; did you mean {near}?" if near else ""
            self._note("raw.column-unknown", forms[0].name, column, file=collected.path, hint=hint)
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
        shown, late = self.shown(), {}
        taken = {name for known in self.kept.values() for name in known.forms}
        stored = {name: self.last.frames[name] for name in taken}
        frames = {}
        for name in sorted({*self._read, *taken}):
            self.found(name)
            if name in taken:
                self.findings.extend(self.last.findings_of(name))
                self.account.lines += self.last.late.get(name, ())
            else:
                frames[name] = self._finished(*self._read[name], shown)
            late[name] = tuple(self.account.lines)
        findings, account = self._together()
        files = {**self.kept, **self._files}
        return Extract(
            frames=RawFrames(frames, stored),
            findings=findings.drop(columns="place"),
            account=account.frame(),
            files=self.delivery.files(),
            refused=self.refused,
            manifest=self.delivery.manifest,
            kept=Kept(files, stored, findings, late, tuple(sorted(shown))),
        )

    def _finished(self, form: Form, frame: Frame, shown: set[str]) -> Frame:
        frame.insert(2, "participation", participation(frame["Subject"], self.subjects, shown))
        if form.per_subject:
            report = Report(form, frame, self.findings)
            frame = keep_one_a_person(frame, self.subjects, shown, report, self.account)
        self.account.add(form.name, "", "kept", len(frame))
        return frame.assign(place=np.arange(len(frame)))

    def _together(self) -> tuple[Frame, Account]:
        """All findings, with the place that each was noted at, and the whole row account."""
        parts = [found.frame().assign(place=place) for place, (found, _) in self._found.items()]
        lines = [line for _, account in self._found.values() for line in account.lines]
        whole = pd.concat(parts, ignore_index=True) if parts else no_findings().assign(place="")
        return whole.astype("str"), Account(lines)
