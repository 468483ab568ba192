"""The words of a row: what is computed, and from which records.

| word | value | arguments of its own | gives |
|---|---|---|---|
| `heading` | text | | a line without numbers |
| `count` | a condition, or `all` | `show: n`, `ci: clopper_pearson`, `ci_label`, `conf` | subjects with such a record: n (%), and its interval |
| `categorical` | variable | `levels`, `other`, `missing`, `show` | n (%) for every level; no `levels`: those in the data, most frequent first |
| `continuous` | variable | `decimals` (of the raw value), `unit` | n, mean (SD), median, quartiles, range |
| `nested` | two variables | `missing`, `show` | n (%) for each outer level and, under it, each inner level, most frequent first |
| `quantiles` | parts of 1 | | Kaplan-Meier quantiles with their interval |
| `rates` | times in the unit of `survival` | | event-free rates with their interval |
| `range` | `observed` | | shortest and longest time; + marks a censored one |

Every word takes `label`, `indent`, `where`, `of` (the row whose n is the denominator; without it N of the column) and
`from` (another dataset, read without the display's `where`).
"""  # noqa: E501

from __future__ import annotations

from dataclasses import dataclass

from clinical.errors import SpecError
from clinical.read import Mapping, Sequence, Text
from tlf.nodes import Filter, choice, hint, known, number, numbers, place, required, text, texts, with_part

COMMON = ("label", "indent", "from", "where", "of", "note")
WORDS: dict[str, tuple[str, ...]] = {
    "heading": (),
    "count": ("show", "ci", "ci_label", "conf"),
    "categorical": ("levels", "other", "missing", "show"),
    "continuous": ("decimals", "unit"),
    "nested": ("missing", "show"),
    "quantiles": (),
    "rates": (),
    "range": (),
}
SURVIVAL_WORDS = ("quantiles", "rates", "range")
MISSING = "Missing"


@dataclass(frozen=True)
class Level:
    """Values that share one line or column, and its label."""

    values: tuple[str, ...]
    label: str


@dataclass(frozen=True, eq=False)
class Row:
    """One row of a display: a word, what it reads and how it is shown."""

    name: str
    word: str
    at: str
    dataset: str
    variables: tuple[str, ...] = ()
    label: str = ""
    indent: int = 0
    joins_records: bool = True
    filters: tuple[Filter, ...] = ()
    of: str = ""
    show: str = "percent"
    ci: str = "none"
    ci_label: str = ""
    conf: float = 0.95
    levels: tuple[Level, ...] = ()
    other: str = ""
    missing: str = ""
    decimals: int = 0
    points: tuple[float, ...] = ()

    @property
    def needs_survival(self) -> bool:
        """Whether it reads times as the display's `survival` says."""
        return self.word in SURVIVAL_WORDS


def row_of(
    name: str, node: Mapping, at: str, records: str, parts: tuple[str, ...], earlier: tuple[str, ...]
) -> Row:
    """The row that `node` states; `records` is the dataset it reads unless it says `from`.

    Raises: SpecError for no word or two, an argument the word does not take, `of` without such a row above.
    """
    owner = at.split(": ")[-1]
    word = _word(node, at)
    known(node, (word, *COMMON, *WORDS[word]), owner)
    dataset = text(node, "from", owner, records)
    of = text(node, "of", owner, "")
    if of and of not in earlier:
        raise SpecError("tlf.no-row", place(node, "of", owner), name=of, hint=hint(of, earlier))
    filters = [with_part(node["where"], parts, owner)] if "where" in node else []
    if word == "count" and node["count"] != "all":
        filters.append(with_part(required(node, "count", owner, _kind_of(node["count"])), parts, owner))
    return Row(
        name=name,
        word=word,
        at=at,
        label=text(node, "heading", owner, "") if word == "heading" else text(node, "label", owner, ""),
        indent=int(number(node, "indent", owner, 0)),
        dataset=dataset,
        joins_records="from" not in node,
        filters=tuple(filters),
        of=of,
        show=choice(node, "show", ("percent", "n"), owner),
        ci=choice(node, "ci", ("none", "clopper_pearson"), owner),
        ci_label=text(node, "ci_label", owner, "95% CI"),
        conf=number(node, "conf", owner, 0.95),
        variables=_variables(node, word, owner),
        levels=levels_of(node["levels"], owner) if "levels" in node else (),
        other=text(node, "other", owner, ""),
        missing=text(node, "missing", owner, ""),
        decimals=int(number(node, "decimals", owner, 0)),
        points=numbers(node, word, owner) if word in ("quantiles", "rates") else (),
    )


def _kind_of(given: object) -> type:
    return Sequence if isinstance(given, Sequence) else Mapping


def _word(node: object, at: str) -> str:
    if not isinstance(node, Mapping):
        raise SpecError("tlf.word", at, words=", ".join(WORDS))
    found = [key for key in node if key in WORDS]
    if len(found) == 1:
        return found[0]
    strange = [key for key in node if key not in COMMON]
    if not found and strange:
        near = hint(strange[0], tuple(WORDS))
        raise SpecError(
            "tlf.unknown-word", place(node, strange[0], at.split(": ")[-1]), word=strange[0], hint=near
        )
    raise SpecError("tlf.word", at, words=", ".join(WORDS))


def _variables(node: Mapping, word: str, owner: str) -> tuple[str, ...]:
    if word not in ("categorical", "continuous", "nested"):
        return ()
    names = texts(node, word, owner)
    wanted = 2 if word == "nested" else 1
    if len(names) != wanted:
        raise SpecError("tlf.variables", place(node, word, owner), word=word, wanted=wanted)
    return names


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
    labels = dict.fromkeys(str(label) for _, label in pairs)
    return tuple(Level(tuple(str(v) for v, shown in pairs if str(shown) == label), label) for label in labels)
