"""What changed since the last run, each difference with its one cause (decision 0043).

Compared are the datasets whose content moved, in the buckets derived anew. The causes:
- `cut`: with the cut of the last run the difference would not be there (derived to see, where more moved);
- `edit`: a collected record of this person changed that the variable is made from; of a study-wide dataset,
  one of anybody's;
- `spec`, `terminology`, `code`, `packages`: the first of these that changed;
- `edit elsewhere`: nothing of this person changed and no such input; it follows from records of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from cdiscflow.deriving import Rebuilt
from clinical.check import Plan, fields_of_columns
from clinical.compare import DIFFERENCE, compare_frames
from clinical.derive import derive
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame
from clinical.manifest import read_manifest
from clinical.output import Output
from clinical.run import read_frame

EDIT, ELSEWHERE, CUT = "edit", "edit elsewhere", "cut"
PROGRAM = ("spec", "terminology", "code", "packages")
CAUSES = (EDIT, ELSEWHERE, *PROGRAM, CUT)
RECORDS = [*DIFFERENCE, "cause", "pages"]
CELL = ["dataset", "keys", "variable"]
DIFFERENT = ["dataset", "variable", "subject"]
MOST_PAGES = 20
LAYERS = ("sdtm", "adam")


@dataclass(frozen=True, eq=False)
class Night:
    """What the comparison is made from: a run before, the datasets of now, what moved between the two.

    `entries` is what the manifest says of each dataset now, `changed` the inputs that moved, `edits` the
    collected records that did.
    """

    plan: Plan
    before: Path
    rebuilt: Rebuilt
    entries: dict[str, dict]
    edits: Frame
    changed: list[str]

    @cached_property
    def manifest(self) -> dict:
        """The manifest of the run before."""
        return read_manifest(self.before)

    @property
    def program(self) -> str:
        """The first of specs, terminology, code and packages that moved; '' where none did."""
        return next((cause for cause in PROGRAM if cause in self.changed), "")

    @cached_property
    def mine(self) -> Frame:
        """The records that were edited; without another extract, none: then the specs read it otherwise."""
        return self.edits if "extract" in self.changed else self.edits.iloc[:0]


def differences(night: Night) -> Frame:
    """One row for each changed value, new record and removed record: the columns of RECORDS as text."""
    old = night.manifest["datasets"]
    names, new = dict.fromkeys([*old, *night.entries]), night.entries
    moved = [name for name in names if _content(old, name) != _content(new, name)]
    outputs = night.rebuilt.derived.outputs
    pairs = {name: (_before(night, name), outputs.get(name)) for name in moved}
    found = _all(_compared(night, name, one, two) for name, (one, two) in pairs.items())
    if not len(found):
        return found.assign(cause="", pages="")
    reach = _Reach(night.plan, night.mine)
    edited = reach.edited(found)
    cause = np.where(edited, EDIT, night.program or (CUT if "cut" in night.changed else ELSEWHERE))
    if "cut" in night.changed and (night.program or len(night.mine)):
        cause = np.where(_of_cut(night, found, pairs), CUT, _without_cut(night, cause))
    found["cause"] = pd.Series(cause, index=found.index, dtype="str")
    return found.assign(pages=reach.pages(found))


def _without_cut(night: Night, cause: np.ndarray) -> np.ndarray:
    return np.where(cause == CUT, night.program or ELSEWHERE, cause)


def _content(entries: dict[str, dict], name: str) -> str:
    return entries.get(name, {}).get("content", "")


def _all(parts: Iterable[Frame]) -> Frame:
    return pd.concat([pd.DataFrame(columns=DIFFERENCE, dtype="str"), *parts], ignore_index=True)


def _before(night: Night, name: str) -> Frame | None:
    for layer in LAYERS:
        file = f"{layer}/{name.lower()}.parquet"
        if file in night.manifest["files"]:
            return read_frame(night.before, file)
    return None


def _compared(night: Night, name: str, old: Frame | None, output: Output | None) -> Frame:
    """The differences of one dataset, looked for where it was derived anew."""
    new = output.frame if output else old.iloc[:0]
    old = new.iloc[:0] if old is None else old
    keys = list(output.keys) if output else night.manifest["datasets"][name]["keys"]
    again = night.rebuilt.again.get(_parent(name), [])
    if output and "USUBJID" in new and "USUBJID" in old and STUDY_BUCKET not in again:
        bucket = night.rebuilt.people.of_person
        same = bucket.index[~bucket.isin(again).to_numpy()]
        old, new = (frame[~frame["USUBJID"].isin(same).to_numpy()] for frame in (old, new))
    return compare_frames(name, old, new, keys)


def _parent(name: str) -> str:
    return name.removeprefix("SUPP") if name.startswith("SUPP") else name


def _of_cut(night: Night, found: Frame, pairs: dict[str, tuple]) -> np.ndarray:
    """Which differences would not be there with the cut of the last run: the persons are derived with it."""
    datasets = night.plan.study.datasets
    names = {_parent(name) for name in found["dataset"].unique()} & set(datasets)
    wide = {name for name in names if datasets[name].scope == "study"}
    people = set(found["subject"]) - {""}
    frames = {form: frame[frame["USUBJID"].isin(people).to_numpy()].reset_index(drop=True)
              for form, frame in night.rebuilt.raw.items()}  # fmt: skip
    outputs: dict[str, Output] = {}
    for some, raw in ((names - wide, frames), (wide, night.rebuilt.raw)):
        if some:
            outputs |= derive(
                night.plan, raw, night.manifest["cut"], some, buckets=night.rebuilt.buckets
            ).outputs
    parts = []
    for name in found["dataset"].unique():
        old, made = pairs[name][0], outputs.get(name)
        if made is None and old is None:
            continue
        if old is not None and _parent(name) not in wide and "USUBJID" in old:
            old = old[old["USUBJID"].isin(people).to_numpy()]
        new = made.frame if made else old.iloc[:0]
        keys = list(made.keys) if made else night.manifest["datasets"][name]["keys"]
        parts.append(compare_frames(name, new.iloc[:0] if old is None else old, new, keys))
    there = pd.MultiIndex.from_frame(_all(parts)[[*CELL, "change"]])
    return ~pd.MultiIndex.from_frame(found[[*CELL, "change"]]).isin(there)


class _Reach:
    """Which edited records a variable is made from, by the graph of columns."""

    def __init__(self, plan: Plan, edits: Frame):
        self.plan, self.edits = plan, edits
        self.fields = fields_of_columns(plan.names)
        self._forms: dict[tuple[str, str], frozenset[str]] = {}

    def forms(self, dataset: str, variable: str) -> frozenset[str]:
        """The forms behind a variable and the records of its dataset; without a variable, the dataset's."""
        node = (_parent(dataset), variable)
        if node not in self._forms:
            needs = self.plan.graph.needs
            mine = [n for n in needs if n[0] == node[0]]
            starts = [node, (node[0], ""), *_keys(self.plan, node[0])] if node in needs and variable else mine
            self._forms[node] = frozenset(
                form for each in _closure(needs, starts) for form, _ in self.fields.get(each, ())
            )
        return self._forms[node]

    def _behind(self, found: Frame) -> Frame:
        """The edited records that differences are made from: columns of DIFFERENT, form, record."""
        known = found.loc[found["subject"].isin({*self.edits["USUBJID"], ""}), DIFFERENT].drop_duplicates()
        variables = known[DIFFERENT[:2]].drop_duplicates().itertuples(index=False, name=None)
        reach = [(*each, form) for each in variables for form in self.forms(*each)]
        near = known.merge(pd.DataFrame(reach, columns=[*DIFFERENT[:2], "form"], dtype="str"))
        edits = self.edits[["USUBJID", "form", "record"]].drop_duplicates()
        own = near.merge(edits.rename(columns={"USUBJID": "subject"}))
        wide = near[near["subject"] == ""].merge(edits[["form", "record"]].drop_duplicates())
        return pd.concat([own, wide]).drop_duplicates().sort_values([*DIFFERENT, "form", "record"])

    def edited(self, found: Frame) -> np.ndarray:
        """Whether a record changed that a difference is made from."""
        behind = pd.MultiIndex.from_frame(self._behind(found)[DIFFERENT])
        return pd.MultiIndex.from_frame(found[DIFFERENT]).isin(behind)

    def pages(self, found: Frame) -> pd.Series:
        """Of differences by an edit the records of the EDC that were edited, the first few of many."""
        mine = (found["cause"] == EDIT).to_numpy()
        named = self._behind(found[mine]).groupby(DIFFERENT, sort=False)["record"].agg(_listed).to_dict()
        keys = found[DIFFERENT].itertuples(index=False, name=None)
        told = [named.get(key, "") if by_edit else "" for key, by_edit in zip(keys, mine, strict=True)]
        return pd.Series(told, index=found.index, dtype="str")


def _listed(records: pd.Series) -> str:
    more = f" and {len(records) - MOST_PAGES} more" if len(records) > MOST_PAGES else ""
    return ", ".join(records.head(MOST_PAGES)) + more


def _keys(plan: Plan, dataset: str) -> list[tuple[str, str]]:
    return (
        [(dataset, key) for key in plan.study.datasets[dataset].keys]
        if dataset in plan.study.datasets
        else []
    )


def _closure(needs: dict, starts: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    waiting, found = list(starts), set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += needs.get(node, ())
    return found


def findings_moved(findings: Frame, before: Frame, records: Frame, night: Night) -> Frame:
    """The findings that are new, closed or reopened since `before`, with their cause.

    A finding about a record or person that was edited is an `edit`; any other has the cause of the
    differences in its dataset of its person, or else that of the inputs that moved.
    """
    closed = set(before.loc[before["status"] == "closed", "id"])
    gone = (findings["status"] == "closed") & ~findings["id"].isin(closed)
    moved = findings[gone | findings["status"].isin(["new", "reopened"])].reset_index(drop=True)
    edited, numbers = set(night.mine["USUBJID"]), set(night.mine["record"].str.split("/").str[1])
    other = night.program or (CUT if "cut" in night.changed else ELSEWHERE)
    first = (
        records.drop_duplicates(["dataset", "subject"]).set_index(["dataset", "subject"])["cause"].to_dict()
    )
    causes = []
    people = moved["keys"].fillna("").str.split(" ").str[0]
    about = zip(moved["dataset"], people, moved["subject"], moved["record"], strict=True)
    for dataset, person, number, record in about:
        by_hand = person in edited or number in numbers or record in set(night.mine["record"])
        causes.append(EDIT if by_hand else first.get((dataset, person), other))
    return moved.assign(cause=pd.Series(causes, index=moved.index, dtype="str"))


def cells_moved(
    sides: tuple[tuple[Frame, Frame], tuple[Frame, Frame]],
    datasets: Callable[[str], tuple[str, ...]],
    records: Frame,
    night: Night,
) -> Frame:
    """The numbers of displays that moved, with old and new text and their cause.

    `sides` are results and subjects of displays then and now. The cause is that of the records of those who
    came into the cell or left it; if nobody did, of all records of its datasets that differ. The first of
    CAUSES counts where several do; no such record: the inputs that moved.
    """
    place = ["display", "analysis", "parent", "level", "group", "part"]
    (old, who_old), (new, who_new) = sides
    whole = new.merge(old, on=[*place, "statistic"], how="outer", suffixes=("_new", "_old"))
    texts = whole[["text_old", "text_new"]].fillna("")
    moved = whole[(texts["text_old"] != texts["text_new"]).to_numpy()]
    moved = moved[[*place, "statistic"]].fillna("").assign(
        old=moved["text_old"].fillna(""), new=moved["text_new"].fillna("")
    )  # fmt: skip
    shown = set(moved["display"])
    people = [
        f[f["display"].isin(shown).to_numpy()].fillna("")[[*place, "USUBJID"]] for f in (who_old, who_new)
    ]
    both = people[0].merge(people[1], how="outer", indicator="side")
    turned = both[(both["side"] != "both").to_numpy()].groupby(place)["USUBJID"].agg(set).to_dict()
    other = night.program or (CUT if "cut" in night.changed else ELSEWHERE)
    first = {name: _first_causes(records, datasets(name)) for name in shown}
    causes = []
    for key in moved[place].itertuples(index=False, name=None):
        of = first[key[0]]
        chosen = [of[who] for who in turned[key] if who in of] if key in turned else [*of.values()]
        causes.append(CAUSES[min(chosen)] if chosen else other)
    return moved.assign(cause=pd.Series(causes, index=moved.index, dtype="str")).reset_index(drop=True)


def _first_causes(records: Frame, datasets: tuple[str, ...]) -> dict[str, int]:
    """The place in CAUSES of the first cause of each subject's differences in some datasets."""
    near = records[records["dataset"].isin(datasets).to_numpy()]
    return near["cause"].map(CAUSES.index).groupby(near["subject"]).min().to_dict()
