"""What a name holds, as far as specs say it: a number, a date or text. Conditions and orders depend on it."""

from __future__ import annotations

from clinical.errors import SpecError
from clinical.resolve import DATASET, FORM, OWN, RECORD, SOURCE, Names, Ref, split_source
from clinical.spec import Dataset, Part
from clinical.words import Word, lines_of

NUMBER, DATE, TEXT, UNKNOWN = "Num", "Date", "Char", ""
OF_TYPE = {"Num": NUMBER, "Date": DATE, "Datetime": DATE, "Char": TEXT}
OF_FIELD = {"number": NUMBER, "date": DATE, "datetime": DATE}
NUMBERED = ("FolderSeq", "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition", "participation")
OF_WORD = {
    **dict.fromkeys(("number", "unit", "formula", "count", "total", "duration", "study_day"), NUMBER),
    **dict.fromkeys(("constant", "text", "term", "flag", "pick", "imputed"), TEXT),
    "date": DATE,
}


class Kinds:
    """The kinds of names of one study's specs, each worked out once."""

    def __init__(self, names: Names):
        self.names = names
        self._columns: dict[tuple[str, str], str] = {}

    def of(self, ref: Ref) -> str:
        """The kind of a name understood; unknown for settings, lists and programs' helpers."""
        if ref.kind in (FORM, RECORD):
            return self.of_field(ref.dataset, ref.column)
        return self.of_column(ref.dataset, ref.column) if ref.kind in (OWN, SOURCE, DATASET) else UNKNOWN

    def of_source(self, head: str, column: str) -> str:
        """The kind of a column of `EX` or `raw.INF`."""
        if head.startswith("raw."):
            return self.of_field(head[4:], column)
        return self.of_column(head, column)

    def of_field(self, form: str, field: str) -> str:
        """The kind of a raw field; a coded field and its code are text."""
        if field in NUMBERED:
            return NUMBER
        stated = self.names.study.forms[form].fields.get(field) if form in self.names.study.forms else None
        return OF_FIELD.get(stated.type, TEXT) if stated else UNKNOWN if not form else TEXT

    def of_column(self, dataset: str, column: str) -> str:
        """The kind of a variable or helper: by the standard, by its type, else by the words that state it."""
        key = (dataset, column)
        if dataset not in self.names.study.datasets:
            return UNKNOWN
        if key not in self._columns:
            self._columns[key] = UNKNOWN
            self._columns[key] = self._of_column(self.names.study.datasets[dataset], column)
        return self._columns[key]

    def _of_column(self, dataset: Dataset, column: str) -> str:
        standard = self.names.study.standards.get(dataset.name)
        kind = OF_TYPE.get(standard.type_of(column) if standard else "", UNKNOWN)
        if kind == TEXT and dataset.layer == "sdtm" and column.endswith("DTC"):
            return DATE
        if kind:
            return kind
        found = {
            OF_TYPE[word.type] if word.type else self.of_word(dataset, part, word)
            for part, word in dataset.statements(column)
        }
        return found.pop() if len(found) == 1 else UNKNOWN

    def of_word(self, dataset: Dataset, part: Part | None, word: Word) -> str:
        """The kind of what a word gives."""
        if word.round is not None:
            return NUMBER
        if word.word in OF_WORD:
            return OF_WORD[word.word]
        if word.word in ("bin", "result"):
            return NUMBER if word.args.get("give") == "number" else TEXT
        found = self._of_others(dataset, part, word)
        return found.pop() if len(found) == 1 else UNKNOWN

    def _of_others(self, dataset: Dataset, part: Part | None, word: Word) -> set[str]:
        if word.word in ("case", "any_of"):
            return {self.of_word(dataset, part, line) for line in lines_of(word)}
        try:
            if word.word == "copy":
                return {self.of(self.names.understand(dataset, part, word.value, word.where_it_stands()))}
            if word.word in ("first", "last"):
                return {self.of_source(*split_source(source.of)) for source in word.value}
            if word.word in ("lookup", "during"):
                return {self.of_source(*split_source(word.value))}
        except SpecError:
            pass  # a name that nothing has is refused where it is read
        return {UNKNOWN}
