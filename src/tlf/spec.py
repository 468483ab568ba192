"""A display as its file states it: a population, columns, and rows that each hold one word.

| key | holds |
|---|---|
| `display`, `title`, `paper` | number and title of the page; `A4` or `Letter` |
| `extends` | a base file or several, each laid over the one before: mappings merge by key, `{drop: reason}` removes |
| `population` | `{dataset: ADSL, where, label}`: who is in the table; N of every column comes from here alone |
| `columns` | `{by: TRT01A, levels, total: Total, each: {W4: Week 4}}`; `levels` is a list, `{value: header}`, or `study.KEY` with `value`, `header` naming the keys of its lines; `when_used`: levels left out when nobody has them; or `groups: {header: {where, from, has: none}}`; a part of `each` may be `{label, where}` |
| `records` | `{from: ADTTE, where}`: what the rows read; a row may say its own `from` |
| `rows` | `{name: {word: ..., label: ...}}`, in the order printed; the words are in `tlf/words` |
| `survival` | how times are read: `time` (a variable), `event` (a condition), `unit` and its `days`; `conf`, `conf_type` (log-log, log, plain), `flat_tail` (NE, midpoint), `beyond` (NE, last), `variance` of incidences (aalen, delta) |
| `figure` | `{kind: kaplan_meier, ...}` in place of `rows`; the kinds are in `tlf/figures` |
| `listing` | `{columns, sort, group, page_by}` in place of `rows`: see `tlf/listing.py` |
| `formats`, `footnotes` | `{name: "{mean:+1} ({sd:+2})"}`; `{name: text}` |
| `note` | for readers of the file; a row may have one, too |

What depends on a setting of study.yml stands under each of its values, wherever it stands (a footnote, a level,
a row or `{drop: reason}`): `{study.nact_policy: {censor: text, ignore: text}}`.

In a `where`, `{each}` stands for the key of the column's part: `ORR{each}` is ORRW4 under Week 4.
"""  # noqa: E501

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clinical.errors import SpecError, SpecErrors
from clinical.read import Mapping, Text, read_yaml
from clinical.where import Condition, condition
from tlf.columns import Columns, columns_of
from tlf.figures import KINDS
from tlf.figures.kind import Figure
from tlf.formats import FORMATS, Format, Formats, formats_of
from tlf.incidence import VARIANCES
from tlf.listing import Listing, listing_of
from tlf.nodes import Filter, choice, chosen, confidence, known, number, required, text, texts, with_part
from tlf.rows import Level, Place, Row, repeated, row_of
from tlf.survival import BEYONDS, CONF_TYPES, FLAT_TAILS
from tlf.words import WORDS

KEYS = (
    "display", "extends", "title", "paper", "population", "columns", "records", "rows", "survival", "figure",
    "listing", "formats", "footnotes", "note",
)  # fmt: skip
PAPERS = ("A4", "Letter")
PROFILE = "profile.yml"
BY_SETTING = "text, or {study.SETTING: {value: text}}"

__all__ = ["Columns", "Display", "Figure", "Filter", "Format", "Level", "Row", "Survival", "read_displays"]


@dataclass(frozen=True)
class Population:
    """Who a display is about."""

    dataset: str
    where: Condition | None
    label: str
    at: str


@dataclass(frozen=True)
class Survival:
    """How times are read and estimated [E-KM]; `days` of the time variable make one `unit`."""

    time: str
    event: Condition
    unit: str
    days: float
    conf: float
    conf_type: str
    flat_tail: str
    beyond: str
    variance: str


@dataclass(frozen=True, eq=False)
class Display:
    """One table, figure or listing."""

    name: str
    stem: str
    file: str
    title: str
    paper: str
    population: Population
    columns: Columns
    records: str
    filters: tuple[Filter, ...]
    rows: dict[str, Row]
    survival: Survival | None
    figure: Figure | None
    listing: Listing | None
    formats: Formats
    footnotes: tuple[str, ...]
    at: str

    @property
    def singly(self) -> bool:
        """Whether it shows each subject, so that it grows with the study: a listing, and some figures."""
        return bool(self.listing) or bool(self.figure and KINDS[self.figure.kind].singly)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Every dataset the display reads, in alphabetical order."""
        names = {self.population.dataset, self.records, *(row.dataset for row in self.rows.values())}
        names |= set(self.figure.datasets if self.figure else ())
        names |= set(self.listing.datasets if self.listing else ())
        names |= {group.dataset for group in self.columns.groups}
        names |= {row.who.dataset for row in self.rows.values() if row.who}
        names |= {name for row in self.rows.values() for name in row.also}
        return tuple(sorted(name for name in names if name))


def read_displays(folder: Path, study: Mapping) -> dict[str, Display]:
    """The displays of a study's `tlf` folder, one a file, in the order of their file names, 2 before 10.

    Raises: SpecErrors with the first fault of every file that has one.
    """
    root = folder.parent.parent
    found: dict[str, Display] = {}
    errors: list[SpecError] = []
    for path in sorted(folder.glob("*.yml"), key=_place):
        if path.name == PROFILE:
            continue
        try:
            display = read_display(path, root, study)
            if display.name in found:
                raise SpecError("tlf.twice", display.at, name=display.name, file=found[display.name].file)
            found[display.name] = display
        except SpecError as error:
            errors.append(error)
    if errors:
        raise SpecErrors(errors)
    return found


def _place(file: Path) -> tuple[list[tuple[int, str]], str]:
    words = file.stem.split("_")
    return [(int(word), "") if word.isdigit() else (0, word) for word in words], file.name


def _rows(
    node: Mapping, owner: str, records: str, parts: tuple, formats: Formats, survival: bool
) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    if "rows" in node:
        required(node, "rows", owner, Mapping)
    for stated, whole in node.get("rows", Mapping()).items():
        for name, given in repeated(stated, whole, f"{owner}.{stated}").items():
            at = f"{getattr(given, 'at', node['rows'].at)}: {owner}.{stated}"
            counts = tuple(one.name for one in rows.values() if one.word == "count")
            rows[name] = row_of(name, given, Place(at, records, parts, counts, formats), WORDS)
            if WORDS[rows[name].word].needs_survival and not survival:
                raise SpecError("tlf.needed", at, key="survival")
    return rows


def read_display(path: Path, root: Path, study: Mapping) -> Display:
    """The display that one file states, with everything it extends.

    Raises: SpecError for what the language refuses.
    """
    node = display_node(path, root, study)
    owner = str(node.get("display", path.stem))
    known(node, KEYS, owner)
    population = _population(required(node, "population", owner, Mapping), owner)
    columns = columns_of(node.get("columns", Mapping()), study, owner)
    parts = tuple(columns.parts)
    records, filters = _records(node.get("records"), parts, owner)
    survival = _survival(node["survival"], owner) if "survival" in node else None
    figure = _figure(node["figure"], owner) if "figure" in node else None
    listing = listing_of(node["listing"], owner) if "listing" in node else None
    _one_of(node, ("rows", "figure", "listing"), owner)
    formats = formats_of(node.get("formats", Mapping()), FORMATS, owner)
    rows = _rows(node, owner, records or population.dataset, parts, formats, survival is not None)
    if figure and KINDS[figure.kind].needs_survival and survival is None:
        raise SpecError("tlf.needed", f"{node.at}: {owner}", key="survival")
    return Display(
        name=str(required(node, "display", owner, Text)),
        stem=path.stem,
        file=str(path.relative_to(root)),
        title=str(required(node, "title", owner, Text)),
        paper=choice(node, "paper", PAPERS, owner),
        population=population,
        columns=columns,
        records=records,
        filters=filters,
        rows=rows,
        survival=survival,
        figure=figure,
        listing=listing,
        formats=formats,
        footnotes=_footnotes(node.get("footnotes", Mapping()), owner),
        at=f"{node.at}: {owner}",
    )


def _one_of(node: Mapping, keys: tuple[str, ...], owner: str) -> None:
    if sum(key in node for key in keys) != 1:
        raise SpecError("tlf.one-of", f"{node.at}: {owner}", keys=" or ".join(keys))


def _population(node: Mapping, owner: str) -> Population:
    owner = f"{owner}.population"
    known(node, ("dataset", "where", "label"), owner)
    where = condition(node["where"], owner) if "where" in node else None
    label = str(required(node, "label", owner, Text))
    return Population(text(node, "dataset", owner, "ADSL"), where, label, f"{node.at}: {owner}")


def _records(node: Mapping | None, parts: tuple[str, ...], owner: str) -> tuple[str, tuple[Filter, ...]]:
    if node is None:
        return "", ()
    owner = f"{owner}.records"
    known(node, ("from", "where"), owner)
    dataset = str(required(node, "from", owner, Text))
    return dataset, (with_part(node["where"], parts, owner),) if "where" in node else ()


def _survival(node: Mapping, owner: str) -> Survival:
    owner = f"{owner}.survival"
    known(
        node, ("time", "event", "unit", "days", "conf", "conf_type", "flat_tail", "beyond", "variance"), owner
    )
    return Survival(
        time=text(node, "time", owner, "AVAL"),
        event=condition(required(node, "event", owner, Mapping), owner),
        unit=text(node, "unit", owner, "days"),
        days=number(node, "days", owner, 1.0),
        conf=confidence(node, owner),
        conf_type=choice(node, "conf_type", CONF_TYPES, owner),
        flat_tail=choice(node, "flat_tail", FLAT_TAILS, owner),
        beyond=choice(node, "beyond", BEYONDS, owner),
        variance=choice(node, "variance", VARIANCES, owner),
    )


def _figure(node: Mapping, owner: str) -> Figure:
    owner = f"{owner}.figure"
    kind = KINDS[choice(node, "kind", tuple(KINDS), owner)]
    known(node, ("kind", *kind.keys), owner)
    own = kind.read(node, owner)
    return Figure(kind.name, own, kind.datasets(own))


def _footnotes(node: Mapping, owner: str) -> tuple[str, ...]:
    if not isinstance(node, Mapping):
        raise SpecError("tlf.kind", f"{node.at}: {owner}", key="footnotes", kind="a mapping of name to text")
    owner = f"{owner}.footnotes"
    for name in node:
        if isinstance(node[name], Mapping):
            raise SpecError("tlf.kind", f"{node[name].at}: {owner}.{name}", key=name, kind=BY_SETTING)
    return tuple(text(node, name, f"{owner}.{name}", "") for name in node)


def display_node(path: Path, root: Path, study: Mapping | None = None) -> Mapping:
    """What a display file states, laid over the files it extends; settings chosen if there is a `study`."""
    node = read_yaml(path, root.parent)
    return _extended(node, root, (), lambda one: chosen(one, study, str(node.get("display", path.stem))))


def _extended(
    node: Mapping, root: Path, chain: tuple[str, ...], choose: Callable[[Mapping], Mapping]
) -> Mapping:
    """`node` laid over the files it extends, in their order, and over what those extend."""
    whole = Mapping(at=node.at)
    for name in texts(node, "extends", "extends"):
        if name in chain or not (root / name).is_file():
            raise SpecError("tlf.extends", node.line("extends"), base=name)
        base = _extended(read_yaml(root / name, root.parent), root, (*chain, name), choose)
        whole = _laid_over(whole, base)
    return _laid_over(whole, choose(node))


def _laid_over(base: Mapping, upper: Mapping) -> Mapping:
    items = dict(base)
    for key, value in upper.items():
        if isinstance(value, Mapping) and set(value) == {"drop"}:
            items.pop(key, None)
        elif isinstance(value, Mapping):
            under = items.get(key)
            items[key] = _laid_over(under if isinstance(under, Mapping) else Mapping(), value)
        else:
            items[key] = value
    return Mapping(items, upper.at, {**base.lines, **upper.lines})
