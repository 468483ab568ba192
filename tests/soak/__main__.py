"""Runs the parts and keeps a line of each in docs/soak.md; what is missing is named and fails, nothing is
skipped.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "soak.md"
HEAD = """# What `make soak` last found

A line a part, written by `make soak`; `make soak PART=<part>` runs one.

| part | date | commit | seconds | result |
|---|---|---|---|---|
"""


def parts() -> dict[str, ModuleType]:
    """The parts by name: every module of this folder that has a `run`."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py"))
    return {name: importlib.import_module(f"tests.soak.{name}") for name in names}


def missing(chosen: Iterable[ModuleType]) -> list[str]:
    """A sentence for each command that is not there."""
    needed = {command: package for part in chosen for command, package in part.NEEDS.items()}
    return [
        f"{command} is missing: install the Debian package {package}"
        for command, package in needed.items()
        if shutil.which(command) is None
    ]


def commit() -> str:
    """The commit that is tried, with + where the files differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty=+"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or "no commit"


def with_line(text: str, part: str, line: str) -> str:
    """The results with a part's line in place of the one it had; parts stay in alphabetical order."""
    kept = [each for each in (text or HEAD).splitlines() if not each.startswith(f"| {part} |")]
    start = max(number for number, each in enumerate(kept) if each.startswith("|---")) + 1
    return "\n".join([*kept[:start], *sorted([*kept[start:], line])]) + "\n"


def try_part(name: str, part: ModuleType) -> bool:
    """Runs a part and keeps its line, also that of one that fails."""
    print(f"{name}: begun", flush=True)
    started, held = time.monotonic(), True
    try:
        result = part.run()
    except AssertionError as fault:
        traceback.print_exc()
        held, result = False, f"FAILED: {str(fault).partition(chr(10))[0] or 'see the traceback'}"
    seconds = round(time.monotonic() - started)
    line = f"| {name} | {datetime.now(UTC):%Y-%m-%d} | {commit()} | {seconds} | {result} |"
    RESULTS.write_text(with_line(RESULTS.read_text("utf-8") if RESULTS.exists() else "", name, line), "utf-8")
    print(f"{name}: {result} ({seconds} s)", flush=True)
    return held


def main(chosen: list[str]) -> int:
    """Exit code 0 if every part named, or every one, held."""
    known = parts()
    names = list(known) if chosen in ([], ["all"]) else chosen
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no part called {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 1
    absent = missing(known[name] for name in names)
    if absent:
        print("\n".join(absent), file=sys.stderr)
        return 1
    passed = [try_part(name, known[name]) for name in names]  # every part, also after one that failed
    return 0 if all(passed) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
