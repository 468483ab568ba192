"""Every word and every kind of figure again from JSON and transport files, each option on both sides."""

from __future__ import annotations

import copy

import pandas as pd
import pytest

from tests.tables import table
from tests.tlf import test_concentration_figures as concentrations
from tests.tlf import test_subject_figures as subjects
from tests.tlf.ars_figures import FIGURES
from tests.tlf.ars_files import differences, event_of, results_of, schema, transport
from tests.tlf.ars_methods import METHODS
from tests.tlf.frames import ROOT, study
from tests.tlf.small import ARMS, HEAD, read
from tlf.figures import KINDS
from tlf.spec import read_displays
from tlf.words import WORDS

FRAMES = {
    "ADSL": """
        USUBJID | SAFFL | TRT01A | SEX | TRTSDT     | DTHDT
        P1      | Y     | A      | F   | 2024-01-01 | 2024-02-01
        P2      | Y     | A      | M   | 2024-01-05 |
        P3      | Y     | B      |     | 2024-03-01 | 2024-03-01
        P4      | N     | B      | F   | 2024-03-02 |
        """,
    "ADAE": """
        USUBJID | AEBODSYS | AEDECOD | ATOXGR | ATOXGRN | AEGRPID | AESER
        P1      | Skin     | Rash    | 1      | 1       | G1      | Y
        P1      | Skin     | Rash    | 3      | 3       | G1      |
        P1      | Skin     | Itch    |        |         |         | N
        P2      | Heart    | Beat    | 3      | 3       | G1      | Y
        P2      | Heart    | Beat    | 2      | 2       |         | Y
        P3      | Skin     | Itch    |        |         |         | N
        P3      |          |         | 2      | 2       |         | Y
        P4      | Heart    | Beat    | 5      | 5       |         | Y
        """,
    "ADCM": """
        USUBJID | TOCIFL
        P1      | Y
        P3      |
        P4      | Y
        """,
    "ADLB": """
        USUBJID | PARAMCD | AVISIT | AVAL | GRADE | BASEFL | WORSTFL | BLQFL
        P1      | HGB     | Day 1  | 10   | 0     | Y      |         |
        P1      | HGB     | Day 4  | 8    | 2     |        | Y       |
        P1      | HGB     | Day 4  | 40   | 1     |        |         |
        P2      | HGB     | Day 1  | 20   | 1     | Y      |         |
        P2      | HGB     | Day 4  | 0    |       |        |         | Y
        P3      | HGB     | Day 4  | 30   | 2     |        | Y       |
        P3      | HGB     |        | 5    | 0     |        |         |
        P4      | HGB     | Day 1  | 99   | 2     | Y      |         |
        """,
    "ADTTE": """
        USUBJID | PARAMCD | AVAL | CNSR | EVNTDESC
        P1      | OS      | 14   | 0    | RELAPSE
        P2      | OS      | 14   | 1    |
        P3      | OS      | 21   | 0    | DEATH
        P5      | OS      | 35   | 1    |
        P6      | OS      | 28   | 0    | RELAPSE
        """,
}
NUMBERS = dict.fromkeys(("ATOXGRN", "AVAL", "CNSR", "GRADE"), "Num")
AE, LAB = "records: {from: ADAE}\n", "records: {from: ADLB}\n"
GRADES = (
    "columns: {by: TRT01A, levels: [A, B], total: Total, each: {ANY: Any, "
    "G2: {label: Two, where: {ATOXGRN: 2}}, G3: {label: Three, where: {ATOXGRN: 3}}}}\n"
)
SHIFT = "columns: {each: {0: 0, 1: 1, 2: 2, missing: Missing, total: Total}}\n"
ACROSS = "columns: {each: {n: n, below: BLQ, mean: Mean, cv: CV, gm: GM, gcv: GCV, median: Median}}\n"
MEASURED = "below: {BLQFL: Y}"
TIMES = ARMS + "records: {from: ADTTE}\nsurvival: {event: {CNSR: 0}, unit: weeks, days: 7, conf: 0.9, "
ROWS = {
    "who": ARMS + AE + "rows: {a: {count: all, who: {where: {SEX: F}}}, "
    "b: {count: all, who: {where: {TOCIFL: Y}, from: ADCM}}, "
    "c: {count: {AESER: Y}, who: {where: {SEX: F}}, of: a, show: fraction}}",
    "others": ARMS + AE + "rows: {a: {count: all, having: {from: ADCM, where: {TOCIFL: Y}}}, "
    "b: {count: all, lacking: {where: {ATOXGRN: {ge: 3}}}}, "
    "c: {count: all, having: {where: {AESER: Y}}, lacking: {from: ADCM, where: {TOCIFL: Y}}}}",
    "count": GRADES + AE + "rows: {a: {count: all, worst: ATOXGRN}, b: {count: all}, "
    "c: {count: {AESER: Y}, event: AEGRPID, show: events}, d: {count: {AESER: Y}, show: events}, "
    "e: {count: all, show: n}, f: {count: all, ci: clopper_pearson, conf: 0.8}}",
    "categorical": ARMS + AE + "rows: {a: {categorical: ATOXGR, worst: ATOXGRN, levels: ['2', '3']}, "
    "b: {categorical: ATOXGR, levels: {'1': Low, '2': Low, '5': High}, when_used: [High], other: Else, "
    "missing: None}, c: {categorical: ATOXGR, show: events}, d: {categorical: AESER, show: n}}",
    "nested": GRADES + AE + "rows: {a: {nested: [AEBODSYS, AEDECOD], worst: ATOXGRN}, "
    "b: {nested: AEDECOD, event: AEGRPID, show: events, missing: Not coded}, "
    "c: {nested: [AEBODSYS, AEDECOD], minimum: 60, show: fraction}, d: {nested: AEBODSYS, show: n}}",
    "absent": "columns: {groups: {Rash: {from: ADAE, where: {AEDECOD: Rash}}, "
    "No rash: {from: ADAE, where: {AEDECOD: Rash}, has: none}}}\n"
    "rows: {a: {categorical: SEX}, b: {count: {AESER: Y}, from: ADAE}}",
    "continuous": ARMS + LAB + "rows: {a: {continuous: AVAL}, b: {continuous: AVAL, subject: lowest}, "
    "c: {continuous: AVAL, subject: highest, decimals: 1}, "
    "d: {continuous: DTHDT, from: ADSL, since: TRTSDT}, "
    "e: {continuous: DTHDT, from: ADSL, since: TRTSDT, per: 30.4375}}",
    "visits": ARMS + LAB + "rows: {a: {visits: AVAL, levels: [Day 1, Day 4, Day 7]}, "
    "b: {visits: AVAL, by: PARAMCD, levels: {HGB: Haemoglobin}, decimals: 1}}",
    "shift": SHIFT + LAB + "rows: {a: {shift: GRADE, levels: {0: None, 1: One, 2: Two}, "
    "baseline: {BASEFL: Y}, worst: {WORSTFL: Y}}, b: {shift: GRADE, levels: {0: None, 1: One, 2: Two}, "
    "baseline: {BASEFL: Y}, worst: {WORSTFL: Y}, show: n}}",
    "decision": ARMS + "rows: {e: {count: {SEX: F}}, a: {decision: e, rules: [{when: {n: {ge: 1}, "
    "N: {ge: 2}}, text: Stop}, {when: {n: {lt: 1}}, text: Go}]}}",
    "geometric": ARMS + LAB + f"rows: {{a: {{geometric: AVAL, {MEASURED}}}, "
    f"b: {{geometric: AVAL, {MEASURED}, least: 3}}, c: {{geometric: AVAL, {MEASURED}, most_below: 20}}, "
    "d: {geometric: AVAL, where: {AVAL: {gt: 0}}, decimals: 1}, e: {geometric: AVAL}}",
    "across": ACROSS + LAB + f"rows: {{a: {{across: AVAL, by: AVISIT, levels: [Day 1, Day 4], {MEASURED}, "
    f"least: 2, most_below: 30}}, b: {{across: AVAL, by: PARAMCD, levels: [HGB], {MEASURED}}}}}",
    "incidence": TIMES + "variance: aalen}\nrows: {a: {incidence: [0, 2, 3, 9], event: {EVNTDESC: RELAPSE}}}",
    "delta": TIMES + "variance: delta, beyond: last, conf_type: plain}\n"
    "rows: {a: {incidence: [2, 3, 9], event: {EVNTDESC: [RELAPSE, DEATH]}}, "
    "b: {incidence: [2, 4], event: {EVNTDESC: DEATH}}}",
    "times": TIMES + "conf_type: log}\nrows: {q: {quantiles: [0.25, 0.5]}, r: {rates: [2, 9]}, "
    "o: {range: observed}}",
}  # fmt: skip
CURVES = (
    ARMS
    + "records: {from: ADTTE, where: {PARAMCD: OS}}\nsurvival: {event: {CNSR: 0}, unit: weeks, days: 7}\n"
    "figure: {kind: kaplan_meier, x: Weeks, y: Probability, to: 6, step: 2, curves: [A, Total]}\n"
)
STRIPS = {
    "ADSL": "USUBJID | SAFFL | TRT01A | TRTSDT\nP1 | Y | A | 2024-01-01\nP2 | Y | A | 2024-01-01\n"
    "P3 | Y | B | 2024-01-01\nP4 | Y | B |",
    "ADCRS": """
        USUBJID | PARAMCD | ADT        | AVAL
        P1      | ONE     | 2023-12-31 | 4
        P1      | ONE     | 2024-01-01 | 1
        P2      | ONE     | 2024-01-29 | 2
        P2      | ONE     | 2024-01-29 | 3
        P2      | ONE     | 2024-01-30 | 5
        P3      | ONE     | 2024-01-05 |
        P3      | TWO     | 2024-01-05 | 0
        P4      | TWO     | 2024-01-05 | 1
        """,
    "ADCM": """
        USUBJID | DOSEFL | ASTDT
        P1      | Y      | 2023-12-31
        P1      | Y      | 2024-01-01
        P3      | Y      | 2024-01-29
        P3      | Y      | 2024-01-30
        P3      |        | 2024-01-03
        """,
}


def drawn(given: dict[str, str]) -> dict[str, pd.DataFrame]:
    return {name: table(text, **NUMBERS) for name, text in given.items()}


FALLS = {"ADSL": subjects.FALLERS, "ADLB": subjects.BLASTS, "ADRS": subjects.BEST}
FIGURE = {
    "kaplan_meier": (HEAD + CURVES, drawn(FRAMES)),
    "swimmer": (subjects.SWIMMER, {"ADSL": subjects.SWIMMERS, "ADRS": subjects.ASSESSMENTS}),
    "waterfall": (subjects.WATERFALL, FALLS),
    "waterfall of a total": (subjects.WATERFALL.replace(ARMS, ""), FALLS),
    "heat_strip": (subjects.STRIP, drawn(STRIPS)),
}


def check(displays: list, frames: dict[str, pd.DataFrame], folder) -> dict:
    """The event, valid and computed again."""
    event, whole = event_of(displays, frames)
    assert [error.message for error in schema().iter_errors(event)] == []
    assert results_of(event) == len(whole.results) > 10
    assert differences(event, transport(folder, frames)) == []
    return event


@pytest.mark.parametrize("kind", ROWS)
def test_every_word_can_be_computed_again_with_its_options(tmp_path, kind):
    """E.0; D.5 events and maximum grades; D.8 limits of quantification; D.11 competing risks; A.3."""
    event = check([read(tmp_path, HEAD + ROWS[kind] + "\n")], drawn(FRAMES), tmp_path)
    assert kind not in WORDS or kind in {one["name"] for one in event["methods"]}


@pytest.mark.parametrize("kind", FIGURE)
def test_every_figure_can_be_computed_again(tmp_path, kind):
    """E.2: lengths, states, marks, best change, grades a day, curves."""
    text, frames = FIGURE[kind]
    check([read(tmp_path, text)], frames, tmp_path)


@pytest.fixture(scope="module")
def profiles(tmp_path_factory):
    """The concentration figures of rd1302 on a few subjects, and their transport files."""
    found = read_displays(ROOT / "rd1302" / "tlf", study("rd1302"))
    samples = table(concentrations.SAMPLES, **concentrations.NUMBERS)
    frames = {"ADSL": table(concentrations.SUBJECTS), "ADPC": samples}
    folder = tmp_path_factory.mktemp("profiles")
    return check([found["F14.4.1"], found["F14.4.2"]], frames, folder), folder


def test_concentrations_can_be_computed_again(profiles):
    """D.8, E.2: medians below the limit, means that are not calculated, samples off nominal time."""
    assert {one["name"] for one in profiles[0]["methods"]} >= {"profiles.samples", "profiles.summary"}


def test_the_reader_has_one_method_for_every_word_and_for_every_row_of_a_figure(tmp_path, profiles):
    """A word or kind that nobody computes again cannot be added."""
    shown = [read(tmp_path, text) for text, _ in FIGURE.values()]
    shown += read_displays(ROOT / "rd1302" / "tlf", study("rd1302")).values()
    figures = [one for one in shown if one.figure]
    assert {one.figure.kind for one in figures} == set(KINDS)
    of_figures = {
        f"{one.figure.kind}.{row.word}" for one in figures for row in KINDS[one.figure.kind].rows(one)
    }
    assert set(METHODS) | set(FIGURES) == set(WORDS) - {"heading"} | {"population"} | of_figures


def without(event: dict, analysis: str, place: int) -> dict:
    """The event without one result."""
    wrong = copy.deepcopy(event)
    next(one for one in wrong["analyses"] if one["id"] == analysis)["results"].pop(place)
    return wrong


def test_a_sample_that_is_not_in_the_file_is_told(profiles):
    """All three results of P2's last sample, which is off nominal time."""
    event, folder = profiles
    own = next(one for one in event["analyses"] if one["id"] == "F14.4.1.samples")["results"]
    at = next(
        place
        for place, one in enumerate(own)
        if [group.get("groupValue") for group in one["resultGroups"][1:]] == ["P2", "3"]
    )
    wrong = without(
        without(without(event, "F14.4.1.samples", at), "F14.4.1.samples", at), "F14.4.1.samples", at
    )
    column = own[at]["resultGroups"][0]["groupId"]
    assert differences(wrong, folder) == [f"F14.4.1.samples ('{column}', 'P2') 3: is not in the file"]


def test_a_subject_in_the_column_of_others_is_told(tmp_path):
    """P5 is of B: as a bar of A nothing computes it, and it is missing in B."""
    text, frames = FIGURE["swimmer"]
    event, _ = event_of([read(tmp_path, text)], frames)
    results = next(one for one in event["analyses"] if one["id"] == "T1.ongoing")["results"]
    result = next(one for one in results if one["resultGroups"][1]["groupValue"] == "P5")
    result["resultGroups"][0]["groupId"] = "GF.T1.1"
    assert differences(event, transport(tmp_path, frames)) == [
        "T1.ongoing ongoing ['GF.T1.1', 'P5']: nothing computes it",
        "T1.ongoing ('GF.T1.2', 'P5') : is not in the file",
    ]
