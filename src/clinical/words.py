"""The closed set of words a value can be stated with, their arguments, and how a spec's line becomes one.

Each argument has a kind; kinds are all that reading, checking, the graph of columns, the JSON Schema and the
reference pages need to know about a word (spec_language.md, 3). What a word computes is in `algorithms.py`
and `records.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from clinical.errors import SpecError
from clinical.formula import Formula, parse_formula
from clinical.names import closest
from clinical.read import At, Mapping, Sequence, Text
from clinical.where import NAME, NUMBER, Column, Condition, condition, written

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
    "case": ("lines", {"else": "missing"}),
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
    "term": ("codelist",), "unit": ("from", "to"), "result": ("from", "test", "give"),
    "bin": ("cuts", "labels"),
    "duration": ("as",), "lookup": ("match",), "during": ("at", "from", "to"), "pick": ("order",),
}  # fmt: skip
OF_A_COLUMN = ("first", "last", "total", "lookup", "during")  # `count` alone takes a bare dataset or form
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
        return Word("copy", _name(node, f"{node.at}: {owner}", owner, "copy"), node.at, owner)
    start = f"{node.at}: {owner}"
    if not isinstance(node, Mapping):
        raise SpecError("spec.word-shape", start)
    found = [key for key in node if key in WORDS]
    if len(found) > 1:
        raise SpecError("spec.two-words", f"{node.line(found[1])}: {owner}", words=" and ".join(found))
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
    _fits(word, value, args, start)
    return Word(word, value, at, owner, args, **common)


def _fits(word: str, value: object, args: dict[str, object], start: str) -> None:
    """Refuses arguments that each are well-formed but together say nothing."""
    if word in OF_A_COLUMN:
        for name in [value] if isinstance(value, str) else [source.of for source in value]:
            if len(name.removeprefix("raw.").split(".")) < 2:
                raise SpecError("spec.column-needed", start, word=word, name=name)
    if word == "during":
        for key in ("from", "to"):
            head, of = args[key].rpartition(".")[0], value.rpartition(".")[0]
            if head not in ("", of):
                raise SpecError("spec.interval", start, argument=key, name=of)
    if word == "duration" and len(value) != 2:
        raise SpecError("spec.two-dates", start)
    if word == "date" and "impute" not in args and {"after", "not_after"} & set(args):
        raise SpecError("spec.argument-needed", start, word=word, argument="impute")
    if word == "bin":
        cuts = [float(cut) if NUMBER.fullmatch(cut) else None for cut in args["cuts"]]
        ascending = None not in cuts and cuts == sorted(set(cuts))
        if not ascending or len(args["labels"]) != len(cuts) + 1:
            raise SpecError("spec.bin", start)


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
        raise SpecError("spec.choice", here, what=what, choices=" or ".join(choices), value=written(given))
    return given == "true" if choices == ["true", "false"] else str(given)


def _name(given: object, here: str, owner: str, what: str) -> str:
    inner = next((key for key in given if key in WORDS), None) if isinstance(given, Mapping) else None
    if inner:
        raise SpecError("spec.nested", here, word=inner, inside=what)
    if not isinstance(given, Text) or not re.fullmatch(NAME, given):
        raise SpecError("spec.name", here, value=written(given))
    return str(given)


def _names(given: object, here: str, owner: str, what: str) -> tuple[str, ...]:
    if not given:
        raise SpecError("spec.text", here, what=what)
    items = given if isinstance(given, Sequence) else [given]
    return tuple(_name(item, here, owner, what) for item in items)


def _text(given: object, here: str, owner: str, what: str) -> str:
    if not isinstance(given, Text) or not given:
        raise SpecError("spec.text", here, what=what)
    return str(given)


def _texts(given: object, here: str, owner: str, what: str) -> tuple[str, ...]:
    if not given:
        raise SpecError("spec.text", here, what=what)
    items = given if isinstance(given, Sequence) else [given]
    return tuple(_text(item, here, owner, what) for item in items)


def _int(given: object, here: str, owner: str, what: str) -> int:
    if not isinstance(given, Text) or not re.fullmatch(r"\d{1,2}", given):
        raise SpecError("spec.choice", here, what=what, choices="a whole number", value=written(given))
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
    if not given:
        raise SpecError("spec.text", here, what=what)
    items = given if isinstance(given, Sequence) else [given]
    found = []
    for item in items:
        if isinstance(item, Mapping) and set(item) <= {"of", "where"} and "of" in item:
            where = _condition(item["where"], here, owner, what) if "where" in item else None
            found.append(Source(_name(item["of"], here, owner, what), where, item.at))
        else:
            name = _name(item, here, owner, what)
            found.append(Source(name, None, item.at))
    return tuple(found)


def _match(given: object, here: str, owner: str, what: str) -> dict[str, str]:
    if not isinstance(given, Mapping) or not given:
        raise SpecError("spec.match", here)
    return {key: _name(value, here, owner, what) for key, value in given.items()}


def _reads(given: object, here: str, owner: str, what: str) -> dict[str, tuple[str, ...] | None]:
    """Columns by dataset or raw form; None stands for `all`."""
    if not isinstance(given, Mapping) or any(isinstance(columns, Mapping) for columns in given.values()):
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


def lines_of(word: Word) -> tuple[Word, ...]:
    """The lines of `case` and `any_of`; none for another word."""
    return word.value if word.word in ("case", "any_of") else ()


def with_lines(word: Word) -> Iterator[Word]:
    """The word itself, then its lines."""
    yield word
    yield from lines_of(word)


def own_names(word: Word) -> Iterator[str]:
    """Every name the word reads on the record being built (not what its `where` filters), its lines' names
    included.
    """
    for each in with_lines(word):
        yield from bare_names(each)
        yield from member_names(each)


def bare_names(word: Word) -> Iterator[str]:
    """The names that must have one value for the record; what lines of `case` and `any_of` name is not among
    them.
    """
    kind, arguments = WORDS[word.word]
    yield from _named(kind, word.value)
    for key, value in word.args.items():
        yield from _named(arguments[key], value)
    if word.when:
        yield from _named("condition", word.when)


def member_names(word: Word) -> Iterator[str]:
    """The names after `in` or `notin` `{column: ...}`: they may be of datasets with many records."""
    for asked in conditions_of(word):
        yield from (test.value.name for test in asked.tests if test.of_set)


def conditions_of(word: Word) -> Iterator[Condition]:
    """Every condition of the word: its `when`, `where` and the `where` of each source."""
    if word.when:
        yield word.when
    main, arguments = WORDS[word.word]
    for kind, value in [(main, word.value), *((arguments[key], value) for key, value in word.args.items())]:
        if kind in ("condition", "where"):
            yield value
        elif kind == "sources":
            yield from (source.where for source in value if source.where)


def _right_names(asked: Condition) -> Iterator[str]:
    return (test.value.name for test in asked.tests if isinstance(test.value, Column) and not test.of_set)


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
        yield from value.columns
        yield from _right_names(value)
    elif kind == "where":
        yield from _right_names(value)
    elif kind == "sources":
        for source in value:
            if source.where:
                yield from _right_names(source.where)
    elif kind == "match":
        yield from value.values()
