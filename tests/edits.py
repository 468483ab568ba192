"""Nights of a toy study that is edited at random, each run twice: incrementally and in full."""

from __future__ import annotations

import csv
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from cdiscflow import changes, memory
from cdiscflow.home import home
from cdiscflow.pipeline import Request, run_study
from clinical import reuse
from clinical.fingerprint import SOURCE, code_fingerprint
from tests.homes import LittleHome, enter, little_home

PATIENTS = 12
CONDUCT = """dataset: TS
scope: study
keys: [STUDYID, TSPARMCD, TSSEQ]
rows:
  table:
    - set: {TSPARMCD: ACTSUB, TSSEQ: "1"}
      take: {TSVAL: {count: DM, where: {RFXSTDTC: {missing: false}}}}
variables:
  TSPARM: {constant: Actual Number of Subjects}
"""
SPEC = "sdtm/ae.yml"
Rows = list[list[str]]


def study_of_edits(root: Path) -> LittleHome:
    """The toy study with a study-wide dataset, more patients, and sources of its own to edit."""
    made = little_home(root)
    shutil.rmtree(root / "validation" / "rd1302")
    (made.study / "sdtm" / "ts.yml").write_text(CONDUCT, "utf-8")
    data = root / "data" / "mini" / "2022-03-01"
    shutil.copytree(made.study / "demo", data)
    for number in range(5, PATIENTS + 1):
        add_patient(data, f"B{number:03d}", number)
    for package in ("adam", "sdtm", "edc", "clinical"):
        shutil.copytree(
            SOURCE / package, root / "src" / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return made


def add_patient(data: Path, patient: str, number: int) -> None:
    """A patient with a consent, a dose and an event."""
    day = f"{number % 27 + 1:02d}"
    added = {
        "consent": [patient, f"2021-03-{day}", "1980-03-02", "man", "yes", ""],
        "dose": [patient, "1", "Z", f"2021-04-{day}", "08:30", "10"],
        "event": [patient, "1", "fell down", f"2021-05-{day}", "", "rather", "2", ""],
    }
    for file, line in added.items():
        rows = read_rows(data / f"{file}.csv")
        write_rows(data / f"{file}.csv", [*rows, line + [""] * (len(rows[0]) - len(line))])


def read_rows(path: Path) -> Rows:
    """The lines of a CSV file, header first."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def write_rows(path: Path, rows: Rows) -> None:
    """A CSV file of these lines."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)


def _table(root: Path, chance: random.Random) -> Path:
    return root / "data" / "mini" / "2022-03-01" / f"{chance.choice(['consent', 'dose', 'event'])}.csv"


def _edit(root: Path, chance: random.Random) -> None:
    """A cell gets the other value of another record."""
    path = _table(root, chance)
    rows = read_rows(path)
    values = [sorted({row[place] for row in rows[1:]}) for place in range(len(rows[0]))]
    first = 2 if path.stem != "consent" else 1
    column = chance.choice([place for place in range(first, len(values)) if len(values[place]) > 1])
    one = chance.randrange(1, len(rows))
    rows[one][column] = chance.choice([value for value in values[column] if value != rows[one][column]])
    write_rows(path, rows)


def _delete(root: Path, chance: random.Random) -> None:
    path = _table(root, chance)
    rows = read_rows(path)
    del rows[chance.randrange(1, len(rows))]
    write_rows(path, rows)


def _insert(root: Path, chance: random.Random) -> None:
    """A further dose or event of a patient, like one there is."""
    path = root / "data" / "mini" / "2022-03-01" / f"{chance.choice(['dose', 'event'])}.csv"
    rows = read_rows(path)
    line = list(chance.choice(rows[1:]))
    line[1] = str(chance.randrange(10, 10_000))
    write_rows(path, [rows[0], line, *rows[1:]])


def _new_subject(root: Path, chance: random.Random) -> None:
    number = chance.randrange(100, 999)
    add_patient(root / "data" / "mini" / "2022-03-01", f"B{number}", number)


def _subject_gone(root: Path, chance: random.Random) -> None:
    data = root / "data" / "mini" / "2022-03-01"
    patient = chance.choice(read_rows(data / "consent.csv")[1:])[0]
    for path in sorted(data.glob("*.csv")):
        rows = read_rows(path)
        write_rows(path, [rows[0], *(line for line in rows[1:] if line[0] != patient)])


def _rescreened(root: Path, chance: random.Random) -> None:
    """Two patients turn out to be one person, or not to be one after all."""
    path = root / "mappings" / "mini" / "study.yml"
    text = path.read_text("utf-8")
    joined = "{B004: B002, B007: B006}"
    old, new = (joined, "{B004: B002}") if joined in text else ("{B004: B002}", joined)
    path.write_text(text.replace(old, new), "utf-8")


def _new_column(root: Path, chance: random.Random) -> None:
    path = _table(root, chance)
    head, *rows = read_rows(path)
    write_rows(path, [[*head, f"EXTRA{len(head)}"], *([*line, "x"] for line in rows)])


def _cut_moved(root: Path, chance: random.Random) -> None:
    path = root / "mappings" / "mini" / "study.yml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    cut = f'data_cut: "2021-{chance.randrange(4, 13):02d}-15"\n'
    path.write_text("".join(cut if line.startswith("data_cut") else line for line in lines), "utf-8")


def _spec_changed(root: Path, chance: random.Random) -> None:
    path = root / "mappings" / "mini" / SPEC
    text = path.read_text("utf-8")
    old, new = ("else: N}", "else: U}") if "else: N}" in text else ("else: U}", "else: N}")
    path.write_text(text.replace(old, new), "utf-8")


def _code_changed(root: Path, chance: random.Random) -> None:
    path = root / "src" / chance.choice(["clinical/algorithms.py", "adam/adtte.py"])
    path.write_text(path.read_text("utf-8") + "\n# a remark\n", "utf-8")


EDITS: dict[str, Callable[[Path, random.Random], None]] = {
    "edit": _edit, "delete": _delete, "insert": _insert, "new subject": _new_subject,
    "subject gone": _subject_gone, "rescreened": _rescreened, "new column": _new_column,
    "cut moved": _cut_moved, "spec changed": _spec_changed, "code changed": _code_changed,
}  # fmt: skip
OFTEN = ("edit", "edit", "edit", "delete", "insert", "new subject")


def night(made: LittleHome, buckets: int, force: bool) -> dict:
    """A run of the study as its folder is now, cut into so many buckets; its manifest, what is of the run
    itself left out but for what was derived again.
    """
    with pytest.MonkeyPatch.context() as patch:
        enter(made, patch)
        patch.setattr(memory, "bucket_count", lambda persons: buckets)
        patch.setattr(changes, "SOURCE", made.root / "src")
        patch.setattr(reuse, "code_fingerprint", partial(code_fingerprint, source=made.root / "src"))
        run_study(home(), "mini", Request("jane", "edits", "run", force))
    manifest = made.manifest()
    return {name: value for name, value in manifest.items() if name not in ("run", "hash")}


def sequence(place: Path, base: LittleHome, seed: int, buckets: int, nights: int = 2) -> list[str]:
    """The edits of some nights, after each of which the incremental run and the full one left the same files.

    `base` is a study of edits that has not run, or whose first night was cut into as many buckets.
    """
    chance, done = random.Random(seed), []
    one, two = base.copy(place / "one"), base.copy(place / "two")
    for number in range(nights):
        any_edit = chance.choice([*EDITS, *OFTEN])
        name = any_edit if number else list(EDITS)[seed % len(EDITS)]
        state = chance.getstate()
        for each in (one, two):
            chance.setstate(state)
            EDITS[name](each.root, chance)
        done.append(name)
        mine, full = night(one, buckets, False), night(two, buckets, True)
        files = {f for f in mine["files"] | full["files"] if mine["files"].get(f) != full["files"].get(f)}
        assert not files, f"seed {seed}, {buckets} buckets, {done}: differ {sorted(files)[:5]}"
        assert mine == full, f"seed {seed}, {buckets} buckets, {done}"
    for each in (one, two):
        each.remove()
    return done
