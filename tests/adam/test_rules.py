"""What the models of the ADaM programs refuse: file, line, dataset.parameter and sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from adam import adae, adex_rules, adrs_rules, adsl, adtte_rules
from clinical.errors import SpecError
from clinical.read import Mapping, read_yaml
from clinical.spec import Dataset, read_dataset
from tests.adam.cases import MAPPINGS, spec, study

READERS = {
    "adae": adae.read_rules,
    "adex": adex_rules.read_rules,
    "adsl": adsl.read_rules,
    "adrs": adrs_rules.read_rules,
    "adtte": adtte_rules.read_rules,
}


def changed(folder: Path, name: str, old: str, new: str, config: Mapping | None = None) -> Dataset:
    """The study's spec with one place changed, written to `folder`."""
    text = (MAPPINGS / "rd1302" / "adam" / f"{name}.yml").read_text("utf-8")
    assert text.count(old) >= 1, old
    path = folder / f"{name}.yml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    return read_dataset(path, folder, MAPPINGS, "adam", config or study())


def line_of(folder: Path, name: str, part: str) -> int:
    """The line of the changed spec that holds `part`."""
    lines = (folder / f"{name}.yml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if part in line)


REFUSED = [
    (
        "adae", "    day: 28\n", "    days: 28\n",
        "    days: 28", "ADAE.prolonged: no key called 'days' here; did you mean day?",
    ),
    (
        "adae", "  since_treatment: [D0-D28, D29-M3, \">M3\"]", "  since: [D0-D28]",
        "  since: [D0-D28]", "ADAE: no key called 'since' here",
    ),
    (
        "adex", "drug: FLUDARABINE, rule: percent_of_plan", "drug: NELARABINE, rule: percent_of_plan",
        "drug: NELARABINE", "ADEX.FLUPCT: drug is FLUDARABINE or CYCLOPHOSPHAMIDE, not 'NELARABINE'",
    ),
    (
        "adex", "drug: FLUDARABINE, rule: days", "drug: FLUDARABINE, rule: weeks",
        "rule: weeks",
        "ADEX.FLUDAYS: rule is total or days or percent_of_plan or percent_of_arm or minutes or"
        " first_course or interrupted, not 'weeks'",
    ),
    (
        "adex", "rule: first_course, of: VIABPCT", "rule: first_course, of: VIABLE",
        "of: VIABLE", "ADEX.VIAB: EX.VIABLE is not in reads",
    ),
    (
        "adsl", "  dlt: {least_percent: 80}", "  dlt: {percent: 80}",
        "  dlt: {percent: 80}", "ADSL.dlt: no key called 'percent' here; did you mean least_percent?",
    ),
    (
        "adsl", "surface: BSA}", "area: BSA}",
        "area: BSA}", "ADSL.vitals: no key called 'area' here",
    ),
    (
        "adsl", "  transplants: {PRCAT: HSCT}", "  transplant: {PRCAT: HSCT}",
        "  transplant: {", "ADSL: no key called 'transplant' here; did you mean transplants?",
    ),
    (
        "adsl", "    otherwise: UNKNOWN\n", "",
        "    records: {DDTESTCD: PRCDTH}", "ADSL.death_category: it needs otherwise",
    ),
    (
        "adsl", "    after_progression: [RELAPSE/PD]", "    after: [RELAPSE/PD]",
        "    after: [RELAPSE/PD]", "ADSL.new_therapies: no key called 'after' here",
    ),
    (
        "adtte", "    who: {RSPFL: \"Y\"}\n    start: {date: ADRS.ADT, where: {PARAMCD: RSP}}",
        "    whom: {RSPFL: \"Y\"}\n    start: {date: ADRS.ADT, where: {PARAMCD: RSP}}",
        "whom: {RSPFL", "ADTTE.DOR: no key called 'whom' here; did you mean who?",
    ),
    (
        "adtte", "    start: {date: ADRS.ADT, where: {PARAMCD: RSP}}\n", "",
        "label: Duration of Response (days)", "ADTTE.DOR: DOR needs start",
    ),
    (
        "adtte", "{date: ADSL.DTHDT, text: DEATH}", "{date: ADSL.DTHDT, text: DEATH, cnsr: 0}",
        "cnsr: 0", "ADTTE.OS.events: no key called 'cnsr' here",
    ),
    (
        "adtte", "censor}, cnsr: 3, text:", "censor}, cnsr: three, text:",
        "cnsr: three", "ADTTE.DOR.interrupted_by: cnsr is a whole number, not 'three'",
    ),
    (
        "adtte", "at: itself, cnsr: 4", "at: start, cnsr: 4",
        "at: start", "ADTTE.DOR.interrupted_by: at is itself or assessment, not 'start'",
    ),
    (
        "adtte", "{date: ADSL.DTHDT, text: DEATH}", "{date: ADSL.DEATHDT, text: DEATH}",
        "DEATHDT", "ADTTE.OS.events: ADSL.DEATHDT is not in reads",
    ),
    (
        "adtte", "where: {PARAMCD: RSP}}", "where: {PARAM: RSP}}",
        "{PARAM: RSP}", "ADTTE.DOR: ADRS.PARAM is not in reads",
    ),
    (
        "adtte", "ADT: {gt: {column: cr1}}", "ADT: {gt: {column: cr2}}",
        "column: cr2", "ADTTE.EFSINF.events: ADSL.cr2 is not in reads",
    ),
    (
        "adtte", "{date: ADSL.DTHDT, text: DEATH}", "{date: AE.AESTDTC, text: DEATH}",
        "AESTDTC", "ADTTE.OS.events: AE is not in reads",
    ),
    (
        "adtte", "{date: ADSL.DTHDT, text: DEATH}", "{date: DTHDT, text: DEATH}",
        "date: DTHDT, text", "ADTTE.OS.events: date is DATASET.VARIABLE",
    ),
    (
        "adtte", "    reverse_of: OS", "    reverse_of: SURVIVAL",
        "SURVIVAL",
        "ADTTE.FUP: reverse_of is OS or DOR or EFS or DORALL or DORHSCT or EFSHSCT or DORMISS or EFSMISS or "
        "EFSMRD or EFSINF or TTR or TTCR or TTHSCT, not 'SURVIVAL'",
    ),
    (
        "adtte", "    like: DOR\n    label: Event-free", "    like: TTR\n    label: Event-free",
        "like: TTR", "ADTTE.EFS: like is OS or DOR, not 'TTR'",
    ),
    (
        "adtte", "date: ADSL.TRTSDT, window: W12}", "date: ADSL.TRTSDT, window: W13}",
        "W13", "ADTTE.w12end: window is W4 or W8 or W12 or M4 or M5 or M6 or M9 or M12, not 'W13'",
    ),
    (
        "adtte", "    events:\n      - {date: ADSL.DTHDT, text: DEATH}\n", "    events: DEATH\n",
        "events: DEATH", "ADTTE.OS: events is a list of lines",
    ),
    (
        "adtte", "      - {no_assessment: true, cnsr: 7,", "      - {cnsr: 7,",
        "- {cnsr: 7,", "ADTTE.EFSINF.otherwise: line 1 has no condition: line 2 can never apply",
    ),
    (
        "adae", "grade: 3, longer_than: 7}\n", "grade: 3, longer: 7}\n",
        "longer: 7}", "ADAE.dose_limiting.events: no key called 'longer' here; did you mean longer_than?",
    ),
    (
        "adrs", "    increase_from: baseline ", "    increase_from: screening ",
        "increase_from: screening", "ADRS.algorithm: increase_from is baseline or nadir, not 'screening'",
    ),
    (
        "adrs", "partial: PR, stable: NR,", "partial: PR, stable: SD,",
        "stable: SD", "ADRS.algorithm.values: stable is CR or CRi or PR or NR or PD or RD or NE, not 'SD'",
    ),
    (
        "adrs", "      usable: [{BMQUAL: {ne: DRY TAP}}", "      usable: [{LBQUAL: {ne: DRY TAP}}",
        "    marrow:", "ADRS.algorithm: LB.LBQUAL is not in reads",
    ),
    (
        "adrs", "ABSENT: absent,", "ABSENT: gone,",
        "ABSENT: gone", "ADRS.algorithm.lesions: ABSENT is present or absent or progressed, not 'gone'",
    ),
    (
        "adrs", "{CMR: none, PMR: smaller,", "{CMR: none, PMR: less,",
        "PMR: less",
        "ADRS.algorithm.lesions.reported: PMR is none or smaller or stable or progressed, not 'less'",
    ),
    (
        "adtte", "later_than: low_anc", "later_than: low_wbc",
        "later_than: low_wbc",
        "ADTTE.ANCREC.events.lasting: later_than is cr1 or pd1 or w12end or low_anc or low_plt, not"
        " 'low_wbc'",
    ),
    (
        "adtte", "days_before: 7}", "days: 7}",
        "days: 7}", "ADTTE.PLTREC.events.lasting.without: no key called 'days' here",
    ),
    (
        "adtte", "  defaults:\n", "  default:\n",
        "  default:", "ADTTE: no key called 'default' here; did you mean defaults?",
    ),
    (
        "adrs", "rule: status, window: W8}", "rule: state, window: W8}",
        "rule: state",
        "ADRS.STW8: rule is responses or algorithmic or mrd_status or mrd_percent or status or response_at "
        "or best or best_unconfirmed or best_confirmed or ever or ever_confirmed or first or progression or "
        "relapse or mrd_negative or mrd_response or mrd_relapse or in_response or dated or last, not 'state'",
    ),
    (
        "adrs", "rule: status, window: W8}", "rule: status}",
        "Response Status at Week 8", "ADRS.STW8: rule status needs window",
    ),
    (
        "adrs", "rule: status, window: W8}", "rule: status, window: W9}",
        "window: W9", "ADRS.STW8: window is W4 or W8 or W12 or M4 or M5 or M6 or M9 or M12, not 'W9'",
    ),
    (
        "adrs", "rule: ever, of: complete}", "rule: ever, of: remission}",
        "of: remission", "ADRS.CRCRI: of is response or complete or progression or relapse, not 'remission'",
    ),
    (
        "adrs", "rule: ever, of: complete}", "rule: ever, of: complete, window: W4}",
        "ever, of: complete, window: W4}", "ADRS.CRCRI: no key called 'window' here",
    ),
    (
        "adrs", "not_used_after: [HSCTDT]}", "not_used_after: [TRANSDT]}",
        "TRANSDT", "ADRS.ORRW4H: ADSL.TRANSDT is not in reads",
    ),
    (
        "adrs", "    nothing:       NO ASSESSMENT\n", "",
        "progression:   PD/RELAPSE", "ADRS.status: it needs nothing",
    ),
    (
        "adrs", "reported: {NEGATIVE: NEG,", "reported: {NEGATIVE: NO,",
        "NEGATIVE: NO", "ADRS.mrd: NEGATIVE is NEG or POS or NE, not 'NO'",
    ),
    (
        "adrs", "M12: {visit: MONTH 12, number: 112}", "M24: {visit: MONTH 24, number: 124}",
        "M24", "ADRS.visits: window is W4 or W8 or W12 or M4 or M5 or M6 or M9 or M12, not 'M24'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "shown", "sentence"), REFUSED, ids=[case[4] for case in REFUSED]
)
def test_a_rule_the_model_does_not_know_is_refused(
    name: str, old: str, new: str, shown: str, sentence: str, tmp_path: Path
):
    """Messages rules.key, rules.needed, rules.choice, rules.shape, rules.not-read, rules.dead-line."""
    wrong = changed(tmp_path, name, old, new)
    with pytest.raises(SpecError) as fault:
        READERS[name](wrong)
    assert str(fault.value) == f"{name}.yml:{line_of(tmp_path, name, shown)}: {sentence}"


def test_a_censoring_at_an_assessment_needs_to_know_what_an_assessment_is(tmp_path: Path):
    """Message rules.needed."""
    adequate = "{date: ADRS.ADT, where: {PARAMCD: OVR, AVALC: [CR, CRi, PR, NR, PD, RD]}, highest: AVAL}"
    wrong = changed(tmp_path, "adtte", f"    assessments: {adequate}\n", "")
    with pytest.raises(SpecError) as fault:
        adtte_rules.read_rules(wrong)
    line = line_of(tmp_path, "adtte", "label: Duration of Response (days)")
    assert str(fault.value) == f"adtte.yml:{line}: ADTTE.DOR: DOR needs assessments"


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("W4: [28, 21]", "ADRS.response_windows: W4 is [target, first day, last day]"),
        ("W4: [28, 21, x]", "ADRS.response_windows: W4 is [target, first day, last day]"),
        ("W4: [20, 21, 35]", "ADRS.response_windows: W4 is [target, first day, last day]"),
    ],
)
def test_a_window_is_a_target_between_its_first_and_last_day(written: str, sentence: str, tmp_path: Path):
    """Message rules.shape, for study.yml."""
    config = (MAPPINGS / "rd1302" / "study.yml").read_text("utf-8")
    (tmp_path / "study.yml").write_text(config.replace("W4: [28, 21, 35]", written, 1), "utf-8")
    config = read_yaml(tmp_path / "study.yml", tmp_path)
    with pytest.raises(SpecError) as fault:
        adrs_rules.read_rules(changed(tmp_path, "adrs", "dataset: ADRS", "dataset: ADRS", config))
    assert str(fault.value) == f"study.yml:{line_of(tmp_path, 'study', written)}: {sentence}"


def test_a_response_criterion_of_study_yml_that_has_no_code_is_refused(tmp_path: Path):
    """Messages rules.choice and rules.needed, for study.yml."""
    text = (MAPPINGS / "rd1302" / "study.yml").read_text("utf-8")
    (tmp_path / "study.yml").write_text(text.replace("adequate: [CR,", "adequate: [VGPR,", 1), "utf-8")
    config = read_yaml(tmp_path / "study.yml", tmp_path)
    with pytest.raises(SpecError) as fault:
        adrs_rules.read_rules(changed(tmp_path, "adrs", "dataset: ADRS", "dataset: ADRS", config))
    line = line_of(tmp_path, "study", "VGPR")
    sentence = "ADRS.response: adequate is CR or CRi or PR or NR or PD or RD or NE, not 'VGPR'"
    assert str(fault.value) == f"study.yml:{line}: {sentence}"
    with pytest.raises(SpecError) as fault:
        adrs_rules.read_rules(
            changed(tmp_path, "adrs", "dataset: ADRS", "dataset: ADRS", Mapping({"study": "X"}))
        )
    assert str(fault.value) == "adrs.yml:3: ADRS: study.yml needs response_windows"


def test_the_specs_of_the_study_are_accepted_and_parameters_are_numbered_in_their_order():
    """Rules D.4, D.10: PARAMN in the order of the table, the times to recovery last."""
    adsl.read_rules(spec("adsl"))
    parameters = adtte_rules.read_rules(spec("adtte")).parameters
    assert [parameter.number for parameter in parameters] == list(range(1, 17))
    assert [parameter.code for parameter in parameters] == [
        "OS", "DOR", "EFS", "DORALL", "DORHSCT", "EFSHSCT", "DORMISS", "EFSMISS", "EFSMRD", "EFSINF", "TTR",
        "TTCR", "TTHSCT", "FUP", "ANCREC", "PLTREC",
    ]  # fmt: skip
    numbers = [parameter.number for parameter in adrs_rules.read_rules(spec("adrs")).parameters]
    assert numbers == list(range(1, 33))
