"""prefect.yaml: what is deployed can be imported as Prefect does it, with its parameters and times."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import tomllib

import pytest
import yaml

from tests.homes import ROOT

DEPLOYED = {
    each["name"]: each for each in yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
}
LOAD = """
import os, sys
os.chdir({root!r})
sys.path[:] = [path for path in sys.path if path not in ("", {root!r})]
from prefect.flows import load_flow_from_entrypoint
for entrypoint in {entrypoints!r}:
    print(load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False).name)
import submission
print(submission.__file__)
"""


def flow_of(name: str):
    """The flow of a deployment."""
    from flows.nightly import nightly
    from flows.rederive import rederive
    from flows.submission import submission

    return {"nightly": nightly, "rederive": rederive, "submission": submission}[name]


def test_the_three_flows_are_deployed_under_their_own_names():
    assert {name: each["entrypoint"] for name, each in DEPLOYED.items()} == {
        name: f"flows.{name}.{name}" for name in ("nightly", "rederive", "submission")
    }


def test_entrypoints_are_found_from_the_checkout_and_hide_no_package_of_ours(home):
    """As files they would: flows/submission.py is then read under the name of the package src/submission."""
    entrypoints = [each["entrypoint"] for each in DEPLOYED.values()]
    process = subprocess.run(
        [sys.executable, "-c", LOAD.format(root=str(ROOT), entrypoints=entrypoints)],
        capture_output=True, text=True, check=True, env=home.environment(), cwd=home.root,
    )  # fmt: skip
    *names, place = process.stdout.split()
    assert names == list(DEPLOYED)
    assert place == str(ROOT / "src" / "submission" / "__init__.py")


@pytest.mark.parametrize("name", DEPLOYED)
def test_given_parameters_exist_and_only_a_form_leaves_one_open(name):
    each, stated = DEPLOYED[name], inspect.signature(flow_of(name).fn).parameters
    given = set(each.get("parameters", {}))
    needed = {key for key, value in stated.items() if value.default is inspect.Parameter.empty}
    assert given <= set(stated)
    assert needed <= given or each.get("enforce_parameter_schema")


def test_the_nightly_run_has_a_time_in_a_zone_that_exists_and_one_waits_for_the_other():
    from prefect.client.schemas.schedules import CronSchedule

    (schedule,) = DEPLOYED["nightly"]["schedules"]
    assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"]).cron == "0 2 * * *"
    assert (schedule["timezone"], schedule["active"], schedule["slug"]) == (
        "Asia/Shanghai",
        True,
        "nightly-0200",
    )
    assert DEPLOYED["nightly"]["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}


def test_nothing_in_git_names_a_folder_of_this_machine():
    text = (ROOT / "prefect.yaml").read_text("utf-8") + (ROOT / "prefect.toml").read_text("utf-8")
    assert "{{ $CDISCFLOW_HOME }}" in text
    assert str(ROOT) not in text


def test_a_server_started_in_the_checkout_reports_to_nobody_and_keeps_up_with_its_task_runs():
    """Its clients ask it whether they may report; one event at a time, task runs come minutes late."""
    stated = tomllib.loads((ROOT / "prefect.toml").read_text("utf-8"))
    assert stated["server"]["analytics_enabled"] is False
    recorder = stated["server"]["services"]["task_run_recorder"]
    assert (recorder["batch_size"], recorder["read_batch_size"]) == (100, 100)
    assert stated["logging"]["level"] == "WARNING"


def test_telemetry_is_off_in_the_code_whatever_the_environment_says():
    asked = {"DO_NOT_TRACK": "0", "PREFECT_SERVER_ANALYTICS_ENABLED": "true", "GX_ANALYTICS_ENABLED": "true"}
    show = (
        "import os, flows; "
        "print([os.environ[name] for name in flows.NO_TELEMETRY], os.environ['PREFECT_HOME'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_HOME"} | asked
    process = subprocess.run(
        [sys.executable, "-c", show], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    assert process.stdout == f"['1', 'false', 'false'] {ROOT / '.prefect'}\n"
