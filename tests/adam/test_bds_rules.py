"""What is wrong in the windows and parameters of ADLB, ADVS and ADEG is refused before any data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adam import adeg, adlb, advs
from clinical.errors import SpecError
from clinical.read import parse_yaml
from tests.adam.cases import spec

MODULES = {"adeg": adeg, "adlb": adlb, "advs": advs}


def changed(name: str, setting: str = "", parameter: str = ""):
    """The spec with one setting of study.yml or one parameter exchanged."""
    whole = spec(name)
    for field, text in (("study", setting), ("parameters", parameter)):
        given = parse_yaml(text, "drawn.yml")
        node = getattr(whole, field)
        node = type(node)({**node, **given}, node.at, {**node.lines, **given.lines})
        whole = replace(whole, **{field: node})
    return whole


@pytest.mark.parametrize("name", MODULES)
def test_the_specs_as_they_are_pass(name):
    MODULES[name].read_rules(spec(name))


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("adeg", {"setting": "analysis_windows: {A: [0, 0, 1], B: [4, 3, 5]}"},
         "ADEG.analysis_windows: B is the window that follows at once"),
        ("adlb", {"setting": "analysis_windows: {A: [0, 0]}"},
         "ADLB.analysis_windows: A is [target, first day, last day]"),
        ("advs", {"setting": "analysis_phases: {BEFORE: {number: -1}, LATER: {number: 1}}"},
         "ADVS.analysis_phases: it needs from"),
        ("advs", {"setting": "analysis_phases: {BEFORE: {number: soon}}"},
         "number is a whole number, not 'soon'"),
        ("advs", {"setting": "analysis_phases: {A: {number: 1, from: X}}"}, "A is first and has no from"),
        ("advs", {"setting": "analysis_phases: {A: {number: 1}, B: {number: 2, from: TRTSDT}}"},
         "ADSL.TRTSDT is not in reads"),
        ("adeg", {"parameter": "worst: {highest: [QTCFAG]}"}, "ADEG.worst: no key called 'highest' here"),
        ("advs", {"parameter": "highest: {of: TEMP}"}, "it needs gives"),
        ("adlb", {"parameter": "grade: none"}, "no key called 'grade' here; did you mean grades?"),
        ("adlb", {"parameter": "grades: none"}, "grades is a table"),
        ("adlb", {"parameter": "corrected: {test: CA, by: ALB, unit: g/L, factor: many, normal: 40}"},
         "factor is a number, not 'many'"),
        ("adlb", {"parameter": "prolonged: {gives: A, category: B, window: D29, records: {}, below: {}}"},
         "ADLB.prolonged: window is DAY 0 or DAY 4"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_with_its_place(name, given, sentence):
    with pytest.raises(SpecError) as fault:
        MODULES[name].read_rules(changed(name, **given))
    assert sentence in str(fault.value)
    assert str(fault.value).startswith(("drawn.yml:1: ", "mappings/"))
