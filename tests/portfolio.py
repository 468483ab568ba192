"""Many studies in one home: copies of a study under other ids, and three that cannot be derived."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.homes import LittleHome

BROKEN, MISSING, UNREADABLE = "spec-broken", "extract-missing", "unreadable"


def add_studies(home: LittleHome, names: list[str], like: str = "mini") -> None:
    """Copies of the study `like`, each with an id of its own and its subjects numbered under that."""
    for name in names:
        for place in ("mappings", "validation", "data"):
            if (home.root / place / like).is_dir():
                shutil.copytree(home.root / place / like, home.root / place / name)
        config = home.root / "mappings" / name / "study.yml"
        text = config.read_text("utf-8")
        own = next(line.split()[1] for line in text.splitlines() if line.startswith("study: "))
        config.write_text(text.replace(own, name.upper()), "utf-8")


def spoil(home: LittleHome) -> None:
    """Three more copies: a spec that is no YAML, no extract at all, a file that is no text."""
    add_studies(home, [BROKEN, MISSING, UNREADABLE])
    (home.root / "mappings" / BROKEN / "study.yml").write_text("study: [", "utf-8")
    shutil.rmtree(home.root / "mappings" / MISSING / "demo")
    (home.root / "mappings" / UNREADABLE / "demo" / "consent.csv").write_bytes(bytes(range(256)) * 8)


def bytes_of(run: Path) -> dict[str, str]:
    """The hash of every file of a run."""
    files = json.loads((run / "manifest.json").read_bytes())["files"]
    return {name: each["sha256"] for name, each in files.items()}
