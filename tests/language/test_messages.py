"""Every message about a spec or a build is shown by a conformance case, word for word."""

from __future__ import annotations

import re

import pytest

from cdiscflow.selftest import Case, cases, refusals_of
from clinical.errors import catalogue
from clinical.output import Output, unstated_required
from clinical.standards import Standard, Variable
from tests.tables import table

NAMED = {"build.required": "test_a_required_variable_that_nobody_states_is_an_error_finding"}
IDS = sorted(name for name in catalogue() if name.startswith(("spec.", "build.")))


def sentence_of(identity: str) -> re.Pattern[str]:
    """The catalogue's sentence as a pattern; a circle is all names and places."""
    if identity == "spec.circle":
        return re.compile(r"\S+ \(\S+:\d+\)( needs \S+ \(\S+:\d+\))+")
    text = catalogue()[identity].text.replace("{{", "\0").replace("}}", "\1")
    parts = [re.escape(part) for part in re.split(r"\{\w+\}", text)]
    return re.compile(".*".join(parts).replace("\0", r"\{").replace("\1", r"\}"))


def said_by(case: Case) -> list[str]:
    """The sentences of a case, without the place before them, and the ids of its findings."""
    stopped = [str(text) for text in (case.says.get("stopped") or {}).values()]
    texts = [*refusals_of(case), *stopped]
    start = re.compile(r"(\S+:\d+: )?([A-Z]\w*(\.\w+)?: )?")
    ids = re.findall(r"(?:spec|build)\.[a-z-]+", case.says.get("findings", ""))
    return [*texts, *(start.sub("", text, count=1) for text in texts), *ids]


SAID = [text for case in cases() for text in said_by(case)]


@pytest.mark.parametrize("identity", [name for name in IDS if name not in NAMED])
def test_a_case_shows_the_message(identity):
    pattern = sentence_of(identity)
    assert identity in SAID or any(pattern.fullmatch(text) for text in SAID)


@pytest.mark.parametrize("identity", NAMED)
def test_the_test_named_for_a_message_is_here(identity):
    assert NAMED[identity] in globals()


def test_half_of_the_cases_and_more_must_reject():
    assert sum(case.rejects for case in cases()) * 2 >= len(cases())


def test_every_word_has_cases_of_both_kinds():
    from clinical.words import WORDS

    kinds = {(case.topic, case.rejects) for case in cases()}
    assert {(word, rejects) for word in WORDS for rejects in (True, False)} <= kinds


def test_a_required_variable_that_nobody_states_is_an_error_finding():
    needed = Variable("VSTESTCD", "Test", "Char", 1, core="Req")
    stated = Variable("VSORRES", "Result", "Char", 2, core="Exp")
    standard = Standard("VS", "Vital Signs", {"VSTESTCD": needed, "VSORRES": stated})
    frame = table("USUBJID | VSORRES\nP1 | 37")
    output = Output("VS", "Vital Signs", "sdtm", frame, (stated,), frame, ("USUBJID",))
    found = unstated_required({"VS": standard}, {"VS": output})
    assert found[["message", "severity", "dataset", "variable", "text"]].to_numpy().tolist() == [
        ["build.required", "error", "VS", "VSTESTCD", "VS.VSTESTCD: a required variable that no spec states"]
    ]
