"""Finished datasets as words may read them again: for the rules of the gates and for `explain`.

Gates judge what leaves the build, so their datasets are restored from the outputs: records in output order,
qualifiers joined back to their parents, EDC coordinates through lineage. Helpers are gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from clinical.build import Build
from clinical.check import Plan
from clinical.frames import Column, Frame, as_text, empty, places_in, take
from clinical.output import Output
from clinical.qualifiers import qualifier
from clinical.rows import Made
from clinical.spec import Dataset

SHOWN = ("form", "record", "Subject", "Folder", "InstanceRepeatNumber", "PageRepeatNumber", "RecordPosition")


class Restored(Made):
    """A finished dataset, read when first asked for; its coordinates come through the lineage, over other
    datasets to the raw record.
    """

    def __init__(self, spec: Dataset, output: Output, supp: Output | None, build: Build):
        self.spec, self.output, self.supp, self.build = spec, output, supp, build
        self.parts, self.settled, self.place, self.programmed = [], {}, None, None

    @cached_property
    def person(self) -> np.ndarray:
        """The person of each record; -1 for nobody."""
        if "USUBJID" not in [variable.name for variable in self.output.variables]:
            return np.full(len(self.output.frame), -1, dtype="int64")
        return places_in(pd.Index(self.build.persons), self.output.frame["USUBJID"])

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Its variables and qualifiers."""
        frame = self.output.frame
        found = {column: frame[column] for column in frame}
        self.__dict__["columns"] = found  # qualifiers find their parents by these
        return found | _qualifiers(self, self.supp, self.build)

    @property
    def column_names(self) -> set[str]:
        """The names of its variables and qualifiers; no record is read."""
        return {*self.output.columns, *self.spec.supp}

    def coordinates(self, rows: np.ndarray) -> Frame:
        """The EDC coordinates behind some records: of the first raw record each comes from."""
        lineage = (
            self.output.lineage.drop_duplicates("row").set_index("row")[["source", "record"]].reindex(rows)
        )
        found = {name: np.full(len(rows), None, dtype=object) for name in SHOWN}
        for source, index in lineage.reset_index(drop=True).groupby("source").indices.items():
            behind = self._behind(str(source), lineage["record"].iloc[index])
            for name in behind.columns.intersection(SHOWN):
                found[name][index] = behind[name].to_numpy(dtype=object, na_value=None)
        return pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in found.items()})

    def _behind(self, source: str, record: Column) -> Frame:
        """Coordinates of the records that lineage names; no values where none of this run is meant."""
        if source.startswith("raw."):
            raw = self.build.form(source[4:])
            places = positions(raw.frame["record"], record)
            found = raw.coordinates(places)
            return found.assign(form=found["form"].where(places >= 0))
        other = self.build.restored(source)
        if other is None or other is self:
            return pd.DataFrame(index=range(len(record)))
        return other.coordinates(positions(record_names(other), record))


def positions(names: Column, asked: Column) -> np.ndarray:
    """Where each asked name stands, the first place where several have it; -1 for none."""
    known = names[names.notna() & ~names.duplicated()]
    found = pd.Index(known).get_indexer(asked)
    return np.append(np.asarray(known.index), -1)[found]


def record_names(made: Made) -> Column:
    """USUBJID, and --SEQ where there is one, as lineage names a dataset's record."""
    person = take(made.build.persons, made.person)
    sequence = made.build.names.sequence(made.spec)
    return person + "/" + as_text(made.column(sequence)) if sequence in made.columns else person


class Restoration(Build):
    """A build whose datasets are all finished."""

    def restored(self, name: str) -> Restored | None:
        """A finished dataset; None where it is not among the outputs."""
        return self._made.get(name)


def restore(
    plan: Plan,
    raw: Mapping[str, Frame],
    outputs: dict[str, Output],
    cut: str = "",
    persons: Column | None = None,
) -> Restoration:
    """The finished datasets of a run, ready for words to read; `persons` are all, where they are known."""
    build = Restoration(plan.study, plan.names, plan.graph, raw, cut, persons=persons)
    for name, output in outputs.items():
        if name in plan.study.datasets:
            spec, supp = plan.study.datasets[name], outputs.get(f"SUPP{name}")
            build._made[name] = Restored(spec, output, supp, build)
    return build


def _qualifiers(made: Restored, supp: Output | None, build: Build) -> dict[str, Column]:
    names = list(made.spec.supp)
    found = {name: empty("str", made.size) for name in names}
    if supp is None:
        return found
    sequence = build.names.sequence(made.spec)
    mine = [take(build.persons, made.person), *([as_text(made.column(sequence))] if sequence else [])]
    for name in names:
        rows = supp.frame[supp.frame["QNAM"] == name].reset_index(drop=True)
        theirs = [rows["USUBJID"], *([rows["IDVARVAL"]] if sequence else [])]
        found[name] = qualifier(mine, theirs, rows["QVAL"])
    return found
