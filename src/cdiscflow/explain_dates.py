"""Dates as an explanation shows them: imputed ones with what was imputed, by which rule, from which text."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from cdiscflow.explain_walk import Walk, cells, holding, row_of
from clinical.frames import as_text

DAY = len("2024-05-31")


def imputed(walk: Walk, dataset: str, variable: str, row: int) -> str:
    """What of a date was imputed, by which rule and from which collected text; empty where nothing was."""
    frame = walk.frames.get(dataset)
    flags = [name for name in _flags(variable) if name in frame]
    given = [text for _, text in cells(frame, row, flags) if text]
    if not given:
        return ""
    cited = walk.cited(frame, row)
    if cited is not None:
        return imputed(walk, *cited)
    rules = [word.rule for word in walk.words(dataset, variable) if word.rule]
    by = f" by {rules[0]}" if rules else ""
    texts = list(dict.fromkeys(_collected(walk, dataset, variable, row)))
    return f" ({', '.join(given)} imputed{by}{' from ' + ', '.join(texts) if texts else ''})"


def of_subject(walk: Walk, subject: pd.DataFrame, column: str) -> str:
    """A variable of ADSL as text, with what of it was imputed."""
    if column not in subject or not len(subject):
        return "(unknown)"
    value = cells(subject.reset_index(drop=True), 0, [column])[0][1]
    return (value or "none") + (imputed(walk, "ADSL", column, int(subject.index[0])) if value else "")


def _flags(variable: str) -> list[str]:
    """The imputation flags of a date, of a date with time both."""
    stem = variable.removesuffix("M")
    return [f"{stem}F", *([f"{stem[:-2]}TMF"] if stem != variable else [])] if stem.endswith("DT") else []


def _collected(walk: Walk, dataset: str, variable: str, row: int) -> Iterator[str]:
    """The incomplete dates that hold an imputed one, in the records behind the row or else of the subject."""
    frame = walk.frames.get(dataset)
    value = cells(frame, row, [variable])[0][1]
    behind = _behind(walk, dataset, row)
    for other, column in sorted(walk.needs.get((dataset, variable), ())):
        found = walk.frames.get(other)
        if not column.endswith("DTC") or found is None or column not in found or "USUBJID" not in found:
            continue
        mine = (found["USUBJID"] == frame["USUBJID"][row]).to_numpy() & holding(found[column], value[:DAY])
        if other in behind:
            mine &= np.isin(found.index, behind[other])
        texts = as_text(found.loc[mine, column].reset_index(drop=True))
        complete = len(value) if "T" in value else DAY
        yield from (f"{other}.{column} {text}" for text in texts if len(text) < complete)


def _behind(walk: Walk, dataset: str, row: int) -> dict[str, list[int]]:
    """Where the records stand that a row comes from, by their dataset."""
    lineage = walk.frames.get(dataset, "lineage")
    found: dict[str, list[int]] = {}
    if lineage is not None:
        mine = lineage.loc[lineage["row"] == row, ["source", "record"]]
        for source, record in mine.itertuples(index=False):
            place = row_of(str(source), walk.frames.get(str(source)), str(record))
            if place is not None:
                found.setdefault(str(source), []).append(place)
    return found
