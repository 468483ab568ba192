"""CDISC CORE as a program beside ours: its report, its time limit, its failures.

`core_report.json` has the keys of cdisc_rules_engine/services/reporting/json_report.py of
cdisc-org/cdisc-rules-engine; its contents are made up and short. CORE itself was not
run: it needs another Python and a key.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from clinical.errors import RunError
from submission.core import read_report, validate

RECORDED = Path(__file__).with_name("core_report.json")
COPIES = """
import json, sys
from pathlib import Path
given = sys.argv[1:]
assert given[:5] == ["validate", "-s", "sdtmig", "-v", "3-4"], given
assert given[given.index("-of") + 1] == "JSON"
Path(sys.argv[0] + ".calls").open("a").write(" ".join(given) + "\\n")
out = Path(given[given.index("-o") + 1] + ".json")
out.write_text(Path(RECORDED).read_text())
"""
HANGS = """
import subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
Path(sys.argv[0] + ".child").write_text(str(child.pid))
time.sleep(60)
"""


@pytest.fixture
def core(tmp_path, monkeypatch):
    """Makes a program that stands for CORE."""

    def made(text: str) -> Path:
        path = tmp_path / "core.py"
        path.write_text(text.replace("RECORDED", repr(str(RECORDED))), "utf-8")
        monkeypatch.setenv("CDISCFLOW_CORE", f"{sys.executable} {path}")
        return path

    return made


def test_a_report_is_findings_by_rule_and_dataset_without_values():
    result = read_report(RECORDED.read_bytes(), "sdtm")
    assert (result.version, result.rules, result.unfinished) == ("0.17.0", 3, ("CORE-000767",))
    found = [(one.id, one.dataset, one.count, one.severity) for one in result.faults]
    assert found == [
        ("core.issue", "AE", 3, "warning"),
        ("core.issue", "DM", 1, "warning"),
        ("core.not-run", "", 1, "warning"),
    ]
    assert "S1-001" not in str(result)
    said = "CDISC CORE 0.17.0 ran 3 rules of SDTMIG 3.4: 2 rules found 4 issues. 1 rules did not finish."
    assert result.sentence("SDTMIG 3.4") == said


def test_core_is_called_once_for_all_rules_or_once_for_each_that_is_named(core, tmp_path, monkeypatch):
    path = core(COPIES)
    assert validate(tmp_path, "sdtmig", "3.4").rules == 3
    monkeypatch.setenv("CDISCFLOW_CORE_RULES", "CORE-000264, CORE-000356")
    assert validate(tmp_path, "sdtmig", "3.4").rules == 6
    calls = Path(f"{path}.calls").read_text().splitlines()
    assert [call.endswith(("-r CORE-000264", "-r CORE-000356")) for call in calls] == [False, True, True]


def test_a_rule_that_does_not_end_is_stopped_with_its_children_and_is_no_pass(core, tmp_path, monkeypatch):
    path = core(HANGS)
    monkeypatch.setenv("CDISCFLOW_CORE_RULES", "CORE-000890")
    monkeypatch.setenv("CDISCFLOW_CORE_SECONDS", "2")
    result = validate(tmp_path, "sdtmig", "3.4")
    assert result.unfinished == ("CORE-000890",)
    assert [one.id for one in result.faults] == ["core.time"]
    child = int(Path(f"{path}.child").read_text())
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise SystemExit(4)", "core.failed"),
        ("pass", "core.failed"),
        ("import sys; open(sys.argv[sys.argv.index('-o') + 1] + '.json', 'w').write('{')", "core.report"),
        ("import sys; open(sys.argv[sys.argv.index('-o') + 1] + '.json', 'w').write('[]')", "core.report"),
    ],
)
def test_a_validator_that_fails_is_said_so(core, tmp_path, text, said):
    core(text)
    with pytest.raises(RunError) as refused:
        validate(tmp_path, "sdtmig", "3.4")
    assert refused.value.id == said


def test_without_the_setting_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.delenv("CDISCFLOW_CORE", raising=False)
    with pytest.raises(RunError) as refused:
        validate(tmp_path, "sdtmig", "3.4")
    assert refused.value.id == "core.not-set"
