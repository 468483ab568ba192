"""The two extracts derived and judged, and what was found and changed, by subject."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from cdiscflow.deriving import rebuild
from cdiscflow.gates import study_rules
from cdiscflow.home import Home
from checks.gates import run_gates
from clinical.check import Plan
from clinical.output import Output
from edc.read import read_extract
from edc.simulate.dirt.plant import Plant
from edc.simulate.extract import Extract
from tests.edc.simulate.look import written
from tests.studies.dirt.changes import ADDED, REMOVED, Change, changes
from tests.studies.dirt.planted import Planted

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CUT = "2025-06-30"
NAMED = ["message", "record", "field", "variable", "value", "subject"]
HOME = {
    "MHSTDAT": "MH.MHSTDTC", "MHENDAT": "MH.MHENDTC", "PTSTDAT": "CM.CMSTDTC", "CMSTDAT": "CM.CMSTDTC",
    "CMENDAT": "CM.CMENDTC", "NAENDAT": "CM.CMENDTC", "HSENGDAT": "PR.ENGRDTC", "PRDAT": "PR.PRSTDTC",
    "VSDAT": "VS.VSDTC", "PSDAT": "RS.RSDTC", "EGDAT": "EG.EGDTC", "GVDAT": "FA.FADTC",
    "AESTDAT": "AE.AESTDTC", "AEENDAT": "AE.AEENDTC",
}  # fmt: skip
FOLLOWS_DATE = re.compile(r".*DY|EPOCH")
DATE = re.compile(r".*DTC")
MAYBE = " maybe"
RESULT = re.compile(r".*(DTC|ORRES|STRESC)")


@dataclass(frozen=True)
class Derived:
    """Findings, SDTM and the account of rows of one extract."""

    findings: pd.DataFrame
    outputs: dict[str, Output]
    account: pd.DataFrame


def derived(plan: Plan, extract: Extract, folder: Path) -> Derived:
    """Writes an extract, reads it, derives it and holds the gates over it."""
    read = read_extract(written(extract, folder), plan.study.forms, plan.study.config)
    assert read.refused == {}
    made = rebuild(plan, read.frames, CUT, None).derived
    assert made.stopped == {}
    home = Home(Path("nowhere"), Path("nowhere"), Path("nowhere"), ROOT / "validation")
    judged = run_gates(plan, made.build, made.outputs, study_rules(home, plan, made), CUT)
    found = pd.concat([read.findings, made.findings, judged.findings], ignore_index=True)
    sdtm = {name: output for name, output in made.outputs.items() if not name.startswith("AD")}
    return Derived(found, sdtm, read.account)


@dataclass(frozen=True)
class Case:
    """A plant: its lines of the ledger, what was found and what changed of its subject."""

    lines: tuple[Plant, ...]
    found: tuple[dict[str, str], ...]
    changed: tuple[Change, ...]

    @property
    def wanted(self) -> dict:
        """What the table says of it."""
        line = self.lines[0]
        table = _table()[line.kind]
        told = [line.what, f"{line.form} {line.what}", f"{line.field} {line.what}"]
        told = [each.replace("AEPAGE ", "AE ") for each in told]
        return table[max((key for key in table if any(each.startswith(key) for each in told)), key=len)]


@cache
def _table() -> dict[int, dict]:
    return yaml.safe_load((HERE / "expected.yml").read_text("utf-8"))


def cases(done: Planted, clean: Derived, dirty: Derived) -> list[Case]:
    """A case for each plant; the lines of one place, and of one sample, are one plant."""
    new, changed = new_findings(clean, dirty), changes(clean.outputs, dirty.outputs)
    found = []
    for lines in done.ledger.values():
        together: dict[str, list[Plant]] = defaultdict(list)
        for line in lines:
            together[subject_of(line) or line.what + line.form].append(line)
        for subject, mine in together.items():
            found.append(Case(tuple(mine), tuple(new.pop(subject, ())), tuple(changed.pop(subject, ()))))
    assert {name: rows for name, rows in new.items() if name} == {}, "findings of nobody's dirt"
    assert changed == {}, "changes of nobody's dirt"
    return found


def subject_of(line: Plant) -> str:
    """The screening number of a line of the ledger."""
    return line.record.split("/")[1] if "/" in line.record else ""


def new_findings(clean: Derived, dirty: Derived) -> dict[str, list[dict[str, str]]]:
    """The findings that only the dirty extract has, by subject."""
    known = Counter(map(tuple, clean.findings[NAMED].fillna("").astype("str").to_numpy()))
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in dirty.findings.fillna("").astype("str").to_dict("records"):
        named = tuple(row[name] for name in NAMED)
        known[named] -= 1
        if known[named] < 0:
            found[row["subject"]].append(row)
    return found


def faults_of(case: Case) -> list[str]:
    """In what a plant did not become what the table says; nothing if it did."""
    return [*_wrong_findings(case), *_wrong_changes(case)]


def _wrong_findings(case: Case) -> list[str]:
    line, wanted = case.lines[0], case.wanted
    planted, asked = {one.record for one in case.lines}, {one.asked for one in case.lines if one.asked}
    got = set()
    for row in case.found:
        field = (row["field"] or row["variable"]).split(" ")[0]
        got.add(f"{row['message']}@{field}{'' if row['record'] in planted else '~'}")
    full = {name: [_full(each, line) for each in wanted.get(name, ())] for name in ("asked", "may")}
    wrong = [f"not asked: {each}" for each in full["asked"] if each not in got]
    wrong += [f"asked: {each}" for each in got if each not in full["asked"] + full["may"]]
    if asked and full["asked"] and not asked & {row["record"] for row in case.found}:
        wrong.append(f"nothing is asked about {asked}")
    if line.expected == "Q" and full["asked"]:
        to_do = [row["todo"] for row in case.found]
        wrong += (
            [] if any(each.startswith(("Query", "Ask")) for each in to_do) else [f"nothing to do: {to_do}"]
        )
    return wrong


def _full(name: str, line: Plant) -> str:
    plain, mark = name.rstrip("~"), "~" if name.endswith("~") else ""
    return name if "@" in plain else f"{plain}@{line.field}{mark}"


def _wrong_changes(case: Case) -> list[str]:
    planted = {one.record for one in case.lines}
    wanted = {HOME[case.lines[0].field] if name == "date" else name: word
              for name, word in case.wanted.get("becomes", {}).items()}  # fmt: skip
    own = [each for each in case.changed if each.records & planted]
    dated = {each.dataset for each in own if DATE.fullmatch(each.variable)}
    measured = {each.dataset for each in own if RESULT.fullmatch(each.variable) or each.variable == REMOVED}
    seen, wrong = set(), []
    for each in case.changed:
        name = each.dataset if each.variable in (ADDED, REMOVED) else f"{each.dataset}.{each.variable}"
        star = f"{each.dataset}.*"
        seen |= {name, star}
        if each.dataset in measured and each.variable.endswith("LOBXFL"):
            continue
        if each not in own:
            follows = case.wanted.get("follows", ())
            wrong += [] if name in follows or wanted.get(name) == "any" else [f"other record: {name}"]
        elif name in wanted or star in wanted:
            word = wanted.get(name, "any")
            wrong += [] if _is(word, each, case.lines) else [f"{name} is {each.after!r}, not {word}"]
        elif not (each.dataset in dated and FOLLOWS_DATE.fullmatch(each.variable)):
            wrong.append(f"changed: {name} from {each.before!r} to {each.after!r}")
    return wrong + [
        f"unchanged: {name}" for name, word in wanted.items() if not _optional(word) and name not in seen
    ]


def _optional(word: str) -> bool:
    return word == "any" or word.endswith(MAYBE)


def _is(word: str, change: Change, lines: tuple[Plant, ...]) -> bool:
    if word == "any" or change.variable in (ADDED, REMOVED):
        return word in ("any", change.variable)
    word = word.removesuffix(MAYBE)
    if word == "next day":
        return change.after == f"{date.fromisoformat(change.before[:10]) + timedelta(days=1)}T00:17"
    if word == "day":
        return change.after == change.before[:10]
    expected = word[1:] if word.startswith("=") else VALUES[word](lines)
    got = change.after[: len(expected)] if expected and DATE.fullmatch(change.variable) else change.after
    return got == expected or _number(change.after) == _number(expected) is not None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _six(value: float) -> str:
    return f"{value:.6g}"


def _sample(lines: tuple[Plant, ...]) -> str:
    """Site time of a vendor's moment in UTC: eight hours more [D-TZ]."""
    day, clock = next(line.after for line in lines if line.field == "COLLDTC").rstrip("Z").split("T")
    hours = int(clock[:2]) + 8
    moved = date.fromisoformat(day) + timedelta(days=hours // 24)
    return f"{moved}T{hours % 24:02d}{clock[2:5]}"


def _moles(lines: tuple[Plant, ...]) -> str:
    """CTCAE and SI tables: creatinine 88.4, bilirubin 17.1 umol/L a mg/dL."""
    factor = 88.4 if "/CREA/" in lines[0].record else 17.1
    return _six(float(lines[0].after) * factor)


def _typed(lines: tuple[Plant, ...]) -> str:
    return lines[0].after.split("=", 1)[1]


def _cut(lines: tuple[Plant, ...]) -> tuple[str, str]:
    """C-SPLIT: words as long as 200 characters hold them, and the rest."""
    text, size = lines[0].after, 0
    for word in text.split(" "):
        if size + len(word) > 200:
            break
        size += len(word) + 1
    return text[: size - 1], text[size:]


VALUES = {
    "start": lambda lines: _cut(lines)[0],
    "rest": lambda lines: _cut(lines)[1],
    "none": lambda lines: "",
    "after": lambda lines: lines[0].after,
    "year": lambda lines: lines[0].before[:4],
    "month": lambda lines: lines[0].before[:7],
    "celsius": lambda lines: _six((float(lines[0].after) - 32) / 1.8),
    "kilograms": lambda lines: _six(float(lines[0].after) * 0.45359237),
    "micromoles": _moles,
    "midnight": _sample,
    "fever": lambda lines: lines[0].after.replace("发热", "??"),
    "ascii": lambda lines: f'"{lines[0].before}" +/- 2 um, 38  degC',
    "one line": lambda lines: _typed(lines).replace("\r\n", " "),
}
