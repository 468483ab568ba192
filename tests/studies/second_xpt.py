"""Derives extracts and writes what the second implementation reads: `second_xpt ROOT OUT CUT=FOLDER ...`.

A program of its own, so that a test can run it on sources with a wrong line.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from cdiscflow.writing import FORMATS
from clinical.check import check_study
from clinical.derive import derive
from clinical.study import load_study
from clinical.xpt import Variable, write_xpt
from edc.read import read_extract

READ = ("RS", "CP", "SUPPCP", "SV", "LB", "CM", "ADSL", "ADRS", "ADTTE")


def main(root: Path, out: Path, extracts: list[str]) -> None:
    """Files `<out>/<number>/<layer>/<dataset>.xpt` of each extract, with the specs below `root`."""
    plan = check_study(load_study(root / "mappings" / "rd1302", root / "mappings" / "library"))
    for number, given in enumerate(extracts):
        cut, _, folder = given.partition("=")
        extract = read_extract(Path(folder), plan.study.forms, plan.study.config)
        found = derive(plan, extract.frames, cut)
        for name in READ:
            if name in found.outputs:
                _write(out / str(number), found.outputs[name])


def _write(folder: Path, output: object) -> None:
    path = folder / output.layer / f"{output.name.lower()}.xpt"
    path.parent.mkdir(parents=True, exist_ok=True)
    variables = [
        Variable(
            one.name, one.label, "Char" if one.type == "Char" else "Num", None, FORMATS.get(one.type, "")
        )
        for one in output.variables
    ]
    created = datetime(2025, 6, 30)
    write_xpt(path, output.frame, name=output.name, label=output.label, variables=variables, created=created)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
