"""What the words that count events share: each subject at its worst, and the records that are one event."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from clinical.errors import SpecError
from clinical.frames import Frame
from tlf.people import Records

if TYPE_CHECKING:
    from tlf.results import Results
    from tlf.rows import Row


def worst_values(results: Results, row: Row, records: Records, variable: str) -> np.ndarray:
    """The values that `worst` compares, as numbers.

    Raises: SpecError for a variable that is not a number.
    """
    values = results.people.variable(records, variable, row.at)
    if not pd.api.types.is_float_dtype(values):
        raise SpecError("tlf.not-a-number", row.at, variable=variable)
    return values.to_numpy(dtype="float64")


def at_worst(frame: Frame, by: list[str], of: str) -> np.ndarray:
    """Records that have the highest value of their group.

    Ties:    all of them; they are one subject.
    Missing: a record without a value only where its whole group has none.
    """
    highest = frame.groupby(by, sort=False)[of].transform("max")
    return ((frame[of] == highest) | highest.isna()).to_numpy()


def records_once(results: Results, row: Row, part: str, worst: str, event: str = "") -> Records:
    """What a row reads; with `worst` each subject at its highest value alone, then the condition of the part.

    With `event` one record for each of its values in a subject; a record without one is an event of its own.
    """
    people = results.people
    found = people.records(row, part, conditioned=not worst)
    if worst:
        values = worst_values(results, row, found, worst)
        frame = pd.DataFrame({"person": found.person, "value": values})
        found = people.of_part(found.kept(at_worst(frame, ["person"], "value")), part, row.at)
    if event:
        found = found.kept(first_of_event(found.person, people.variable(found, event, row.at)))
    return found


def first_of_event(person: np.ndarray, event: pd.Series) -> np.ndarray:
    """The first record of every event of every subject; a record without an event counts for itself."""
    frame = pd.DataFrame({"person": person, "event": event.to_numpy(dtype=object)})
    return (~frame.duplicated() | frame["event"].isna()).to_numpy()
