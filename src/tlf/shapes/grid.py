"""What every renderer draws: titles, headers, lines, footnotes. Made from results, never from data."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from clinical.frames import Frame
from tlf.figures import KINDS
from tlf.results import Results
from tlf.shapes.lines import Line, lines_of
from tlf.spec import Display, Survival
from tlf.words import WORDS

HASH_LENGTH = 12
SUPP = "SUPP"
SCALES = {"log-log": "log(-log S)", "log": "log S", "plain": "S (linear)"}


@dataclass(frozen=True)
class Column:
    """One column of cells under its group."""

    group: str
    size: int | str
    part: str
    label: str


@dataclass(frozen=True)
class Grid:
    """A display ready to be drawn; `profiles` says whether its subjects have pages to lead to."""

    display: Display
    titles: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    footnotes: tuple[str, ...]
    source: tuple[str, ...]
    profiles: bool = False

    @property
    def two_headers(self) -> bool:
        """Whether groups have parts below them."""
        return any(column.label for column in self.columns)

    def labels(self) -> list[str]:
        """The groups in their order, those without subjects too."""
        return list(dict.fromkeys(column.group for column in self.columns))

    def groups(self) -> list[tuple[str, int]]:
        """Headers of the groups with the number of columns under each."""
        found: dict[str, int] = {}
        for column in self.columns:
            header = header_of(column)
            found[header] = found.get(header, 0) + 1
        return list(found.items())


def header_of(column: Column) -> str:
    """`PLACEBO (N=6)`."""
    return f"{column.group} (N={column.size})"


def grid_of(results: Results, footer: dict[str, object]) -> Grid:
    """The page of a display: its results laid out in lines, with the conventions and the source below."""
    display = results.display
    parts = display.columns.parts
    columns = tuple(
        Column(group.label, results.header_size(group), part, label)
        for group in results.people.groups
        for part, label in parts.items()
    )
    frame = results.frame()
    lines = () if frame.empty else tuple(lines_of(display, frame, columns))
    return Grid(
        display=display,
        titles=(display.name, display.title, display.population.label),
        columns=columns,
        lines=lines,
        footnotes=(*display.footnotes, *conventions(display), *notes_of(display, frame)),
        source=source_of(display, footer),
        profiles=bool(footer.get("profiles")),
    )


def conventions(display: Display) -> tuple[str, ...]:
    """The footnotes that say how times were estimated: made of the options, so that they cannot disagree."""
    settings = display.survival
    if settings is None:
        return ()
    made = (_estimation(settings), _edges(settings))
    return (
        (*made, _competing(settings)) if any(r.word == "incidence" for r in display.rows.values()) else made
    )


def _competing(settings: Survival) -> str:
    scale = SCALES[settings.conf_type].replace("S", "F")
    variance = {"aalen": "Aalen's variance", "delta": "variance by the delta method"}[settings.variance]
    return (
        "Cumulative incidence F: Aalen and Johansen, the other events compete; "
        f"{variance}, interval on the {scale} scale."
    )


def notes_of(display: Display, results: Frame) -> tuple[str, ...]:
    """The footnotes that words make of their options, and a figure of its own and its results, each once."""
    notes = [note for row in display.rows.values() for note in WORDS[row.word].notes(row)]
    if display.figure and len(results):
        notes += KINDS[display.figure.kind].notes(display, results)
    return tuple(dict.fromkeys(notes))


def _estimation(settings: Survival) -> str:
    scale = SCALES[settings.conf_type]
    unit = f" {settings.unit.capitalize()} = days / {settings.days:g}." if settings.days != 1 else ""
    return (
        f"Kaplan-Meier estimates; {100 * settings.conf:g}% confidence intervals on the {scale} scale with "
        f"Greenwood's variance, for quantiles after Brookmeyer and Crowley.{unit}"
    )


def _edges(settings: Survival) -> str:
    tail = {"NE": "NE", "midpoint": "the midpoint to the last observation"}[settings.flat_tail]
    beyond = {"NE": "NE", "last": "the last rate"}[settings.beyond]
    return (
        "A quantile is the midpoint of the step where the curve stands exactly at its level; if it stays "
        f"there to the last observation: {tail}. Rate after the last observed time: {beyond}. Interval of a "
        "rate of 100% or 0%: NE. NE = not estimable."
    )


def source_of(display: Display, footer: dict[str, object]) -> tuple[str, ...]:
    """Program, data cut and the hash of the datasets that this display read: no clock, no run id [E.0].

    Needs: footer `program`, `data_cut`, and `datasets`, the content hash of each dataset by name; none has a
           default, because a footer that does not follow the data would be believed. A mock shell has read
           nothing: its `datasets` is None, and no hash is printed.
    """
    hashes: dict[str, str] | None = footer["datasets"]
    read = display.datasets
    whole = "\n".join(f"{name}={_hash(hashes, name)}" for name in read) if hashes is not None else ""
    short = f" (hash {sha256(whole.encode()).hexdigest()[:HASH_LENGTH]})" if hashes is not None else ""
    return (
        f"Program: {footer['program']}, {display.file}",
        f"Data cut: {footer['data_cut']}. Datasets: {', '.join(read)}{short}",
    )


def _hash(hashes: dict[str, str], name: str) -> str:
    """The hash of a dataset; a supplemental one that no record of its parent needed has none."""
    return hashes.get(name, "") if name.startswith(SUPP) else hashes[name]
