"""The flows on a Prefect server: states, retries, artifacts, what is refused, and what Prefect must never
hold.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from uuid import UUID

import httpx
import pytest

from cdiscflow.home import home as home_of
from cdiscflow.pipeline import Request, run_study
from tests.flows.conftest import PLANTED
from tests.homes import ROOT

pytestmark = pytest.mark.prefect
REASON = "the site corrected a dose"


def server():
    """A client of the server's interface."""
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL

    auth = tuple(PREFECT_API_AUTH_STRING.value().split(":"))
    return httpx.Client(base_url=PREFECT_API_URL.value() + "/", auth=auth, timeout=60)


def ask(path: str, **body: object) -> list[dict]:
    """What the server answers to a question with a filter."""
    with server() as client:
        answer = client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()


def task_runs(flow_run: UUID) -> list[dict]:
    """The task runs of a flow run, as the Prefect page lists them."""
    return ask("task_runs/filter", flow_runs={"id": {"any_": [str(flow_run)]}}, limit=200)


@pytest.fixture(scope="module")
def night(prefect):
    """One night with a study that works and one that cannot be read."""
    from flows.nightly import nightly

    return nightly(return_state=True)


def test_a_study_that_fails_does_not_stop_the_others_and_is_named(prefect, night):
    assert night.is_failed()
    assert night.message == "no new run of broken; what they had before is untouched"
    assert prefect.manifest()["run"]["event"] == "nightly"


def test_each_step_of_a_dataset_is_a_task_and_each_study_is_one(prefect, night):
    found = {each["name"]: each["state_type"] for each in task_runs(night.state_details.flow_run_id)}
    assert found.pop("broken") == "FAILED"
    assert set(found.values()) == {"COMPLETED"}
    assert {"mini", "DM 1", "DM 2", "EX 1", "EX 2", "SE 1"} <= set(found)


def test_the_summary_of_each_study_is_an_artifact(prefect, night):
    found = {each["key"]: each for each in ask("artifacts/filter")}
    assert set(found) >= {"run-mini", "run-broken"}
    assert f"mini: complete, run {prefect.latest.name}" in found["run-mini"]["data"]
    assert "mappings/broken/study.yml:" in found["run-broken"]["data"]


def test_the_same_run_without_prefect_is_the_same_in_all_that_is_hashed(
    prefect, night, tmp_path, monkeypatch
):
    monkeypatch.setenv("CDISCFLOW_OUTPUTS", str(tmp_path))
    plain = prefect.manifest(run_study(home_of(), "mini", Request("jane", "without Prefect", "run")).folder)
    of_prefect = prefect.manifest()
    assert plain["hash"] == of_prefect["hash"]
    assert {**plain, "run": {}} == {**of_prefect, "run": {}}


def test_a_night_without_a_change_is_completed_and_says_so(prefect, night, capsys):
    from flows.nightly import nightly

    state = nightly(["mini"], return_state=True)
    assert (state.is_completed(), state.message) == (True, "mini unchanged")
    said = f"mini: nothing changed since {prefect.latest.name}\n  results:   {prefect.latest}\n"
    assert capsys.readouterr().out == said


@pytest.fixture
def cut_file(prefect):
    """The transfer of CONSENT broke off; the file is whole again afterwards."""
    whole, broken = "B002,2021-03-05,1990,woman,no,\n", "B002,2021-03-05,1990,woman,no\n"
    prefect.edit("demo/consent.csv", whole, broken)
    yield
    prefect.edit("demo/consent.csv", broken, whole)


def test_a_night_in_which_datasets_stop_is_a_failed_flow_of_its_own_name_and_exit_code(
    prefect, night, cut_file, capsys
):
    from flows.__main__ import run_nightly
    from flows.nightly import nightly

    good = prefect.latest.name
    state = nightly(["mini"], return_state=True)
    assert (state.is_failed(), state.name) == (True, "Stopped")
    said = "datasets stopped in mini; what is said of each study above names the cause"
    assert state.message == said
    stopped = prefect.audit()[-1]["outputs"]["run"]
    printed = capsys.readouterr().out
    assert "  DM stopped: consent.csv:3: 5 cells where the header has 6\n" in printed
    assert f"  latest was not moved: the accepted run is still {good}\n" in printed
    assert run_nightly(None, ["mini"], False) == 3
    again = capsys.readouterr().out
    assert again.startswith(f"mini: nothing changed since {stopped}, which was completed with stops\n")
    assert again.endswith(f"{said}\n")
    assert prefect.audit()[-1]["outputs"]["run"] == stopped
    (page,) = (each for each in ask("artifacts/filter", sort="CREATED_DESC", limit=1))
    assert "DM stopped: consent.csv:3" in page["data"]


def test_a_study_without_a_run_weighs_more_than_one_with_stops(prefect, night, cut_file):
    from flows.__main__ import run_nightly

    assert run_nightly(None, ["mini", "broken"], False) == 1


def test_a_re_derivation_says_in_the_audit_trail_who_asked_and_why(prefect, night):
    from flows.rederive import rederive

    asked = {"study": "mini", "datasets": ["EX"], "reason": REASON, "requested_by": "Jane Doe"}
    state = rederive(request=asked, return_state=True)
    assert (state.is_completed(), state.message) == (True, "mini complete")
    line = prefect.audit()[-1]
    assert (line["event"], line["who"], line["why"]) == ("rederive", "Jane Doe", REASON)
    assert line["inputs"]["asked"] == {"datasets": ["EX"]}


@pytest.mark.parametrize(
    "fault",
    [{"reason": None}, {"reason": "typo"}, {"reason": "x" * 201}, {"requested_by": None}, {"datasets": []},
     {"datasets": ["XX"]}, {"study": "other"}],
)  # fmt: skip
def test_a_request_that_does_not_fit_the_form_is_refused_by_the_function_and_by_the_server(deployed, fault):
    from prefect.exceptions import ParameterTypeError

    from flows.rederive import rederive

    asked = {"study": "mini", "datasets": ["EX"], "reason": REASON, "requested_by": "Jane Doe"} | fault
    asked = {name: value for name, value in asked.items() if value is not None}
    with pytest.raises(ParameterTypeError):
        rederive(request=asked)
    with server() as client:
        answer = client.post(
            f"deployments/{deployed}/create_flow_run", json={"parameters": {"request": asked}}
        )
    assert answer.status_code == 409
    assert next(iter(fault)) in answer.text


@pytest.fixture(scope="module")
def deployed(prefect) -> str:
    """The deployment `rederive` as prefect.yaml states it; its id."""
    from prefect.client.orchestration import get_client

    from flows.rederive import rederive
    from tests.flows.test_deployments import DEPLOYED

    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(rederive)
        return str(
            client.create_deployment(
                flow_id=flow_id, name="rederive", entrypoint=DEPLOYED["rederive"]["entrypoint"],
                enforce_parameter_schema=DEPLOYED["rederive"]["enforce_parameter_schema"],
                parameter_openapi_schema=rederive.parameters.model_dump(),
            )
        )  # fmt: skip


def test_a_reason_of_blanks_fits_the_form_and_is_refused_by_the_flow(prefect, night):
    from flows.rederive import rederive

    before = prefect.audit()
    asked = {"study": "mini", "datasets": ["EX"], "reason": " " * 12, "requested_by": "Jane Doe"}
    state = rederive(request=asked, return_state=True)
    assert (state.is_failed(), state.message) == (
        True,
        "no new run of mini; what they had before is untouched",
    )
    (refused,) = task_runs(state.state_details.flow_run_id)
    assert refused["state"]["message"] == "mini: a re-derivation needs a reason of at least 10 characters"
    assert prefect.audit() == before


def test_a_draft_package_is_laid_out(prefect, night):
    from flows.submission import submission

    state = submission("mini", "Jane Doe", "a draft to look at", return_state=True)
    assert (state.is_completed(), state.message) == (True, f"draft-{prefect.latest.name}")
    assert (prefect.outputs / "packages" / state.message / "m5").is_dir()


def failing(times: int, fault: Exception):
    """A run that fails so many times, and then works."""
    left = [fault] * times

    def run(*given: object, **more: object) -> object:
        if left:
            raise left.pop()
        return run_study(*given, **more)

    return run


def test_a_fault_of_the_machine_is_tried_again(prefect, night, monkeypatch):
    from flows import shared

    monkeypatch.setattr(shared, "PAUSES", [0, 0])
    monkeypatch.setattr(shared, "run_study", failing(2, OSError(errno.ENOSPC, "No space left on device")))
    from flows.nightly import nightly

    state = nightly(["mini"], return_state=True)
    assert (state.is_completed(), state.message) == (True, "mini unchanged")
    (study,) = task_runs(state.state_details.flow_run_id)
    assert (study["name"], study["state_type"], study["run_count"]) == ("mini", "COMPLETED", 3)


@pytest.mark.parametrize(
    ("fault", "tries", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "outputs"), 3,
         "the machine refused: No space left on device (outputs)"),
        (ValueError(f"could not convert string to float: '{PLANTED}'"), 1,
         "a fault of the product: ValueError at -; "
         "what it says may hold data and is in mini/fault.txt of the outputs"),
    ],
)  # fmt: skip
def test_what_does_not_go_away_fails_the_study_with_one_sentence(
    prefect, night, monkeypatch, fault, tries, said
):
    from flows import shared
    from flows.nightly import nightly

    monkeypatch.setattr(shared, "PAUSES", [0, 0])
    monkeypatch.setattr(shared, "run_study", failing(9, fault))
    state = nightly(["mini"], return_state=True)
    assert state.message == "no new run of mini; what they had before is untouched"
    (study,) = task_runs(state.state_details.flow_run_id)
    assert (study["run_count"], study["state"]["message"]) == (tries, said)


def test_prefect_holds_no_word_of_a_subject_in_its_database_its_logs_or_its_files(
    prefect, night, caplog, capfd
):
    """After all the runs above: a value in the data, in findings, and in the text of a fault."""
    from flows.nightly import nightly

    nightly(["mini"], force=True, return_state=True)
    said = capfd.readouterr()
    assert PLANTED in (prefect.latest / "findings" / "findings.csv").read_text("utf-8")
    assert PLANTED not in said.out + said.err + caplog.text
    files = [path for path in (prefect.root / ".prefect").rglob("*") if path.is_file()]
    database = prefect.root / ".prefect" / "prefect.db"
    assert database in files
    assert [path for path in files if PLANTED.encode() in path.read_bytes()] == []
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as opened:
        assert opened.execute("select count(*) from task_run").fetchone()[0] > 10
        assert PLANTED not in "\n".join(opened.iterdump())


def test_only_who_has_the_password_of_the_moment_is_answered(prefect):
    from prefect.settings import PREFECT_API_URL

    assert httpx.get(f"{PREFECT_API_URL.value()}/flows/count").status_code in (401, 405)
    assert httpx.post(f"{PREFECT_API_URL.value()}/flows/count", json={}).status_code == 401


def test_the_command_prints_where_the_results_are_and_fails_if_a_study_does(prefect):
    from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL

    known = {
        "PREFECT_API_URL": PREFECT_API_URL.value(),
        "PREFECT_API_AUTH_STRING": PREFECT_API_AUTH_STRING.value(),
    }
    process = subprocess.run(
        [sys.executable, "-m", "flows", "--force"], capture_output=True, text=True, check=False, cwd=ROOT,
        env=prefect.environment() | known | {"PREFECT_HOME": os.environ["PREFECT_HOME"]},
    )  # fmt: skip
    assert (process.returncode, process.stderr) == (1, "")
    assert f"  results:   {prefect.latest}\n" in process.stdout
    assert process.stdout.endswith("no new run of broken; what they had before is untouched\n")
    spoken = [line for line in process.stdout.splitlines() if not line.startswith("  ")]
    assert [line.split(":")[0] for line in spoken[:-1]] == ["broken", "mappings/broken/study.yml", "mini"]
