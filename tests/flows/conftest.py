"""A home with a study that works and one that cannot, and one Prefect server for all tests of this folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.homes import LittleHome, enter, little_home

PLANTED = "Zqxplanted"  # a subject's own words: nothing but the outputs may hold them


@pytest.fixture(scope="package", autouse=True)
def home(tmp_path_factory) -> Iterator[LittleHome]:
    """A home of the studies `mini` and `broken`; this process works on it in the tests of this folder."""
    made = little_home(tmp_path_factory.mktemp("flows") / "home")
    made.edit("demo/event.csv", "B002,1,headache,", f"B002,1,{PLANTED},")
    (made.root / "mappings" / "broken").mkdir()
    (made.root / "mappings" / "broken" / "study.yml").write_text("study: [", "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        enter(made, patch)
        patch.setenv("PREFECT_HOME", str(made.root / ".prefect"))
        yield made
    made.remove()


@pytest.fixture(scope="package")
def prefect(home) -> Iterator[LittleHome]:
    """The home, with the server of `python -m flows` running and Prefect's client told of it."""
    from flows.server import Server

    server = Server()
    from prefect.settings import (
        PREFECT_API_AUTH_STRING,
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_HOME,
        temporary_settings,
    )

    told = {
        PREFECT_HOME: str(home.root / ".prefect"),
        PREFECT_API_URL: server.settings["PREFECT_API_URL"],
        PREFECT_API_AUTH_STRING: server.settings["PREFECT_API_AUTH_STRING"],
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    with temporary_settings(told):
        server.wait()
        yield home
        logging.getLogger("prefect").handlers.clear()
        server.stop()
