"""One display from its datasets to its results."""

from __future__ import annotations

from collections.abc import Mapping as Datasets

from clinical.findings import Findings
from clinical.frames import Frame
from tlf.figures import KINDS
from tlf.listing_cells import add_listing
from tlf.people import People
from tlf.results import Results
from tlf.spec import Display
from tlf.words import WORDS


def compute_display(display: Display, frames: Datasets[str, Frame], findings: Findings) -> Results:
    """The numbers of one display; none when its population has no records.

    Raises: SpecError for a dataset or variable that is not there; DerivationError when a dataset's own flags
            or treatments differ from the population's, or more subjects are counted than there are [V-N].
    """
    results = Results(display, People(display, frames, findings), findings)
    if display.listing or results.people.has_records():
        _add_all(results)
    return results


def check_names(display: Display, frames: Datasets[str, Frame]) -> None:
    """Looks for everything that a display reads; the frames need no records.

    Raises: SpecError for a dataset or variable that is not there, or a variable of another type.
    """
    findings = Findings()
    _add_all(Results(display, People(display, frames, findings), findings))


def _add_all(results: Results) -> None:
    display = results.display
    if display.listing:
        add_listing(results)
    elif display.figure:
        KINDS[display.figure.kind].add(results)
    else:
        results.add_sizes()
    for row in display.rows.values():
        WORDS[row.word].add(results, row)
