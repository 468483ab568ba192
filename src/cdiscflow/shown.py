"""The datasets that displays and profiles read, as specs see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from cdiscflow.shelf import Stored
from clinical.check import Plan
from clinical.derive import Derived
from clinical.frames import Frame
from clinical.qualifiers import with_qualifiers

if TYPE_CHECKING:
    from tlf.profile_spec import Profile
    from tlf.spec import Display

HELD = 3  # of a large study: who is in a display, what it counts, and one more


class Shown(Mapping[str, Frame]):
    """Datasets by name, with the qualifiers of their SUPP dataset as columns.

    Those of a large study, whose records are in pieces on disk, are read again unless they were among the
    last few that were asked for.
    """

    def __init__(self, plan: Plan, derived: Derived, readers: Iterable[Display | Profile]):
        self.study, self.outputs = plan.study, derived.outputs
        read = {name for reader in readers for name in reader.datasets}
        self.names = [name for name in derived.outputs if name in read]
        large = any(isinstance(output, Stored) for output in derived.outputs.values())
        self.most = HELD if large else len(self.names)
        self._held: dict[str, Frame] = {}

    def __getitem__(self, name: str) -> Frame:
        if name not in self.names:
            raise KeyError(name)
        found = self._held.pop(name, None)
        while found is None and len(self._held) >= self.most:
            del self._held[next(iter(self._held))]
        self._held[name] = self._read(name) if found is None else found
        return self._held[name]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def _read(self, name: str) -> Frame:
        supp, spec = self.outputs.get(f"SUPP{name}"), self.study.datasets.get(name)
        frame = self.outputs[name].frame
        return with_qualifiers(frame, supp.frame if supp else None, spec.supp if spec else ())
