"""Groups on two Dask workers: the same bytes, a killed worker survived, no data sent (decision 0041)."""

from __future__ import annotations

import os
import pickle
import signal
from contextlib import contextmanager
from dataclasses import replace

import pytest
from distributed.comm import tcp

from bench.data import spine
from cdiscflow import cluster, memory
from cdiscflow.deriving import rebuild
from cdiscflow.groups import Groups
from cdiscflow.runners import here, on_dask, runner_of
from cdiscflow.units import INDEX, MADE, Unit, code_here, derive_on_worker, derive_unit, read_index
from clinical.errors import InputError, RunError
from clinical.files import file_hash, files_below
from edc.read import read_extract
from tests.rules.studies import STUDIES, plan_of, raw_of

SUBJECTS, GROUPS, MOST = 200, 4, 64_000


@pytest.fixture
def four_buckets(monkeypatch):
    monkeypatch.setattr(memory, "bucket_count", lambda persons: GROUPS)


def pieces(folder):
    """What was made of every group: the hash of each piece."""
    return {
        path.relative_to(folder).as_posix(): file_hash(path)
        for path in files_below(folder)
        if MADE in path.parts
    }


def sizes_on_the_wire(monkeypatch):
    """The size of every message that the scheduler, which is in this process, gets or gives from now on."""
    sizes, send, receive = [], tcp.to_frames, tcp.from_frames

    async def sent(*given, **named):
        frames = await send(*given, **named)
        sizes.append(sum(len(memoryview(frame).cast("B")) for frame in frames))
        return frames

    async def received(frames, *given, **named):
        frames = list(frames) if not isinstance(frames, (bytes, memoryview)) else [frames]
        sizes.append(sum(len(memoryview(frame).cast("B")) for frame in frames))
        return await receive(frames, *given, **named)

    monkeypatch.setattr(tcp, "to_frames", sent)
    monkeypatch.setattr(tcp, "from_frames", received)
    return sizes


def test_two_workers_of_whom_one_is_killed_give_the_bytes_of_one_process(tmp_path, monkeypatch, four_buckets):
    spine(tmp_path / "extract", SUBJECTS)
    plan = plan_of("rd1302")
    raw = read_extract(tmp_path / "extract", plan.study.forms, plan.study.config).frames
    one, two = (Groups(tmp_path / n, SUBJECTS // GROUPS, r) for n, r in (("one", here), ("two", on_dask)))
    rebuild(plan, raw, "2025-06-30", None, groups=one)
    clients, killed, sizes = [], [], sizes_on_the_wire(monkeypatch)
    begin = cluster.cluster_client

    @contextmanager
    def watched(address, workers):
        with begin(address, workers) as client:
            clients.append(client)
            yield client

    def kill_one(step, run):
        if not killed:
            pids = clients[0].run(os.getpid)
            busy = next(worker for worker, keys in clients[0].processing().items() if keys)
            os.kill(pids[busy], signal.SIGKILL)
            killed.append(pids[busy])
        return run()

    monkeypatch.setattr(cluster, "cluster_client", watched)
    monkeypatch.setenv("CDISCFLOW_WORKERS", "2")
    found = rebuild(plan, raw, "2025-06-30", None, groups=two, around=kill_one).derived
    assert found.stopped == {}
    assert len(killed) == 1
    assert killed[0] != os.getpid()
    assert len(pieces(one.folder)) > 100 * GROUPS
    assert pieces(two.folder) == pieces(one.folder)
    assert 1_000 < max(sizes) < MOST


@pytest.fixture
def unit(tmp_path, four_buckets):
    """The first group of the toy study, its raw pieces written."""
    asked = []

    def collect(units, around):
        asked.extend(units)
        return here(units, around)

    groups = Groups(tmp_path / "mini" / "runs" / "groups", 2, collect)
    rebuild(plan_of("mini"), raw_of("mini"), STUDIES["mini"][1], None, groups=groups)
    return asked[0]


def test_a_unit_done_twice_is_done_once(unit):
    made = unit.folder / MADE
    digest = file_hash(made / INDEX)
    before = pieces(unit.folder.parent)
    assert derive_unit(unit) == digest
    assert pieces(unit.folder.parent) == before
    assert sorted(path.name for path in unit.folder.iterdir()) == [MADE, "raw"]


def test_a_worker_with_other_code_refuses(unit):
    with pytest.raises(RunError) as refused:
        derive_unit(replace(unit, code="0" * 64))
    said = "mini: a worker runs another version of the program or its packages than this run"
    assert str(refused.value) == said
    assert unit.code == code_here()


def test_a_fault_on_a_worker_is_told_without_a_value_and_survives_the_way_back(unit):
    (unit.folder / MADE).rename(unit.folder / "before")
    (unit.folder / "raw" / "CONSENT.arrow").write_bytes(b"Jane Doe had a fever")
    with pytest.raises(RunError) as refused:
        derive_on_worker(unit)
    back = pickle.loads(pickle.dumps(refused.value))
    assert (type(back), back.id, str(back)) == (RunError, "run.worker-fault", str(refused.value))
    assert "a worker could not derive this group: " in str(back)
    assert "Jane" not in str(back)
    assert (unit.outputs / "fault.txt").is_file()


@pytest.mark.parametrize("file", [INDEX, "records/DM.arrow"])
def test_a_piece_that_is_not_what_the_worker_wrote_is_refused(unit, file):
    digest = file_hash(unit.folder / MADE / INDEX)
    assert read_index(unit.folder, digest)["stopped"] == {}
    path = unit.folder / MADE / file
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(RunError, match="the file is not the one the run was finished with"):
        read_index(unit.folder, digest)


def test_a_unit_is_paths_names_and_fingerprints():
    kinds = {name: str(field.type) for name, field in Unit.__dataclass_fields__.items()}
    assert set(kinds.values()) == {"Path", "str", "int", "tuple[int, ...]", "tuple[str, ...]"}


def test_the_setting_names_the_runner(monkeypatch):
    monkeypatch.delenv("CDISCFLOW_RUNNER", raising=False)
    assert runner_of() is here
    monkeypatch.setenv("CDISCFLOW_RUNNER", "dask")
    assert runner_of() is on_dask
    monkeypatch.setenv("CDISCFLOW_RUNNER", "ray")
    with pytest.raises(InputError) as refused:
        runner_of()
    assert str(refused.value) == "CDISCFLOW_RUNNER is ray; it is threads or dask"


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS", 1)
    with pytest.raises(InputError) as refused, cluster.cluster_client("tcp://127.0.0.1:9", 1):
        pass
    assert str(refused.value) == "no Dask scheduler answers at tcp://127.0.0.1:9"


def test_without_the_package_it_is_said_which_one_is_missing(monkeypatch):
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(InputError) as refused, cluster.cluster_client("", 1):
        pass
    assert str(refused.value) == "CDISCFLOW_RUNNER is dask, and the package distributed is not installed"
