"""A row of a display: one word, the records it reads and how it is shown. The words are in `tlf/words`.

Every word takes `label`, `indent`, `where`, `of` (the row whose n is the denominator; without it N of the
column), `from` (another dataset, read without the display's `where`), `who` (`{where, from}`: the subjects of
whom the condition holds, in the population or in any of their records of another dataset), `formats` (laid
over the display's) and `for_each` (`{key: label}`: the row once for each, `{row}` and `{label}` in its texts
replaced, named `name.key`); what else a word takes is in its file. A row that holds `rows` beside `for_each`
is a block: all of its rows for the first key, then all for the next, named `name.key.row`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from clinical.errors import SpecError
from clinical.read import Mapping, Sequence, Text
from tlf.formats import Formats, formats_of
from tlf.nodes import Filter, hint, known, number, place, replaced, required, text, with_part

COMMON = ("label", "indent", "from", "where", "who", "of", "formats", "for_each", "note")
MISSING = "Missing"


@dataclass(frozen=True)
class Level:
    """Values that share one line or column, and its label."""

    values: tuple[str, ...]
    label: str


@dataclass(frozen=True)
class Who:
    """Which subjects a row is about: a condition on the population, or on any of their records elsewhere."""

    where: Filter
    dataset: str


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a display; `own` holds the arguments of its word."""

    name: str
    word: str
    at: str
    dataset: str
    variables: tuple[str, ...] = ()
    label: str = ""
    indent: int = 0
    joins_records: bool = True
    filters: tuple[Filter, ...] = ()
    who: Who | None = None
    of: str = ""
    formats: Formats = field(default_factory=dict)
    own: object = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asked:
    """What a word reads from its row: variables, conditions beside `where`, a label, arguments of its own.

    `also` are the datasets that it reads beside the row's own.
    """

    variables: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    label: str = ""
    own: object = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a row stands: its position in the file, its owner, the parts of the columns, the rows above."""

    at: str
    records: str
    parts: tuple[str, ...]
    earlier: tuple[str, ...]
    formats: Formats

    @property
    def owner(self) -> str:
        """`T14.2.1.responders`."""
        return self.at.split(": ")[-1]


def row_of(name: str, node: Mapping, here: Place, words: dict[str, object]) -> Row:
    """The row that `node` states.

    Raises: SpecError for no word or two, an argument the word does not take, `of` without such a row above.
    """
    owner = here.owner
    word = words[_word(node, here.at, tuple(words))]
    known(node, (word.name, *COMMON, *word.arguments), owner)
    of = text(node, "of", owner, "")
    if of and of not in here.earlier:
        raise SpecError("tlf.no-row", place(node, "of", owner), name=of, hint=hint(of, here.earlier))
    filters = (with_part(node["where"], here.parts, owner),) if "where" in node else ()
    formats = formats_of(node.get("formats", Mapping()), here.formats, owner)
    asked = word.read(node, here)
    return Row(
        name=name,
        word=word.name,
        at=here.at,
        label=text(node, "label", owner, asked.label),
        indent=int(number(node, "indent", owner, 0)),
        dataset=text(node, "from", owner, here.records),
        joins_records="from" not in node,
        filters=(*filters, *asked.filters),
        who=_who(node["who"], here.parts, owner) if "who" in node else None,
        of=of,
        variables=asked.variables,
        formats=formats,
        own=asked.own,
        also=asked.also,
    )


def _who(node: Mapping, parts: tuple[str, ...], owner: str) -> Who:
    owner = f"{owner}.who"
    known(node, ("where", "from"), owner)
    return Who(with_part(required(node, "where", owner), parts, owner), text(node, "from", owner, ""))


def repeated(name: str, node: Mapping, owner: str) -> dict[str, Mapping]:
    """The rows that one row of the file stands for, by name: itself, or those for each key of `for_each`."""
    if not isinstance(node, Mapping) or not {"for_each", "rows"} & set(node):
        return {name: node}
    each = required(node, "for_each", owner, Mapping)
    if "rows" in node:
        known(node, ("for_each", "rows", "note"), owner)
        rows = required(node, "rows", owner, Mapping)
        for given in rows.values():
            if isinstance(given, Mapping) and "for_each" in given:
                raise SpecError("tlf.unknown-key", place(given, "for_each", owner), key="for_each", hint="")
        inner = {f".{row}": rows[row] for row in rows}
    else:
        kept = {key: value for key, value in node.items() if key != "for_each"}
        inner = {"": Mapping(kept, node.at, node.lines)}
    return {
        f"{name}.{key}{row}": replaced(given, {"{row}": key, "{label}": str(each[key])})
        for key in each
        for row, given in inner.items()
    }


def _word(node: object, at: str, words: tuple[str, ...]) -> str:
    if not isinstance(node, Mapping):
        raise SpecError("tlf.word", at, words=", ".join(words))
    found = [key for key in node if key in words]
    if len(found) == 1:
        return found[0]
    strange = [key for key in node if key not in COMMON]
    if not found and strange:
        near = hint(strange[0], words)
        raise SpecError(
            "tlf.unknown-word", place(node, strange[0], at.split(": ")[-1]), word=strange[0], hint=near
        )
    raise SpecError("tlf.word", at, words=", ".join(words))


def levels_of(given: object, owner: str) -> tuple[Level, ...]:
    """The levels of a list of values, or of a mapping of value to label; equal labels are one level.

    Raises: SpecError for anything else.
    """
    pairs: list[tuple[str, object]] = []
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, Sequence):
        pairs = [(item, item) for item in given]
    if not pairs or not all(isinstance(part, (Text, str)) for pair in pairs for part in pair):
        kind = "a list of values or a mapping of value to label"
        raise SpecError("tlf.kind", f"{getattr(given, 'at', '')}: {owner}", key="levels", kind=kind)
    values = [str(value) for value, _ in pairs]
    if twice := [one for one in dict.fromkeys(values) if values.count(one) > 1]:
        raise SpecError("tlf.level-twice", f"{given.at}: {owner}", value=twice[0])
    labels = dict.fromkeys(str(label) for _, label in pairs)
    return tuple(Level(tuple(str(v) for v, shown in pairs if str(shown) == label), label) for label in labels)
