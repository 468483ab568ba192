"""Reads an EDC-like CSV of 1 M rows and 25 columns, from file to raw frame: CPU seconds and peak memory.

Run: python -m bench.read_csv [rows]. (Not called csv.py: it would stand in the way of Python's own module.)
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

from clinical.forms import read_forms
from clinical.read import parse_yaml
from edc.read import read_extract

STUDY = """
study: BENCH
site_tz: "+00:00"
environment: PROD
subject: {shape: 00-000, usubjid: "BENCH-{subject}"}
manifest: none
"""
FORM = """
form: LAB
read: {csv: LAB.csv}
fields:
  LBTEST:  {type: text, label: Test}
  LBDAT:   {type: date, label: Date}
  LBTIM:   {type: time, label: Time}
  LBORRES: {type: text, label: Result}
  LBIND:   {type: code, label: Indicator, codes: {1: Normal, 2: Low, 3: High}}
"""


def write_form(path: Path, rows: int) -> None:
    """A lab form of 2,000 subjects with all system columns, in the order an EDC writes it."""
    random = np.random.default_rng(20250101)

    def text(values: np.ndarray) -> pa.Array:
        return pa.array(values.astype(str))

    def one_of(*values: str) -> pa.Array:
        return pa.array(np.array(values)[random.integers(0, len(values), rows)])

    number = np.arange(rows)
    subjects = np.array([f"{n // 200 + 1:02d}-{n % 200 + 1:03d}" for n in range(2000)])
    person = number * 2000 // rows
    within = number - np.searchsorted(person, person)
    days = np.datetime64("2023-01-01") + random.integers(0, 900, rows)
    stamp = np.datetime64("2024-01-01T00:00:00") + random.integers(0, 10**7, rows)
    columns = {
        "project": one_of("BENCH"), "environment": one_of("PROD"), "Subject": pa.array(subjects[person]),
        "SiteNumber": pa.array(np.char.partition(subjects, "-")[person, 0]),
        "Folder": text(100 + within // 60), "FolderName": one_of("Screening", "Week 4", "Week 8"),
        "FolderSeq": one_of("1", "2", "3"),
        "InstanceRepeatNumber": one_of("0"), "PageRepeatNumber": text(within // 20 % 3),
        "RecordPosition": text(within % 20 + 1), "RecordId": text(number + 900_000),
        "DataPageId": text(number // 20 + 5000), "RecordActive": one_of("1"),
        "PageStatus": one_of("Complete", "Incomplete"), "MinCreated": text(stamp), "MaxUpdated": text(stamp),
        "LBTEST": one_of("HGB", "PLT", "WBC", "NEUT", "ALT", "AST"), "LBDAT": text(days),
        "LBDAT_YYYY": text(days.astype("datetime64[Y]")), "LBDAT_MM": text(days.astype("datetime64[M]")),
        "LBDAT_DD": text(days), "LBTIM": one_of("08:05", "09:30", "14:45"),
        "LBORRES": text(np.round(random.random(rows) * 100, 2)),
        "LBIND": one_of("Normal", "Low", "High"),
    }  # fmt: skip
    codes = {"Normal": "1", "Low": "2", "High": "3"}
    columns["LBDAT_MM"] = pa.array([month[5:] for month in columns["LBDAT_MM"].to_pylist()])
    columns["LBDAT_DD"] = pa.array([day[8:] for day in columns["LBDAT_DD"].to_pylist()])
    columns["LBIND_STD"] = pa.array([codes[shown] for shown in columns["LBIND"].to_pylist()])
    csv.write_csv(pa.table(columns), path)


def main() -> None:
    """Prints one measurement."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "raw").mkdir()
        (folder / "raw" / "LAB.yml").write_text(FORM, "utf-8")
        writer = get_context("spawn").Process(target=write_form, args=(folder / "LAB.csv", rows))
        writer.start()
        writer.join()
        forms = read_forms(folder / "raw")
        start = time.process_time()
        extract = read_extract(folder, forms, parse_yaml(STUDY, "study.yml"))
        used = time.process_time() - start
        kept, size = extract.frames["LAB"].shape
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found = len(extract.findings)
        print(f"{kept} rows, {size} columns, {found} findings: {used:.2f} CPU s, peak {peak:.0f} MB")
        print(json.dumps({"seconds": used, "peak": peak}))


if __name__ == "__main__":
    main()
