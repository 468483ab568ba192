"""Writes the evidence; ends with 1 where the two implementations differ."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .compare import compare_package


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="second")
    for name in ("sdtm", "adam", "study"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    found = compare_package(given.sdtm, given.adam, given.study)
    given.out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
    print(f"{found['cells']} cells compared, {found['differences']} differ")
    return 1 if found["differences"] else 0


sys.exit(main())
