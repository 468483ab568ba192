"""What a stranger who clones this repository relies on: commands, links, licences, no path of ours."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from cdiscflow.cli import app
from cdiscflow.home import home
from cdiscflow.simulating import simulate_study
from edc.simulate.run import Order
from tests.studies.rd1302 import WORKED

ROOT = Path(__file__).parents[1]
MAPPINGS = ROOT / "mappings"
TARGETS = ("nightly", "server", "test", "check", "soak", "bench", "clean")
TEXT = {".py", ".md", ".yml", ".yaml", ".toml", ".lock", ".json", ".j2", ".html", ".txt", ""}
MACHINE = re.compile(r"/(work|root|home|Users)/(?!<)[\w.]+|/tmp/\w|[A-Z]:\\\\?Users")
REGISTRY = re.compile(r"pypi\.org|pythonhosted|devpi|--(extra-)?index-url|--find-links|file:///")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b(?! \(#\d+\))")


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository that git does not ignore, in order."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    return tuple(path for name in sorted(names) if name and (path := ROOT / name).is_file())


def texts(*suffixes: str) -> list[Path]:
    """Files that people write, of these kinds or all; this one looks for words and so is full of them."""
    wanted = suffixes or TEXT
    return [path for path in files() if path.suffix in wanted and path != Path(__file__)]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Every line of a text file in which the pattern stands."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:90]}"
        for path in texts()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_folder_of_somebodys_machine():
    assert lines_with(MACHINE) == []


def test_no_file_names_a_package_registry():
    assert lines_with(REGISTRY) == []


def test_what_is_unfinished_names_its_issue():
    assert [line for line in lines_with(UNFINISHED) if not line.startswith("docs/design/")] == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE, "see /work/" + "main/x"),
        (MACHINE, "/tmp/" + "out"),
        (REGISTRY, "https://" + "pypi.org/simple"),
        (UNFINISHED, "# " + "TODO later"),
    ],
)
def test_such_lines_would_be_noticed(pattern, line):
    assert pattern.search(line)


def test_every_command_of_make_is_there_and_needs_nothing_but_python():
    for target in TARGETS:
        tried = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
    declared = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(TARGETS) <= set(declared[1].split())


def runs(module: str) -> bool:
    """Whether `python -m module` does anything: a package's `__main__`, or a module with a main part."""
    path = ROOT / module.replace(".", "/")
    if path.is_dir():
        return (path / "__main__.py").is_file()
    file = path.with_suffix(".py")
    return file.is_file() and 'if __name__ == "__main__":' in file.read_text("utf-8")


def test_what_make_runs_is_there_and_does_something():
    text = (ROOT / "Makefile").read_text("utf-8")
    modules = set(re.findall(r"python -m ([\w.]+)", text)) - {"pip", "pytest"}
    assert modules
    assert [module for module in sorted(modules) if not runs(module)] == []
    assert [name for name in re.findall(r"\btests/[\w/.]+", text) if not (ROOT / name).exists()] == []


def test_continuous_integration_runs_make_test_and_nothing_else():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = [line for line in script.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert commands == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make test"]


def test_the_deployments_are_nightly_with_a_cron_in_a_zone_and_rederive_and_each_has_its_flow():
    deployments = {
        each["name"]: each for each in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    }
    assert {"nightly", "rederive", "submission"} <= set(deployments)
    assert all({"cron", "timezone"} <= set(schedule) for schedule in deployments["nightly"]["schedules"])
    for each in deployments.values():
        module, _, function = each["entrypoint"].rpartition(".")
        defined = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8")).body
        assert function in {node.name for node in defined if isinstance(node, ast.FunctionDef)}


def test_decisions_are_numbered_without_a_gap_and_say_what_was_given_up():
    paths = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:4] for path in paths] == [f"{number:04d}" for number in range(1, len(paths) + 1)]
    for path in paths:
        text = path.read_text("utf-8")
        assert re.match(rf"# {int(path.name[:4])}\. \S", text), path.name
        parts = re.findall(r"^\**(Context|Choice|What we gave up)\.", text, re.MULTILINE)
        assert parts == ["Context", "Choice", "What we gave up"], path.name


def test_changelog_fragments_are_named_after_their_issue():
    names = [path.name for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]
    assert names
    assert [name for name in names if not re.fullmatch(r"\d+\.[a-z0-9-]+\.md", name)] == []


def links(path: Path) -> list[str]:
    """The places in this repository that a page points at."""
    found = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text("utf-8"))
    return [target for target in found if "://" not in target]


def test_every_link_of_every_page_leads_somewhere():
    lost = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in texts(".md")
        for target in links(path)
        if not (path.parent / target).exists()
    ]
    assert lost == []


PATH = re.compile(r"`((?:src|mappings|validation|tests|docs|flows|changelog\.d|bench)/[\w./-]+)`")


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "NOTICE"])
def test_every_path_that_a_page_names_is_there(page):
    text = (ROOT / page).read_text("utf-8")
    assert [name for name in PATH.findall(text) if not (ROOT / name).exists()] == []


def test_every_command_that_a_page_tells_to_type_exists():
    known = get_command(app).commands
    for path in texts(".md"):
        text = path.read_text("utf-8")
        typed = set(re.findall(r"^(?:\$ )?(?:\.venv/bin/)?cdiscflow ([a-z-]+)", text, re.MULTILINE))
        typed |= set(re.findall(r"`(?:\.venv/bin/)?cdiscflow ([a-z-]+)", text))
        assert typed <= set(known), path.name
        assert set(re.findall(r"(?:^|`|\$ )make ([a-z]+)", text, re.MULTILINE)) <= set(TARGETS), path.name


def test_every_option_that_a_page_gives_a_command_exists():
    known = get_command(app).commands
    for path in texts(".md"):
        for name, rest in re.findall(r"cdiscflow ([a-z-]+)((?: [^`\n|]*)?)", path.read_text("utf-8")):
            if name in known:
                options = {option for parameter in known[name].params for option in parameter.opts} | {
                    "--help"
                }
                assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= options, f"{path.name}: {name}{rest}"


def test_every_command_is_in_the_readme():
    text = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in get_command(app).commands if f"cdiscflow {name}" not in text] == []
    assert [target for target in TARGETS if f"make {target}" not in text] == []


def studies() -> list[Path]:
    """The folders of the studies that are shipped."""
    return sorted(path.parent for path in MAPPINGS.glob("*/study.yml"))


SHIPPED = [folder / "demo" for folder in studies() if (folder / "demo").is_dir()]


@pytest.mark.parametrize("folder", [*SHIPPED, WORKED], ids=lambda folder: folder.parent.name)
def test_shipped_data_say_where_they_come_from_and_under_which_licence(folder):
    text = (folder / "README.md").read_text("utf-8")
    assert "Origin" in text
    assert "Licence" in text


def test_make_nightly_simulates_an_extract_of_each_study_that_ships_none(tmp_path):
    recipe = re.search(r"^nightly:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    told = re.findall(r"cdiscflow simulate (\S+) .*--if-none$", recipe[1], re.MULTILINE)
    assert told == [folder.name for folder in studies() if folder / "demo" not in SHIPPED]
    for study in told:
        (made,) = simulate_study(home(), study, Order(1, spine=True), tmp_path / study)
        assert (made / "manifest.json").is_file()


@pytest.mark.parametrize("folder", studies(), ids=lambda folder: folder.name)
def test_every_key_of_study_yml_is_explained(folder):
    explained = set(re.findall(r"`([a-z_]+)`", (MAPPINGS / "README.md").read_text("utf-8")))
    given = set(yaml.safe_load((folder / "study.yml").read_text("utf-8")))
    assert given - explained == set()


def test_every_dataset_that_is_built_is_in_the_glossary():
    text = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    words = set(re.findall(r"\b[A-Z]{2,8}\b", text))
    built = {
        path.stem.upper()
        for folder in studies()
        for layer in ("sdtm", "adam")
        for path in folder.glob(f"{layer}/*.yml")
    }
    assert built - words == set()


def test_the_licence_is_apache_2_and_the_notice_names_every_source():
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    notice = (ROOT / "NOTICE").read_text("utf-8")
    for source in ("pharmaverseraw", "pharmaversesdtm", "NCI EVS", "survival", "CDISC", "MedDRA", "CTCAE"):
        assert source in notice
