"""`python -m bench` measures every row and writes docs/benchmarks.md; with a name it prints one row."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import ROOT, machine
from bench.rows import ON_REQUEST, ROWS, Line

REPORT = ROOT / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

Written by `make bench`: {day}, {machine}

Each row is a process of its own; the figure is its CPU time, user and system, in seconds, and the peak of its
resident memory. Other work on the machine changes both by a fifth. "Known" are the references of
`docs/design` (architecture, section 8), measured once on a machine of this kind and not run here, except
where the row says so: R packages and the Rust engine do not install from the Python registry, and no package
there turns a folder of CSV exports into SDTM. The ratio is the best known figure divided by ours: how many
times less CPU time. The larger studies are the shipped ones with every subject again under new numbers
(`bench/data.py`), so they have as many different values as those.

ADSL, ADAE, ADLB, ADRS and ADTTE are measured from SDTM in memory: their own steps, their output and the
reports of the whole build; the peak is that of the process, which also reads the raw files and makes the
SDTM. ADLB is that of `bench/pilot`. `cdiscflow run` is measured with everything, gates and tables included.

Displays are made from the datasets of a finished run; the merged PDF is not among their files. rtflite lays
out finished cells as RTF and counts nothing; csrlite counts the subjects of each treatment with an event, no
more. Neither makes HTML, CSV or figures: their seconds are of less work.

| work | to reach | measured | verdict | known, CPU s | ratio | peak MB | note |
|---|---|---|---|---|---|---|---|
"""


def main(names: list[str]) -> int:
    """Runs the rows named, or all of them; only all of them are written down."""
    known = ROWS | ON_REQUEST
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no row {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 1
    lines = []
    for name in names or ROWS:
        with tempfile.TemporaryDirectory(prefix="bench-") as place:
            for line in known[name](Path(place)):
                print(text_of(line), flush=True)
                lines.append(line)
    if not names:
        head = HEAD.format(day=datetime.now(UTC).date(), machine=machine())
        REPORT.write_text(head + "".join(f"{text_of(line)}\n" for line in lines), "utf-8")
        print(f"written to {REPORT.relative_to(ROOT)}")
    return 0


def text_of(line: Line) -> str:
    """A line of the table."""
    reach = f"{line.reach:.2g} s" if line.reach else ""
    if line.most:
        reach += f"{', ' if reach else ''}{line.most:.0f} MB"
    kept = line.seconds <= line.reach or not line.reach
    small = line.peak <= line.most or not line.most
    missed = [what for what, met in (("time", kept), ("memory", small)) if not met]
    verdict = f"missed: {', '.join(missed)}" if missed else "met" if reach else ""
    ratio = f"{line.known / line.seconds:.1f}" if line.known else ""
    peak = f"{line.peak:.0f}" if line.peak else ""
    cells = (line.work, reach, f"{line.seconds:.2f}", verdict, line.reference, ratio, peak, line.note)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
