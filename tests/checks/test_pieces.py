"""What the gates take over from the last run is what they would say again, byte for byte (decision 0020)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from cdiscflow import memory
from cdiscflow.deriving import rebuild
from cdiscflow.gates import leave_said, night_of, study_rules
from cdiscflow.groups import Groups
from cdiscflow.home import Home
from cdiscflow.runners import here
from checks import judging
from checks.broken import broken
from checks.expected import COLUMNS, Expected, masks_of
from checks.gates import run_gates
from checks.pieces import FRAMES, Changes, Inputs, Night, Said, alone, asks_last_day, compares_persons
from checks.share import Share, share_of
from checks.suites import GateVerdict, SuiteVerdict, Verdict, run_checkpoint
from clinical.errors import DerivationError
from clinical.files import json_bytes
from clinical.lock import study_lock
from clinical.moved import moved_columns
from clinical.reuse import stale
from clinical.run import COMPLETE, Run
from tests.checks.finished import EXTRACT_DAY, finished, plant
from tests.rules.studies import ROOT, STUDIES, lines, plan_of, raw_of
from tests.rules.test_reuse import edit

INPUTS = {"spec": "s", "terminology": "t", "code": "c", "packages": "p"}


def counted(gate: str, expected: list[Expected]) -> GateVerdict:
    """A stand-in for the checkpoint: our own masks, which another test holds equal to Great Expectations."""
    suites = {}
    for each in expected:
        there = [*each.frame.columns] == each.columns
        verdicts = [Verdict(COLUMNS, "", there, int(not there), "error")] if each.columns else []
        for (kind, column), mask in masks_of(each).items():
            rule = column.removeprefix("rule ") if column.startswith("rule ") else ""
            severity = each.severities[rule] if rule else "error"
            verdicts.append(Verdict(kind, column, not mask.any(), int(mask.sum()), severity, rule))
        suites[each.suite] = SuiteVerdict("", verdicts)
    return GateVerdict(all(v.passed for s in suites.values() for v in s.expectations), suites)


class Nights:
    """Successive nights of one study; what the gates said is read back as the next night reads it."""

    def __init__(self, folder, study, patch):
        self.folder, self.study, self.plan, self.number, self.before = folder, study, plan_of(study), 0, None
        self.cut = STUDIES[study][1]
        self.home = Home(folder, folder, folder, ROOT / "validation")
        self.judged: list[str] = []
        self.found = self.last = None

        def watched(gate, expected):
            self.judged += [each.dataset for each in expected]
            return counted(gate, expected)

        patch.setattr(judging, "run_checkpoint", watched)

    def rebuilt(self, raw):
        """All datasets, with what differs from the night before where that is other fingerprints."""
        found = rebuild(self.plan, raw, self.cut, None)
        if self.last:
            again = stale(found.prints, self.last.prints)
            last, people = self.last.derived.outputs, found.people.of_person
            found.moved = moved_columns(found.derived.outputs, last, again, people)
            found.again = {name: sorted(buckets) for name, buckets in again.items()}
        return found

    def gates(self, raw, day="", fresh=False):
        """What the gates say of these raw frames; `fresh` takes nothing over."""
        if self.found is None or self.found[0] is not raw:
            self.found = (raw, self.rebuilt(raw))
        found = self.found[1]
        night = night_of(found, None if fresh else self.before, INPUTS)
        rules = study_rules(self.home, self.plan, found.derived)
        self.judged = []
        day = day or EXTRACT_DAY[self.study]
        return run_gates(self.plan, found.derived.build, found.derived.outputs, rules, day, night)

    def night(self, raw, day=""):
        """The same, kept for the next night."""
        said = self.gates(raw, day)
        self.number += 1
        with study_lock(self.folder, "test"):
            run = Run.begin(self.folder, f"night-{self.number}")
            leave_said(run, said.said)
            self.before = run.finish({}, COMPLETE, "test", "test")
        self.last = self.found[1]
        return said


def assert_same(found, full):
    assert lines(found.findings) == lines(full.findings)
    assert found.findings.dtypes.astype(str).tolist() == full.findings.dtypes.astype(str).tolist()
    assert found.gates == full.gates
    assert found.summary() == full.summary()
    assert (found.not_run, found.stopped) == (full.not_run, full.stopped)
    assert json_bytes(found.said.stated()) == json_bytes(full.said.stated())
    assert {name: list(parts) for name, parts in found.said.asked.items()} == {
        name: list(parts) for name, parts in full.said.asked.items()
    }
    for name in FRAMES:
        mine, theirs = getattr(found.said, name), getattr(full.said, name)
        assert sorted(lines(mine)) == sorted(lines(theirs)), name


@pytest.fixture(params=[1, 5])
def buckets(request, monkeypatch):
    monkeypatch.setattr(memory, "bucket_count", lambda persons: request.param)
    return request.param


@pytest.mark.parametrize("study", ["rd1302", "mini"])
def test_after_random_edits_the_gates_say_what_they_say_of_everything(tmp_path, monkeypatch, buckets, study):
    random = np.random.default_rng(20 + buckets)
    nights = Nights(tmp_path, study, monkeypatch)
    raw = raw_of(study)
    nights.night(raw)
    for _ in range(3):
        raw = {name: frame.copy() for name, frame in raw.items()}
        for _ in range(3):
            edit(raw, random)
        assert_same(nights.night(raw), nights.gates(raw, fresh=True))


def test_gates_in_rounds_of_persons_say_what_they_say_of_everybody_at_once(tmp_path, monkeypatch):
    """Records of a round come from pieces on disk; rules that compare persons are asked once, at the end."""
    monkeypatch.setattr(memory, "bucket_count", lambda persons: 5)
    nights, random = Nights(tmp_path, "rd1302", monkeypatch), np.random.default_rng(9)
    raw = {name: frame.copy() for name, frame in raw_of("rd1302").items()}
    for _ in range(6):
        edit(raw, random)
    whole = nights.gates(raw)
    once = [*nights.judged]
    persons = len(nights.found[1].people.of_person) // 3
    groups = Groups(tmp_path / "groups", persons, here)
    found = rebuild(nights.plan, raw, nights.cut, None, groups=groups)
    assert len(found.rounds) > 2
    nights.found = (raw, found)
    assert_same(nights.gates(raw), whole)
    assert len(nights.judged) > 2 * len(once)
    rules = [rule for rule in study_rules(nights.home, nights.plan).rules if rule.dataset in once]
    assert {compares_persons(rule) for rule in rules} == {True, False}


def test_nothing_edited_nothing_judged(tmp_path, monkeypatch, buckets):
    nights = Nights(tmp_path, "rd1302", monkeypatch)
    first = nights.night(raw_of("rd1302"))
    second = nights.night(raw_of("rd1302"))
    assert nights.judged == []
    assert_same(second, first)


def test_an_edited_response_has_only_what_depends_on_it_judged(tmp_path, monkeypatch, buckets):
    """RS.RSOVR reaches RS, its qualifiers, DS, ADRS, ADSL and ADTTE, and forms whose rules read the page."""
    nights = Nights(tmp_path, "rd1302", monkeypatch)
    nights.night(raw_of("rd1302"))
    raw = raw_of("rd1302")
    plant(raw["RS"], {"Subject": "01-004", "Folder": "D28"}, RSOVR="NR", RSOVR_STD="4")
    found = nights.night(raw)
    assert {"raw.RS", "RS", "ADRS", "ADSL", "ADTTE"} <= set(nights.judged)
    assert not {"raw.DM", "raw.LD", "EX", "CM", "LB", "CP"} & set(nights.judged)
    assert found.findings["message"].eq("V-RS-101").any()
    assert_same(found, nights.gates(raw, fresh=True))


def test_another_last_day_has_only_the_rules_that_ask_it_judged(tmp_path, monkeypatch, buckets):
    nights = Nights(tmp_path, "rd1302", monkeypatch)
    raw = raw_of("rd1302")
    first = nights.night(raw)
    found = nights.night(raw, day="2023-12-31")
    assert nights.judged
    assert "ADTTE" not in nights.judged
    full = nights.gates(raw, day="2023-12-31", fresh=True)
    assert len(full.findings) > len(first.findings)
    assert_same(found, full)


def test_other_specs_terms_code_or_packages_have_everything_judged(tmp_path, monkeypatch):
    nights = Nights(tmp_path, "mini", monkeypatch)
    raw = raw_of("mini")
    nights.night(raw)
    for name in INPUTS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(INPUTS, name, "other")
            nights.gates(raw)
        assert {"raw.CONSENT", "DM", "ADSL"} <= set(nights.judged), name


def test_a_value_that_reaches_no_dataset_has_only_its_form_judged(tmp_path, monkeypatch, buckets):
    """A page that is marked as not done gives no response: RS is derived again and comes out as it was."""
    nights = Nights(tmp_path, "rd1302", monkeypatch)
    nights.night(raw_of("rd1302"))
    raw = raw_of("rd1302")
    plant(raw["RS"], {"Subject": "01-004", "Folder": "W8"}, RSOVR="PD", RSOVR_STD="6")
    found = nights.night(raw)
    assert {"RS", "ADRS", "ADSL"} <= set(nights.last.again)
    reading = {rule.dataset for rule in finished("rd1302").rules.rules if "raw.RS" in rule.reads}
    assert "raw.RS" in nights.judged
    assert set(nights.judged) <= {"raw.RS"} | reading
    assert_same(found, nights.gates(raw, fresh=True))


ASKED = {"DM": frozenset({"AGE"}), "ADSL": frozenset({"TRTSDT"})}


@pytest.mark.parametrize(
    ("moved", "stale"),
    [
        ({}, set()),
        ({"DM": {3: {"SEX"}}}, set()),
        ({"DM": {3: {"AGE"}}}, {3}),
        ({"DM": {3: {"RFSTDTC"}}}, {3}),  # a key
        ({"DM": {3: {"*"}}, "ADSL": {5: {"TRTSDT"}}}, {3, 5}),
        ({"ADSL": {5: {"TRTEDT"}}}, set()),
        ({"SUPPADSL": {5: {"QVAL"}}}, {5}),
        ({"EX": {5: {"*"}}}, set()),
        ({"ADSL": {-1: {"TRTSDT"}}}, {-1, 3, 5}),
    ],
)
def test_a_rule_is_judged_again_where_something_it_reads_moved(moved, stale):
    names = ("DM", "ADSL", "EX")
    old = Inputs("e", datasets={name: {-1: "a", 3: "a", 5: "a"} for name in names}, shapes={"DM": []})
    new = replace(old, datasets={name: {-1: "b", 3: "b", 5: "b"} for name in names})
    rule = SimpleNamespace(id="V-DM-1", columns=ASKED, mask=None, gate="sdtm")
    kept = Said(old, {"DM": {"V-DM-1": [["kind", "", "error", "V-DM-1"]]}})
    night = Night(None, frozenset({-1, 3, 5}), 6, new, kept, moved)
    keys = {"DM": ["USUBJID", "RFSTDTC"]}
    assert Changes(night, keys).stale("DM", rule, False) == stale
    assert Changes(night, keys).stale("DM", rule, True) == ({-1} if stale else set())
    other = replace(new, everything="f")
    assert Changes(replace(night, inputs=other), keys).stale("DM", rule, False) == {-1, 3, 5}
    assert Changes(replace(night, moved=None), keys).stale("DM", rule, False) == {-1, 3, 5}


@pytest.mark.parametrize(("gate", "stale"), [("sdtm", set()), ("adam", {-1, 0})])
def test_another_data_cut_has_the_rules_judged_that_read_sdtm_up_to_it(gate, stale):
    inputs = Inputs("e", cut="2025-01-31", shapes={"DM": []})
    rule = SimpleNamespace(id="V-DM-1", columns=ASKED, mask=None, gate=gate, words=list, reads={"ADSL"})
    kept = Said(inputs, {"DM": {"V-DM-1": []}})
    night = Night(None, frozenset({-1, 0}), 1, replace(inputs, cut="2025-02-28"), kept, {})
    assert Changes(night, {}).stale("DM", rule, False) == stale


@pytest.mark.parametrize("study", ["rd1302", "mini"])
def test_every_rule_can_run_on_what_it_says_it_reads(study):
    """Of a stale bucket only the named datasets are restored: nothing else may be missed."""
    whole = finished(study)
    build, outputs = whole.derived.build, whole.derived.outputs
    night = alone(build)
    there = {*outputs, *(f"raw.{raw.name}" for raw in build.raw_forms())}
    asked = [rule for rule in whole.rules.rules if {rule.dataset, *rule.reads} <= there]
    for names in {frozenset({rule.dataset, *rule.reads}) for rule in asked}:
        share = share_of(whole.plan, Share(build, outputs, night.of_person), night, frozenset({0}), names)
        for rule in asked:
            if {rule.dataset, *rule.reads} == names:
                found, full = broken(share.build, rule, "2025-08-15"), broken(build, rule, "2025-08-15")
                assert found.failed.tolist() == full.failed.tolist(), rule.id


def test_rules_that_compare_persons_are_judged_for_the_whole_study():
    rules = [rule for rule in finished("rd1302").rules.rules if rule.mask]
    comparing = {"not_one_to_one", "of_another_person", "varies", "lacking", "incompletely_coded"}
    used = {rule.mask.function for rule in rules}
    assert {rule.mask.function for rule in rules if compares_persons(rule)} == comparing & used
    assert {rule.mask.function for rule in rules if asks_last_day(rule)} == {"implausible_day"}


def test_a_count_that_is_not_that_of_our_mask_is_an_error_of_ours(monkeypatch):
    """The counts that are kept by bucket come from the masks: they must be those of the checkpoint."""

    def one_too_many(gate, expected):
        said = counted(gate, expected)
        for suite in said.datasets.values():
            suite.expectations[:] = [
                Verdict(v.kind, v.column, False, v.failed_records + 1, v.severity, v.rule)
                for v in suite.expectations
            ]
        return said

    monkeypatch.setattr(judging, "run_checkpoint", one_too_many)
    with pytest.raises(DerivationError) as fault:
        finished("mini").gates()
    assert str(fault.value) == (
        "raw.CONSENT: an expectation of USUBJID record counts 1 records where our own mask marks 0"
    )


def test_the_gates_of_the_demonstration_judge_only_what_an_edit_reaches(tmp_path, monkeypatch):
    """The same with Great Expectations itself: an edited night says what a full one says."""
    nights = Nights(tmp_path, "mini", monkeypatch)
    monkeypatch.setattr(judging, "run_checkpoint", run_checkpoint)
    raw = raw_of("mini")
    nights.night(raw)
    edited = {name: frame.copy() for name, frame in raw.items()}
    edit(edited, np.random.default_rng(3))
    assert_same(nights.night(edited), nights.gates(edited, fresh=True))
