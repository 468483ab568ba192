"""What only a spec can break of the published rules, and docs/conformance.md names rules that exist."""

from __future__ import annotations

import csv
import re

import pytest

from clinical.read import read_yaml
from tests.rules.studies import ROOT, STUDIES, plan_of

STANDARD = ROOT / "mappings" / "library" / "standards" / "sdtm.csv"
POPULATIONS = {
    "ITT",
    "SAFETY",
    "FULLSET",
    "PPROT",
    "COMPLT",
    "FASFL",
    "SAFFL",
    "ITTFL",
    "PPROTFL",
    "EFFFL",
    "RANDFL",
}


def model_variables() -> set[str]:
    with STANDARD.open(encoding="utf-8", newline="") as lines:
        return {row["variable"] for row in csv.DictReader(lines)}


def qualifiers(study: str) -> dict[str, list[str]]:
    return {
        name: list(dataset.supp)
        for name, dataset in plan_of(study).study.datasets.items()
        if dataset.layer == "sdtm" and dataset.supp
    }


@pytest.mark.parametrize("study", STUDIES)
def test_a_qualifier_is_no_variable_of_the_model(study):
    """CG0314."""
    known = model_variables()
    assert {name: set(names) & known for name, names in qualifiers(study).items() if set(names) & known} == {}


@pytest.mark.parametrize("study", STUDIES)
def test_population_flags_are_in_adsl_only(study):
    """CG0528."""
    assert not set(qualifiers(study).get("DM", [])) & POPULATIONS


@pytest.mark.parametrize("study", STUDIES)
def test_the_name_of_a_qualifier_is_one_of_a_transport_file(study):
    names = [name for names in qualifiers(study).values() for name in names]
    assert [name for name in names if not re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", name)] == []


def test_every_rule_that_the_table_names_exists():
    stated = set()
    for path in (ROOT / "validation" / "library").glob("*/*.yml"):
        stated |= set(read_yaml(path, ROOT)["rules"])
    text = (ROOT / "docs" / "conformance.md").read_text("utf-8")
    named = set(re.findall(r"V-[A-Za-z]+-\d+", text))
    assert named - stated == set()
    assert len(named) > 50
