"""What differs between the datasets of two extracts, by subject, dataset and variable, whatever the --SEQ."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import pandas as pd

from clinical.output import Output

ADDED, REMOVED = "+", "-"
BY_KEYS = {"DM": (), "SE": ("ETCD",), "SV": ("VISITNUM",)}  # many records of the EDC make one of these
Row = dict[str, str]


@dataclass
class Change:
    """A variable of one record, or a whole record, before and after; the EDC records it was made of."""

    dataset: str
    variable: str
    before: str
    after: str
    records: frozenset[str]


@dataclass
class Rows:
    """The records of a dataset with their qualifiers, by subject and by what tells them apart."""

    found: dict[str, dict[tuple, list[tuple[Row, frozenset[str]]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )


def changes(clean: dict[str, Output], dirty: dict[str, Output]) -> dict[str, list[Change]]:
    """The changes of each subject (by screening number) in all datasets; relations are compared as pairs."""
    found: dict[str, list[Change]] = defaultdict(list)
    names = [name for name in dirty if not name.startswith("SUPP") and "USUBJID" in dirty[name].frame]
    for name in names:
        before, after = rows_of(name, clean), rows_of(name, dirty)
        for subject in before.found.keys() | after.found.keys():
            found[subject] += _between(name, before.found[subject], after.found[subject])
    return {subject: changed for subject, changed in found.items() if changed}


def rows_of(name: str, outputs: dict[str, Output]) -> Rows:
    """A dataset's records as text without --SEQ, with the qualifiers of each as further variables."""
    output, rows = outputs[name], Rows()
    records = _records(output)
    texts = _texts(output.frame)
    numbered = {}
    for place, row in enumerate(texts):
        numbered[row["USUBJID"], row.get(f"{name}SEQ", "")] = place
    more = outputs.get(f"SUPP{name}")
    for each in _texts(more.frame) if more else ():
        texts[numbered[each["USUBJID"], each["IDVARVAL"]]][each["QNAM"]] = each["QVAL"]
    if name == "RELREC":
        return _relations(texts, outputs)
    for place, row in enumerate(texts):
        told = tuple(row[key] for key in BY_KEYS[name]) if name in BY_KEYS else tuple(sorted(records[place]))
        kept = {key: value for key, value in row.items() if not key.endswith("SEQ") and key != "IDVARVAL"}
        rows.found[_subject(row)][told].append((kept, records[place]))
    return rows


def _relations(texts: list[Row], outputs: dict[str, Output]) -> Rows:
    """Every relation as the set of EDC records that it ties together."""
    tied: dict[tuple[str, str], set[str]] = defaultdict(set)
    known: dict[str, dict[tuple[str, str], frozenset[str]]] = {}
    for row in texts:
        name = row["RDOMAIN"]
        if name not in known:
            records, frame = _records(outputs[name]), _texts(outputs[name].frame)
            known[name] = {(one["USUBJID"], one[f"{name}SEQ"]): records[n] for n, one in enumerate(frame)}
        if row["IDVARVAL"]:
            tied[row["USUBJID"], row["RELID"]] |= {f"{name} {record}" for record in
                                                   known[name][row["USUBJID"], row["IDVARVAL"]]}  # fmt: skip
    rows = Rows()
    for (person, _), members in tied.items():
        plain = frozenset(member.split(" ", 1)[1] for member in members)
        rows.found[_subject({"USUBJID": person})][tuple(sorted(members))].append(({}, plain))
    return rows


def _between(name: str, before: dict, after: dict) -> list[Change]:
    found, lost, new = [], [], []
    for key in before.keys() | after.keys():
        old, now = before.get(key, []), after.get(key, [])
        for (one, records), (other, others) in zip(old, now, strict=False):
            found += _cells(name, one, other, records | others)
        lost, new = lost + old[len(now) :], new + now[len(old) :]
    for row in [each for each in lost if any(each[0] == other[0] for other in new)]:
        lost.remove(row)
        new.remove(next(each for each in new if each[0] == row[0]))
    if len(lost) == len(new) == 1:
        return found + _cells(name, lost[0][0], new[0][0], lost[0][1] | new[0][1])
    found += [Change(name, REMOVED, "", "", records) for _, records in lost]
    return found + [Change(name, ADDED, "", "", records) for _, records in new]


def _cells(name: str, one: Row, other: Row, records: frozenset[str]) -> list[Change]:
    return [
        Change(name, variable, one.get(variable, ""), other.get(variable, ""), records)
        for variable in one | other
        if one.get(variable, "") != other.get(variable, "")
    ]


def _records(output: Output) -> list[frozenset[str]]:
    """The EDC records that each record was made of."""
    found: list[set[str]] = [set() for _ in range(len(output.frame))]
    for row, record in zip(output.lineage["row"], output.lineage["record"], strict=True):
        found[int(row)].add(str(record))
    return [frozenset(each) for each in found]


def _texts(frame: pd.DataFrame) -> list[Row]:
    shown = frame.astype("object").where(frame.notna(), "")
    return [
        {
            name: f"{value:g}" if name.endswith("SEQ") and value != "" else str(value)
            for name, value in row.items()
        }
        for row in shown.to_dict("records")
    ]


def _subject(row: Row) -> str:
    return row["USUBJID"].split("-", 1)[1]
