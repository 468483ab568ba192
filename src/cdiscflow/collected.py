"""What a site sees of a finding: the fields of the page that it is about, and what was collected in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from clinical.form_fields import Field
from clinical.forms import Form
from clinical.frames import Frame
from clinical.raw_frames import RawFrames
from clinical.resolve import OWN, RECORD, SOURCE, Names
from clinical.spec import Dataset, Line, Part
from clinical.where import Condition
from clinical.words import Word, own_names, with_lines

if TYPE_CHECKING:
    from checks.rules import Rule

MOST_NAMED = 6
PLACE = {
    "folder": "Folder",
    "instance": "InstanceRepeatNumber",
    "page": "PageRepeatNumber",
    "line": "RecordPosition",
    "record": "record",
}
BY_ZERO = "build.by-zero"


def with_collected(findings: Frame, rules: Iterable[Rule], names: Names, frames: RawFrames) -> Frame:
    """The findings with `field` and `value` as a site knows them: fields of the page, and what they hold.

    What the reader said of a field stays. For a rule and for the build these are the fields behind the
    columns they looked at, from the raw record at the finding's coordinates (`frames`, by form). Several
    values are told apart by their fields.

    What is about a whole person is shown on the page that holds the field, or on the page that should be
    there. What a rule compared with another page is named after that page: `BM.BMBLAST 56`.

    Missing: nothing is said of a field that is empty, or of what a check worked out. What is about a whole
             person and about no page that a person has one of names no page.
    """
    asked = {rule.id: rule for rule in rules}
    behind = Behind(names)
    found = findings.assign(value=findings["value"].fillna("")).reset_index(drop=True)
    of_reader = found["dataset"].str.startswith("raw.") & ~found["message"].isin(asked)
    keys = [*zip(*(found[name].tolist() for name in ("message", "dataset", "variable", "form")), strict=True)]
    fields = {key: behind.of(asked.get(key[0]), *key[1:]) for key in set(keys)}
    known = [fields[key] for key in keys]
    whole = {name for name, dataset in names.study.datasets.items() if dataset.by_subject}
    firsts = cache(lambda name: _first_pages(frames, name, found) if name in frames else {})
    for row, (message, dataset, variable, _) in enumerate(keys):
        if dataset in whole and not known[row]:
            pages = behind.elsewhere(asked.get(message), dataset, variable, keys[row][3])
            known[row] = _moved(found, row, pages, firsts)
    values = _values(found, known, names.study.forms, frames)
    shown = [
        _shown(one, held, key[0], seen, asked.get(key[0]))
        for key, one, held, seen in zip(keys, known, values, found["value"].tolist(), strict=True)
    ]
    for name, column in (("field", 0), ("value", 1)):
        ours = pd.Series([each[column] for each in shown], index=found.index, dtype="str")
        found[name] = found[name].where(of_reader, ours)
    return found


def _first_pages(frames: RawFrames, form: str, found: Frame) -> dict[str, dict[str, str]]:
    """The place of the first record of each subject that the findings name."""
    pages = frames.some(form, {"Subject", *PLACE.values()})
    own = pages[pages["Subject"].isin(found["subject"].unique())].drop_duplicates("Subject")
    return own.fillna("").set_index("Subject").to_dict("index")


def _moved(
    found: Frame,
    row: int,
    pages: dict[str, list[str]],
    firsts: Callable[[str], dict[str, dict[str, str]]],
) -> list[str]:
    """Puts a finding on the first of the pages that its subject has, or else on the first; its fields."""
    form, page = next(iter(pages), ""), None
    for name in pages:
        if name == found.at[row, "form"]:
            return pages[name]
        page = firsts(name).get(found.at[row, "subject"])
        if page is not None:
            form = name
            break
    found.at[row, "form"] = form
    for name, column in PLACE.items():
        found.at[row, name] = "" if page is None else str(page.get(column, ""))
    return pages.get(form, [])


def _values(
    found: Frame, known: list[list[str]], forms: dict[str, Form], frames: RawFrames
) -> list[dict[str, str]]:
    """What each finding's record holds in its fields; coded answers by their text."""
    values: list[dict[str, str]] = [{} for _ in known]
    for name, rows in found.groupby("form").indices.items():
        fields = sorted({field for row in rows for field in known[row]})
        if name not in forms or name not in frames or not fields:
            continue
        form, asked = forms[str(name)], found["record"].iloc[rows].tolist()
        frame = frames.some(form.name, {"record"}.union(*(form.fields[field].gives for field in fields)))
        held = frame[frame["record"].isin(asked)]
        first = held.drop_duplicates("record").set_index("record").reindex(asked)
        for field in fields:
            texts = _texts(first, form.fields[field])
            for row, text in zip(rows, texts, strict=True):
                if field in known[row]:
                    values[row][field] = text
    return values


def _texts(records: Frame, field: Field) -> pd.Series:
    texts = pd.Series("", index=records.index, dtype="str")
    for column in field.gives:
        if column in records:
            texts = texts.where(texts != "", records[column].fillna(""))
    return texts


def _shown(
    fields: list[str], held: dict[str, str], message: str, seen: str, rule: Rule | None
) -> tuple[str, str]:
    """The fields and their values: of a long list those that were filled in, or that hold what was seen."""
    filled = [field for field in fields if held.get(field)]
    long = len(fields) > MOST_NAMED
    if message == BY_ZERO:
        zeros = [field for field in filled if _is_zero(held[field])]
        filled, fields, long = (zeros, zeros, False) if zeros else (filled, fields, long)
    elif long or rule is None:
        texts = {text.casefold() for text in (seen, *(one.partition(" ")[2] for one in seen.split(", ")))}
        alike = [field for field in filled if held[field].casefold() in texts]
        filled, fields, long = (alike, alike, False) if alike else (filled, fields, long)
    apart = _on_other_pages(rule, seen) if rule else {}
    named = [*(filled if long else fields), *apart]
    if len(named) == 1:
        return named[0], held.get(named[0], "") or apart.get(named[0], "")
    values = {**{field: held[field] for field in filled}, **apart}
    return " ".join(named), ", ".join(f"{field} {value}" for field, value in values.items())


def _is_zero(text: str) -> bool:
    return bool((pd.to_numeric(pd.Series([text]), errors="coerce") == 0).iloc[0])


def _on_other_pages(rule: Rule, seen: str) -> dict[str, str]:
    """What the rule looked up on other pages and saw there, by form and field."""
    values = dict(one.partition(" ")[::2] for one in seen.split(", "))
    found = {}
    for name, word in rule.helpers.items():
        source = word.value if word.word == "lookup" else ""
        if values.get(name) and source.startswith("raw.") and source.removeprefix("raw.").count(".") == 1:
            found[source.removeprefix("raw.")] = values[name]
    return found


class Behind:
    """Which fields of a form stand behind what a check looked at."""

    def __init__(self, names: Names):
        self.names = names

    def of(self, rule: Rule | None, dataset: str, variable: str, form: str) -> list[str]:
        """The fields of `form` behind a rule, or else behind a variable, of a dataset or of the form."""
        if form not in self.names.study.forms:
            return []
        columns = _looked_at(rule) if rule else [variable]
        where = rule.where.value if rule and rule.where else None
        found: list[str] = []
        for column in columns:
            if dataset.startswith("raw."):
                found += self._fields(form, column)
            elif dataset in self.names.study.datasets:
                spec = self.names.study.datasets[dataset]
                found += self._of_column(spec, column, form, _selected(where), set())
        return list(dict.fromkeys(found))

    def elsewhere(self, rule: Rule | None, dataset: str, variable: str, own: str) -> dict[str, list[str]]:
        """The forms with one page a person, and `own`, behind columns of a dataset, with their fields."""
        spec = self.names.study.datasets[dataset]
        found: dict[str, list[str]] = {}
        for column in _looked_at(rule) if rule else [variable]:
            for form, field in self._pages(spec, column, set()):
                if form == own or self.names.study.forms[form].per_subject:
                    fields = self._fields(form, field)
                    found[form] = list(dict.fromkeys([*found.get(form, []), *fields]))
        return found

    def _pages(self, spec: Dataset, column: str, seen: set) -> Iterator[tuple[str, str]]:
        """Form and field ('': the page) of everything that a column is made of."""
        if (spec.name, column) in seen:
            return
        seen.add((spec.name, column))
        study = self.names.study
        parts = (part.variables for part in spec.parts)
        words = [stated[column] for stated in (spec.variables, spec.supp, *parts) if column in stated]
        for name in (name for word in words for name in (*own_names(word), *_sources(word))):
            head, _, rest = name.partition(".")
            form, _, field = rest.partition(".")
            if head == "raw":
                if form in study.forms:
                    yield form, field
            elif not rest:
                yield from self._pages(spec, head, seen)
            elif head in study.datasets and study.datasets[head].by_subject:
                yield from self._pages(study.datasets[head], rest, seen)

    def _fields(self, form: str, column: str) -> list[str]:
        """The fields that a column of a raw frame shows: of a coded answer its text, of a joined one both."""
        for field in self.names.study.forms[form].fields.values():
            if column in field.gives:
                return [field.date, field.time] if field.joined else [field.name]
        return []

    def _of_column(
        self, spec: Dataset, column: str, form: str, chosen: dict[str, tuple[str, ...]], seen: set
    ) -> Iterator[str]:
        if (spec.name, column) in seen:
            return
        seen.add((spec.name, column))
        for part, word in _words(spec, column, form, chosen):
            for name in own_names(word):
                ref = self.names.understand(spec, part, name, word.where_it_stands())
                if ref.kind == RECORD and ref.dataset == form:
                    yield from self._fields(form, ref.column)
                elif ref.kind == OWN:
                    yield from self._of_column(spec, ref.column, form, chosen, seen)
                elif ref.kind == SOURCE:
                    other = self.names.study.datasets[ref.dataset]
                    yield from self._of_column(other, ref.column, form, chosen, seen)


def _sources(word: Word) -> Iterator[str]:
    """What a word reads of many records: `raw.DTH.DTHDAT`, or `raw.DTH` where it counts them."""
    for each in with_lines(word):
        if each.word in ("first", "last", "count", "total"):
            yield from (source.of for source in each.value)
        elif each.word == "lookup":
            yield each.value


def _looked_at(rule: Rule) -> list[str]:
    """The columns of its own dataset that a rule looks at, what its helpers read of the record included."""
    if rule.mask is not None:
        asked = [*rule.mask.of, *rule.mask.also]
    else:
        right = [test.value.name for test in rule.tests() if hasattr(test.value, "name")]
        asked = [*(test.column for test in rule.tests()), *right]
    found = rule.variable.split()
    while asked:
        name = asked.pop(0)
        if name in rule.helpers:
            asked += [each for each in own_names(rule.helpers[name]) if each != name]
        elif name not in found:
            found.append(name)
    return [name for name in found if "." not in name]


def _selected(where: Condition | None) -> dict[str, tuple[str, ...]]:
    """The values to which a filter holds columns, as far as it names them."""
    if where is None or len(where.any_of) != 1:
        return {}
    return {
        test.column: test.value if isinstance(test.value, tuple) else (test.value,)
        for test in where.any_of[0]
        if test.op in ("eq", "in") and isinstance(test.value, str | tuple)
    }


def _words(
    spec: Dataset, column: str, form: str, chosen: dict[str, tuple[str, ...]]
) -> Iterator[tuple[Part, Word]]:
    """The words that give a column its value in records from a form, or from another dataset."""
    for part in spec.parts:
        if part.source.startswith("raw.") and part.source != f"raw.{form}":
            continue
        for line in part.lines:
            if column in line.take and _chosen(line, chosen):
                yield part, line.take[column]
        for stated in (part.variables, spec.variables, spec.supp):
            if column in stated:
                yield part, stated[column]
                break


def _chosen(line: Line, chosen: dict[str, tuple[str, ...]]) -> bool:
    constants = {name: word.value for name, word in line.take.items() if word.word == "constant"}
    return all(constants.get(name, values[0]) in values for name, values in chosen.items())
