"""One display from the analysis datasets to its results: a function for every word of a row."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Datasets

from clinical.findings import Findings
from clinical.frames import Frame
from tlf.counting import add_categorical, add_count, add_nested
from tlf.measuring import add_continuous
from tlf.people import People
from tlf.results import Results
from tlf.rows import Row
from tlf.spec import Display
from tlf.timing import add_curves, add_quantiles, add_range, add_rates

COMPUTED: dict[str, Callable[[Results, Row], None]] = {
    "count": add_count,
    "categorical": add_categorical,
    "nested": add_nested,
    "continuous": add_continuous,
    "quantiles": add_quantiles,
    "rates": add_rates,
    "range": add_range,
}


def compute_display(display: Display, adam: Datasets[str, Frame], findings: Findings) -> Results:
    """The numbers of one display; none when its population has no records.

    Raises: SpecError for a dataset or variable that is not there; DerivationError when a dataset's own flags
            or treatments differ from the population's, or more subjects are counted than there are [V-N].
    """
    results = Results(display, People(display, adam, findings), findings)
    if not results.people.has_records():
        return results
    if display.figure:
        add_curves(results)
    for row in display.rows.values():
        if row.word in COMPUTED:
            COMPUTED[row.word](results, row)
    return results
