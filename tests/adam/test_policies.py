"""The policies of study.yml (A.5) in ADTTE, both options of each; the infusion is on 2024-03-04."""

from __future__ import annotations

import pytest

from adam import adtte_rules
from clinical.errors import SpecError
from clinical.read import Mapping, Text, parse_yaml
from tests.adam import cases
from tests.adam.cases import made_adtte
from tests.adam.test_rules import changed, line_of
from tests.tables import assert_table

THERAPY, LAST = "LAST ADEQUATE ASSESSMENT BEFORE NEW THERAPY", "LAST ADEQUATE ASSESSMENT"


@pytest.fixture
def policies(monkeypatch):
    """study.yml with other settings."""
    whole = cases.study()

    def put(**settings: str) -> None:
        given = {key: Text(value, whole.line(key)) for key, value in settings.items()}
        monkeypatch.setattr(cases, "study", lambda: Mapping({**whole, **given}, whole.at, whole.lines))

    return put


def responses(*subjects: str) -> str:
    """CR on 2024-04-01 and 05-01, relapse on 06-01 of those whose name begins with R."""
    lines = ["USUBJID | PARAMCD | ADT | AVALC"]
    for who in subjects:
        lines += [f"{who} | {code} | 2024-04-01 | Y" for code in ("RSP", "CR1")]
        lines += [f"{who} | OVR | 2024-04-01 | CR", f"{who} | OVR | 2024-05-01 | CR"]
        lines += [f"{who} | OVR | 2024-06-01 | RD"] if who.startswith("R") else []
    return "\n".join(lines)


TRANSPLANTED = """
    USUBJID | RSPFL | CRFL | HSCTDT     | NACTDT
    RBEFORE | Y     | Y    | 2024-05-31 |
    RSAME   | Y     | Y    | 2024-06-01 |
    NONE    | Y     | Y    | 2024-07-01 |
    RTHERAP | Y     | Y    | 2024-05-21 | 2024-05-20
    RWITHNT | Y     | Y    | 2024-05-20 | 2024-05-20
    """


def test_a_transplant_ends_no_time_under_treatment_policy(policies):
    """Rule E-TTE b: the HSCT versions alone are censored at it; D.11: primary DOR and EFS are not."""
    policies(hsct_policy="treatment_policy")
    found = responses("RBEFORE", "RSAME", "NONE", "RTHERAP", "RWITHNT")
    got = made_adtte(TRANSPLANTED, found, only=("DOR", "EFS"))
    assert_table(
        got,
        f"""
        USUBJID | PARAMCD | ADT        | AVAL | CNSR | CNSDTDSC
        RBEFORE | DOR     | 2024-06-01 | 62   | 0    |
        RSAME   | DOR     | 2024-06-01 | 62   | 0    |
        NONE    | DOR     | 2024-05-01 | 31   | 1    | {LAST}
        RTHERAP | DOR     | 2024-05-01 | 31   | 3    | {THERAPY}
        RWITHNT | DOR     | 2024-05-01 | 31   | 3    | {THERAPY}
        RBEFORE | EFS     | 2024-06-01 | 62   | 0    |
        RSAME   | EFS     | 2024-06-01 | 62   | 0    |
        NONE    | EFS     | 2024-05-01 | 31   | 1    | {LAST}
        RTHERAP | EFS     | 2024-05-01 | 31   | 3    | {THERAPY}
        RWITHNT | EFS     | 2024-05-01 | 31   | 3    | {THERAPY}
        """,
    )


def test_a_transplant_before_the_event_censors_on_its_day_under_censor(policies):
    """Rule E-TTE b for all that new therapy ends: before the event, not after new therapy."""
    policies(hsct_policy="censor")
    found = responses("RBEFORE", "RSAME", "NONE", "RTHERAP", "RWITHNT")
    got = made_adtte(TRANSPLANTED, found)
    drawn = f"""
        USUBJID | ADT        | AVAL | CNSR | CNSDTDSC  | SRCDOM | SRCVAR
        RBEFORE | 2024-05-31 | 61   | 4    | HSCT      | ADSL   | HSCTDT
        RSAME   | 2024-06-01 | 62   | 0    |           | ADRS   | ADT
        NONE    | 2024-07-01 | 92   | 4    | HSCT      | ADSL   | HSCTDT
        RTHERAP | 2024-05-01 | 31   | 3    | {THERAPY} | ADRS   | ADT
        RWITHNT | 2024-05-20 | 50   | 4    | HSCT      | ADSL   | HSCTDT
        """
    for code in ("DOR", "EFS", "DORALL", "DORMISS", "EFSMISS", "EFSMRD", "DORHSCT", "EFSHSCT"):
        assert_table(got[got["PARAMCD"] == code], drawn)


def test_a_transplant_under_censor_ends_the_time_to_a_first_response_too(policies):
    """Rule E-TTE b with c: TTR, TTCR and EFSINF, from the infusion; 2024-04-01 is day 29."""
    policies(hsct_policy="censor")
    found = "USUBJID | PARAMCD | ADT | AVALC\nP1 | OVR | 2024-04-01 | NR\nP1 | OVR | 2024-04-29 | CR"
    found += "\nP1 | CR1 | 2024-04-29 | Y"
    got = made_adtte("USUBJID | HSCTDT\nP1 | 2024-04-10", found, only=("TTR", "TTCR", "EFSINF"))
    assert_table(
        got,
        """
        PARAMCD | ADT        | AVAL | CNSR
        TTR     | 2024-04-10 | 38   | 4
        TTCR    | 2024-04-10 | 38   | 4
        EFSINF  | 2024-04-10 | 38   | 4
        """,
    )


TREATED = """
    USUBJID | RSPFL | CRFL | NACTDT     | HSCTDT
    RBEFORE | Y     | Y    | 2024-05-31 |
    RSAME   | Y     | Y    | 2024-06-01 |
    NONE    | Y     | Y    | 2024-04-15 |
    RHSCT   | Y     | Y    | 2024-05-20 | 2024-05-21
    """


@pytest.mark.parametrize(
    ("option", "before", "none", "hsct"),
    [
        ("censor", f"2024-05-01 | 31 | 3 | {THERAPY}", f"2024-04-01 | 1 | 3 | {THERAPY}", THERAPY),
        ("ignore", "2024-06-01 | 62 | 0 | ", f"2024-05-01 | 31 | 1 | {LAST}", "HSCT"),
    ],
)
def test_new_therapy_before_the_event_censors_unless_it_is_ignored(policies, option, before, none, hsct):
    """Rule E-TTE c; on the day of the event it does not either way. The HSCT versions keep rule b."""
    policies(nact_policy=option)
    got = made_adtte(TREATED, responses("RBEFORE", "RSAME", "NONE", "RHSCT"))
    for code in ("DOR", "EFS", "DORALL"):
        of = got[(got["PARAMCD"] == code) & (got["USUBJID"] != "RHSCT")]
        assert_table(
            of,
            f"""
            USUBJID | ADT | AVAL | CNSR | CNSDTDSC
            RBEFORE | {before}
            RSAME   | 2024-06-01 | 62 | 0 |
            NONE    | {none}
            """,
        )
    both = got[(got["PARAMCD"].isin(["DORHSCT", "EFSHSCT"])) & (got["USUBJID"] == "RHSCT")]
    assert both["CNSDTDSC"].tolist() == [hsct, hsct]


@pytest.mark.parametrize(
    ("option", "unknown"),
    [
        ("true", "2024-05-20 | 50 | 0 | DEATH DUE TO DISEASE |"),
        ("false", "2024-05-01 | 31 | 5 | CENSORED | LAST ADEQUATE ASSESSMENT BEFORE NON-DISEASE DEATH"),
    ],
)
def test_a_death_of_unknown_cause_is_disease_or_another_cause(policies, option, unknown):
    """Rules E-TTE a and f: DOR alone asks for the cause; one of disease is an event either way."""
    policies(unknown_death_is_disease=option)
    got = made_adtte(
        """
        USUBJID | RSPFL | CRFL | DTHDT      | DTHCAT
        UNKNOWN | Y     | Y    | 2024-05-20 | UNKNOWN
        DISEASE | Y     | Y    | 2024-05-20 | DISEASE
        """,
        responses("UNKNOWN", "DISEASE"),
    )
    for code in ("DOR", "DORHSCT", "DORMISS"):
        assert_table(
            got[got["PARAMCD"] == code],
            f"""
            USUBJID | ADT | AVAL | CNSR | EVNTDESC | CNSDTDSC
            UNKNOWN | {unknown}
            DISEASE | 2024-05-20 | 50 | 0 | DEATH DUE TO DISEASE |
            """,
        )
    whole = got[got["PARAMCD"].isin(["DORALL", "EFS"])]
    assert whole["EVNTDESC"].tolist() == ["DEATH"] * 4


def test_survival_follow_up_and_time_to_transplant_follow_no_policy(policies):
    """Rule E-TTE c: not OS, FUP, TTHSCT."""
    only = ("OS", "FUP", "TTHSCT")
    adsl = (
        TREATED.replace("HSCTDT", "HSCTDT | DTHDT")
        .replace("|\n", "| |\n")
        .replace("05-21\n", "05-21 | 2024-09-01\n")
    )
    found = responses("RBEFORE", "RSAME", "NONE", "RHSCT")
    usual = made_adtte(adsl, found, only=only)
    policies(hsct_policy="censor", nact_policy="ignore", unknown_death_is_disease="false")
    assert made_adtte(adsl, found, only=only).equals(usual)


NACT = "{study.nact_policy: censor}, cnsr: 3"
REFUSED = [
    (
        "when: " + NACT, "when: {study.nact_polcy: censor}, cnsr: 3",
        "ADTTE.DOR.interrupted_by.when: no key called 'study.nact_polcy' here; did you mean",
    ),
    (
        "when: " + NACT, "when: {study.nact_policy: stop}, cnsr: 3",
        "ADTTE.DOR.interrupted_by: study.nact_policy is censor or ignore, not 'stop'",
    ),
    (
        "when: " + NACT, "when: censor, cnsr: 3",
        "ADTTE.DOR.interrupted_by: when is {study.POLICY: option}",
    ),
    (
        "    study.nact_policy: [censor, ignore]", "    study.nactpolicy: [censor, ignore]",
        "ADTTE.policies: study.yml needs nactpolicy",
    ),
    (
        "    study.nact_policy: [censor, ignore]", "    nact_policy: [censor, ignore]",
        "ADTTE.policies: no key called 'nact_policy' here",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), REFUSED)
def test_a_policy_that_there_is_not_is_refused(tmp_path, old, new, sentence):
    dataset = changed(tmp_path, "adtte", old, new)
    line = line_of(tmp_path, "adtte", new)
    with pytest.raises(SpecError) as fault:
        adtte_rules.read_rules(dataset)
    said = str(fault.value)
    assert said.startswith(f"adtte.yml:{line}: {sentence}")


def test_what_study_yml_says_must_be_an_option(tmp_path):
    config = parse_yaml("study: A\nhsct_policy: cenzor\nnact_policy: censor\n", "mappings/a/study.yml")
    dataset = changed(
        tmp_path, "adtte", "ADTTE", "ADTTE", Mapping({**cases.study(), **config}, config.at, config.lines)
    )
    with pytest.raises(SpecError) as fault:
        adtte_rules.read_rules(dataset)
    assert str(fault.value) == (
        "mappings/a/study.yml:2: ADTTE.policies: hsct_policy is treatment_policy or censor, not 'cenzor'"
    )
