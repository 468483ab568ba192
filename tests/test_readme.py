"""What README.md shows of a run is what a run says: cdiscpilot01, whole and with a file that was cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.homes import LittleHome, command, enter, little_home

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
STUDY = "cdiscpilot01"
OWN = (
    (re.compile(r"demo-[0-9a-f]{8}"), "RUN"),
    (re.compile(r"\d+\.\d+"), "SECONDS"),
    (re.compile(r"\S*outputs/"), "outputs/"),
)


def shown(status: str) -> list[str]:
    """The lines of the sample in README that begins so, without what differs from run to run."""
    block = re.search(rf"^{STUDY}: {status}, run .*?(?=^```$|^rd1302)", README, re.MULTILINE | re.DOTALL)
    return plain(block[0])


def plain(text: str) -> list[str]:
    """Lines without ids of runs, seconds and the folder of this machine."""
    for pattern, word in OWN:
        text = pattern.sub(word, text)
    return text.splitlines()


@pytest.fixture(scope="module")
def pilot(tmp_path_factory) -> Iterator[LittleHome]:
    """A home with the pilot study."""
    made = little_home(tmp_path_factory.mktemp("readme") / "home", STUDY)
    with pytest.MonkeyPatch.context() as patch:
        enter(made, patch)
        yield made
    made.remove()


def test_the_samples_of_the_readme_are_what_the_command_prints(pilot, capsys):
    whole = command(capsys, "run", STUDY)
    assert whole.code == 0
    sample = shown("complete")
    assert [line.removesuffix(", ...") for line in sample] == [
        line[: len(told) - len(", ...")] if told.endswith(", ...") else line
        for line, told in zip(plain(whole.out), sample, strict=True)
    ]
    file = pilot.root / "mappings" / STUDY / "demo" / "ae_raw.csv"
    file.write_bytes(file.read_bytes()[:30000])
    cut = command(capsys, "run", STUDY)
    assert (cut.code, plain(cut.out)) == (3, shown("completed with stops"))
