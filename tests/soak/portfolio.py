"""A night of fifty studies in one process: 47 are derived as if alone, three are one message each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from cdiscflow.home import home as home_of
from cdiscflow.pipeline import Request, run_study
from tests.homes import ROOT, LittleHome, enter, little_home
from tests.portfolio import BROKEN, MISSING, UNREADABLE, add_studies, bytes_of, spoil

NEEDS: dict[str, str] = {}
SOUND, FEW = 47, 12
ALONE = ("mini", "study20", "study46")
MOST_GROWTH = 1.25
MEGABYTE = 1024


def run() -> str:
    """Seconds and memory of a night of few studies, of all, and of all two at a time."""
    with TemporaryDirectory() as folder:
        home = little_home(Path(folder) / "home")
        add_studies(home, [f"study{number:02d}" for number in range(1, SOUND)])
        spoil(home)
        alone = derived_alone(home)
        names = ["mini", *(f"study{number:02d}" for number in range(1, FEW))]
        few = night(home, "few", 1, names)
        every = [night(home, f"all{count}", count, []) for count in (1, 2)]
        for outputs in ("all1", "all2"):
            for study in ALONE:
                made = (home.root / outputs / study / "latest").resolve(strict=True)
                assert bytes_of(made) == alone[study], f"{study} differs from the one derived alone"
        assert few[2] == 0
        assert every[0][1] < MOST_GROWTH * few[1], f"memory grows: {few[1]} MB, then {every[0][1]} MB"
        home.remove()
    said = [f"{seconds / (SOUND + 3):.2f} s a study, {memory:.0f} MB" for seconds, memory, _ in every]
    return (
        f"{SOUND} of {SOUND + 3} studies as if alone, 3 with a message; one at a time {said[0]} "
        f"({FEW} studies: {few[1]:.0f} MB), two at a time {said[1]}"
    )


def derived_alone(home: LittleHome) -> dict[str, dict[str, str]]:
    """The bytes of some studies derived without any other."""
    with pytest.MonkeyPatch.context() as patch:
        enter(home, patch)
        patch.setenv("CDISCFLOW_OUTPUTS", str(home.root / "alone"))
        return {study: bytes_of(run_study(home_of(), study, Request()).folder) for study in ALONE}


def night(home: LittleHome, outputs: str, count: int, studies: list[str]) -> tuple[float, float, int]:
    """Seconds, megabytes of the process (or of its largest child) and exit code of `python -m flows`."""
    settings = {"CDISCFLOW_OUTPUTS": str(home.root / outputs), "CDISCFLOW_STUDIES": str(count),
                "PREFECT_HOME": str(home.root / outputs / ".prefect")}  # fmt: skip
    said, started = home.root / f"{outputs}.log", time.monotonic()
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", *studies], env=home.environment() | settings, cwd=ROOT,
            stdout=out, stderr=out,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds, text = time.monotonic() - started, said.read_text("utf-8")
    if not studies:
        assert process.returncode == 1, text[-2000:]
        assert len(re.findall(r"^\w[\w-]*: complete, run ", text, re.MULTILINE)) == SOUND
        for study, words in ((BROKEN, "not readable as YAML"), (MISSING, "no extract under data/"),
                             (UNREADABLE, "DM stopped: consent.csv: this is no text")):  # fmt: skip
            assert text.count(words) == 1, f"{study}: {text.count(words)} times: {words}"
        assert "Traceback" not in text
    return seconds, used.ru_maxrss / MEGABYTE, process.returncode
