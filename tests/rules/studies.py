"""The studies the laws are tried on, each read and derived once a session."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from clinical.check import Plan, check_study
from clinical.derive import Derived, derive
from clinical.frames import as_text
from clinical.study import load_study
from edc.read import Extract, read_extract
from tests.studies.oncodemo_records import STUDY as ONCODEMO
from tests.studies.oncodemo_records import deliver
from tests.studies.rd1302 import WORKED
from tests.studies.rd1302_domains.pages import with_everything

ROOT = Path(__file__).resolve().parents[2]
STUDIES = {
    "rd1302": (ROOT / "mappings" / "rd1302", "2025-06-30"),
    "cdiscpilot01": (ROOT / "mappings" / "cdiscpilot01", ""),
    "mini": (ROOT / "tests" / "studies" / "mini", "2021-12-31"),
    "oncodemo": (ONCODEMO, "2015-12-31"),
}


@cache
def plan_of(study: str) -> Plan:
    """The checked specs of a study."""
    return check_study(load_study(STUDIES[study][0]))


@cache
def extract_of(study: str) -> Extract:
    """The worked subjects of rd1302, the published records of oncodemo; another study's demonstration."""
    plan = plan_of(study)
    if study == "oncodemo":
        with TemporaryDirectory() as folder:
            deliver(Path(folder), plan.study.forms, "rs_onco_recist")
            return read_extract(Path(folder), plan.study.forms, plan.study.config)
    folder = WORKED if study == "rd1302" else STUDIES[study][0] / "demo"
    return read_extract(folder, plan.study.forms, plan.study.config)


def raw_of(study: str) -> dict[str, pd.DataFrame]:
    """Fresh copies of its raw frames."""
    return {name: frame.copy() for name, frame in extract_of(study).frames.items()}


def pages_of(study: str) -> dict[str, pd.DataFrame]:
    """Raw frames that give every dataset records: to rd1302 a person with pages of every form is added."""
    return with_everything(raw_of(study)) if study == "rd1302" else raw_of(study)


def derive_study(study: str, raw: dict[str, pd.DataFrame], workers: int = 1) -> Derived:
    """The study's datasets from the raw frames given."""
    return derive(plan_of(study), raw, STUDIES[study][1], workers=workers)


@cache
def derived(study: str) -> Derived:
    """The study's datasets from these pages."""
    return derive_study(study, pages_of(study))


def lines(frame: pd.DataFrame) -> list[str]:
    """A frame's records as text, in their order."""
    if not len(frame):
        return []
    cells = [as_text(frame[name].reset_index(drop=True)).fillna("").astype("str") for name in frame]
    return pd.concat(cells, axis=1).agg("|".join, axis=1).tolist()


def subject_findings(found: Derived) -> list[str]:
    """Findings about somebody's records; study-wide ones and "matched nothing" are outside the split law."""
    frame = found.findings[found.findings["record"].ne("") | found.findings["subject"].ne("")]
    return sorted(lines(frame))
