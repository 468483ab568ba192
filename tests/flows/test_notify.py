"""Messages about failures: to whom, what they say, and that a message that fails fails nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cdiscflow.pipeline import Summary
from cdiscflow.stops import Stop
from flows.notify import ADDRESS, notify, tell_crash, tell_failure
from tests.flows.team import Inbox

STOP = Stop("secret.csv:3: 5 cells", "mend it", ("DM", "EX"), ("ADSL",))


@pytest.fixture
def inbox(monkeypatch):
    """Who gets the messages."""
    with Inbox() as made:
        monkeypatch.setenv(ADDRESS, made.address)
        yield made


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        (Summary("mini", "failed", message="of a record"),
         ["mini: no new run (nightly); what it had before is untouched"]),
        (Summary("mini", "completed with stops", run="r1", stops=[STOP]),
         ["mini: 3 datasets stopped in run r1 (nightly)"]),
        (Summary("mini", "unchanged", run="r1", stops=[STOP]),
         ["mini: 3 datasets stopped in run r1 (nightly)"]),
        (Summary("mini", "complete", run="r1"), []),
        (Summary("mini", "unchanged", run="r1"), []),
    ],
)  # fmt: skip
def test_a_failing_study_is_one_message_with_names_and_counts_only(inbox, summary, said):
    tell_failure(summary, "nightly")
    assert [message["text"] for message in inbox.got] == said


@pytest.mark.parametrize(
    ("parameters", "named"),
    [({}, "every study"), ({"studies": ["a", "b"]}, "a, b"), ({"study": "a", "run": "latest"}, "a"),
     ({"request": {"study": "a", "reason": "of a record"}}, "a"), ({"studies": None}, "every study")],
)  # fmt: skip
def test_a_flow_that_was_ended_from_outside_names_its_studies(inbox, parameters, named):
    tell_crash(SimpleNamespace(name="flow"), SimpleNamespace(parameters=parameters), None)
    said = f"{named}: the process of flow was ended from outside; what was finished is untouched"
    assert inbox.got == [{"text": said}]


def test_without_an_address_nothing_is_sent(inbox, monkeypatch, capsys):
    monkeypatch.delenv(ADDRESS)
    notify("a sentence")
    assert (inbox.got, capsys.readouterr().out) == ([], "")


@pytest.mark.parametrize(("code", "reason"), [(404, "HTTP 404"), (500, "HTTP 500"), (302, "HTTP 302")])
def test_an_address_that_refuses_or_leads_elsewhere_is_told_without_it(monkeypatch, capsys, code, reason):
    with Inbox(code) as refusing:
        monkeypatch.setenv(ADDRESS, refusing.address)
        notify("a sentence")
    assert capsys.readouterr().out == f"a message about this could not be sent: {reason}\n"


@pytest.mark.parametrize(
    ("address", "reason"),
    [("http://127.0.0.1:1/secret", "URLError"), ("file:/etc/hosts", "ValueError"), ("x", "ValueError")],
)
def test_an_address_that_is_away_or_none_is_told_without_it(monkeypatch, capsys, address, reason):
    monkeypatch.setenv(ADDRESS, address)
    notify("a sentence")
    assert capsys.readouterr().out == f"a message about this could not be sent: {reason}\n"
