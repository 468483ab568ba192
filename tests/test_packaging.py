"""What is installed is what lies here: our packages win, the wheel is complete, the lock file is true."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import cdiscflow

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
PACKAGES = ("clinical", "edc", "sdtm", "adam", "tlf", "checks", "submission", "cdiscflow")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKED = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text("utf-8").split())
DATA = re.compile(
    r"(clinical/messages/[a-z]+\.yml|(cdiscflow|checks|tlf|submission)/templates/[a-z_.]+\.(j2|typ)|cdiscflow/language/[a-z_]+\.yml|cdiscflow/cdash\.csv"
    r"|submission/templates/define2-1\.xsl(\.LICENSE)?"
    r"|submission/schemas/([a-z0-9.-]+\.schema\.json|LICENSE-[a-z-]+|README\.md)"
    r"|cdiscflow/language/library/([a-z]+/)?[a-z]+\.csv|[a-z]+/py\.typed)"
)


def python(*arguments: str, path: Path | None = None, folder: Path = ROOT) -> subprocess.CompletedProcess:
    """What this Python answers when started anew in `folder`, with `path` first on its path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_the_one_of_this_checkout_and_typed(package):
    assert Path(importlib.util.find_spec(package).origin) == SOURCE / package / "__init__.py"
    assert (SOURCE / package / "py.typed").is_file()


def test_the_packages_named_are_those_that_are_there():
    assert {path.parent.name for path in SOURCE.glob("*/__init__.py")} == set(PACKAGES)
    assert set(cdiscflow.PACKAGES) == set(PACKAGES) - {"cdiscflow"}


@pytest.mark.parametrize("name", ["adam", "checks", "edc"])
def test_a_strangers_package_of_our_name_is_refused_and_never_used(name, tmp_path):
    stranger = tmp_path / name / "__init__.py"
    stranger.parent.mkdir()
    stranger.write_text("raise SystemExit('a stranger ran')")
    found = python("-c", "import cdiscflow.cli", path=tmp_path)
    assert found.returncode == 1
    assert found.stderr.splitlines()[-1] == (
        f"ImportError: package {name} is not the one of cdiscflow but {stranger}; "
        "take its folder off PYTHONPATH, or uninstall it"
    )


def test_the_command_line_starts_without_what_takes_seconds_to_import():
    heavy = ("prefect", "great_expectations", "matplotlib", "scipy", "pandas")
    found = python("-c", f"import cdiscflow.cli, sys; print([n for n in {heavy} if n in sys.modules])")
    assert found.stdout == "[]\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel of this checkout, built in a copy and without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "project"
    shutil.copytree(SOURCE, copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy / name)
    built = python("-c", "from setuptools import build_meta; build_meta.build_wheel('..')", folder=copy)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_of_src_and_nothing_else(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    here = {
        path.relative_to(SOURCE).as_posix()
        for package in PACKAGES
        for path in (SOURCE / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == here
    assert [name for name in sorted(names) if not name.endswith(".py") and not DATA.fullmatch(name)] == []
    assert {
        "clinical/messages/spec.yml",
        "tlf/templates/table.rtf.j2",
        "cdiscflow/language/copy.yml",
    } <= names


def test_the_wheel_carries_licence_and_notice(wheel):
    files = {
        name.split(".dist-info/")[-1] for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" in name
    }
    assert {"licenses/LICENSE", "licenses/NOTICE", "entry_points.txt"} <= files


def test_the_installed_package_finds_its_messages_without_the_checkout(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    ask = "from clinical.errors import catalogue; print(catalogue()['spec.unknown-word'].text)"
    found = python("-c", ask, path=tmp_path, folder=tmp_path)
    assert found.stdout == "no algorithm called '{word}'{hint}\n"


def test_the_lock_file_is_names_and_versions_in_order_and_no_address():
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)] == []
    assert lines == sorted(lines, key=lambda line: line.split("==")[0])
    assert len(lines) == len(LOCKED)


def declared(extra: str = "") -> list[Requirement]:
    """What pyproject.toml asks for."""
    given = PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]
    return [Requirement(text) for text in given]


def test_every_dependency_is_locked_at_a_version_it_allows():
    wrong = [
        str(wanted)
        for wanted in (*declared(), *declared("dev"))
        if not wanted.specifier.contains(LOCKED.get(canonicalize_name(wanted.name), "0"))
    ]
    assert wrong == []


def reached() -> Iterator[str]:
    """Every package that ours need, directly or through others, on any machine."""
    waiting = [*declared(), *declared("dev")]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if (name, extras) in seen or name not in LOCKED:
            continue
        seen.add((name, extras))
        yield name
        for text in importlib.metadata.requires(name) or []:
            needed = Requirement(text)
            marker = str(needed.marker or "")
            asked = re.search(r"extra == ['\"]([^'\"]+)", marker)
            if asked is None or asked[1] in extras:
                waiting.append(needed)


def test_the_lock_file_holds_nothing_that_nobody_needs():
    assert set(LOCKED) - set(reached()) == set()


def test_what_is_installed_is_what_is_locked():
    installed = {name: importlib.metadata.version(name) for name in LOCKED}
    assert installed == LOCKED


def imported(*folders: Path) -> set[str]:
    """The packages of others that Python files of these folders import, wherever the statement stands."""
    names: set[str] = set()
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    own = {path.stem for folder in folders for path in folder.rglob("*.py")}
    return names - own - set(sys.stdlib_module_names) - set(PACKAGES) - {"flows", "bench", "tests"}


def undeclared(names: set[str], requirements: list[Requirement]) -> set[str]:
    """The imports that no requirement names."""
    known = {canonicalize_name(wanted.name) for wanted in requirements}
    homes = importlib.metadata.packages_distributions()
    return {name for name in names if not {canonicalize_name(home) for home in homes[name]} & known}


def test_every_package_the_product_imports_is_declared():
    product = imported(SOURCE, ROOT / "flows")
    assert undeclared(product, [*declared(), *declared("dask")]) == set()


def test_every_package_the_tests_and_benchmarks_import_is_declared():
    tests = imported(ROOT / "tests", ROOT / "bench")
    assert undeclared(tests, [*declared(), *declared("dev")]) == set()
