"""docs/first_study.md, done as it says: every file written, every command typed, every answer compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "first_study.md").read_text("utf-8")
FILE = re.compile(r"^`(mappings/tiny/[^`]+)`\n\n```[a-z]+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^```\n\$ cdiscflow ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MENDED = re.compile(r"^Mended \(`(raw\.\w+)`\)", re.MULTILINE)


def steps() -> Iterator[re.Match[str]]:
    """Files, commands and the one correction, in the order of the page."""
    found = [match for pattern in (FILE, TYPED, MENDED) for match in pattern.finditer(PAGE)]
    yield from sorted(found, key=re.Match.start)


def answer(home: Path, command: str) -> str:
    """What the command line prints, whatever its exit code."""
    environment = os.environ | {"CDISCFLOW_HOME": str(home), "CDISCFLOW_OUTPUTS": str(home / "outputs")}
    ran = subprocess.run(
        [sys.executable, "-m", "cdiscflow.cli", *command.split()],
        capture_output=True, text=True, cwd=ROOT, env=environment, check=False,
    )  # fmt: skip
    return ran.stdout + ran.stderr


def trimmed(text: str) -> list[str]:
    """Lines without the blanks at their ends, which nobody sees on a page."""
    return [line.rstrip() for line in text.rstrip().splitlines()]


def test_a_newcomer_who_follows_the_page_sees_what_it_shows(tmp_path):
    shutil.copytree(ROOT / "mappings" / "library", tmp_path / "mappings" / "library")
    spec = tmp_path / "mappings" / "tiny" / "sdtm" / "dm.yml"
    typed = 0
    for step in steps():
        if step.re is FILE:
            path = tmp_path / step[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step[2], "utf-8")
        elif step.re is MENDED:
            spec.write_text(spec.read_text("utf-8").replace("raw.BRTH", step[1]), "utf-8")
        else:
            typed += 1
            assert trimmed(answer(tmp_path, step[1])) == trimmed(step[2])
    assert typed == 4
