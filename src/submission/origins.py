"""Where each variable comes from, read from the words that build it [F.5]: origin, source, CRF fields.

A word decides unless the spec says `origin:`. What a vendor's file gives is collected by the vendor; a field
of an EDC form has a place in the annotated CRF.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clinical.forms import Form
from clinical.resolve import DATASET, EACH, FORM, OWN, RECORD, SOURCE, STUDY, SYSTEM, Names, split_source
from clinical.spec import Dataset, Line, Part
from clinical.study import Study
from clinical.words import Word, lines_of, own_names

COLLECTED, DERIVED, ASSIGNED = "Collected", "Derived", "Assigned"
PROTOCOL, PREDECESSOR, NOT_AVAILABLE = "Protocol", "Predecessor", "Not Available"
INVESTIGATOR, VENDOR, SPONSOR = "Investigator", "Vendor", "Sponsor"
STATED = {"crf": COLLECTED, "edt": COLLECTED, **{
    name.lower(): name for name in (COLLECTED, DERIVED, ASSIGNED, PROTOCOL, PREDECESSOR, NOT_AVAILABLE)
}}  # fmt: skip
COPIES = ("copy", "number", "date", "term")
CHOICES = ("first", "last", "lookup")
TRIAL_DESIGN = ("TA", "TE", "TV", "TI", "TS")

Field = tuple[str, str]


@dataclass(frozen=True)
class Given:
    """How a variable comes about for the records of one part, or of one line of it.

    `fields` are the collected ones; `constants` what the same line sets, such as VSTESTCD = TEMP.
    """

    type: str
    source: str
    predecessor: str
    fields: tuple[Field, ...]
    constants: tuple[tuple[str, str], ...]
    part: Part | None
    word: Word | None


@dataclass(frozen=True)
class _Kind:
    type: str
    fields: tuple[Field, ...] = ()
    predecessor: str = ""


def on_crf(form: Form) -> bool:
    """Whether a form is a page of the EDC, and not a vendor's file."""
    return bool(form.source.odm) or not form.record


class Origins:
    """The origins of one study's variables."""

    def __init__(self, study: Study):
        self.study = study
        self.names = Names(study)

    def of(self, dataset: Dataset, variable: str) -> list[Given]:
        """Every way a variable comes about, in the order of the file; one that nothing states is the
        engine's, the program's, or not available."""
        stated = list(self._statements(dataset, variable))
        if not stated:
            return [self._unstated(dataset, variable)]
        return [self._given(dataset, part, line, word, variable) for part, line, word in stated]

    def _statements(self, dataset: Dataset, variable: str) -> Iterator[tuple[Part, Line | None, Word]]:
        for part in dataset.parts:
            for line in part.lines or (None,):
                word = dataset.word(part, line, variable)
                if word is not None:
                    yield part, line, word

    def _given(self, dataset: Dataset, part: Part, line: Line | None, word: Word, variable: str) -> Given:
        kind = self._kind(dataset, part, line, word, (variable,))
        type_ = STATED.get(word.origin.lower(), kind.type)
        if dataset.scope == "study" and type_ == ASSIGNED and dataset.name in TRIAL_DESIGN:
            type_ = PROTOCOL
        fields = tuple(dict.fromkeys(kind.fields)) if type_ in (COLLECTED, ASSIGNED) else ()
        predecessor = kind.predecessor if type_ == PREDECESSOR else ""
        constants = tuple(self._constants(dataset, part, line))
        return Given(type_, self._source(type_), predecessor, fields, constants, part, word)

    def by_source(self, given: Given) -> list[tuple[str, tuple[Field, ...]]]:
        """Who gave a value, with the fields of each: the site or, lacking that, a vendor."""
        if given.type != COLLECTED or not given.fields:
            return [(given.source, given.fields)]
        site = tuple(one for one in given.fields if on_crf(self.study.forms[one[0]]))
        vendor = tuple(one for one in given.fields if one not in site)
        return [(name, fields) for name, fields in ((INVESTIGATOR, site), (VENDOR, vendor)) if fields]

    def _source(self, type_: str) -> str:
        if type_ == COLLECTED:
            return INVESTIGATOR
        return "" if type_ in (PREDECESSOR, NOT_AVAILABLE) else SPONSOR

    def _unstated(self, dataset: Dataset, variable: str) -> Given:
        type_, predecessor = NOT_AVAILABLE, ""
        if variable in ("STUDYID", "USUBJID") and dataset.layer == "adam":
            owner = "DM" if dataset.name == "ADSL" else "ADSL"
            type_, predecessor = PREDECESSOR, f"{owner}.{variable}"
        elif variable == "STUDYID":
            type_ = PROTOCOL
        elif variable == "DOMAIN":
            type_ = ASSIGNED
        elif variable in ("USUBJID", self.names.sequence(dataset)) or programs_of(dataset):
            type_ = DERIVED
        return Given(type_, self._source(type_), predecessor, (), (), None, None)

    def _constants(self, dataset: Dataset, part: Part, line: Line | None) -> Iterator[tuple[str, str]]:
        for name in dict.fromkeys([*(line.take if line else ()), *part.variables]):
            word = dataset.word(part, line, name)
            if word is not None and word.word == "constant" and not name.islower():
                yield name, str(word.value)

    def _kind(
        self, dataset: Dataset, part: Part, line: Line | None, word: Word, seen: tuple[str, ...]
    ) -> _Kind:
        here = (dataset, part, line)
        if word.word in ("case", "any_of"):
            return self._joined([self._kind(*here, each, seen) for each in lines_of(word)])
        if word.word in COPIES and not word.args.get("impute"):
            if word.word == "term" and word.args.get("via"):
                return _Kind(ASSIGNED)
            names = [str(word.value), *([word.args["time"]] if word.args.get("time") else [])]
            found = self._joined([self._name(*here, name, seen) for name in names])
            return _Kind(ASSIGNED) if word.word == "term" and found.type == DERIVED else found
        if word.word in CHOICES:
            return self._chosen(word)
        if word.word == "constant":
            return _Kind(ASSIGNED)
        if word.word == "text":
            found = self._joined([self._name(*here, name, seen) for name in own_names(word)])
            return found if found.type in (COLLECTED, ASSIGNED) else _Kind(DERIVED)
        return _Kind(DERIVED)

    def _joined(self, kinds: list[_Kind]) -> _Kind:
        """Of several lines: derived if one is, else collected if one is."""
        types = {kind.type for kind in kinds}
        fields = tuple(field for kind in kinds for field in kind.fields)
        if len(types) == 1 and PREDECESSOR not in types:
            return _Kind(types.pop(), fields)
        if len(kinds) == 1:
            return kinds[0]
        return _Kind(COLLECTED if types == {COLLECTED, ASSIGNED} else DERIVED, fields)

    def _name(
        self, dataset: Dataset, part: Part, line: Line | None, name: str, seen: tuple[str, ...]
    ) -> _Kind:
        ref = self.names.understand(dataset, part, name, str(part.at))
        if ref.kind in (RECORD, FORM):
            if ref.column in SYSTEM or not ref.dataset:
                return _Kind(ASSIGNED)
            return _Kind(COLLECTED, ((ref.dataset, self.field(ref.dataset, ref.column)),))
        if ref.kind in (STUDY, EACH):
            return _Kind(PROTOCOL if dataset.layer == "sdtm" else ASSIGNED)
        if ref.kind in (DATASET, SOURCE):
            if dataset.layer == "adam" and not ref.column.islower():
                return _Kind(PREDECESSOR, (), f"{ref.dataset}.{ref.column}")
            return _Kind(DERIVED)
        word = dataset.word(part, line, ref.column) if ref.kind == OWN else None
        if word is None or ref.column in seen:
            return _Kind(DERIVED)
        return self._kind(dataset, part, line, word, (*seen, ref.column))

    def _chosen(self, word: Word) -> _Kind:
        """The first, last or matching value of a raw form was collected; of a dataset it is derived."""
        given = [word.value] if isinstance(word.value, str) else [source.of for source in word.value]
        heads = [split_source(name) for name in given]
        if not all(head.startswith("raw.") for head, _ in heads):
            return _Kind(DERIVED)
        fields = tuple((head[4:], self.field(head[4:], column)) for head, column in heads)
        return _Kind(ASSIGNED if all(column in SYSTEM for _, column in fields) else COLLECTED, fields)

    def field(self, form: str, column: str) -> str:
        """The field that gives a column of the raw frame: SEX for SEX_STD."""
        fields = self.study.forms[form].fields
        return next((name for name, one in fields.items() if column in one.gives), column)


def programs_of(dataset: Dataset) -> list[Word]:
    """The programs that make records of a dataset."""
    return [part.program for part in dataset.parts if part.program]
