"""All displays of a study from its analysis datasets: results, subjects and the bytes of every file.

Nothing is written here; the same specs and frames give the same bytes.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Datasets
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
from pandas.api.types import union_categoricals

from clinical.errors import SpecError
from clinical.findings import Findings
from clinical.frames import Frame
from clinical.read import Mapping
from tlf.canvas import DOTS_PER_INCH, draw, pages_of
from tlf.compute import check_names, compute_display
from tlf.listing_files import render_listing
from tlf.listing_sheet import sheet_of
from tlf.paper import paper_of
from tlf.render import Raw, render_html, render_results, render_rtf, render_table
from tlf.results import RESULTS, SUBJECTS, Results
from tlf.shapes.grid import SUPP, Grid, grid_of
from tlf.spec import Display, read_displays

TWIPS_PER_INCH = 1440
SHOWN_SINGLY = 1_000
SUPP_VARIABLES = ("USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL")
PNG_SIZE = slice(16, 24)
Paint = Callable[[Grid, Frame], dict[str, bytes]]


@dataclass(frozen=True)
class Displays:
    """The numbers of all displays, the subjects behind each count, every file by name, and what was found.

    `papers` are the displays as the merged PDF prints them, by stem.
    """

    results: Frame
    subjects: Frame
    files: dict[str, bytes]
    findings: Frame
    papers: dict[str, dict[str, object]] = field(default_factory=dict)


def make_displays(
    study: Mapping, folder: Path, frames: Datasets[str, Frame], footer: Datasets[str, object]
) -> Displays:
    """Every display under `folder` (`mappings/<study>/tlf`); one whose datasets are absent becomes a finding.

    Needs:  frames, the datasets of SDTM and ADaM by name; footer: `program`, `data_cut`, `datasets` (content
            hash of each).
    Raises: SpecErrors for faults of the files; SpecError for a variable that is not there; DerivationError
            where a dataset's populations differ from those of ADSL [V-N].
    """
    displays = read_displays(folder, study).values()
    return join_displays([make_or_miss(display, frames, footer) for display in displays])


def make_or_miss(
    display: Display,
    frames: Datasets[str, Frame],
    footer: Datasets[str, object],
    paint: Paint = draw,
    most: int = SHOWN_SINGLY,
) -> Displays:
    """One display, or the finding why it is not there: a dataset that it reads is absent, or it shows each
    subject and there are more than `most`, above which pages list nobody either. `paint` draws figures.
    """
    frames = _with_supplements(display, frames)
    absent = [name for name in display.datasets if name not in frames]
    if absent:
        return _not_made("tlf.not-made", display, datasets=", ".join(absent))
    count = len(frames[display.population.dataset])
    if display.singly and count > most:
        return _not_made("tlf.too-many", display, count=f"{count:,}", most=f"{most:,}")
    return make_display(display, frames, footer, paint, listed=count <= most)


def unknown_names(displays: Iterable[Display], frames: Datasets[str, Frame]) -> Iterator[SpecError]:
    """The first dataset or variable of each display that is not in `frames`, which need no records."""
    for display in displays:
        try:
            check_names(display, _with_supplements(display, frames))
        except SpecError as fault:
            yield fault


def _with_supplements(display: Display, frames: Datasets[str, Frame]) -> Datasets[str, Frame]:
    """A supplemental dataset that no record of its parent needed is one without records."""
    without = [name for name in display.datasets if name not in frames and name.removeprefix(SUPP) in frames]
    empty = pd.DataFrame({name: pd.Series(dtype="str") for name in SUPP_VARIABLES})
    return ChainMap(dict.fromkeys(without, empty), frames)  # reads no dataset that nobody asks for


def _not_made(message: str, display: Display, **words: str) -> Displays:
    findings = Findings()
    dataset = words.get("datasets", display.population.dataset).split(", ")[0]
    findings.add(message, dataset=dataset, display=display.name, **words)
    return replace(join_displays([]), findings=findings.frame())


def make_display(
    display: Display,
    frames: Datasets[str, Frame],
    footer: Datasets[str, object],
    paint: Paint = draw,
    *,
    listed: bool = True,
) -> Displays:
    """One display; `listed` says whether its page lists the subjects behind each count."""
    findings = Findings()
    results = compute_display(display, frames, findings)
    frame, subjects = results.frame(), results.subjects()
    files, papers = files_of(results, footer, paint, subjects if listed else None)
    return Displays(_without_blanks(frame), _without_blanks(subjects), files, findings.frame(), papers)


def files_of(
    results: Results, footer: Datasets[str, object], paint: Paint, subjects: Frame | None
) -> tuple[dict[str, bytes], dict[str, dict[str, object]]]:
    """The files of a display by name, and its paper by stem."""
    display = results.display
    if display.listing:
        made, paper = render_listing(sheet_of(results, footer))
    else:
        grid = grid_of(results, footer)
        if display.figure:
            made = _figure_files(grid, results.frame(), paint)
            paper = paper_of(grid, f"{display.stem}.pdf", len(pages_of(made, "png")))
        else:
            made, paper = render_table(grid, subjects), paper_of(grid)
    files = {f"{display.stem}.{ending}": content for ending, content in made.items()}
    return files, {display.stem: paper}


def _without_blanks(frame: Frame) -> Frame:
    """Text that says nothing is missing, as in every frame of the product."""
    texts = {name: frame[name].where(frame[name] != "") for name in frame.select_dtypes("str")}
    held = {name: frame[name].cat for name in frame.select_dtypes("category")}
    coded = {name: one.remove_categories({""} & {*one.categories}) for name, one in held.items()}
    return frame.assign(**texts, **coded)


def join_displays(made: list[Displays]) -> Displays:
    """Several displays in one, in their order."""
    if not made:
        empty = {name: pd.Series(dtype=kind) for name, kind in RESULTS.items()}
        people = {name: pd.Series(dtype="str") for name in SUBJECTS}
        return Displays(pd.DataFrame(empty), pd.DataFrame(people), {}, Findings().frame())
    files: dict[str, bytes] = {}
    papers: dict[str, dict[str, object]] = {}
    for one in made:
        files |= one.files
        papers |= one.papers
    results, findings = [
        pd.concat([getattr(one, name) for one in made], ignore_index=True) for name in ("results", "findings")
    ]
    people = [one.subjects.astype("category") for one in made]
    subjects = {name: union_categoricals([one[name] for one in people]) for name in SUBJECTS}
    return Displays(results, pd.DataFrame(subjects), files, findings, papers)


def _figure_files(grid: Grid, results: Frame, paint: Paint) -> dict[str, bytes]:
    drawn = paint(grid, results)
    pictures = [_picture(png) for png in pages_of(drawn, "png")]
    inline = [svg[svg.index(b"<svg") :].decode("utf-8") for svg in pages_of(drawn, "svg")]
    return {
        **drawn,
        "rtf": render_rtf(grid, pictures),
        "html": render_html(grid, pd.DataFrame(columns=list(SUBJECTS)), "\n".join(inline)),
        "csv": render_results(results),
    }


def _picture(png: bytes) -> dict[str, object]:
    """A PNG as RTF holds it: size in pixels, size on paper in twips, bytes in hexadecimal lines."""
    head = png[PNG_SIZE]
    pixels = [int.from_bytes(head[at : at + 4], "big") for at in (0, 4)]
    digits = png.hex()
    return {
        "pixels": pixels,
        "goal": [round(size * TWIPS_PER_INCH / DOTS_PER_INCH) for size in pixels],
        "hex": Raw("\n".join(digits[at : at + 128] for at in range(0, len(digits), 128))),
    }
