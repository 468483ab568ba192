"""Where things are: the checkout, its studies, what was delivered and what was made of it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from clinical.errors import InputError
from clinical.read import Mapping
from clinical.study import Study, load_study, study_folders

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Home:
    """The folders of an installation; CDISCFLOW_DATA and CDISCFLOW_OUTPUTS move two of them."""

    mappings: Path
    data: Path
    outputs: Path
    validation: Path

    def studies(self) -> list[str]:
        """The names of the studies under `mappings/`."""
        return [folder.name for folder in study_folders(self.mappings)]

    def load(self, study: str) -> Study:
        """The specs of a study.

        Raises: InputError for a name that is no study; SpecErrors.
        """
        if study not in self.studies():
            raise InputError("ask.no-study", study, known=", ".join(self.studies()))
        return load_study(self.mappings / study, self.mappings / "library")


def home(root: Path | None = None) -> Home:
    """The folders of the checkout `root`, or of this one."""
    base = Path(root or os.environ.get("CDISCFLOW_HOME") or CHECKOUT)
    return Home(
        mappings=base / "mappings",
        data=Path(os.environ.get("CDISCFLOW_DATA") or base / "data"),
        outputs=Path(os.environ.get("CDISCFLOW_OUTPUTS") or base / "outputs"),
        validation=base / "validation",
    )


@dataclass(frozen=True)
class Delivery:
    """One extract: its folder, its name and the day it was taken (ISO date, '' if nobody says)."""

    folder: Path
    name: str
    day: str


def extract_folder(home: Home, study: str) -> Path | None:
    """The folder of the newest extract under `data/<study>/`, else `demo/` of the study, else none.

    A folder whose name begins with a dot is no extract: it is still being written.
    """
    delivered = sorted(path for path in (home.data / study).glob("[!.]*") if path.is_dir())
    folder = delivered[-1] if delivered else home.mappings / study / "demo"
    return folder if folder.is_dir() else None


def newest_extract(home: Home, study: Study) -> Delivery:
    """The newest extract under `data/<study>/`, or the demonstration extract of the study.

    An older one is never taken in silence: the newest counts even if it turns out unreadable.
    Raises: InputError where there is neither.
    """
    folder = extract_folder(home, study.name)
    if folder is None:
        raise InputError("ask.no-extract", study.name)
    named = _manifest(folder)
    name = str(named.get("extract") or folder.name)
    day = str(named.get("extracted_at") or "")[:10] or (name if is_day(name) else "")
    return Delivery(folder, name, day)


def _manifest(folder: Path) -> dict:
    path = folder / "manifest.json"
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        return {}  # the reader of the extract refuses it, with its own words
    return found if isinstance(found, dict) else {}


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, as 2025-06-30."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def cut_day(config: Mapping, delivery: Delivery, asked: str = "") -> str:
    """The day the data are cut [D-CUT]: what was asked for, a date of study.yml, or the extract's; '' for
    none.

    Raises: InputError for a cut that is no day.
    """
    stated = asked or str(config.get("data_cut", "extract"))
    if stated in ("none", "extract") and not asked:
        return delivery.day if stated == "extract" else ""
    if not is_day(stated):
        raise InputError("ask.cut", cut=stated)
    return stated
