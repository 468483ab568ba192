"""What a run leaves for the next one (folder `state/`): raw frames, fingerprints and what they are made of,
ledger, and the description of its datasets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from cdiscflow.unmatched import Answers
from clinical.files import json_bytes
from clinical.findings import COLUMNS
from clinical.fingerprint import bucket_count, bucket_of, hash_of, tree
from clinical.frames import Column
from clinical.ledger import INTEGERS, PIECES, Ledger, piece
from clinical.manifest import read_manifest
from clinical.output import Output
from clinical.raw_frames import RawFrames, Stored, by_bucket, persons_of
from clinical.reuse import Contents, Last, Stated, contents_of
from clinical.run import Run, checked, read_frame
from clinical.standards import Variable
from clinical.store import Frame, schema_of
from clinical.study import Study
from edc.kept import FileRead, Kept
from edc.read import Extract

if TYPE_CHECKING:
    from cdiscflow.deriving import Rebuilt

LEDGER, RAW, BEHIND = "state/{}.parquet", "state/raw/{}.parquet", "state/behind/{}.parquet"
OUTPUTS, CONTENTS, STATED, READ, UNMATCHED = (
    f"state/{name}.json" for name in ("outputs", "contents", "stated", "read", "unmatched")
)
PERSONS = "state/persons.parquet"
READ_FINDINGS = "state/read-findings.parquet"
KINDS = dict.fromkeys(INTEGERS, "Int")


@dataclass(frozen=True, eq=False)
class People:
    """The persons of an extract and their buckets; `sizes` are the records of each form in each bucket."""

    count: int
    of_person: pd.Series
    sizes: dict[str, dict[int, int]]

    @property
    def persons(self) -> pd.Series:
        """All persons, sorted."""
        return pd.Series(self.of_person.index, dtype="str")


def people_of(raw: RawFrames, memory: Memory | None) -> tuple[RawFrames, People]:
    """The bucket of each person, and the raw frames; `memory` knows those of the last run, stored ones too.

    Raw frames that were stored in another number of buckets are read.
    """
    persons = memory.persons if memory and memory.has_persons_of(raw) else persons_of(raw)
    count = bucket_count(len(persons))
    if raw.stored and (memory is None or memory.buckets != count):
        raw = RawFrames({form: raw[form] for form in raw})
    buckets = pd.Series(bucket_of(persons, count), index=persons.to_numpy())
    return raw, People(count, buckets, {form: raw.sizes(form, count) for form in raw})


class KeptOutput(Output):
    """A dataset of the last run; its records are read when first asked for. `entry` is what its manifest
    says of it.
    """

    def __init__(self, run: Path, manifest: dict, name: str, described: dict):
        variables = tuple(Variable(**variable) for variable in described["variables"])
        own = {"name": name, "label": described["label"], "layer": described["layer"],
               "variables": variables, "keys": tuple(described["keys"])}  # fmt: skip
        self.__dict__.update(own, run=run, manifest=manifest, described=described)
        self.__dict__["entry"] = manifest.get("datasets", {}).get(name, {})

    @cached_property
    def frame(self) -> Frame:
        """Its records."""
        return self._read(f"{self.layer}/{self.name.lower()}.parquet")

    def read(self, columns: list[str]) -> Frame:
        """Some variables of all its records; no other is read."""
        if "frame" in self.__dict__:
            return self.frame[columns]
        return self._read(f"{self.layer}/{self.name.lower()}.parquet", columns)

    @cached_property
    def lineage(self) -> Frame:
        """Where they come from."""
        return self._read(f"lineage/{self.name.lower()}.parquet")

    @cached_property
    def behind(self) -> Frame | None:
        """What study-wide datasets read of it."""
        file = BEHIND.format(self.name.lower())
        return self._read(file) if file in self.manifest["files"] else None

    @property
    def rows(self) -> int:
        """How many records it has."""
        return int(self.entry["rows"])

    @property
    def columns(self) -> list[str]:
        """The names of its columns."""
        return [variable.name for variable in self.variables]

    @property
    def sources(self) -> tuple[str, ...]:
        """The forms and datasets that its records come from."""
        return tuple(self.described["sources"])

    def _read(self, file: str, columns: list[str] | None = None) -> Frame:
        return read_frame(self.run, file, columns, manifest=self.manifest)


@dataclass(frozen=True, eq=False)
class Memory:
    """The last run, as far as the next one may take it over."""

    run: Path
    buckets: int
    last: Last
    outputs: Mapping[str, Output]
    manifest: dict = field(default_factory=dict)

    @cached_property
    def persons(self) -> Column:
        """All persons, sorted."""
        return read_frame(self.run, PERSONS, manifest=self.manifest)["USUBJID"]

    def has_persons_of(self, raw: RawFrames) -> bool:
        """Whether each form has records of the same persons as in the last run."""
        known = self.last.contents
        return known.keys() == {*raw} and all(
            _persons_in(contents_of(frame[["USUBJID"]], raw.buckets(form, self.buckets)))
            == _persons_in(known[form])
            for form, frame in raw.fresh.items()
        )

    def answers(self, outputs: Mapping[str, Output]) -> Answers:
        """Which filters match nothing in those of the datasets that are the last run's."""
        kept = {name for name, output in outputs.items() if isinstance(output, KeptOutput)}
        known = _json(self.run, UNMATCHED, self.manifest)
        return {name: said for name, said in known.items() if name in kept}

    @cached_property
    def ledger(self) -> Ledger:
        """What was noted while its datasets were built."""
        return Ledger(
            **{name: piece(name, read_frame(self.run, LEDGER.format(name), manifest=self.manifest))
               for name in PIECES}
        )  # fmt: skip


def _persons_in(contents: dict[int, dict[str, str]]) -> dict[int, str]:
    return {bucket: columns["USUBJID"] for bucket, columns in contents.items()}


def remember(before: Path | None) -> Memory | None:
    """The memory of the last run; None where there is none."""
    if before is None:
        return None
    manifest = read_manifest(before)
    if not {OUTPUTS, CONTENTS, STATED, READ, PERSONS, UNMATCHED} <= set(manifest["files"]):
        return None
    prints = {name: _by_number(found) for name, found in manifest["fingerprints"].items()}
    stated = {name: Stated(**each) for name, each in _json(before, STATED, manifest).items()}
    contents = {form: _by_number(found) for form, found in _json(before, CONTENTS, manifest).items()}
    outputs = {
        name: KeptOutput(before, manifest, name, each)
        for name, each in _json(before, OUTPUTS, manifest).items()
    }
    return Memory(before, manifest["buckets"], Last(prints, stated, contents), outputs, manifest)


def _by_number(found: dict[str, object]) -> dict[int, object]:
    return {int(bucket): value for bucket, value in found.items()}


def _json(run: Path, file: str, manifest: dict) -> dict:
    return json.loads(checked(run, file, manifest).read_bytes())


def reader_print(study: Study, inputs: Mapping[str, object]) -> str:
    """What the reading of an extract depends on beside its files."""
    return hash_of([tree(study.folder / "raw"), study.config, inputs["code"], inputs["packages"]])


def kept_reading(before: Path | None, printed: str) -> Kept | None:
    """What the last run read, if it read in the same way."""
    manifest = read_manifest(before) if before else {"files": {}}
    if READ not in manifest["files"]:
        return None
    stated = _json(before, READ, manifest)
    if stated["print"] != printed:
        return None
    frames = _stored(before, manifest, stated)
    hashes = manifest["extract"]["files"]
    files = {path: FileRead(hashes[path], **{name: _tuples(value) for name, value in each.items()})
             for path, each in stated["files"].items()}  # fmt: skip
    findings = read_frame(before, READ_FINDINGS, manifest=manifest).astype("str").fillna("")
    late = {form: _tuples(lines) for form, lines in stated["late"].items()}
    return Kept(files, frames, findings, late, tuple(stated["shown"]))


def _stored(before: Path, manifest: dict, stated: dict) -> dict[str, Stored]:
    found = {}
    for form, each in stated["frames"].items():
        file = RAW.format(form.lower())
        sha256 = manifest["files"][file]["sha256"]
        found[form] = Stored(before / file, sha256, _by_number(each["rows"]), tuple(each["columns"]))
    return found


@dataclass(frozen=True, eq=False)
class Collected:
    """The collected records of the last run, in its number of buckets, and their content hashes."""

    raw: RawFrames
    contents: Contents
    buckets: int

    def moved(self, form: str, contents: Contents, count: int) -> set[int]:
        """The buckets of a form whose content is another now; all of them in another number of buckets."""
        old, new = self.contents.get(form, {}), contents.get(form, {})
        if count != self.buckets:
            return {*old, *new}
        return {bucket for bucket in {*old, *new} if old.get(bucket) != new.get(bucket)}


def collected_before(before: Path) -> Collected:
    """What the last run read, however it read it."""
    manifest = read_manifest(before)
    contents = {form: _by_number(found) for form, found in _json(before, CONTENTS, manifest).items()}
    raw = RawFrames({}, _stored(before, manifest, _json(before, READ, manifest)))
    return Collected(raw, contents, manifest["buckets"])


def _tuples(value: object) -> object:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def leave(job: Run, before: Path | None, extract: Extract, printed: str, rebuilt: Rebuilt) -> None:
    """Writes what the next run may take over, in an order that depends on nothing but the content."""
    last, derived = rebuilt.last, rebuilt.derived
    for name, columns in PIECES.items():
        frame = getattr(derived.ledger, name)[columns]
        frame = frame.sort_values(columns, kind="stable").reset_index(drop=True)
        job.write_frame(LEDGER.format(name), frame, {c: KINDS.get(c, "Char") for c in columns})
    job.write_frame(PERSONS, rebuilt.people.persons.to_frame("USUBJID"))
    job.write_bytes(UNMATCHED, json_bytes(rebuilt.unmatched))
    job.write_bytes(CONTENTS, json_bytes(last.contents))
    job.write_bytes(STATED, json_bytes({name: asdict(each) for name, each in last.stated.items()}))
    _leave_outputs(job, before, derived.outputs)
    _leave_reading(job, before, extract, printed, rebuilt.people)


def _leave_outputs(job: Run, before: Path | None, outputs: dict[str, Output]) -> None:
    described = {}
    for name, output in outputs.items():
        described[name] = {
            "label": output.label, "layer": output.layer, "keys": list(output.keys),
            "variables": [asdict(variable) for variable in output.variables], "sources": list(output.sources),
        }  # fmt: skip
        file = BEHIND.format(name.lower())
        if isinstance(output, KeptOutput):
            if file in output.manifest["files"]:
                job.link(file, before)
        elif output.behind is not None:
            job.write_frame(file, output.behind)
    job.write_bytes(OUTPUTS, json_bytes(described))


def _leave_reading(job: Run, before: Path | None, extract: Extract, printed: str, people: People) -> None:
    kept, raw, frames = extract.kept, extract.frames, {}
    for form in raw:
        file = RAW.format(form.lower())
        frames[form] = {"rows": people.sizes[form], "columns": list(raw.columns(form))}
        if form in raw.stored:
            job.link(file, before)
        else:
            frame, rows = by_bucket(raw[form], raw.buckets(form, people.count))
            job.write_frame(file, frame, schema_of(frame), groups=list(rows.values()))
    files = {path: asdict(each) for path, each in kept.files.items()}
    for each in files.values():
        del each["sha256"]  # the manifest says it, apart from what another order of rows leaves as it is
    stated = {"print": printed, "files": files, "frames": frames, "late": kept.late, "shown": kept.shown}
    job.write_bytes(READ, json_bytes(stated))
    job.write_frame(READ_FINDINGS, kept.findings, dict.fromkeys([*COLUMNS, "place"], "Char"))


def contents_now(raw: RawFrames, count: int, last: Last | None) -> Contents:
    """The content hashes of every form; those of forms that are as they were come from the last run."""
    return {
        form: last.contents[form] if form in raw.stored else contents_of(raw[form], raw.buckets(form, count))
        for form in raw
    }
