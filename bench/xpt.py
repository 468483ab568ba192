"""Writing and reading XPT v5: 1 M rows of 207 bytes, 19 text and 6 numeric variables, like laboratory data.

    python -m bench.xpt [ROWS]

Prints CPU seconds of the process and the peak of resident memory over what the frame needs. The peer,
pyreadstat, gets a tenth of the rows. To reach (architecture.md 8): write 1.5, read 2.5 CPU s, 64 MB over the
frame.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from clinical.xpt import Variable, read_xpt, write_xpt

# name, bytes, how many different values: the shape of LB
TEXT = [
    ("STUDYID", 6, 1), ("DOMAIN", 2, 1), ("USUBJID", 13, 10_000), ("LBREFID", 10, 200_000),
    ("LBTESTCD", 8, 60), ("LBTEST", 22, 60), ("LBCAT", 10, 4), ("LBORRES", 6, 5_000), ("LBORRESU", 8, 20),
    ("LBORNRLO", 5, 90), ("LBORNRHI", 5, 90), ("LBSTRESC", 6, 5_000), ("LBSTRESU", 8, 20), ("LBNRIND", 6, 3),
    ("LBSPEC", 5, 3), ("VISIT", 12, 25), ("LBDTC", 16, 300_000), ("LBBLFL", 1, 2), ("EPOCH", 10, 4),
]  # fmt: skip
NUMBERS = ["LBSEQ", "LBSTRESN", "LBSTNRLO", "LBSTNRHI", "VISITNUM", "LBDY"]


def laboratory(rows: int) -> pd.DataFrame:
    """A frame of the bench's shape, the same on every run."""
    random = np.random.default_rng(20250701)
    columns = {}
    for name, width, distinct in TEXT:
        texts = pd.Series([f"{at:0{width}d}"[-width:] for at in range(distinct)], dtype="str")
        columns[name] = texts.take(random.integers(0, distinct, rows)).reset_index(drop=True)
        columns[name].iloc[:: 7 if distinct < 100 else 1000] = None
    for name in NUMBERS:
        columns[name] = pd.Series(random.normal(50, 20, rows).round(3))
        columns[name].iloc[::9] = np.nan
    return pd.DataFrame(columns)


def measured(work: Callable[[], object]) -> tuple[float, float, object]:
    """CPU seconds, the peak of resident memory over the start in MB, and the result."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before, start = resident("VmRSS"), time.process_time()
    result = work()
    return time.process_time() - start, resident("VmHWM") - before, result


def resident(what: str) -> float:
    """One figure of /proc/self/status in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def main(rows: int) -> None:
    """Prints four lines, and the same as JSON."""
    said = {}
    frame = laboratory(rows)
    variables = [Variable(name, f"Label of {name}", "Char") for name, _, _ in TEXT]
    variables += [Variable(name, f"Label of {name}", "Num") for name in NUMBERS]
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = Path(folder, "lb.xpt"), Path(folder, "peer.xpt")
        words = {"name": "LB", "label": "Laboratory", "variables": variables, "created": datetime(2025, 7, 1)}
        write_xpt(ours, frame.head(100), **words)
        seconds, peak, _ = measured(lambda: write_xpt(ours, frame, **words))
        show(
            "write, ours",
            rows,
            seconds,
            f"{peak:.0f} MB over the frame; {ours.stat().st_size / 1e6:.0f} MB file",
        )
        said["write"], said["write_peak"] = seconds, peak
        seconds, peak, file = measured(lambda: read_xpt(ours))
        kept = file.frame.memory_usage(deep=True).sum() / 2**20
        show("read, ours", rows, seconds, f"{peak - kept:.0f} MB over the frame ({kept:.0f} MB)")
        said["read"], said["read_peak"] = seconds, peak - kept
        tenth = frame.head(rows // 10)
        seconds, *_ = measured(
            lambda: pyreadstat.write_xport(tenth, theirs, table_name="LB", file_format_version=5)
        )
        said["peer_write"] = 10 * seconds
        show("write, pyreadstat", len(tenth), seconds, f"{10 * seconds:.1f} s for all")
        seconds, *_ = measured(lambda: pyreadstat.read_xport(theirs))
        said["peer_read"] = 10 * seconds
        show("read, pyreadstat", len(tenth), seconds, f"{10 * seconds:.1f} s for all")
    print(json.dumps(said))


def show(what: str, rows: int, seconds: float, more: str) -> None:
    """One line of the result."""
    print(f"{what:18} {rows:>9,} rows {seconds:7.2f} CPU s   {more}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
