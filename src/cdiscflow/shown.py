"""The datasets that displays and profiles read, as specs see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from cdiscflow.shelf import Stored
from clinical.check import Plan
from clinical.derive import Derived
from clinical.fingerprint import hash_of
from clinical.frames import Column, Frame
from clinical.output import Output
from clinical.qualifiers import with_qualifiers

if TYPE_CHECKING:
    from tlf.profile_spec import Profile
    from tlf.spec import Display

HELD = 16  # columns of a large study


class OnDisk:
    """A dataset of a large study: gives its columns as a frame does, each read when it is asked for.

    The columns that were asked for last are held, those of all datasets together; `get` gives one.
    """

    def __init__(self, name: str, columns: list[str], rows: int, get: lru_cache):
        self.name, self.columns, self._rows, self._get = name, columns, rows, get

    def __len__(self) -> int:
        return self._rows

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> Column:
        if name not in self.columns:
            raise KeyError(name)
        return self._get(self.name, name)


class Shown(Mapping[str, Frame | OnDisk]):
    """Datasets by name, with the qualifiers of their SUPP dataset as columns.

    Those of a large study, whose records are in pieces on disk, are given column by column; only the dataset
    that decides who is in a display is a frame. Nothing is read before it is asked for.
    """

    def __init__(
        self, plan: Plan, derived: Derived, displays: Iterable[Display], profile: Profile | None = None
    ):
        displays = list(displays)
        read = {name for one in [*displays, *([profile] if profile else [])] for name in one.datasets}
        self._datasets = _Datasets(plan, derived)
        self._names = [name for name in derived.outputs if name in read]
        self._deciding = {display.population.dataset for display in displays}
        self._column = lru_cache(HELD)(self._datasets.column)
        self._frame = lru_cache(None)(self._datasets.frame)

    def __getitem__(self, name: str) -> Frame | OnDisk:
        if name not in self._names:
            raise KeyError(name)
        if name in self._deciding or not self._datasets.large(name):
            return self._frame(name)
        return OnDisk(name, self._datasets.columns(name), self._datasets.rows(name), self._column)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def whole(self, names: Iterable[str]) -> dict[str, Frame]:
        """Those of the named datasets that are there, as frames."""
        return {name: self._datasets.frame(name) for name in names if name in self}

    def hashes(self, described: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
        """The content hash of each dataset, as the manifest says it; one of both where it has qualifiers."""
        found = {name: str(described[name]["content"]) for name in self}
        supps = {name: described[f"SUPP{name}"]["content"] for name in self if f"SUPP{name}" in described}
        return found | {name: hash_of([found[name], supp]) for name, supp in supps.items()}


class _Datasets:
    """The outputs of a run, their qualifiers beside them."""

    def __init__(self, plan: Plan, derived: Derived):
        self.study, self.outputs = plan.study, derived.outputs

    def large(self, name: str) -> bool:
        return isinstance(self.outputs[name], Stored)

    def rows(self, name: str) -> int:
        return self.outputs[name].rows

    def columns(self, name: str) -> list[str]:
        own = self.outputs[name].columns
        return [*own, *(one for one in self._qualifiers(name) if one not in own)]

    def frame(self, name: str) -> Frame:
        return with_qualifiers(self.outputs[name].frame, self._supp(name), self._qualifiers(name))

    def column(self, name: str, column: str) -> Column:
        """One column; a qualifier is joined by the keys of the records alone."""
        output, supp = self.outputs[name], self._supp(name)
        if column not in self._qualifiers(name):
            return output.read([column])[column]
        keys = supp["IDVAR"].dropna().unique() if supp is not None else ()
        return with_qualifiers(output.read(["USUBJID", *keys]), supp, [column])[column]

    def _supp(self, name: str) -> Frame | None:
        output: Output | Stored | None = self.outputs.get(f"SUPP{name}")
        return output.frame if output else None

    def _qualifiers(self, name: str) -> tuple[str, ...]:
        spec = self.study.datasets.get(name)
        return tuple(spec.supp) if spec else ()
