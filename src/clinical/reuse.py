"""Which parts of a run's datasets the last run already has: a fingerprint for each dataset and bucket of
persons.

The fingerprint of (dataset, bucket) is made of the specs, programs, terminology, settings and package
versions that reach the dataset through the graph of columns, and of the content of exactly the raw fields
that do, in that bucket (architecture.md, 4). Equal fingerprints give equal records, so these are taken over,
not derived again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.check import Plan, fields_of_columns, words_of
from clinical.fingerprint import STUDY_BUCKET, code_fingerprint, file_hash, hash_of, package_versions
from clinical.frames import Frame
from clinical.ledger import Ledger
from clinical.output import Output
from clinical.spec import Dataset
from clinical.store import bucket_hashes

IDENTITY = ("USUBJID", "record", "participation")
Prints = dict[str, dict[int, str]]


Contents = dict[str, dict[int, dict[str, str]]]


def contents_of(raw: dict[str, Frame], buckets: dict[str, np.ndarray]) -> Contents:
    """The content hash of each column of each form in each bucket."""
    return {form: bucket_hashes(_hashable(frame), buckets[form]) for form, frame in raw.items()}


def fingerprints(
    plan: Plan,
    raw: dict[str, Frame],
    buckets: dict[str, np.ndarray],
    cut: str,
    contents: Contents | None = None,
) -> Prints:
    """The fingerprint of each dataset in each bucket; a study-wide dataset has one, in the study bucket."""
    contents = contents_of(raw, buckets) if contents is None else contents
    everywhere = {STUDY_BUCKET, *(int(b) for numbers in buckets.values() for b in np.unique(numbers))}
    fields = fields_of_columns(plan.names)
    code = cache(code_fingerprint)  # several datasets share a module, and no file changes meanwhile
    found: Prints = {}
    for name, spec in plan.study.datasets.items():
        columns = _closure(plan, name)
        read: dict[str, set[str]] = {}
        for node in columns:
            for form, field in fields.get(node, ()):
                read.setdefault(form, set()).add(field)
        static = _static(plan, {node[0] for node in columns}, cut, code)
        if spec.scope == "study":
            whole = [_content(contents, read, bucket) for bucket in sorted(everywhere)]
            found[name] = {STUDY_BUCKET: hash_of([static, whole])}
        else:
            found[name] = {b: hash_of([static, _content(contents, read, b)]) for b in sorted(everywhere)}
    return found


def _hashable(frame: Frame) -> Frame:
    return frame.drop(columns="place", errors="ignore")


def _content(contents: dict, read: dict[str, set[str]], bucket: int) -> list:
    found = []
    for form, fields in sorted(read.items()):
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


def _static(plan: Plan, datasets: set[str], cut: str, code: Callable[[str], str]) -> str:
    study = plan.study
    specs = [study.datasets[name] for name in sorted(datasets)]
    lists = sorted({w.args["codelist"] for spec in specs for _, _, w in words_of(spec) if w.word == "term"})
    programs = {spec.name for spec in specs for _, _, word in words_of(spec) if word.word == "program"}
    modules = [f"{spec.layer}.{spec.name.lower()}" for spec in specs if spec.name in programs]
    return hash_of(
        {
            "specs": {spec.name: [spec.raw, spec.parameters] for spec in specs},
            "settings": study.config,
            "standards": {name: _standard(plan, name) for name in sorted(datasets)},
            "terms": study.terms.fingerprint(lists),
            "listed": [file_hash(path) for spec in specs for path in _listed_files(plan, spec)],
            "tables": [file_hash(study.library / name) for name in ("units.csv", "transliteration.csv")],
            "code": [code(module) for module in modules or ["clinical.derive"]],
            "packages": package_versions(),
            "cut": cut if any(spec.layer == "adam" for spec in specs) else "",
        }
    )


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


@dataclass(frozen=True, eq=False)
class Kept:
    """What the last run has: outputs by name and its ledger."""

    outputs: dict[str, Output]
    ledger: Ledger


def merged(
    fresh: dict[str, Output],
    kept: dict[str, Output],
    again: dict[str, set[int]],
    bucket: pd.Series,
    wide: Collection[str] = (),
) -> dict[str, Output]:
    """Each dataset's records: fresh ones of the buckets derived again, kept ones of the others.

    `again` names buckets by dataset (a SUPP-- follows its parent); `bucket` is the bucket of each USUBJID.
    Datasets not named in `again` are kept whole; those in `wide`, study-wide ones that name persons, are
    fresh whole.
    """
    found: dict[str, Output] = {}
    for name in dict.fromkeys([*kept, *fresh]):
        buckets = again.get(name.removeprefix("SUPP") if name.startswith("SUPP") else name)
        if buckets is None:
            if name in kept:
                found[name] = kept[name]
        elif name in wide or (
            STUDY_BUCKET in buckets and "USUBJID" not in (fresh.get(name) or kept[name]).frame
        ):
            found[name] = fresh[name]
        else:
            whole = _joined(
                _part(fresh.get(name), buckets, bucket, True), _part(kept.get(name), buckets, bucket, False)
            )
            if whole is not None and (len(whole.frame) or not name.startswith("SUPP")):
                found[name] = whole
    return found


def _part(output: Output | None, buckets: set[int], bucket: pd.Series, inside: bool) -> Output | None:
    if output is None:
        return None
    person = output.frame["USUBJID"].map(bucket)
    gone = (person.isna() & output.frame["USUBJID"].notna()).to_numpy()
    chosen = person.fillna(STUDY_BUCKET).astype("int64").isin(buckets).to_numpy() == inside
    return rows_of(output, np.flatnonzero(chosen & ~gone))


def rows_of(output: Output, rows: np.ndarray) -> Output:
    """Some records of a dataset, with their lineage."""
    place = np.full(len(output.frame), -1, dtype="int64")
    place[rows] = np.arange(len(rows))
    lineage = output.lineage.assign(row=place[output.lineage["row"]])
    lineage = lineage[lineage["row"] >= 0].sort_values("row", kind="stable").reset_index(drop=True)
    frame = output.frame.iloc[rows].reset_index(drop=True)
    return replace(output, frame=frame, lineage=lineage)


def _joined(one: Output | None, two: Output | None) -> Output | None:
    if one is None or two is None:
        return one or two
    frame = pd.concat([one.frame, two.frame], ignore_index=True)
    shifted = two.lineage.assign(row=two.lineage["row"] + len(one.frame))
    whole = replace(one, frame=frame, lineage=pd.concat([one.lineage, shifted], ignore_index=True))
    persons = np.array(frame["USUBJID"].fillna(""), dtype=object)
    return rows_of(whole, np.argsort(persons, kind="stable")) if len(frame) else whole


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
