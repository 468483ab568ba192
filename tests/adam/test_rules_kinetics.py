"""What the models of ADPC, ADPP and ADCRS refuse: file, line, dataset.parameter and sentence."""

from __future__ import annotations

import pytest

from adam import adcrs, adpc, adpp
from clinical.errors import SpecError
from tests.adam.cases import spec
from tests.adam.test_rules import changed, line_of

READERS = {"adpc": adpc.read_rules, "adpp": adpp.read_rules, "adcrs": adcrs.read_rules}
REFUSED = [
    ("adpc", "  below: BLQ", "  under: BLQ", "  under: BLQ", "ADPC: no key called 'under' here"),
    ("adpp", "enough: 25", "enough: soon", "enough: soon", "ADPP.area: enough is a number, not 'soon'"),
    ("adpp", "  who: PKFL", "  who: SAFFL", "  who: SAFFL", "ADPP: ADSL.SAFFL is not in reads"),
    (
        "adpp", "PKEXCLFL: {missing: true}", "BLQFL: {missing: true}",
        "BLQFL: {missing: true}", "ADPP: ADPC.BLQFL is not in reads",
    ),
    (
        "adpp", "result: seen, at: {AVISITN: 13}", "result: seen, at: {AVISIT: WEEK 12}",
        "AVISIT: WEEK 12", "ADPP.PERSM3: ADPC.AVISIT is not in reads",
    ),
    (
        "adpp", "result: half_life", "result: half_live",
        "result: half_live",
        "ADPP.LAMZHL: result is peak or peak_time or last or last_time or area or area_last or rate or"
        " half_life or fit or seen, not 'half_live'",
    ),
    ("adpp", "    rise:   NO", "    climb:  NO", "    climb:", "ADPP.reasons: no key called 'climb' here"),
    ("adcrs", "of: lowest", "of: least", "of: least", "ADCRS.ICETOT: of is highest or lowest, not 'least'"),
    (
        "adcrs", "skip: {AGE: {lt: 12}}", "skip: {AGEGR1: {lt: 12}}",
        "  ICANSGRD:", "ADCRS.ICANSGRD: ADSL.AGEGR1 is not in reads",
    ),
    (
        "adcrs", "CMDECOD: TOCILIZUMAB", "CMTRT: TOCILIZUMAB",
        "  CRSGRD:", "ADCRS.CRSGRD: CM.CMTRT is not in reads",
    ),
    (
        "adcrs", "hypoxia:     {records:", "hypoxia:     {grades: {LOW-FLOW: two}, records:",
        "LOW-FLOW: two", "ADCRS.CRSGRD.components.hypoxia: LOW-FLOW is a number, not 'two'",
    ),
    (
        "adcrs", "  days: {from: 0, until: 28}", "  days: {from: 0, to: 28}",
        "  days: {from: 0, to: 28}", "ADCRS.days: no key called 'to' here",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "at", "told"), REFUSED)
def test_a_fault_of_the_rules_is_refused_with_its_line(name, old, new, at, told, tmp_path):
    with pytest.raises(SpecError) as refused:
        READERS[name](changed(tmp_path, name, old, new))
    assert f"{name}.yml:{line_of(tmp_path, name, at)}: {told}" in str(refused.value)


@pytest.mark.parametrize("name", READERS)
def test_the_rules_of_the_study_are_read(name):
    READERS[name](spec(name))
