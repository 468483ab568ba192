"""What the gates take over from the last run is what they would say again, byte for byte (decision 0020)."""

from __future__ import annotations

import numpy as np
import pytest

from cdiscflow import memory
from cdiscflow.deriving import rebuild
from cdiscflow.gates import leave_said, night_of, study_rules
from cdiscflow.home import Home
from checks import judging
from checks.expected import COLUMNS, Expected, masks_of
from checks.gates import run_gates
from checks.pieces import DAY, FRAMES, RECORDS, STUDY, part_of
from checks.suites import GateVerdict, SuiteVerdict, Verdict, run_checkpoint
from clinical.errors import DerivationError
from clinical.lock import study_lock
from clinical.run import COMPLETE, Run
from tests.checks.finished import EXTRACT_DAY, finished, plant
from tests.rules.studies import ROOT, STUDIES, lines, plan_of, raw_of
from tests.rules.test_reuse import edit

INPUTS = {"spec": "s", "terminology": "t", "code": "c", "packages": "p"}


def counted(gate: str, expected: list[Expected]) -> GateVerdict:
    """A stand-in for the checkpoint: our own masks, which another test holds equal to Great Expectations."""
    suites = {}
    for each in expected:
        there = [*each.frame.columns, *(f"rule {name}" for name in each.masks)]
        columns = [*each.columns, *(f"rule {name}" for name in each.masks)]
        verdicts = [Verdict(COLUMNS, " ".join(columns), there == columns, int(there != columns), "error")]
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
        self.judged: list[str] = []
        self.found = None

        def watched(gate, expected):
            self.judged += [each.dataset for each in expected]
            return counted(gate, expected)

        patch.setattr(judging, "run_checkpoint", watched)

    def gates(self, raw, day="", fresh=False):
        """What the gates say of these raw frames; `fresh` takes nothing over."""
        if self.found is None or self.found[0] is not raw:
            self.found = (raw, rebuild(self.plan, raw, STUDIES[self.study][1], None))
        found = self.found[1]
        home = Home(self.folder, self.folder, self.folder, ROOT / "validation")
        night = night_of(found, None if fresh else self.before, INPUTS)
        rules = study_rules(home, self.plan, found.derived)
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
        return said


def assert_same(found, full):
    assert lines(found.findings) == lines(full.findings)
    assert found.findings.dtypes.astype(str).tolist() == full.findings.dtypes.astype(str).tolist()
    assert found.gates == full.gates
    assert found.summary() == full.summary()
    assert (found.not_run, found.stopped) == (full.not_run, full.stopped)
    assert found.said.prints == full.said.prints
    assert found.said.asked == full.said.asked
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


def test_rules_that_compare_persons_are_judged_for_the_whole_study():
    study = finished("rd1302")
    parts = {rule.mask.function: part_of(rule, False) for rule in study.rules.rules if rule.mask}
    assert parts.pop("implausible_day") == DAY
    comparing = {"not_one_to_one", "of_another_person", "varies", "lacking", "incompletely_coded"}
    assert {name for name, part in parts.items() if part == STUDY} == comparing & set(parts)
    assert {part for name, part in parts.items() if name not in comparing} == {RECORDS}


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
