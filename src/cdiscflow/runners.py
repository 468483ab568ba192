"""Who derives the groups of a large study: this process, one by one, or the workers of a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from cdiscflow import cluster
from cdiscflow.units import Unit, derive_on_worker, derive_unit
from clinical.errors import InputError
from clinical.graph import Step

THREADS, DASK = "threads", "dask"
Around = Callable[[Step, Callable[[], object]], object]
Runner = Callable[[list[Unit], Around], list[str]]


def runner_of() -> Runner:
    """The runner that CDISCFLOW_RUNNER names: `threads` (this process; where nothing is said) or `dask`.

    Raises: InputError for another word.
    """
    asked = os.environ.get("CDISCFLOW_RUNNER") or THREADS
    if asked not in (THREADS, DASK):
        raise InputError("ask.runner", asked=asked)
    return on_dask if asked == DASK else here


def here(units: list[Unit], around: Around) -> list[str]:
    """Each unit in this process; the fingerprints of what they made."""
    return [
        str(around(Step("group", number, ()), partial(derive_unit, unit)))
        for number, unit in enumerate(units, start=1)
    ]


def on_dask(units: list[Unit], around: Around) -> list[str]:
    """Each unit on a worker of the cluster at CDISCFLOW_DASK, or of one on this machine that has
    CDISCFLOW_WORKERS processes; a unit whose worker died is done again by another.

    Raises: InputError where Dask is not installed or the cluster does not answer.
    """
    if not units:
        return []
    workers = int(os.environ.get("CDISCFLOW_WORKERS", "2"))
    with cluster.cluster_client(os.environ.get("CDISCFLOW_DASK", ""), workers) as client:
        futures = client.map(derive_on_worker, units, pure=False, key="group")
        return [
            str(around(Step("group", number, ()), future.result))
            for number, future in enumerate(futures, start=1)
        ]
