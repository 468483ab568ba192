"""All thirty kinds of dirt are handled, or asked about where they are, and change nothing else [B-DIRT].

Every kind is planted at three places or more, on subjects of its own; expected.yml says what must come of it.
"""

from __future__ import annotations

import pytest

from clinical.check import check_study
from clinical.study import load_study
from edc.simulate.dirt.kinds import KINDS
from edc.simulate.layout import files_of
from edc.simulate.protocol import read_protocol
from tests.studies.dirt.judging import ROOT, cases, derived, faults_of, subject_of
from tests.studies.dirt.planted import PLANTS, planted


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """The plants, and both extracts derived and judged."""
    plan = check_study(load_study(ROOT / "mappings" / "rd1302", ROOT / "mappings" / "library"))
    done = planted(read_protocol(plan.study.config), files_of(plan.study.forms))
    place = tmp_path_factory.mktemp("extracts")
    return done, derived(plan, done.clean, place / "clean"), derived(plan, done.dirty, place / "dirty")


@pytest.fixture(scope="module")
def judged(everything):
    """Every plant with what came of it, by kind."""
    found = {kind: [] for kind in KINDS}
    for case in cases(*everything):
        found[case.lines[0].kind].append(case)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_plant_is_handled_or_asked_about_and_changes_nothing_else(kind, judged):
    assert len(judged[kind]) >= PLANTS
    wrong = {f"{case.lines[0].what}: {case.lines[0].record}": faults_of(case) for case in judged[kind]}
    assert {what: faults for what, faults in wrong.items() if faults} == {}


def test_nothing_is_asked_about_a_clean_record(everything, judged, record_property):
    """The kill rate stands in the report of the tests."""
    _, clean, _ = everything
    false = clean.findings[
        clean.findings["record"].fillna("").ne("") | clean.findings["subject"].fillna("").ne("")
    ]
    plants = [case for found in judged.values() for case in found]
    held = [case for case in plants if not faults_of(case)]
    kinds = {kind for kind, found in judged.items() if not any(faults_of(case) for case in found)}
    record_property(
        "line",
        f"dirt: {len(judged)} kinds planted {len(plants)} times, {len(kinds)} kinds and {len(held)} plants "
        f"handled or asked about; false findings on the clean extract: {len(false)}",
    )
    assert false["text"].tolist() == []


def dropped(everything, rule):
    """How many rows more than in the clean extract each form sets aside by a rule."""
    counts = []
    for each in everything[1:]:
        account = each.account[each.account["rule"] == rule]
        counts.append(account.groupby("form")["rows"].sum())
    more = counts[1].sub(counts[0], fill_value=0)
    return {form: int(rows) for form, rows in more.items() if rows}


@pytest.mark.parametrize(("kind", "rule"), [(5, "B-DIRT-5"), (6, "B-DIRT-6"), (7, "B-DIRT-7")])
def test_rows_set_aside_are_counted_by_form(kind, rule, everything):
    planted_on = {}
    for line in everything[0].ledger[kind]:
        planted_on[line.form] = planted_on.get(line.form, 0) + 1
    assert dropped(everything, rule) == planted_on


def test_rows_of_another_environment_and_of_the_test_subject_are_counted(everything):
    assert everything[0].ledger[8]
    assert sum(dropped(everything, "B-DIRT-8").values()) == len(everything[0].ledger[8])


def test_a_column_of_a_new_form_version_is_reported_once(everything):
    found = everything[2].findings
    said = found.loc[found["message"] == "raw.column-unknown", "text"]
    assert sorted(said) == sorted(
        f"edc_csv/{line.form.removesuffix('PAGE')}.csv has a column {line.field} that no raw form declares"
        for line in everything[0].ledger[26]
    )


def test_a_hazard_of_a_whole_file_is_planted_and_changes_no_record(everything, judged):
    """B-DIRT-30: `judged` fails on any change or finding of a subject without a plant of its own."""
    whole = {line.what for line in everything[0].ledger[30] if not subject_of(line)}
    assert whole == {"byte order mark", "line ends of Windows", "empty columns at the end"}
    assert {case.lines[0].what for case in judged[30]} > whole
