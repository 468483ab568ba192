"""The audit trail: each line with the hash of the line before it, and nothing changed unnoticed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat

import pytest

from clinical.audit import append_audit, begin_new_chain, read_chain, set_torn_aside
from clinical.errors import DerivationError, RunError
from clinical.lock import study_lock


@pytest.fixture
def home(tmp_path):
    """The outputs of a study whose lock we hold."""
    with study_lock(tmp_path / "mini", "test", wait=0):
        yield tmp_path / "mini"


def three_lines(home):
    for number in (1, 2, 3):
        append_audit(
            home, "waiver", "jane", f"query {number} is answered", {"finding": "f" * 12}, {"n": number}
        )
    return home / "audit.jsonl"


def plain_hash(line: dict) -> str:
    content = {name: value for name, value in line.items() if name != "hash"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def test_each_line_says_who_when_why_and_which_line_it_follows(home):
    lines = [json.loads(line) for line in three_lines(home).read_text("utf-8").splitlines()]
    assert [line["before"] for line in lines] == ["0" * 64, lines[0]["hash"], lines[1]["hash"]]
    assert [line["hash"] for line in lines] == [plain_hash(line) for line in lines]
    assert [line["line"] for line in lines] == [1, 2, 3]
    last = {name: lines[2][name] for name in ("event", "who", "why", "inputs", "outputs")}
    assert last == {
        "event": "waiver",
        "who": "jane",
        "why": "query 3 is answered",
        "inputs": {"finding": "f" * 12},
        "outputs": {"n": 3},
    }
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["when"]) for line in lines)


def test_the_time_of_a_line_is_utc_whatever_the_machine_says(home, monkeypatch):
    monkeypatch.setattr("clinical.audit.utc_now", lambda: "2025-06-30T23:05:09Z")
    three_lines(home)
    assert {line["when"] for line in read_chain(home).lines} == {"2025-06-30T23:05:09Z"}


def test_a_trail_is_for_owner_and_group_only(home):
    assert stat.S_IMODE(three_lines(home).stat().st_mode) & 0o137 == 0


def test_a_line_is_on_disk_before_the_call_returns(home, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.readlink(f"/proc/self/fd/{fd}")))
    append_audit(home, "waiver", "jane", "first", {}, {})
    append_audit(home, "waiver", "jane", "second", {}, {})
    trail, folder = str((home / "audit.jsonl").resolve()), str(home.resolve())
    assert synced == [trail, folder, trail]


def test_nobody_adds_a_line_without_the_lock(tmp_path):
    with pytest.raises(DerivationError, match="does not hold the lock"):
        append_audit(tmp_path, "waiver", "jane", "why", {}, {})


def test_no_trail_yet_is_a_whole_trail(home):
    assert (read_chain(home).lines, read_chain(home).faults, read_chain(home).torn) == ([], [], b"")


def test_any_byte_changed_anywhere_in_the_trail_is_found(home):
    path = three_lines(home)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        chain = read_chain(home)
        assert chain.faults or chain.torn, f"byte {place} {whole[place - 5 : place + 5]!r}"


def test_a_line_written_in_another_way_is_not_the_line(home):
    path = three_lines(home)
    path.write_bytes(path.read_bytes().replace(b'"line":2', b'"line": 2'))
    assert [fault.id for fault in read_chain(home).faults] == ["run.line-changed"]


def test_the_fault_names_the_line(home):
    path = three_lines(home)
    path.write_bytes(path.read_bytes().replace(b"query 2 is", b"query 9 is"))
    assert [str(fault) for fault in read_chain(home).faults] == [
        "audit.jsonl:2: the line is not as it was written"
    ]


@pytest.mark.parametrize(("kept", "at"), [([0, 2], 2), ([1, 2], 1), ([1, 0, 2], 1), ([0, 0, 1, 2], 2)])
def test_a_line_removed_moved_or_added_breaks_the_chain(home, kept, at):
    path = three_lines(home)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[number] for number in kept))
    assert str(read_chain(home).faults[0]) == (
        f"audit.jsonl:{at}: the line before this one is not the one it was written after"
    )


def test_a_line_rewritten_with_its_hash_breaks_the_chain_at_the_next_one(home):
    path = three_lines(home)
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    lines[1]["why"] = "another reason"
    lines[1]["hash"] = plain_hash(lines[1])
    texts = [json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), "utf-8")
    assert [fault.id for fault in read_chain(home).faults] == ["run.line-order"]
    assert read_chain(home).faults[0].at == "audit.jsonl:3"


def test_nothing_is_added_to_a_broken_trail(home):
    path = three_lines(home)
    path.write_bytes(path.read_bytes().replace(b"query 2 is", b"query 9 is"))
    before = path.read_bytes()
    with pytest.raises(RunError) as caught:
        append_audit(home, "waiver", "jane", "why", {}, {})
    assert str(caught.value) == (
        "mini: the audit trail is not whole, so nothing is added to it: "
        "audit.jsonl:2: the line is not as it was written"
    )
    assert path.read_bytes() == before


@pytest.mark.parametrize("tail", [b'{"before":"00', b"\0" * 40, b"{}"])
def test_a_torn_last_line_is_set_aside_and_recorded(home, tail):
    path = three_lines(home)
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    with pytest.raises(RunError) as caught:
        append_audit(home, "waiver", "jane", "why", {}, {})
    assert str(caught.value).endswith(f"audit.jsonl:4: the last line was cut after {len(tail)} bytes")
    name = f"audit.torn-{hashlib.sha256(tail).hexdigest()[:16]}"
    assert set_torn_aside(home, "cdiscflow") == [name]
    assert (home / name).read_bytes() == tail
    assert path.read_bytes().startswith(whole)
    chain = read_chain(home)
    assert (chain.faults, chain.torn, len(chain.lines)) == ([], b"", 4)
    assert chain.lines[3]["event"] == "torn line set aside"
    assert chain.lines[3]["outputs"] == {
        "file": name,
        "sha256": hashlib.sha256(tail).hexdigest(),
        "bytes": len(tail),
    }
    assert set_torn_aside(home, "cdiscflow") == []


def test_a_kill_while_a_torn_line_is_set_aside_loses_nothing(home):
    path = three_lines(home)
    tail = b'{"before":'
    name = f"audit.torn-{hashlib.sha256(tail).hexdigest()[:16]}"
    whole = path.read_bytes()
    states = {
        "the piece half written": (whole + tail, tail[:3]),
        "the piece written, the trail not cut": (whole + tail, tail),
        "the trail cut, no line about it": (whole, tail),
    }
    for trail, piece in states.values():
        path.write_bytes(trail)
        (home / name).write_bytes(piece)
        assert set_torn_aside(home, "cdiscflow") == [name]
        assert (home / name).read_bytes() == tail
        assert read_chain(home).lines[3]["outputs"]["sha256"] == hashlib.sha256(tail).hexdigest()


def test_a_trail_begun_anew_starts_with_the_hash_of_the_broken_one(home):
    path = three_lines(home)
    path.write_bytes(path.read_bytes().replace(b"query 2 is", b"query 9 is"))
    broken = path.read_bytes()
    begin_new_chain(home, "jane", "restored from nothing")
    (line,) = read_chain(home).lines
    digest = hashlib.sha256(broken).hexdigest()
    assert line["inputs"] == {"file": f"audit.broken-{digest[:16]}.jsonl", "sha256": digest}
    assert (line["who"], line["why"]) == ("jane", "restored from nothing")
    assert (home / line["inputs"]["file"]).read_bytes() == broken
