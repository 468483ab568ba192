"""The closed set of words a value can be stated with, their arguments, and how a spec's line becomes one.

Each argument has a kind; kinds are all that reading, checking, the graph of columns, the JSON Schema and the reference
pages need to know about a word (spec_language.md, 3). What a word computes is in `algorithms.py` and `records.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from clinical.errors import SpecError
from clinical.formula import Formula, parse_formula
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text
from clinical.where import Column, Condition, condition

NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*"
BRACED = re.compile(r"\{(" + NAME + r")\}")

# word: (kind of its value, {argument: kind}); kinds: see _PARSERS
WORDS: dict[str, tuple[str, dict[str, str]]] = {
    "copy": ("name", {}),
    "constant": ("text", {}),
    "text": ("template", {}),
    "term": ("name", {"codelist": "text", "via": "code"}),
    "number": ("name", {}),
    "date": (
        "name",
        {
            "time": "name",
            "impute": "first|last",
            "after": "names",
            "not_before": "names",
            "not_after": "names",
        },
    ),
    "imputed": ("name", {}),
    "unit": ("name", {"from": "name", "to": "text", "test": "name"}),
    "result": ("name", {"from": "name", "test": "name", "give": "text|number|unit"}),
    "formula": ("expression", {}),
    "case": ("lines", {"else": "text"}),
    "any_of": ("lines", {}),
    "flag": ("condition", {"else": "text"}),
    "bin": ("name", {"cuts": "texts", "labels": "texts", "give": "number"}),
    "duration": ("names", {"as": "years|months|days", "known": "day|month|year"}),
    "study_day": ("name", {"since": "name"}),
    "first": ("sources", {"where": "where", "order": "texts", "complete": "true|false"}),
    "last": ("sources", {"where": "where", "order": "texts", "complete": "true|false"}),
    "count": ("sources", {"where": "where"}),
    "total": ("sources", {"where": "where"}),
    "lookup": ("column", {"match": "match", "optional": "true|false"}),
    "during": ("column", {"at": "name", "from": "column", "to": "column", "closed": "true|false"}),
    "pick": ("first|last", {"by": "texts", "order": "texts", "where": "where"}),
    "program": ("text", {"reads": "reads"}),
}
NEEDED = {
    "term": ("codelist",), "unit": ("from", "to"), "result": ("from", "test", "give"), "bin": ("cuts", "labels"),
    "duration": ("as",), "lookup": ("match",), "during": ("at", "from", "to"), "pick": ("order",),
}  # fmt: skip
COMMON = {
    "when": "condition", "round": "int", "rule": "text", "note": "text", "origin": "text", "label": "text",
    "type": "Char|Num|Date|Datetime",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Records a word reads: `of` is DS.VAR, or DS alone; `where` filters them."""

    of: str
    where: Condition | None
    at: At


@dataclass(frozen=True, eq=False)
class Word:
    """One value as a spec states it: a word, its value and arguments, and what every word takes."""

    word: str
    value: object
    at: At
    owner: str
    args: dict[str, object] = field(default_factory=dict)
    when: Condition | None = None
    round: int | None = None
    rule: str = ""
    note: str = ""
    origin: str = ""
    label: str = ""
    type: str = ""

    def where_it_stands(self) -> str:
        """`file:line: DATASET.VARIABLE`, as every refusal begins."""
        return f"{self.at}: {self.owner}"


def parse_word(node: Text | Mapping, owner: str) -> Word:
    """The word a spec's value is; a bare name is a copy.

    Raises: SpecError for an unknown word or argument, two words, none, or an argument of the wrong kind.
    """
    if isinstance(node, Text):
        return Word("copy", _name(node, f"{node.at}: {owner}"), node.at, owner)
    start = f"{node.at}: {owner}"
    if not isinstance(node, Mapping):
        raise SpecError("spec.word-shape", start)
    found = [key for key in node if key in WORDS]
    if len(found) > 1:
        raise SpecError("spec.two-words", start, words=" and ".join(found))
    if not found:
        raise _no_word(node, start)
    word = found[0]
    kind, arguments = WORDS[word]
    at = node.line(word) if word in node.lines else node.at
    start = f"{at}: {owner}"
    args = {}
    common = {}
    for key, given in node.items():
        here = f"{node.line(key)}: {owner}"
        if key == word:
            continue
        if key in arguments:
            args[key] = _argument(arguments[key], given, here, owner, f"{word}.{key}")
        elif key in COMMON:
            common[key] = _argument(COMMON[key], given, here, owner, key)
        else:
            near = closest(key, [*arguments, *COMMON])
            raise SpecError("spec.argument", here, word=word, argument=key, hint=_hint(near))
    for needed in NEEDED.get(word, ()):
        if needed not in args:
            raise SpecError("spec.argument-needed", start, word=word, argument=needed)
    value = _argument(kind, node[word], start, owner, word)
    return Word(word, value, at, owner, args, **common)


def _hint(near: str | None) -> str:
    return f"; did you mean {near}?" if near else ""


def _no_word(node: Mapping, start: str) -> SpecError:
    for key in node:
        if key not in COMMON:
            return SpecError("spec.unknown-word", start, word=key, hint=_hint(closest(key, WORDS)))
    return SpecError("spec.no-word", start)


def _argument(kind: str, given: object, here: str, owner: str, what: str) -> object:
    parser = _PARSERS.get(kind)
    if parser:
        return parser(given, here, owner, what)
    choices = kind.split("|")
    if given not in choices:
        raise SpecError("spec.choice", here, what=what, choices=" or ".join(choices), value=given)
    return given == "true" if choices == ["true", "false"] else str(given)


def _name(given: object, here: str, owner: str = "", what: str = "") -> str:
    if not isinstance(given, Text) or not re.fullmatch(NAME, given):
        raise SpecError("spec.name", here, value=given)
    return str(given)


def _names(given: object, here: str, owner: str, what: str) -> tuple[str, ...]:
    items = given if isinstance(given, Sequence) else [given]
    return tuple(_name(item, here) for item in items)


def _text(given: object, here: str, owner: str, what: str) -> str:
    if not isinstance(given, Text):
        raise SpecError("spec.text", here, what=what)
    return str(given)


def _texts(given: object, here: str, owner: str, what: str) -> tuple[str, ...]:
    items = given if isinstance(given, Sequence) else [given]
    return tuple(_text(item, here, owner, what) for item in items)


def _int(given: object, here: str, owner: str, what: str) -> int:
    if not isinstance(given, Text) or not re.fullmatch(r"\d{1,2}", given):
        raise SpecError("spec.choice", here, what=what, choices="a whole number", value=given)
    return int(given)


def _template(given: object, here: str, owner: str, what: str) -> str:
    text = _text(given, here, owner, what)
    if "{" in BRACED.sub("", text) or "}" in BRACED.sub("", text):
        raise SpecError("spec.template", here, value=text)
    return text


def _condition(given: object, here: str, owner: str, what: str) -> Condition:
    if not isinstance(given, Mapping | Sequence):
        raise SpecError("spec.condition-shape", here)
    return condition(given, owner)


def _lines(given: object, here: str, owner: str, what: str) -> tuple[Word, ...]:
    if not isinstance(given, Sequence) or not given:
        raise SpecError("spec.lines", here, word=what)
    lines = tuple(parse_word(line, owner) for line in given)
    for number, line in enumerate(lines, start=1):
        if what == "case" and line.when is None and number < len(lines):
            raise SpecError("spec.dead-line", f"{line.at}: {owner}", number=number, next=number + 1)
        if line.word in ("case", "any_of"):
            raise SpecError("spec.nested", f"{line.at}: {owner}", word=line.word, inside=what)
    return lines


def _sources(given: object, here: str, owner: str, what: str) -> tuple[Source, ...]:
    items = given if isinstance(given, Sequence) else [given]
    found = []
    for item in items:
        if isinstance(item, Mapping) and set(item) <= {"of", "where"} and "of" in item:
            where = condition(item["where"], owner) if "where" in item else None
            found.append(Source(_name(item["of"], here), where, item.at))
        else:
            found.append(Source(_name(item, here), None, getattr(item, "at", At("", 0))))
    return tuple(found)


def _match(given: object, here: str, owner: str, what: str) -> dict[str, str]:
    if not isinstance(given, Mapping) or not given:
        raise SpecError("spec.match", here)
    return {key: _name(value, here) for key, value in given.items()}


def _reads(given: object, here: str, owner: str, what: str) -> dict[str, tuple[str, ...] | None]:
    """Columns by dataset or raw form; None stands for `all`."""
    if not isinstance(given, Mapping):
        raise SpecError("spec.reads", here)
    return {
        source: None if columns == "all" else _texts(columns, here, owner, what)
        for source, columns in given.items()
    }


def _expression(given: object, here: str, owner: str, what: str) -> Formula:
    return parse_formula(_text(given, here, owner, what), here)


_PARSERS = {
    "name": _name,
    "column": _name,
    "names": _names,
    "text": _text,
    "texts": _texts,
    "int": _int,
    "template": _template,
    "expression": _expression,
    "condition": _condition,
    "where": _condition,
    "lines": _lines,
    "sources": _sources,
    "match": _match,
    "reads": _reads,
}


def own_names(word: Word) -> Iterator[str]:
    """Every name the word reads on the record being built (its own line, not what its `where` filters)."""
    kind, arguments = WORDS[word.word]
    yield from _named(kind, word.value)
    for key, value in word.args.items():
        yield from _named(arguments[key], value)
    if word.when:
        yield from word.when.columns | word.when.others


def member_names(word: Word) -> set[str]:
    """Names that stand after `in {column: ...}` or `notin`: they may be of datasets with many records."""
    found = _members(word.when) if word.when else set()
    main, arguments = WORDS[word.word]
    for kind, value in [(main, word.value), *((arguments[key], value) for key, value in word.args.items())]:
        if kind in ("condition", "where"):
            found |= _members(value)
        elif kind == "lines":
            for line in value:
                found |= member_names(line)
    return found


def _members(asked: Condition) -> set[str]:
    tests = (test for tests in asked.any_of for test in tests)
    return {
        test.value.name for test in tests if test.op in ("in", "notin") and isinstance(test.value, Column)
    }


def _named(kind: str, value: object) -> Iterator[str]:
    if kind == "name":
        yield value
    elif kind == "names":
        yield from value
    elif kind == "template":
        yield from BRACED.findall(value)
    elif kind == "expression":
        yield from value.names
    elif kind == "condition":
        yield from value.columns | value.others
    elif kind == "where":
        yield from value.others
    elif kind == "sources":
        for source in value:
            if source.where:
                yield from source.where.others
    elif kind == "match":
        yield from value.values()
    elif kind == "lines":
        for line in value:
            yield from own_names(line)
