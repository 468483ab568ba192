"""What a name in a spec means, and which columns a word therefore reads (spec_language.md, 1)."""

from __future__ import annotations

import copy
import csv
from collections.abc import Iterator
from dataclasses import dataclass

from clinical.errors import SpecError
from clinical.names import closest
from clinical.read import Sequence, Text
from clinical.spec import Dataset, Line, Part
from clinical.study import Study
from clinical.where import Column, Test
from clinical.words import Source, Word, bare_names, lines_of, member_names

# of the dataset itself, of its raw record, of its source dataset's record, of a raw form, of another dataset
OWN, RECORD, SOURCE, FORM, DATASET = "own", "record", "source", "form", "dataset"
STUDY, EACH = "study", "each"
SYSTEM = ("USUBJID", "record", "participation", "project", "environment", "Subject", "SiteNumber", "Folder",
          "FolderName", "FolderSeq", "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition", "RecordId",
          "DataPageId", "RecordActive", "PageStatus", "MinCreated", "MaxUpdated")  # fmt: skip
REFERENCE = {"sdtm": "DM.RFSTDTC", "adam": "ADSL.TRTSDT"}


@dataclass(frozen=True)
class Ref:
    """A name understood: its kind, the form or dataset it belongs to, and the column there."""

    kind: str
    dataset: str
    column: str


Node = tuple[str, str]  # (dataset, column); column '' is the dataset's records


class Names:
    """Understands the names of one study's specs."""

    def __init__(self, study: Study):
        self.study = study
        self._columns = {name: self._known(dataset) for name, dataset in study.datasets.items()}
        self._programmed = {
            name for name, dataset in study.datasets.items() if any(part.program for part in dataset.parts)
        }

    def with_dataset(self, dataset: Dataset) -> Names:
        """The same names, with one dataset's spec exchanged (rules add helpers to it)."""
        other = copy.copy(self)
        other._columns = {**self._columns, dataset.name: self._known(dataset)}
        return other

    def _known(self, dataset: Dataset) -> set[str]:
        known = {"STUDYID", "DOMAIN", "USUBJID", *dataset.columns()}
        standard = self.study.standards.get(dataset.name)
        if standard:
            known |= {name for name, variable in standard.variables.items() if variable.core == "Exp"}
            known |= set(dataset.keys) & set(standard.variables)
            known |= {self.sequence(dataset)} - {""}
        return known

    def sequence(self, dataset: Dataset) -> str:
        """The --SEQ variable the engine sets for a dataset: '' where there is none or the spec states it."""
        name = "ASEQ" if dataset.layer == "adam" else f"{dataset.name}SEQ"
        standard = self.study.standards.get(dataset.name)
        if standard is None or name not in standard.variables or name in dataset.columns():
            return ""
        return name

    def has(self, dataset: str, column: str) -> bool:
        """Whether a dataset has the column: stated, set by the engine, expected, or made by its program."""
        if column in self._columns[dataset]:
            return True
        if dataset not in self._programmed:
            return False
        standard = self.study.standards.get(dataset)
        return column.islower() or (standard is not None and column in standard.variables)

    def understand(self, dataset: Dataset, part: Part | None, name: str, at: str) -> Ref:
        """The meaning of `name` on a record of `dataset`.

        Raises: SpecError for a name nothing has.
        """
        head, _, rest = name.partition(".")
        if not rest:
            self._must_have(dataset.name, name, at)
            return Ref(OWN, dataset.name, name)
        if head == "raw":
            return self._raw(dataset, part, rest, at)
        if head == "study":
            self._must_be_set(name, rest, at)
            return Ref(STUDY, "", rest)
        if head == "each":
            self._must_be_listed(dataset, name, rest, at)
            return Ref(EACH, "", rest)
        if head == dataset.name:
            self._must_have(head, rest, at)
            return Ref(OWN, head, rest)
        if head not in self.study.datasets:
            near = closest(head, self.study.datasets)
            raise SpecError("spec.no-dataset", at, name=head, hint=f"; did you mean {near}?" if near else "")
        self._must_have(head, rest, at)
        if part is not None and part.source == head:
            return Ref(SOURCE, head, rest)
        return Ref(DATASET, head, rest)

    def _must_have(self, dataset: str, column: str, at: str) -> None:
        if not self.has(dataset, column):
            raise self.no_column(dataset, column, at)

    def no_column(self, dataset: str, column: str, at: str) -> SpecError:
        """The refusal of a column that a dataset does not have."""
        near = closest(column, sorted(self._columns[dataset]))
        hint = f"; did you mean {near}?" if near else ""
        return SpecError("spec.no-column", at, dataset=dataset, column=column, hint=hint)

    def _must_be_set(self, name: str, path: str, at: str) -> None:
        given = self.study.setting(path)
        if given is None and path != "data_cut":
            raise SpecError("spec.no-setting", at, name=name)
        if given is not None and not isinstance(given, Text):
            raise SpecError("spec.setting-shape", at, name=name)

    def _must_be_listed(self, dataset: Dataset, name: str, column: str, at: str) -> None:
        """A column of a list that some part walks; records of other parts have none."""
        known = [
            each for part in dataset.parts if part.listed for each in self.list_columns(dataset, part, at)
        ]
        if column not in known:
            near = closest(column, known)
            hint = f"; did you mean {near}?" if near else ""
            raise SpecError("spec.list-column", at, name="the list", column=column, hint=hint)

    def list_columns(self, dataset: Dataset, part: Part, at: str) -> list[str]:
        """The columns of the list that `each` or `table` of a part walks.

        Raises: SpecError where there is no such list.
        """
        return list(listed(self.study, dataset, part, at)[0])

    def _raw(self, dataset: Dataset, part: Part | None, rest: str, at: str) -> Ref:
        form, _, field = rest.partition(".")
        if field:
            self.must_have_field(form, field, at)
            return Ref(FORM, form, field)
        forms = [each.source[4:] for each in dataset.parts if each.source.startswith("raw.")]
        if not forms:
            raise SpecError("spec.no-raw", at, name=f"raw.{form}", dataset=dataset.name)
        own = part.source[4:] if part is not None and part.source.startswith("raw.") else ""
        if not any(self.has_field(name, form) for name in forms):
            self.must_have_field(own or forms[0], form, at)
        return Ref(RECORD, own, form)

    def has_field(self, form: str, field: str) -> bool:
        """Whether a raw form gives the field (X_STD of a coded one and the system columns included)."""
        return form in self.study.forms and (field in SYSTEM or field in self.study.forms[form].columns)

    def must_have_field(self, form: str, field: str, at: str) -> None:
        """Refuses a form or field that the raw specs do not have."""
        if form not in self.study.forms:
            near = closest(form, self.study.forms)
            raise SpecError("spec.no-form", at, name=form, hint=f"; did you mean {near}?" if near else "")
        if not self.has_field(form, field):
            near = closest(field, self.study.forms[form].columns)
            hint = f"; did you mean {near}?" if near else ""
            raise SpecError("spec.no-field", at, form=form, field=field, hint=hint)

    def is_single(self, ref: Ref, reader: Dataset) -> bool:
        """Whether the name has one value a record: on the record itself, or in something keyed by subject.

        A `scope: study` dataset reads every subject, so only its own record has one value.
        """
        if reader.scope == "study" and ref.kind in (FORM, DATASET):
            return False
        if ref.kind == FORM:
            return self.study.forms[ref.dataset].per_subject
        if ref.kind == DATASET:
            return self.study.datasets[ref.dataset].by_subject
        return True

    # -- what a word reads -----------------------------------------------------------------------------------

    def reads(self, dataset: Dataset, part: Part | None, word: Word) -> Iterator[Node]:
        """The columns of datasets (never raw fields) that a word needs.

        Raises: SpecError for names nothing has and many-record names used bare.
        """
        at = word.where_it_stands()
        for name in bare_names(word):
            ref = self.understand(dataset, part, name, at)
            self.must_be_single(ref, dataset, at)
            yield from self._nodes(dataset, ref)
        for name in member_names(word):
            yield from self._nodes(dataset, self.understand(dataset, part, name, at))
        yield from self._records(dataset, part, word, at)
        for line in lines_of(word):
            yield from self.reads(dataset, part, line)

    def right_side(self, dataset: Dataset, part: Part | None, test: Test, at: str) -> set[Node]:
        """The columns that `{column: NAME}` of a comparison needs."""
        if not isinstance(test.value, Column):
            return set()
        ref = self.understand(dataset, part, test.value.name, at)
        if not test.of_set:
            self.must_be_single(ref, dataset, at)
        return set(self._nodes(dataset, ref))

    def must_be_single(self, ref: Ref, reader: Dataset, at: str) -> None:
        """Refuses a name used bare that has many records a subject."""
        if not self.is_single(ref, reader):
            raise SpecError("spec.many", at, name=f"raw.{ref.dataset}" if ref.kind == FORM else ref.dataset)

    def _nodes(self, dataset: Dataset, ref: Ref) -> Iterator[Node]:
        if ref.kind == OWN and ref.column not in ("STUDYID", "DOMAIN", "USUBJID"):
            yield (ref.dataset, ref.column)
        elif ref.kind in (DATASET, SOURCE):
            yield from self.dataset_nodes(dataset, ref.dataset, ref.column)

    def dataset_nodes(self, reader: Dataset, name: str, column: str) -> Iterator[Node]:
        """A column of another dataset, with what the data cut needs where ADaM reads SDTM."""
        yield (name, "")
        if column and column not in ("STUDYID", "DOMAIN", "USUBJID"):
            yield (name, column)
        if reader.layer == "adam" and self.study.datasets[name].layer == "sdtm":
            for start in self.cut_columns(name):
                yield (name, start)

    def cut_columns(self, name: str) -> list[str]:
        """The columns the data cut of a domain looks at [D-CUT]: the start date, in DM the date of death."""
        if self.study.datasets[name].scope == "study":
            return []
        if name == "DM":
            return [column for column in ("DTHDTC",) if self.has(name, column)]
        for column in (f"{name}STDTC", f"{name}DTC"):
            if self.has(name, column):
                return [column]
        return []

    def _records(self, dataset: Dataset, part: Part | None, word: Word, at: str) -> Iterator[Node]:
        if word.word in ("first", "last", "count", "total"):
            for source in word.value:
                yield from self._source(dataset, part, word, source, at)
        elif word.word == "lookup":
            yield from self._other(dataset, part, word.value, list(word.args["match"]), at)
        elif word.word == "during":
            columns = [word.args[key].split(".")[-1] for key in ("from", "to")]
            yield from self._other(dataset, part, word.value, columns, at)
        elif word.word == "pick":
            for column in (*word.args.get("by", ()), *word.args["order"], *_columns(word.args.get("where"))):
                self._must_have(dataset.name, column, at)
                yield (dataset.name, column)
        elif word.word == "program":
            yield from self.program_reads(dataset, word)
        elif word.word == "study_day":
            ref = self.understand(dataset, part, word.args.get("since") or REFERENCE[dataset.layer], at)
            self.must_be_single(ref, dataset, at)
            yield from self._nodes(dataset, ref)

    def _source(
        self, dataset: Dataset, part: Part | None, word: Word, source: Source, at: str
    ) -> Iterator[Node]:
        head, column = split_source(source.of)
        extra = [*_columns(source.where), *_columns(word.args.get("where")), *word.args.get("order", ())]
        name = f"{head}.{column}" if column else head
        yield from self._other(dataset, part, name, extra, at)

    def _other(
        self, dataset: Dataset, part: Part | None, name: str, columns: list[str], at: str
    ) -> Iterator[Node]:
        head, column = split_source(name)
        if head.startswith("raw."):
            for field in [column, *columns] if column else columns:
                self.must_have_field(head[4:], field, at)
            if not column:
                self.must_have_field(head[4:], "USUBJID", at)
            return
        if head not in self.study.datasets:
            near = closest(head, self.study.datasets)
            raise SpecError("spec.no-dataset", at, name=head, hint=f"; did you mean {near}?" if near else "")
        for each in [column, *columns] if column else columns:
            self._must_have(head, each, at)
        for each in dict.fromkeys([column, *columns]):
            yield from self.dataset_nodes(dataset, head, each)

    def program_reads(self, dataset: Dataset, word: Word) -> Iterator[Node]:
        """What `reads` of a program names; raw forms are checked and give no node."""
        at = word.where_it_stands()
        for source, columns in (word.args.get("reads") or {}).items():
            if source.startswith("raw."):
                self.must_have_field(source[4:], "USUBJID", at)
                for field in columns or ():
                    self.must_have_field(source[4:], field, at)
                continue
            if source not in self.study.datasets:
                near = closest(source, self.study.datasets)
                raise SpecError(
                    "spec.no-dataset", at, name=source, hint=f"; did you mean {near}?" if near else ""
                )
            for column in self.all_columns(source) if columns is None else columns:
                self._must_have(source, column, at)
                if source == dataset.name:
                    yield (source, column)
                else:
                    yield from self.dataset_nodes(dataset, source, column)

    def all_columns(self, name: str) -> list[str]:
        """What `all` stands for: every variable and qualifier of a dataset, helpers left out."""
        return sorted(
            c for c in self._columns[name] if not c.islower() and c not in ("STUDYID", "DOMAIN", "USUBJID")
        )

    def line_reads(self, dataset: Dataset, part: Part, line: Line) -> Iterator[Node]:
        """What decides whether a line of `each` makes a record."""
        if line.needs_value:
            first = next(iter(line.take.values()))
            yield from self.reads(dataset, part, first)


def listed(
    study: Study, dataset: Dataset, part: Part, at: str
) -> tuple[dict[str, None], list[dict[str, str]]]:
    """The columns and lines of the list that `each` or `table` of a part walks.

    Raises: SpecError where study.yml has no such list of mappings to texts, or no such file stands beside the
            spec.
    """
    if part.listed.startswith("study."):
        items = study.setting(part.listed[6:])
        if not isinstance(items, Sequence) or not all(isinstance(item, dict) for item in items):
            raise SpecError("spec.no-list", at, name=part.listed)
    else:
        path = study.folder / dataset.layer / part.listed
        if not path.is_file():
            raise SpecError("spec.no-list", at, name=part.listed)
        with path.open(encoding="utf-8-sig", newline="") as lines:
            items = list(csv.DictReader(lines))
    columns = dict.fromkeys(key for item in items for key, value in item.items() if isinstance(value, str))
    return columns, items


def split_source(name: str) -> tuple[str, str]:
    """`EX.EXSTDTC` -> (EX, EXSTDTC); `raw.INF.INFDAT` -> (raw.INF, INFDAT); `EX` has no column."""
    if name.startswith("raw."):
        form, _, field = name[4:].partition(".")
        return f"raw.{form}", field
    head, _, column = name.partition(".")
    return head, column


def _columns(asked: object) -> list[str]:
    return sorted(asked.columns) if asked is not None else []
