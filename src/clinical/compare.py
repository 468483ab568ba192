"""Two versions of a dataset: records that are new, gone or changed, by key, with old and new values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.frames import Frame, as_text, codes_of, group_codes

DIFFERENCE = ["dataset", "change", "keys", "variable", "old", "new", "subject"]


def compare_frames(name: str, old: Frame, new: Frame, keys: list[str]) -> Frame:
    """What differs, one row a changed cell, new record or removed record: the columns of DIFFERENCE as text.

    Records meet by `keys`; where a key is repeated, by their order among the repeats.
    """
    keys = [key for key in keys if key in old and key in new]
    left, right = _codes(old, new, keys)
    rows = pd.Series(np.arange(len(new)), index=right)
    place = rows.reindex(left)
    both = place.notna().to_numpy()
    gone = np.flatnonzero(~both)
    added = np.flatnonzero(~np.isin(right, left))
    pieces = [
        _whole("removed", name, old.iloc[gone], keys),
        _whole("new", name, new.iloc[added], keys),
        *_changed(name, old.iloc[np.flatnonzero(both)], new.iloc[place[both].astype("int64")], keys),
    ]
    return pd.concat(pieces, ignore_index=True)[DIFFERENCE]


def _codes(old: Frame, new: Frame, keys: list[str]) -> tuple[np.ndarray, np.ndarray]:
    columns = [codes_of(pd.concat([as_text(old[key]), as_text(new[key])], ignore_index=True)) for key in keys]
    whole = group_codes(columns) if columns else np.zeros(len(old) + len(new), dtype="int64")
    left, right = pd.Series(whole[: len(old)]), pd.Series(whole[len(old) :])
    most = int(whole.max(initial=0)) + 1
    repeat = [side + most * side.groupby(side).cumcount() for side in (left, right)]
    return repeat[0].to_numpy(), repeat[1].to_numpy()


def keys_text(frame: Frame, keys: list[str]) -> pd.Series:
    """What `keys` of DIFFERENCE says of each record: its key without the study, as one text."""
    text = pd.Series("", index=range(len(frame)), dtype="str")
    for key in (key for key in keys if key != "STUDYID"):
        column = as_text(frame[key].reset_index(drop=True)).fillna("")
        text = text + (" " if len(text) and text.str.len().gt(0).any() else "") + column
    return text


def _whole(change: str, name: str, frame: Frame, keys: list[str]) -> Frame:
    found = pd.DataFrame({"keys": keys_text(frame, keys), "subject": _subjects(frame)})
    return found.assign(dataset=name, change=change, variable="", old="", new="")


def _subjects(frame: Frame) -> pd.Series:
    """Whose each record is; empty text in a dataset without persons."""
    if "USUBJID" not in frame:
        return pd.Series("", index=range(len(frame)), dtype="str")
    return frame["USUBJID"].reset_index(drop=True).fillna("")


def _changed(name: str, old: Frame, new: Frame, keys: list[str]) -> list[Frame]:
    found = []
    labels, subjects = keys_text(old, keys), _subjects(new)
    for column in dict.fromkeys([*old.columns, *new.columns]):
        one = (
            as_text(old[column].reset_index(drop=True)).fillna("")
            if column in old
            else pd.Series("", index=labels.index)
        )
        two = (
            as_text(new[column].reset_index(drop=True)).fillna("")
            if column in new
            else pd.Series("", index=labels.index)
        )
        differs = (one != two).to_numpy()
        if differs.any():
            cells = {"keys": labels, "old": one, "new": two, "subject": subjects}
            cells = pd.DataFrame({name: each[differs] for name, each in cells.items()})
            found.append(cells.assign(dataset=name, change="changed", variable=column))
    return found
