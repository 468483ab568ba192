"""Wrong lines for ADRS and ADTTE, one at a time, and the second implementation that must see each [F-7]."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.studies.rd1302 import CASES, WORKED

ROOT = Path(__file__).parents[2]
EXTRACTS = (("2025-06-30", WORKED), ("2025-06-30", CASES / "2025-06-30"))


@dataclass(frozen=True)
class Plant:
    """A line of a file, and the wrong one in its place."""

    what: str
    file: str
    right: str
    wrong: str


RESPONSES, PARAMETERS = "src/adam/verbs/response.py", "src/adam/adrs_parameters.py"
EVENTS, TIMES = "src/adam/verbs/events.py", "src/adam/adtte.py"
ADRS, ADTTE = "mappings/rd1302/adam/adrs.yml", "mappings/rd1302/adam/adtte.yml"
STUDY = "mappings/rd1302/study.yml"
PLANTS = (
    Plant("death on the last day of the window is none", PARAMETERS,
          "(evidence.dated(rules.death) <= last, 2)", "(evidence.dated(rules.death) < last, 2)"),
    Plant("an MRD relapse may be on the day of CR", PARAMETERS,
          'found &= (samples["ADT"] > day).to_numpy()', 'found &= (samples["ADT"] >= day).to_numpy()'),
    Plant("MRD within 7 days leaves the 7th out", PARAMETERS,
          "<= evidence.rules.mrd.match_days", "< evidence.rules.mrd.match_days"),
    Plant("a response of a day counts though a worse one stands beside it", RESPONSES,
          'adequate = dated & responses["worst"].to_numpy()', "adequate = dated"),
    Plant("of two events of a day the later line counts", EVENTS,
          "found.found & ~(best.date <= found.date)", "found.found & ~(best.date < found.date)"),
    Plant("new therapy on the day of the event censors", TIMES,
          "stop.found & ~(stop.date >= event.date)", "stop.found & ~(stop.date > event.date)"),
    Plant("a time does not count its first day", TIMES, "(adt - origin) / DAY + 1.0", "(adt - origin) / DAY"),
    Plant("one missed assessment is enough", ADTTE, "at_least: 2", "at_least: 1"),
    Plant("DOR: a death of unknown cause is none of the disease", ADTTE,
          "where: {DTHCAT: UNKNOWN}", "where: {DTHCAT: NOBODY}"),
    Plant("EFS of responders in place of those with CR/CRi", ADTTE, 'who: {CRFL: "Y"}', 'who: {RSPFL: "Y"}'),
    Plant("another death is censored as administrative", ADTTE,
          "{date: ADSL.DTHDT, cnsr: 5, text: LAST", "{date: ADSL.DTHDT, cnsr: 1, text: LAST"),
    Plant("who withdrew is censored as administrative", ADTTE, "cnsr: 2, text: LAST", "cnsr: 1, text: LAST"),
    Plant("the horizon is no reason of its own", ADTTE, "cnsr: 8, text: ALIVE", "cnsr: 1, text: ALIVE"),
    Plant("a progression is no event", ADTTE, "AVALC: PD}, after_start", "AVALC: NE}, after_start"),
    Plant("an MRD relapse is an MRD response", ADTTE, "{PARAMCD: MRDREL, AVALC", "{PARAMCD: MRDNEG, AVALC"),
    Plant("no event is loss to follow-up", ADTTE, "{cnsr: 1, text: LAST", "{cnsr: 2, text: LAST"),
    Plant("rates of everybody treated", ADRS, "defaults: {category: INVESTIGATOR, who: EFFFL}",
          "defaults: {category: INVESTIGATOR, who: SAFFL}"),
    Plant("the evaluable set ends at the transplant", ADRS,
          "evaluable: {until: [NACTDT]}", "evaluable: {until: [HSCTDT]}"),
    Plant("week 8 is read in the window of week 12", ADRS,
          "label: Objective Response at Week 8, rule: response_at, of: response, window: W8",
          "label: Objective Response at Week 8, rule: response_at, of: response, window: W12"),
    Plant("transplant in complete remission only", ADRS,
          "rule: in_response, date: HSCTDT, of: response", "rule: in_response, date: HSCTDT, of: complete"),
    Plant("MRD is negative below 0.1 %", STUDY, "mrd_cutoff_pct: 0.01", "mrd_cutoff_pct: 0.1"),
    Plant("PR is no response", STUDY, "response: [CR, CRi, PR]", "response: [CR, CRi]"),
)  # fmt: skip


def differences(folder: Path, plant: Plant | None = None) -> int:
    """How many values differ where this line is wrong; `folder` is empty, what is made stays in it."""
    root = copied(folder / "root", plant)
    extracts = [f"{cut}={path}" for cut, path in EXTRACTS]
    path = os.pathsep.join([str(root / "src"), str(ROOT)])
    call = [sys.executable, "-m", "tests.studies.second_xpt", str(root), str(folder / "xpt"), *extracts]
    subprocess.run(call, cwd=folder, env={**os.environ, "PYTHONPATH": path}, check=True)
    found = 0
    for number in range(len(extracts)):
        out, made = folder / f"{number}.json", folder / "xpt" / str(number)
        about = [made / "sdtm", made / "adam", ROOT / "mappings" / "rd1302" / "study.yml", "--out", out]
        module = [sys.executable, "-m", "validation.rd1302.second", *map(str, about)]
        subprocess.run(module, cwd=ROOT, check=False, capture_output=True)
        found += json.loads(out.read_bytes())["differences"]
    return found


def copied(root: Path, plant: Plant | None) -> Path:
    """The sources and specs, with the wrong line."""
    for name in ("src", "mappings"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "demo"))
    if plant is not None:
        path = root / plant.file
        text = path.read_text("utf-8")
        if plant.right not in text:
            raise ValueError(f"{plant.file} has no {plant.right!r}")
        path.write_text(text.replace(plant.right, plant.wrong), "utf-8")
    return root
