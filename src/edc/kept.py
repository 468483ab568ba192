"""What the reader leaves for the next run, and takes over for files that are as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from clinical.findings import Frame
from clinical.raw_frames import Stored

Line = tuple[str, str, str, int]  # of the row account: form, rule, reason, rows


@dataclass(frozen=True, eq=False)
class FileRead:
    """What reading a file gave beside frames: rows, encoding, its forms, and its lines of the row account.

    `present` are those of the rescreened numbers that it has, `enrolled` those that it says were enrolled.
    """

    sha256: str
    rows: int
    encoding: str
    forms: tuple[str, ...]
    account: tuple[Line, ...]
    present: tuple[str, ...] = ()
    enrolled: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Kept:
    """What was read: each file, the frames, findings by file (`file`) or, for `late` ones, by form.

    `shown` are the screenings that DM shows of rescreened persons, `late` lines of the row account by form:
    what depends on more than one file.
    """

    files: Mapping[str, FileRead] = field(default_factory=dict)
    frames: Mapping[str, Stored] = field(default_factory=dict)
    findings: Frame = field(default_factory=pd.DataFrame)
    late: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)
    shown: tuple[str, ...] = ()

    def has(self, path: str, sha256: str) -> bool:
        """Whether a file is as it was, and all its forms are there."""
        known = self.files.get(path)
        return known is not None and known.sha256 == sha256 and set(known.forms) <= set(self.frames)

    def findings_of(self, place: str) -> Frame:
        """The findings of a file, or the late ones of a form."""
        return self.findings[self.findings["place"] == place].drop(columns="place")
