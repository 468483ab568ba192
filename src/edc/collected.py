"""What every reader of an export gives: text as collected, in the columns of the delivered file.

This is the one interface that the formats share. A reader of a new format makes a `Collected` of a file; what
follows (subjects, record ids, dates, codes, repeated pages) is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from clinical.findings import Frame


@dataclass(eq=False)
class Collected:
    """One delivered file.

    `frame` has a text column for each column of the file, by its name there: trimmed, line ends as line
    feeds, an empty cell missing. `lines` gives the line (or row) of each record in the file, for sources
    without coordinates. `notes` are messages about the file as a whole, with the words of their sentences.
    `is_text` says that the file is one of lines, which should end with one.
    """

    path: str
    frame: Frame
    lines: Callable[[], np.ndarray]
    encoding: str = ""
    notes: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    is_text: bool = False


def of_form(form: str) -> Frame:
    """A record frame for a finding about a form as a whole."""
    return pd.DataFrame({"form": [form]}, dtype="str")
