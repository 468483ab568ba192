"""What README.md shows of a run is what a run says: cdiscpilot01, whole and with a file that was cut, and a
value of the simulated rd1302.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cdiscflow.cli import app
from cdiscflow.explain_walk import Frames, Walk
from cdiscflow.explain_why import why
from cdiscflow.home import home
from cdiscflow.runs import find_run
from tests.homes import LittleHome, command, enter, little_home

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
STUDY = "cdiscpilot01"
OWN = (
    (re.compile(r"(demo|2025-06-30)-[0-9a-f]{8}"), "RUN"),
    (re.compile(r"\d+\.\d+"), "SECONDS"),
    (re.compile(r" row \d+:"), " row N:"),
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


@pytest.fixture
def nightly(tmp_path) -> Iterator[LittleHome]:
    """A home with rd1302 and nothing delivered, after the `cdiscflow` lines of `make nightly`."""
    made = little_home(tmp_path / "home", "rd1302")
    told = re.findall(r"^\t@\$\(BIN\)/cdiscflow (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    (line,) = [each for each in told if each.startswith("simulate")]
    with pytest.MonkeyPatch.context() as patch:
        enter(made, patch)
        assert CliRunner().invoke(app, line.split(), catch_exceptions=False).exit_code == 0
        yield made
    made.remove()


def test_the_simulated_study_runs_green_and_its_explained_value_is_that_of_the_readme(nightly, capsys):
    assert sorted(path.name for path in (nightly.root / "data" / "rd1302").iterdir()) == [
        "2025-06-30", "2025-06-30.dirt.csv", "2025-06-30.truth.json"
    ]  # fmt: skip
    done = command(capsys, "run", "rd1302")
    assert (done.code, plain(done.out)[0]) == (0, "rd1302: complete, run RUN")
    every_finding_of_the_site_is_listed(capsys)
    block = re.search(r"^rd1302, run .*?(?=^```$)", README, re.MULTILINE | re.DOTALL)
    said = plain(command(capsys, "explain", "rd1302", "ADTTE", "DOR", "--subject", "01-004").out)
    for line, sample in zip(said, plain(block[0]), strict=True):
        assert re.fullmatch(".*".join(map(re.escape, sample.split("..."))), line), line
    for dataset, parameters in EXPLAINED.items():
        for parameter in parameters:
            every_row_says_why(
                command(capsys, "explain", "rd1302", dataset, parameter).out.splitlines(), dataset
            )
    every_row_has_a_sentence()


EXPLAINED = {
    "ADTTE": ("OS", "DOR", "DORHSCT", "EFSINF", "EFSMISS", "TTHSCT", "FUP"),
    "ADRS": ("OVR", "STW8", "BOR", "PD", "HSCTANY", "MRDNEG"),
    "ADPP": ("CMAX", "LAMZ", "PERSM12"),
}


def every_finding_of_the_site_is_listed(capsys: pytest.CaptureFixture) -> None:
    """`--site` (issue 6, item 7): the study has one site, 01."""
    everything, mine, none = (
        command(capsys, "findings", "rd1302", *asked).out.splitlines()[0].partition(": ")[2]
        for asked in ((), ("--site", "01"), ("--site", "99"))
    )
    counted = [[int(number) for number in re.findall(r"\d+", said)[:3]] for said in (mine, everything)]
    assert 0 < sum(counted[0]) <= sum(counted[1])
    assert none == "0 error, 0 warning, 0 info"


def every_row_says_why(lines: list[str], dataset: str) -> None:
    """Below each row stands one sentence, and the way ends at a page (issue 4, item 3)."""
    rows = [place for place, line in enumerate(lines) if line.startswith(f"{dataset} row ")]
    assert rows
    for first, last in zip(rows, [*rows[1:], len(lines)], strict=True):
        below = lines[first + 1 : last]
        assert below[0].startswith("  why: "), below
        assert below[0].endswith("."), below
        assert sum("why: " in line for line in below) == 1
        assert any(line.lstrip().startswith("EDC page ") for line in below), below


def every_row_has_a_sentence() -> None:
    """One for each row of ADTTE, ADRS and ADPP, with a date."""
    made = home()
    walk = Walk(made.load("rd1302"), Frames(find_run(made, "rd1302", "latest")))
    for dataset in EXPLAINED:
        for row in walk.frames.get(dataset).index:
            said = next(why(walk, walk.study.datasets[dataset], dataset, row))
            assert re.fullmatch(r"why: .*\d{4}-\d\d-\d\d.*\.", said), (dataset, row, said)
