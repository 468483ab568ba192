"""Which parts of a run's datasets the last run already has: a fingerprint for each dataset and bucket of
persons.

The fingerprint of (dataset, bucket) is made of the specs, programs, terminology, settings and package
versions that reach the dataset through the graph of columns, and of the content of exactly the raw fields
that do, in that bucket (architecture.md, 4). Equal fingerprints give equal records, so these are taken over,
not derived again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.check import Plan, fields_of_columns, words_of
from clinical.fingerprint import STUDY_BUCKET, code_fingerprint, file_hash, hash_of, package_versions
from clinical.frames import Frame, places_in
from clinical.output import Output
from clinical.spec import Dataset
from clinical.store import bucket_hashes

IDENTITY = ("USUBJID", "record", "participation")
Prints = dict[str, dict[int, str]]
Contents = dict[str, dict[int, dict[str, str]]]


@dataclass(frozen=True)
class Stated:
    """What reaches a dataset: hashes of specs, programs, terminology, settings and versions, and the raw
    fields by form (`*`: all).
    """

    static: dict[str, str]
    reads: dict[str, list[str]]


def contents_of(frame: Frame, buckets: np.ndarray) -> dict[int, dict[str, str]]:
    """The content hash of each column of a form in each bucket."""
    return bucket_hashes(frame.drop(columns="place", errors="ignore"), buckets)


def stated_of(plan: Plan, cut: str) -> dict[str, Stated]:
    """What reaches each dataset of a study, apart from records."""
    fields = fields_of_columns(plan.names)
    code = cache(code_fingerprint)  # several datasets share a module, and no file changes meanwhile
    found = {}
    for name in plan.study.datasets:
        columns = _closure(plan, name)
        read: dict[str, set[str]] = {}
        for node in columns:
            for form, field in fields.get(node, ()):
                read.setdefault(form, set()).add(field)
        static = _static(plan, {node[0] for node in columns}, cut, code)
        found[name] = Stated(static, {form: sorted(names) for form, names in sorted(read.items())})
    return found


@dataclass(frozen=True, eq=False)
class Last:
    """What the fingerprints of the last run were made of."""

    prints: Prints
    stated: dict[str, Stated]
    contents: Contents

    def moved(self, contents: Contents) -> dict[str, set[int]]:
        """The buckets of each form whose records are not as they were."""
        found = {}
        for form in {*contents, *self.contents}:
            new, old = contents.get(form, {}), self.contents.get(form, {})
            found[form] = {bucket for bucket in {*new, *old} if new.get(bucket) != old.get(bucket)}
        return found


def fingerprints(
    plan: Plan,
    stated: dict[str, Stated],
    contents: Contents,
    buckets: set[int],
    last: Last | None = None,
) -> Prints:
    """The fingerprint of each dataset in each bucket; a study-wide dataset has one, in the study bucket.

    Those of `last` for which nothing moved are not made again.
    """
    everywhere = sorted({STUDY_BUCKET, *buckets})
    moved = last.moved(contents) if last else {}
    found: Prints = {}
    for name, spec in plan.study.datasets.items():
        known, hit = stated[name], set()
        for form in known.reads:
            hit |= moved.get(form, set())
        old = last.prints.get(name, {}) if last and last.stated.get(name) == known else {}
        if spec.scope == "study":
            whole = [_content(contents, known.reads, b) for b in everywhere] if hit or not old else []
            found[name] = {STUDY_BUCKET: hash_of([known.static, whole])} if whole else old
        else:
            found[name] = {
                b: old[b]
                if b in old and b not in hit
                else hash_of([known.static, _content(contents, known.reads, b)])
                for b in everywhere
            }
    return found


def _content(contents: Contents, read: dict[str, list[str]], bucket: int) -> list:
    found = []
    for form, fields in read.items():
        columns = contents.get(form, {}).get(bucket, {})
        wanted = sorted(columns) if "*" in fields else sorted({*fields, *IDENTITY} & set(columns))
        found.append([form, [[name, columns[name]] for name in wanted]])
    return found


def _closure(plan: Plan, dataset: str) -> set[tuple[str, str]]:
    waiting = [node for node in plan.graph.needs if node[0] == dataset]
    found: set[tuple[str, str]] = set()
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += plan.graph.needs[node]
    return found


def _static(plan: Plan, datasets: set[str], cut: str, code: Callable[[str], str]) -> dict[str, str]:
    study = plan.study
    specs = [study.datasets[name] for name in sorted(datasets)]
    lists = sorted({w.args["codelist"] for spec in specs for _, _, w in words_of(spec) if w.word == "term"})
    programs = {spec.name for spec in specs for _, _, word in words_of(spec) if word.word == "program"}
    modules = [f"{spec.layer}.{spec.name.lower()}" for spec in specs if spec.name in programs]
    reached = {
        "spec": {spec.name: [spec.raw, spec.parameters] for spec in specs},
        "settings": study.config,
        "standard": {name: _standard(plan, name) for name in sorted(datasets)},
        "terminology": study.terms.fingerprint(lists),
        "lists": [file_hash(path) for spec in specs for path in _listed_files(plan, spec)],
        "units": [file_hash(study.library / name) for name in ("units.csv", "transliteration.csv")],
        "code": [code(module) for module in modules or ["clinical.derive"]],
        "packages": package_versions(),
        "cut": cut if any(spec.layer == "adam" for spec in specs) else "",
    }
    return {part: hash_of(value) for part, value in reached.items()}


def _listed_files(plan: Plan, spec: Dataset) -> list[Path]:
    """The CSV files beside a spec that its `table` or `each` walks."""
    names = [part.listed for part in spec.parts if part.listed and not part.listed.startswith("study.")]
    return [plan.study.folder / spec.layer / name for name in names]


def _standard(plan: Plan, name: str) -> list:
    standard = plan.study.standards.get(name)
    return (
        [[v.name, v.label, v.type, v.order, v.core] for v in standard.variables.values()] if standard else []
    )


def stale(new: Prints, old: Prints) -> dict[str, set[int]]:
    """The buckets to derive again, by dataset: those whose fingerprint is not the old one.

    A bucket that is in `old` alone lost its last person: it is derived again, from nothing.
    """
    found = {
        name: {
            bucket
            for bucket in {*buckets, *old.get(name, {})}
            if buckets.get(bucket) != old.get(name, {}).get(bucket)
        }
        for name, buckets in new.items()
    }
    return {name: buckets for name, buckets in found.items() if buckets}


def merged(
    fresh: dict[str, Output],
    kept: Mapping[str, Output],
    again: dict[str, set[int]],
    bucket: pd.Series,
    wide: Collection[str] = (),
) -> dict[str, Output]:
    """Each dataset's records: fresh ones of the buckets derived again, kept ones of the others.

    `again` names buckets by dataset (a SUPP-- follows its parent); `bucket` is the bucket of each person, by
    sorted USUBJID. Datasets not named in `again` are kept whole; those in `wide`, study-wide ones, are fresh
    whole.
    """
    found: dict[str, Output] = {}
    for name in dict.fromkeys([*kept, *fresh]):
        parent = name.removeprefix("SUPP")
        buckets = again.get(parent)
        if buckets is None:
            if name in kept:
                found[name] = kept[name]
        elif parent in wide or "USUBJID" not in (fresh.get(name) or kept[name]).frame:
            if name in fresh:
                found[name] = fresh[name]
        else:
            whole = _joined(fresh.get(name), kept.get(name), buckets, bucket)
            if whole is not None and (len(whole.frame) or not name.startswith("SUPP")):
                found[name] = whole
    return found


def _rows_in(output: Output, buckets: set[int], bucket: pd.Series, inside: bool) -> np.ndarray:
    """The records whose bucket is among `buckets`, or is not; nobody's are in the study bucket."""
    place = places_in(bucket.index, output.frame["USUBJID"])
    of_row = np.append(bucket.to_numpy(dtype="int64"), STUDY_BUCKET)[place]
    gone = (place < 0) & output.frame["USUBJID"].notna().to_numpy()
    return np.flatnonzero((np.isin(of_row, sorted(buckets)) == inside) & ~gone)


def rows_of(output: Output, rows: np.ndarray) -> Output:
    """Some records of a dataset, with their lineage, in the order of `rows`."""
    place = np.full(len(output.frame), -1, dtype="int64")
    place[rows] = np.arange(len(rows))
    at = place[output.lineage["row"].to_numpy()]
    kept = np.flatnonzero(at >= 0)
    kept = kept[np.argsort(at[kept], kind="stable")]
    lineage = output.lineage.take(kept).reset_index(drop=True).assign(row=at[kept])
    behind = None if output.behind is None else output.behind.take(rows).reset_index(drop=True)
    return _with(output, output.frame.take(rows).reset_index(drop=True), lineage, behind)


def _with(output: Output, frame: Frame, lineage: Frame, behind: Frame | None) -> Output:
    own = (output.name, output.label, output.layer)
    return Output(*own, frame, output.variables, lineage, output.keys, behind)


def _joined(fresh: Output | None, kept: Output | None, buckets: set[int], bucket: pd.Series) -> Output | None:
    """The fresh records of some buckets and the kept ones of the others, person by person."""
    if fresh is None or kept is None:
        return _some(fresh or kept, buckets, bucket, fresh is not None)
    longer = fresh if len(fresh.variables) >= len(kept.variables) else kept
    size = len(fresh.frame)
    rows = [_rows_in(fresh, buckets, bucket, True), _rows_in(kept, buckets, bucket, False) + size]
    frame = pd.concat([fresh.frame, kept.frame], ignore_index=True)[[v.name for v in longer.variables]]
    lineage = [fresh.lineage, kept.lineage.assign(row=kept.lineage["row"] + size)]
    behind = None if fresh.behind is None else pd.concat([fresh.behind, kept.behind], ignore_index=True)
    both = _with(longer, frame, pd.concat(lineage, ignore_index=True), behind)
    chosen = np.concatenate(rows)
    person = places_in(bucket.index, frame["USUBJID"])[chosen]
    whole = rows_of(both, chosen[np.argsort(person, kind="stable")])
    return _without_spare(whole, {v.name for v in fresh.variables} & {v.name for v in kept.variables})


def _some(output: Output | None, buckets: set[int], bucket: pd.Series, inside: bool) -> Output | None:
    return None if output is None else rows_of(output, _rows_in(output, buckets, bucket, inside))


def _without_spare(output: Output, needed: set[str]) -> Output:
    """Without columns for the rest of long texts (COVAL1) where no text is long any more."""
    spare = [v.name for v in output.variables if v.name not in needed and output.frame[v.name].isna().all()]
    if not spare:
        return output
    variables = tuple(v for v in output.variables if v.name not in spare)
    return replace(output, frame=output.frame.drop(columns=spare), variables=variables)


def followers(plan: Plan, names: Iterable[str]) -> set[str]:
    """The named datasets and those that need any of their columns, directly or through others."""
    found = set(names)
    while True:
        more = {
            node[0]
            for node, needs in plan.graph.needs.items()
            if node[0] not in found and any(need[0] in found for need in needs)
        }
        if not more:
            return found
        found |= more
