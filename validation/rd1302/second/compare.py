"""The two implementations cell by cell: what was compared, with which tolerance, and what differs [F-7]."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml

from . import adrs, adtte, recovery
from .records import Record, by_subject, interval, read, with_qualifiers
from .subject import Subject, responses, samples

TOLERANCE = 1e-9
VARIABLES = {
    "ADRS": ("ADT", "AVISIT", "AVISITN", "AVAL", "AVALC", "ANL01FL"),
    "ADTTE": ("STARTDT", "ADT", "AVAL", "CNSR", "EVNTDESC", "CNSDTDSC"),
}
NOT_COMPARED = {"ADRS": ("OVRD",), "ADTTE": ()}
MOST = 100


def compare_package(sdtm: Path, adam: Path, study_yml: Path) -> dict[str, object]:
    """The evidence: rows, cells and differences by dataset, and the first differences."""
    settings = yaml.safe_load(study_yml.read_text("utf-8"))
    mine = second(sdtm, adam, settings)
    listed: list[Record] = []
    datasets: dict[str, object] = {}
    for name, variables in VARIABLES.items():
        theirs = [one for one in read(adam, name.lower()) if one["PARAMCD"] not in NOT_COMPARED[name]]
        cells, found = _compared(name, theirs, mine[name], variables)
        parameters = sorted({str(one["PARAMCD"]) for one in (*theirs, *mine[name])})
        datasets[name] = {
            "first": len(theirs), "second": len(mine[name]), "cells": cells, "differences": len(found),
            "parameters": parameters,
        }  # fmt: skip
        listed += found
    return {
        "datasets": datasets,
        "variables": {name: list(each) for name, each in VARIABLES.items()},
        "tolerance": {"numbers, absolute": TOLERANCE, "dates, text, CNSR": 0},
        "not_compared": {name: list(each) for name, each in NOT_COMPARED.items() if each},
        "cells": sum(one["cells"] for one in datasets.values()),
        "differences": len(listed),
        "listed": listed[:MOST],
    }


def second(sdtm: Path, adam: Path, settings: Record) -> dict[str, list[Record]]:
    """ADRS and ADTTE of every subject of ADSL, derived here."""
    rs, sv = by_subject(read(sdtm, "rs")), by_subject(read(sdtm, "sv"))
    cp = by_subject(with_qualifiers(read(sdtm, "cp"), read(sdtm, "suppcp"), "CPSEQ"))
    lb, cm = by_subject(read(sdtm, "lb")), by_subject(read(sdtm, "cm"))
    found: dict[str, list[Record]] = {"ADRS": [], "ADTTE": []}
    for adsl in read(adam, "adsl"):
        id_ = str(adsl["USUBJID"])
        if adsl.get("SAFFL") != "Y":
            continue
        subject = Subject(id_, adsl, settings)
        subject.responses = responses(subject, rs.get(id_, []), sv.get(id_, []))
        subject.samples = samples(subject, cp.get(id_, []))
        found["ADRS"] += adrs.rows_of(subject)
        found["ADTTE"] += [
            *adtte.rows_of(subject),
            *recovery.rows_of(subject, lb.get(id_, []), cm.get(id_, [])),
        ]
    return found


def _compared(
    dataset: str, first: list[Record], other: list[Record], variables: tuple[str, ...]
) -> tuple[int, list[Record]]:
    """How many cells were compared, and every one that differs; a row that only one has differs once."""
    one, two = _grouped(first), _grouped(other)
    cells, found = 0, []
    for key in sorted(set(one) | set(two)):
        mine, theirs = two.get(key, []), one.get(key, [])
        about = {"dataset": dataset, "USUBJID": key[0], "PARAMCD": key[1]}
        for place in range(max(len(mine), len(theirs))):
            if place >= len(mine) or place >= len(theirs):
                rows = (len(theirs), len(mine))
                found.append({**about, "variable": "rows", "first": rows[0], "second": rows[1]})
                break
            for variable in variables:
                cells += 1
                values = theirs[place].get(variable), mine[place].get(variable)
                if not _same(*values):
                    found.append(
                        {
                            **about,
                            "variable": variable,
                            "first": _shown(values[0]),
                            "second": _shown(values[1]),
                        }
                    )
    return cells, found


def _grouped(rows: list[Record]) -> dict[tuple[str, str], list[Record]]:
    found: dict[tuple[str, str], list[Record]] = {}
    for one in rows:
        found.setdefault((str(one["USUBJID"]), str(one["PARAMCD"])), []).append(one)
    for some in found.values():
        some.sort(
            key=lambda one: (str(one.get("ADT") or ""), str(one.get("AVALC") or ""), one.get("AVAL") or 0.0)
        )
    return found


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= TOLERANCE
    return one == other


def _shown(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


__all__ = ["compare_package", "interval", "second"]
