"""What the gates said, by dataset, part and bucket of persons: kept for the next run, with what it hangs on.

A part of a dataset is one rule, or what the specs promise of it (`''`). A piece, that is a part in a bucket,
is judged again when something that it reads moved in that bucket; all other pieces are taken over, with
records that failed, findings and filters that held (docs/decisions/0040). A rule that compares persons, and
everything of a dataset without persons, is one piece for the whole study.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import pandas as pd

from checks import masks
from checks.rules import Rule
from clinical.findings import COLUMNS
from clinical.fingerprint import STUDY_BUCKET
from clinical.frames import Frame, places_in
from clinical.moved import ANY, Moved
from clinical.restore import Restoration

PROMISES = ""
FRAMES = {
    "failed": {"dataset": "str", "part": "str", "bucket": "int64", "kind": "str", "column": "str",
               "records": "int64"},
    "held": {"dataset": "str", "part": "str", "bucket": "int64", "place": "str"},
    "findings": {"part": "str", "bucket": "int64", **dict.fromkeys(COLUMNS, "str")},
}  # fmt: skip
Prints = dict[str, dict[int, str]]
Pieces = dict[str, dict[str, frozenset[int]]]  # buckets by dataset and part


def frame_of(name: str, rows: Iterable[tuple] | Frame) -> Frame:
    """One of FRAMES with its columns and types; no text in it is missing."""
    kinds = FRAMES[name]
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows), columns=list(kinds))
    text = {column: frame[column].astype(kind) for column, kind in kinds.items()}
    return pd.DataFrame({c: s.fillna("") if kinds[c] == "str" else s for c, s in text.items()})


@dataclass(eq=False)
class Inputs:
    """What a run's gates hang on: a hash of specs, terminology, code and packages; the data cut and the last
    day; by bucket hashes of what each dataset was made from, of each form, and of the coordinates in each
    form; the datasets and forms that lineage leads to from each dataset; and the columns of what was judged.
    """

    everything: str = ""
    cut: str = ""
    day: str = ""
    datasets: Prints = field(default_factory=dict)
    forms: Prints = field(default_factory=dict)
    places: Prints = field(default_factory=dict)
    behind: dict[str, list[str]] = field(default_factory=dict)
    shapes: dict[str, list[list[str]]] = field(default_factory=dict)

    @classmethod
    def stated(cls, said: dict) -> Inputs:
        """From what `asdict` gave, after it went through JSON, where numbers are text."""
        prints = {
            name: {one: {int(bucket): value for bucket, value in found.items()}
                   for one, found in said[name].items()}
            for name in ("datasets", "forms", "places")
        }  # fmt: skip
        return cls(**said | prints)

    def all_behind(self, name: str) -> list[str]:
        """A dataset, and the datasets and forms that lineage leads to from it."""
        found, waiting = set(), [name]
        while waiting:
            each = waiting.pop()
            if each not in found:
                found.add(each)
                waiting += self.behind.get(each, ())
        return sorted(found)


@dataclass(eq=False)
class Said:
    """What gates said, and of which inputs: expectations asked by dataset and part as (kind, column,
    severity, rule); records that failed one, filters that held and findings by piece.
    """

    inputs: Inputs = field(default_factory=Inputs)
    asked: dict[str, dict[str, list[list[str]]]] = field(default_factory=dict)
    failed: Frame = field(default_factory=lambda: frame_of("failed", ()))
    held: Frame = field(default_factory=lambda: frame_of("held", ()))
    findings: Frame = field(default_factory=lambda: frame_of("findings", ()))

    def stated(self) -> dict[str, object]:
        """Inputs and expectations as JSON can hold them."""
        return {"inputs": asdict(self.inputs), "asked": self.asked}

    def only(self, pieces: Pieces) -> Said:
        """What was said of these pieces, and the expectations asked of their parts."""
        asked = {
            name: {part: self.asked[name][part] for part in parts if part in self.asked.get(name, {})}
            for name, parts in pieces.items()
        }
        return Said(self.inputs, asked, **{name: _chosen(getattr(self, name), pieces) for name in FRAMES})


def _chosen(frame: Frame, pieces: Pieces) -> Frame:
    frame = frame[frame["dataset"].isin(list(pieces))]
    codes, texts = pd.factorize(
        frame["dataset"] + "\t" + frame["part"] + "\t" + frame["bucket"].astype("str")
    )
    keys = [text.split("\t") for text in texts]
    chosen = [int(bucket) in pieces[name].get(part, ()) for name, part, bucket in keys]
    return frame[np.array(chosen, dtype=bool)[codes]]


def all_said(parts: list[Said]) -> Said:
    """What several gates said of the same inputs."""
    asked = {name: said for part in parts for name, said in part.asked.items()}
    frames = {name: joined([getattr(part, name) for part in parts]) for name in FRAMES}
    return Said(parts[0].inputs, asked, **frames)


def joined(frames: list[Frame]) -> Frame:
    """All rows of frames of one kind."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


@dataclass(eq=False)
class Night:
    """One run as the gates see it: whose records are in which bucket of how many, what they hang
    on, what the gates of the last run said and which columns of rebuilt datasets differ from that run's
    (None: nobody compared). A large study is judged in `rounds`, the buckets of each (none: all at once).
    """

    of_person: pd.Series
    buckets: frozenset[int]
    count: int
    inputs: Inputs = field(default_factory=Inputs)
    kept: Said | None = None
    moved: Moved | None = None
    rounds: tuple[frozenset[int], ...] = ()

    def bucket(self, persons: pd.Series) -> np.ndarray:
        """The bucket of each record by its USUBJID; the study's where there is none."""
        place = places_in(self.of_person.index, persons)
        return np.append(self.of_person.to_numpy(dtype="int64"), STUDY_BUCKET)[place]


class Changes:
    """What differs from the last run, and so which pieces are stale."""

    def __init__(self, night: Night, keys: Mapping[str, Collection[str]]):
        self.night, self.keys = night, keys
        self.now, self.before = night.inputs, night.kept.inputs if night.kept else Inputs()
        self.all = night.kept is None or self.now.everything != self.before.everything
        if not self.all:
            forms = {f"raw.{name}" for name in {**self.now.forms, **self.before.forms}}
            named = {*self.now.datasets, *self.before.datasets}
            self.columns = {name: self._of_form(name[4:]) for name in forms}
            self.columns |= {name: self._of_dataset(name) for name in named}
            self.places = {name: self._places(name) for name in (*forms, *named)}

    def stale(self, dataset: str, rule: Rule | None, whole: bool) -> frozenset[int]:
        """The buckets in which a rule, or what is promised of a dataset, is to be judged; `whole`: the study
        is one piece.
        """
        every = frozenset([STUDY_BUCKET]) if whole else self.night.buckets
        if self._asked_anew(dataset, rule):
            return every
        found = set(self.places.get(dataset.removeprefix("SUPP"), ()))
        for name, columns in (rule.columns if rule else {dataset: [ANY]}).items():
            found |= self._moved(name, columns)
        return every if found and (whole or STUDY_BUCKET in found) else frozenset(found & every)

    def _asked_anew(self, dataset: str, rule: Rule | None) -> bool:
        """Whether no bucket of a part can be taken over."""
        if self.all or (rule.id if rule else PROMISES) not in self.night.kept.asked.get(dataset, {}):
            return True
        if rule and self.now.day != self.before.day and asks_last_day(rule):
            return True
        if rule and self.now.cut != self.before.cut and asks_cut(rule):
            return True
        return self.now.shapes[dataset] != self.before.shapes[dataset]

    def _moved(self, name: str, columns: Collection[str]) -> set[int]:
        looked_at = {*columns, *self.keys.get(name, ()), ANY}
        found = self.columns.get(name.removeprefix("SUPP"), {})
        return {
            bucket for bucket, moved in found.items() if ANY in columns or not looked_at.isdisjoint(moved)
        }

    def _of_form(self, form: str) -> dict[int, frozenset[str]]:
        found = _differing(self.now.forms.get(form, {}), self.before.forms.get(form, {}))
        return dict.fromkeys(found, frozenset([ANY]))

    def _of_dataset(self, name: str) -> dict[int, frozenset[str]]:
        """The columns that moved; whatever happens to its qualifiers moves everything of a dataset."""
        found = _differing(self.now.datasets.get(name, {}), self.before.datasets.get(name, {}))
        if self.night.moved is None:
            return dict.fromkeys(found, frozenset([ANY]))
        own, supp = (self.night.moved.get(each, {}) for each in (name, f"SUPP{name}"))
        return {b: frozenset([ANY]) if b in supp else own[b] for b in found if b in own or b in supp}

    def _places(self, name: str) -> set[int]:
        """The buckets in which the coordinates of its records may have moved."""
        found: set[int] = set()
        for each in self.now.all_behind(name):
            if each.startswith("raw."):
                form = each[4:]
                found |= _differing(self.now.places.get(form, {}), self.before.places.get(form, {}))
            elif each in self.columns:
                moved = self.columns[each]
                found |= {
                    b for b, names in moved.items() if any(n == ANY or n.endswith("SEQ") for n in names)
                }
        return found


def _differing(new: dict[int, str], old: dict[int, str]) -> set[int]:
    return {bucket for bucket in {**new, **old} if new.get(bucket) != old.get(bucket)}


def alone(build: Restoration) -> Night:
    """A run that takes nothing over and leaves nothing worth keeping: everybody in one bucket."""
    return Night(pd.Series(0, index=build.persons.to_numpy()), frozenset({STUDY_BUCKET, 0}), 1)


def asks_last_day(rule: Rule) -> bool:
    """Whether the verdict of a rule also depends on the last day."""
    return rule.mask is not None and masks.asks_last_day(rule.mask.function)


def asks_cut(rule: Rule) -> bool:
    """Whether the verdict of a rule may also depend on the data cut: ADaM reads SDTM up to it [D-CUT]."""
    return (rule.gate == "adam" and bool(rule.reads)) or "data_cut" in repr([*rule.words()])


def compares_persons(rule: Rule) -> bool:
    """Whether a rule can only be asked for the whole study."""
    return rule.mask is not None and masks.is_of_the_study(rule.mask.function)
