"""What a rule file may not say, word for word; which rules a study has."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.rules import Rules, read_rules
from clinical.errors import SpecErrors
from tests.checks.examples import VALIDATION
from tests.rules.studies import STUDIES, plan_of

TABLES = """
    passes: |
      USUBJID | SEX
      P1      | F
    fails: |
      USUBJID | SEX
      P1      | M
"""
RULE = (
    """dataset: DM
rules:
  V-DM-101:
    severity: error
    says: not a woman
    todo: Ask.
    fails_when: {SEX: M}"""
    + TABLES
)


@pytest.fixture
def folders(tmp_path) -> list[Path]:
    return [tmp_path / "validation" / "library", tmp_path / "validation" / "mini"]


def write(folder: Path, file: str, text: str) -> None:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, "utf-8")


def read(folders: list[Path], study: str = "mini") -> Rules:
    return read_rules(folders, plan_of(study).names)


def refused(folders: list[Path], study: str = "mini") -> str:
    with pytest.raises(SpecErrors) as faults:
        read(folders, study)
    return str(faults.value)


AT = "validation/mini/sdtm/dm.yml"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("rules:", "rule:", f"{AT}:2: no key called 'rule'; did you mean rules?"),
        ("dataset: DM\n", "", f"{AT}:1: dataset is needed"),
        ("severity: error", "severity: eror",
         f"{AT}:4: V-DM-101: severity is error, warning or info, not 'eror'"),
        ("    todo: Ask.\n", "", f"{AT}:3: V-DM-101: todo is needed"),
        ("    passes: |", "    passed: |", f"{AT}:8: V-DM-101: no key called 'passed'; did you mean passes?"),
        ("    fails: |", "    needs: SEX\n    rule: |", f"{AT}:3: V-DM-101: fails is needed"),
        ("{SEX: M}", "{SEX: M}\n    mask: {function: blank, of: [SEX]}",
         f"{AT}:3: V-DM-101: fails_when or mask, one of the two"),
        ("    fails_when: {SEX: M}\n", "", f"{AT}:3: V-DM-101: fails_when or mask, one of the two"),
        ("fails_when: {SEX: M}", "mask: blank",
         f"{AT}:7: DM: a mask is {{function: name, of: [columns], also: [columns]}}"),
        ("fails_when: {SEX: M}", "mask: {function: blnk, of: [SEX]}",
         f"{AT}:7: DM: no mask called 'blnk'; did you mean blank?"),
        ("fails_when: {SEX: M}", "mask: {function: blank, of: [SEXX]}", f"{AT}:7: DM: DM has no column SEXX"),
        ("fails_when: {SEX: M}", "mask: {function: blank, of: {a: b}}",
         f"{AT}:7: DM: of is a name or a list of names"),
        ("V-DM-101", "V-AE-101", f"{AT}:3: V-AE-101: the id of this rule is like V-DM-1"),
        ("dataset: DM", "dataset: DN",
         f"{AT}:3: V-DM-101: the id of this rule is like V-DN-1"),
        ("  V-DM-101:\n    severity: error", "  V-DM-101: error\n  V-DM-102:\n    severity: error",
         f"{AT}:3: V-DM-101: V-DM-101 is a mapping"),
        ("todo: Ask.", "todo: Ask.\n    helpers: [a]", f"{AT}:7: V-DM-101: helpers is a mapping"),
        ("todo: Ask.", "todo: Ask.\n    stops: yes", f"{AT}:7: V-DM-101: stops is true or false, not 'yes'"),
        ("{SEX: M}", "{SEXX: M}", f"{AT}:7: DM.V-DM-101: DM has no column SEXX; did you mean SEX?"),
        ("{SEX: M}", "{SEX: {is: M}}",
         f"{AT}:7: DM.V-DM-101: no comparator called 'is'; "
         "there is eq, ne, lt, le, gt, ge, in, notin, before, missing"),
        ("{SEX: M}", "{enrolled: M}",
         f"{AT}:7: DM.V-DM-101: a rule sees finished datasets, which have no DM.enrolled"),
        ("{SEX: M}", "{raw.GENDER: man}",
         f"{AT}:7: DM.V-DM-101: a rule sees finished datasets, which have no raw.GENDER"),
        ("todo: Ask.", "todo: Ask.\n    helpers: {n: {cuont: EX}}",
         f"{AT}:7: DM.n: no algorithm called 'cuont'; did you mean count?"),
    ],
)  # fmt: skip
def test_a_fault_names_file_line_and_what_was_meant(folders, old, new, sentence):
    assert RULE.count(old) == 1
    write(folders[1], "sdtm/dm.yml", RULE.replace(old, new))
    assert refused(folders).splitlines()[0] == sentence


def test_a_study_names_datasets_it_has_and_the_library_need_not(folders):
    write(folders[1], "sdtm/exx.yml", RULE.replace("DM", "EXX"))
    assert refused(folders) == (
        "validation/mini/sdtm/exx.yml:3: V-EXX-101: "
        "the study has no dataset or form called 'EXX'; did you mean EX?"
    )
    write(folders[0], "sdtm/exx.yml", RULE.replace("DM", "EXX"))
    (folders[1] / "sdtm" / "exx.yml").unlink()
    assert read(folders).rules == []
    assert read(folders).unused == {"V-EXX-101": "EXX"}


def test_a_rule_stands_in_the_folder_of_its_gate(folders):
    write(folders[1], "raw/dm.yml", RULE)
    assert refused(folders) == "validation/mini/raw/dm.yml:3: V-DM-101: DM belongs to the sdtm gate"


def test_a_rule_for_every_dataset_says_what_it_needs(folders):
    text = RULE.replace("dataset: DM", 'dataset: "--"').replace("V-DM-101", "V-xx-1")
    write(folders[0], "sdtm/all.yml", text)
    assert refused(folders) == (
        "validation/library/sdtm/all.yml:3: V-xx-1: a rule for every dataset has needs"
    )


def test_an_id_is_given_once_in_a_folder(folders):
    write(folders[1], "sdtm/dm.yml", RULE)
    write(folders[1], "sdtm/more.yml", RULE)
    assert refused(folders) == (
        "validation/mini/sdtm/more.yml:3: V-DM-101: another rule of this folder has the same id"
    )


def test_a_study_replaces_a_rule_of_the_library_or_drops_it(folders):
    write(folders[0], "sdtm/dm.yml", RULE)
    write(folders[1], "sdtm/dm.yml", RULE.replace("not a woman", "a man"))
    assert [rule.says for rule in read(folders).rules] == ["a man"]
    write(folders[1], "sdtm/dm.yml", "dataset: DM\nrules:\n  V-DM-101: {drop: everybody is welcome}\n")
    assert read(folders).rules == []


def test_only_a_rule_of_the_library_can_be_dropped(folders):
    write(folders[1], "sdtm/dm.yml", "dataset: DM\nrules:\n  V-DM-101: {drop: everybody is welcome}\n")
    assert refused(folders) == f"{AT}:3: V-DM-101: nothing to drop, the library has no such rule"


def test_all_faults_of_all_files_are_reported(folders):
    write(folders[1], "sdtm/dm.yml", RULE.replace("severity: error", "severity: eror"))
    write(folders[1], "sdtm/ex.yml", "dataset: EX\n")
    assert refused(folders).splitlines() == [
        f"{AT}:4: V-DM-101: severity is error, warning or info, not 'eror'",
        "validation/mini/sdtm/ex.yml:1: rules is needed",
    ]


def test_a_rule_for_every_dataset_takes_the_prefix_of_each(folders):
    text = RULE.replace("dataset: DM", 'dataset: "--"').replace("V-DM-101", "V-xx-1")
    text = text.replace(
        "says: not a woman", "needs: [--STDTC, --STDY]\n    except: [SE]\n    says: --STDY is odd"
    )
    write(folders[0], "sdtm/all.yml", text.replace("{SEX: M}", "{--STDTC: 2021---15, --STDY: {lt: 0}}"))
    rules = read(folders).rules
    assert [(rule.id, rule.says, rule.variable) for rule in rules] == [
        ("V-AE-1", "AESTDY is odd", "AESTDY"), ("V-EX-1", "EXSTDY is odd", "EXSTDY")
    ]  # fmt: skip
    assert rules[0].fails_when.value.any_of[0][0].value == "2021---15"


@pytest.mark.parametrize("study", STUDIES)
def test_the_rules_of_every_study_are_understood(study):
    rules = read([VALIDATION / "library", VALIDATION / study], study)
    assert len(rules.rules) > 20


def test_every_rule_of_the_library_is_used_by_some_study():
    """A misspelled `needs` would make a rule that nobody is asked."""
    unused = [set(read([VALIDATION / "library", VALIDATION / study], study).unused) for study in STUDIES]
    assert set.intersection(*unused) == set()
