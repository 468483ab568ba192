"""Records of many subjects and the one ADSL row each of them belongs to.

Inside a program a record knows its subject by the row of ADSL (`subject`, an integer): grouping and looking
up by it is fast, and USUBJID returns when the program hands its rows over.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.frames import Frame, first_of_groups, joint_codes, ranks_of, take


def subject_rows(frame: Frame, adsl: Frame) -> np.ndarray:
    """The row of ADSL that each record belongs to; -1 for a person ADSL does not have."""
    mine, theirs = joint_codes([frame["USUBJID"]], [adsl["USUBJID"]])
    row = np.full(max(mine.max(initial=-1), theirs.max(initial=-1)) + 2, -1, dtype="int64")
    row[theirs] = np.arange(len(adsl))
    row[-1] = -1
    return row[mine]


def keep_subjects(frame: Frame, adsl: Frame) -> Frame:
    """The records of ADSL's subjects, with their row of ADSL in `subject` in place of USUBJID."""
    subject = subject_rows(frame, adsl)
    kept = frame.assign(subject=subject).loc[subject >= 0].reset_index(drop=True)
    return kept.drop(columns="USUBJID")


def of_subject(records: Frame, adsl: Frame, column: str) -> pd.Series:
    """A column of ADSL, for each record."""
    return take(adsl[column], records["subject"].to_numpy())


def first_rows(records: Frame, where: np.ndarray, size: int) -> np.ndarray:
    """For each of `size` subjects the first record that satisfies `where`, -1 if none does.

    Needs: records sorted within subject.
    """
    rows = np.flatnonzero(where)
    found = np.full(size, -1, dtype="int64")
    found[records["subject"].to_numpy()[rows[::-1]]] = rows[::-1]
    return found


def last_rows(records: Frame, where: np.ndarray, size: int) -> np.ndarray:
    """As `first_rows`, the last record."""
    rows = np.flatnonzero(where)
    found = np.full(size, -1, dtype="int64")
    found[records["subject"].to_numpy()[rows]] = rows
    return found


def first_match(records: Frame, others: Frame, on: list[str], order: str) -> np.ndarray:
    """For each record the row of the first of `others` (by `order`) that agrees on `on`; -1 if none does."""
    if others.empty or records.empty:
        return np.full(len(records), -1)
    mine, theirs = joint_codes([records[c] for c in on], [others[c] for c in on])
    size = int(max(mine.max(), theirs.max())) + 1
    found = first_of_groups(theirs, [ranks_of(others[order])], size)
    return np.append(found, -1)[mine]


def nearest_rows(records: Frame, others: Frame, days: int, by: str = "subject") -> np.ndarray:
    """For each record the nearest of `others` with the same `by`, not more than `days` away; -1 for none.

    Needs: ADT of the records; `day`, `at` (the moment) and `seq` of the others.
    Ties:  the later moment, then the higher number.
    """
    asked = records[[by, "ADT"]].reset_index(drop=True).reset_index(names="row")
    given = others[[by, "day", "at", "seq"]].reset_index(drop=True).reset_index(names="other")
    pairs = asked.merge(given, on=by, validate="m:m")
    pairs["away"] = (pairs["day"] - pairs["ADT"]).abs()
    pairs = pairs.loc[pairs["away"] <= pd.Timedelta(days=days)]
    order, up = ["row", "away", "at", "seq"], [True, True, False, False]
    pairs = pairs.sort_values(order, ascending=up, kind="stable").drop_duplicates("row")
    found = np.full(len(records), -1, dtype="int64")
    found[pairs["row"].to_numpy()] = pairs["other"].to_numpy()
    return found


def smallest_before(records: Frame, others: Frame, values: np.ndarray, by: str = "subject") -> np.ndarray:
    """For each record the smallest value among `others` with the same `by` on earlier days; NaN for none."""
    asked = records[[by, "ADT"]].reset_index(drop=True).reset_index(names="row")
    given = pd.DataFrame({by: others[by].to_numpy(), "day": others["day"].to_numpy(), "value": values})
    pairs = asked.merge(given, on=by, validate="m:m")
    least = pairs.loc[pairs["day"] < pairs["ADT"]].groupby("row")["value"].min()
    return least.reindex(range(len(records))).to_numpy(dtype="float64")


def last_before(records: Frame, others: Frame) -> np.ndarray:
    """For each record the row of the subject's last of `others` on an earlier day; -1 for none.

    Needs: as `nearest_rows`, also for ties.
    """
    order = others.sort_values(["subject", "day", "at", "seq"], kind="stable").index.to_numpy()
    given = others.loc[order].rename(columns={"day": "ADT"})
    place = np.searchsorted(moments(given), moments(records), "left") - 1
    found = np.append(order, -1)[place]
    mine = np.append(others["subject"].to_numpy(), -1)[found]
    return np.where(mine == records["subject"].to_numpy(), found, -1)


def within(days: pd.Series, after: pd.Series | None, until: list[pd.Series]) -> np.ndarray:
    """Where a day is later than `after` and not later than any of `until`.

    Missing: a missing day never is; a missing `after` or `until` does not limit.
    """
    inside = days.notna().to_numpy()
    if after is not None:
        inside = inside & ~(days.to_numpy() <= after.to_numpy())
    for limit in until:
        inside = inside & ~(days.to_numpy() > limit.to_numpy())
    return inside


MOST_DAYS = 1_000_000


def moments(records: Frame) -> np.ndarray:
    """Subject and day as one number that sorts as records do: days of different subjects are never near.

    Needs: subject, ADT.
    """
    day = records["ADT"].to_numpy().astype("datetime64[D]").astype("int64")
    return records["subject"].to_numpy() * MOST_DAYS + np.where(records["ADT"].isna(), MOST_DAYS // 2, day)
