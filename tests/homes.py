"""Little homes to try commands and flows on: the toy study and the library in a test's own folder."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from clinical.files import remove_tree
from tests.studies.rd1302 import WORKED

ROOT = Path(__file__).parents[1]
# a rule of the toy study that stops AE
STOPPING = """
dataset: AE
rules:
  V-AE-101:
    severity: error
    says: a headache
    todo: Ask about coffee.
    fails_when: {AEDECOD: HEADACHE}
    stops: true
    passes: |
      USUBJID | AEDECOD
      P1      | NAUSEA
    fails: |
      USUBJID | AEDECOD
      P1      | HEADACHE
"""
MINI = ROOT / "tests" / "studies" / "mini"
SETTINGS = ("CDISCFLOW_HOME", "CDISCFLOW_DATA", "CDISCFLOW_OUTPUTS")


@dataclass(frozen=True)
class Answer:
    """What a command left: exit code and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class LittleHome:
    """A home with the toy study; `outputs` and `data` are inside of it."""

    root: Path

    @property
    def study(self) -> Path:
        """The specs of the toy study."""
        return self.root / "mappings" / "mini"

    @property
    def outputs(self) -> Path:
        """What was made of it."""
        return self.root / "outputs" / "mini"

    @property
    def latest(self) -> Path:
        """The run that people see."""
        return (self.outputs / "latest").resolve(strict=True)

    def manifest(self, run: Path | None = None) -> dict:
        """The manifest of a run, or of the latest."""
        return json.loads(((run or self.latest) / "manifest.json").read_text("utf-8"))

    def audit(self) -> list[dict]:
        """The lines of the audit trail."""
        return [json.loads(line) for line in (self.outputs / "audit.jsonl").read_text("utf-8").splitlines()]

    def edit(self, file: str, old: str, new: str) -> None:
        """One passage of a file of the toy study is replaced."""
        path = self.study / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{file} has {text.count(old)} times: {old}"
        path.write_text(text.replace(old, new), "utf-8")

    def copy(self, root: Path) -> LittleHome:
        """The same home with all its runs elsewhere; finished runs stay read-only."""
        shutil.copytree(self.root, root, symlinks=True)
        return LittleHome(root)

    def environment(self) -> dict[str, str]:
        """The environment of a process that works on this home."""
        kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        return kept | {"CDISCFLOW_HOME": str(self.root)}

    def remove(self) -> None:
        """The home is gone."""
        remove_tree(self.root)


def little_home(root: Path, *more: str) -> LittleHome:
    """A home with the library, the toy study and `more` studies of the repository."""
    shutil.copytree(ROOT / "mappings" / "library", root / "mappings" / "library")
    shutil.copytree(MINI, root / "mappings" / "mini")
    for study in more:
        shutil.copytree(ROOT / "mappings" / study, root / "mappings" / study)
    shutil.copytree(ROOT / "validation", root / "validation")
    return LittleHome(root)


def deliver_worked(home: LittleHome) -> Path:
    """The worked subjects as the extract of rd1302 that a run of `home` finds."""
    folder = home.root / "data" / "rd1302" / "2025-08-15"
    shutil.copytree(WORKED, folder)
    return folder


def smallest_home(root: Path) -> LittleHome:
    """A home whose toy study has three datasets of two forms, for what is done many times."""
    home = little_home(root)
    for file in ("sdtm/ae.yml", "raw/EVENT.yml", "demo/event.csv"):
        (home.study / file).unlink()
    shutil.rmtree(home.study / "adam")
    shutil.rmtree(root / "validation")
    return home


def enter(home: LittleHome, patch: pytest.MonkeyPatch) -> None:
    """This process works on `home` from now on."""
    for name in SETTINGS:
        patch.delenv(name, raising=False)
    patch.setenv("CDISCFLOW_HOME", str(home.root))


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> Answer:
    """The command line in this process."""
    from cdiscflow import cli

    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["cdiscflow", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    said = capsys.readouterr()
    code = ended.value.code
    return Answer(0 if code is None else int(code), said.out, said.err)
