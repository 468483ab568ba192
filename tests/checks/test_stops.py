"""A failing rule that stops takes its dataset, and what needs it, out of the run; the rest is there."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pandas as pd
import pytest

from cdiscflow.home import home
from cdiscflow.pipeline import Request, Summary, run_study
from tests.homes import ROOT, STOPPING, LittleHome, enter, little_home


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> tuple[LittleHome, Summary]:
    """The toy study with a rule that stops AE, run once."""
    little = little_home(tmp_path_factory.mktemp("home") / "checkout")
    folder = little.root / "validation" / "mini" / "sdtm"
    folder.mkdir(parents=True)
    (folder / "ae.yml").write_text(STOPPING, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        enter(little, patch)
        summary = run_study(home(), "mini", Request(why="test"))
    yield little, summary
    little.remove()


def findings(summary: Summary) -> pd.DataFrame:
    return pd.read_parquet(summary.folder / "findings" / "findings.parquet")


def test_the_run_is_completed_with_stops(stopped):
    _, summary = stopped
    assert summary.status == "completed with stops"
    assert summary.stopped == {
        "AE": "AE: V-AE-101 failed at the gate, so the dataset and what needs it are not in this run",
        "ADAE": "ADAE is not in this run, because it needs AE, which stopped at a gate",
    }


def test_what_does_not_need_the_dataset_is_in_the_run(stopped):
    _, summary = stopped
    assert sorted(summary.rows) == ["ADSL", "DM", "EX", "SE"]
    names = {path.name for kind in ("parquet", "xpt") for path in summary.folder.rglob(f"*.{kind}")}
    assert {"dm.parquet", "dm.xpt", "adsl.parquet"} <= names
    assert not {"ae.parquet", "suppae.parquet", "adae.parquet", "ae.xpt", "adae.xpt"} & names


def test_the_findings_say_which_record_stopped_it_and_what_is_missing(stopped):
    _, summary = stopped
    found = findings(summary).set_index("message")
    assert found.loc["V-AE-101", ["severity", "form", "record", "text"]].to_numpy().tolist() == [
        ["error", "EVENT", "EVENT/B001/1", "a headache"],
        ["error", "EVENT", "EVENT/B002/1", "a headache"],
    ]
    assert found.loc["checks.stops", "text"] == (
        "V-AE-101 failed at the gate, so the dataset and what needs it are not in this run"
    )
    assert found.loc["checks.stopped-with", ["dataset", "keys"]].tolist() == ["ADAE", "AE"]


def test_the_last_good_run_stays_the_one_people_see(stopped):
    """The toy study has no policy that accepts stops."""
    little, _ = stopped
    assert not (little.outputs / "latest").exists()


def test_the_page_and_the_verdicts_are_in_the_run_for_the_owner_and_group_only(stopped):
    little, summary = stopped
    page = summary.folder / "findings" / "validation.html"
    assert "<strong>AE is not in this run</strong>, and neither is what needs it: V-AE-101 failed." in (
        page.read_text("utf-8")
    )
    assert oct(page.stat().st_mode & 0o777) == "0o440"
    assert little.manifest(summary.folder)["gates"]["sdtm"] == {
        "DM": "passed", "AE": "failed", "SUPPAE": "passed", "EX": "passed", "SE": "passed"
    }  # fmt: skip


def test_a_gate_asks_nobody_on_the_network(tmp_path):
    """Every connection and every name look-up is refused; the gates of the toy study run all the same."""
    script = """
        import socket
        def refuse(*asked, **more):
            raise AssertionError(f"network: {asked}")
        for name in ("connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, refuse)
        socket.getaddrinfo = socket.create_connection = refuse
        from tests.checks.finished import finished
        print(sorted(finished("mini").gates().gates))
        import os, sys
        print(os.environ["GX_ANALYTICS_ENABLED"], "posthog" in sys.modules)
    """
    environment = {name: value for name, value in os.environ.items() if name != "GX_ANALYTICS_ENABLED"}
    answer = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, capture_output=True, text=True,
        check=False, env=environment | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split("\n")[:2] == ["['adam', 'raw', 'sdtm']", "false False"]


def test_only_the_suites_import_great_expectations():
    modules = sorted((ROOT / "src").rglob("*.py"))
    assert [path.name for path in modules if "great_expectations" in path.read_text("utf-8")] == ["suites.py"]
