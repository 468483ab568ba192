"""From records of any dataset back to the EDC page: lineage is walked, from ADaM over SDTM, to the raw record.

Only the records asked about are walked, so the cost is that of the listing, not of the study.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.build import Build
from clinical.frames import Frame, as_text, take
from clinical.output import Output

DEEPEST = 6  # ADTTE <- ADRS <- RS <- page is three


class Coordinates:
    """Where the records of a study's outputs and raw forms were collected."""

    def __init__(self, build: Build, outputs: dict[str, Output]):
        self.build, self.outputs = build, outputs
        self._raw: dict[str, pd.Index] = {}
        self._records: dict[str, pd.Index] = {}

    def of(self, dataset: str, rows: np.ndarray) -> Frame:
        """EDC coordinates (those that are known), USUBJID and keys of some rows, in their order.

        Rows are numbered as the dataset leaves the build; of a raw form, as it was read.
        """
        if dataset.startswith("raw."):
            raw = self.build.form(dataset[4:])
            found = raw.coordinates(rows)
            found["USUBJID"] = take(raw.frame["USUBJID"], rows)
            return found.assign(keys=found["USUBJID"].fillna(""))
        output = self.outputs[dataset]
        found = self._behind(dataset, rows)
        if "USUBJID" in output.frame:
            found["USUBJID"] = take(output.frame["USUBJID"], rows)
        return found.assign(keys=_keys(output, rows))

    def _behind(self, dataset: str, rows: np.ndarray) -> Frame:
        """The coordinates of the raw record behind each row; the first that lineage names, where there are several."""
        places = pd.DataFrame({"dataset": dataset, "row": rows}, index=range(len(rows)))
        pieces = [pd.DataFrame()]
        for _ in range(DEEPEST):
            pieces_of = [self._one_step(str(name), part) for name, part in places.groupby("dataset")]
            if not pieces_of:
                break
            step = pd.concat(pieces_of)
            raw = step["dataset"].str.startswith("raw.").to_numpy(dtype=bool)
            found = step[raw & ~step.index.duplicated()]
            pieces += [self._of_raw(str(name), part) for name, part in found.groupby("dataset")]
            places = step[~raw & ~step.index.isin(found.index)]
        return pd.concat(pieces).reindex(range(len(rows))).astype("str")

    def _one_step(self, dataset: str, places: Frame) -> Frame:
        """The records that lineage names for some rows; indexed, as `places` is, by what was asked about."""
        if dataset not in self.outputs:
            return places.iloc[:0]
        lineage = self.outputs[dataset].lineage
        mine = lineage[lineage["row"].isin(places["row"]) & lineage["record"].notna()]
        step = places.reset_index(names="asked")[["asked", "row"]].merge(mine, on="row", sort=False)
        position = np.full(len(step), -1)
        for source in step["source"].unique():
            here = (step["source"] == source).to_numpy(dtype=bool)
            position[here] = self._positions(str(source), step.loc[here, "record"])
        found = pd.DataFrame({"dataset": step["source"].to_numpy(), "row": position}, index=step["asked"].to_numpy())
        return found[position >= 0]

    def _positions(self, source: str, records: pd.Series) -> np.ndarray:
        if source.startswith("raw."):
            return self._raw_records(source[4:]).get_indexer(records)
        if source not in self.outputs:
            return np.full(len(records), -1)
        return self._record_ids(source).get_indexer(records.str.removesuffix("/"))

    def _raw_records(self, form: str) -> pd.Index:
        if form not in self._raw:
            self._raw[form] = pd.Index(_unique(self.build.form(form).frame["record"]))
        return self._raw[form]

    def _record_ids(self, dataset: str) -> pd.Index:
        """USUBJID, and --SEQ where there is one: as lineage names records of a dataset."""
        if dataset not in self._records:
            frame = self.outputs[dataset].frame
            sequence = next((n for n in ("ASEQ", f"{dataset}SEQ") if n in frame), "")
            ids = frame["USUBJID"] if "USUBJID" in frame else pd.Series(np.nan, index=frame.index, dtype="str")
            if sequence:
                ids = ids + "/" + as_text(frame[sequence])
            self._records[dataset] = pd.Index(_unique(ids))
        return self._records[dataset]

    def _of_raw(self, name: str, places: Frame) -> Frame:
        return self.build.form(name[4:]).coordinates(places["row"].to_numpy()).set_axis(places.index)


def _unique(ids: pd.Series) -> list[str]:
    """Ids that can be looked up: one that is there twice, or is missing, names no record."""
    shared = ids.isna() | ids.duplicated(keep=False)
    return [f"? {n}" if twice else text for n, (text, twice) in enumerate(zip(ids, shared, strict=True))]


def _keys(output: Output, rows: np.ndarray) -> pd.Series:
    """The values of a dataset's keys, without STUDYID and --SEQ: what a person looks a record up by."""
    skipped = {"STUDYID", "ASEQ", "SRCSEQ", f"{output.name}SEQ"}
    names = [key for key in output.keys if key not in skipped and key in output.frame]
    whole = pd.Series("", index=range(len(rows)), dtype="str")
    for name in names:
        text = as_text(take(output.frame[name], rows)).fillna("")
        whole = whole + text.where(text == "", " " + text)
    return whole.str.strip()


