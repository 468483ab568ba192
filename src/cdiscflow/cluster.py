"""The Dask cluster that derives groups of buckets: only this module imports Dask (docs/decisions/0041)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from clinical.errors import InputError

SETTINGS = {
    "distributed.worker.multiprocessing-method": "spawn",  # a forked child would keep the study's lock
    "distributed.comm.retry.count": 3,
    "distributed.diagnostics.nvml": False,
    "distributed.worker.memory.terminate": False,  # a unit has one size; a killed worker would begin it again
    "distributed.worker.memory.pause": False,
}
SECONDS = 30


@contextmanager
def cluster_client(address: str, workers: int) -> Iterator[object]:
    """A client of the scheduler at `address`, or of one on this machine with so many worker processes.

    The cluster on this machine listens on loopback and encrypts with a certificate made for it, so that no
    other account of the machine can give it work; for that of a team Dask's own settings name certificates.
    Raises: InputError ask.no-dask, ask.no-cluster.
    """
    if find_spec("distributed") is None:
        raise InputError("ask.no-dask")
    import dask
    from distributed import Client, LocalCluster

    with dask.config.set(SETTINGS):
        if address:
            try:
                client = Client(address, timeout=SECONDS)
            except (OSError, TimeoutError, ValueError) as fault:
                raise InputError("ask.no-cluster", address=address) from fault
            with client:
                yield client
            return
        local = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, security=True, host="127.0.0.1",
            protocol="tls://", dashboard_address=None, silence_logs=logging.CRITICAL,
        )  # fmt: skip
        with local, Client(local) as client:
            yield client
