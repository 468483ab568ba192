"""Studies side by side: each in a process that takes one study after another, so that start-up is paid once.

Threads do not do it: a study is mostly Python, and two in one process take longer than one after the other
(decision 0042). Nothing of Prefect is read in these processes: a study is a task of the flow, its steps are
not.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from multiprocessing.connection import Connection
from queue import SimpleQueue

from cdiscflow.faults import Holding, Told, is_of_the_machine, told
from cdiscflow.home import Home
from cdiscflow.pipeline import Request, Summary, run_study
from clinical.errors import InputError, sentence

SETTING = "CDISCFLOW_STUDIES"
SPAWN = multiprocessing.get_context("spawn")  # a forked child would have what Prefect holds open
Derive = Callable[[Home, str, Request], Summary]


def side_by_side() -> int:
    """How many studies are derived at a time: CDISCFLOW_STUDIES, one where it is not set.

    Raises: InputError ask.studies where that is no number from 1.
    """
    given = os.environ.get(SETTING) or "1"
    if not given.isdecimal() or int(given) < 1:
        raise InputError("ask.studies", given=given)
    return int(given)


class Apart:
    """A process for studies; one that is killed fails its study, and the next study gets a new one."""

    def __init__(self) -> None:
        self.process, self.pipe, self.ended = None, None, False

    def derive(self, home: Home, study: str, request: Request) -> Summary:
        """A study's run in the process.

        Raises: Told with the sentence for whatever is wrong.
        """
        if self.process is None:
            self._start()
        try:
            self.pipe.send((home, study, request))
            answer = self.pipe.recv()
        except (EOFError, OSError) as fault:
            self.process.join()
            self.process = None
            said = sentence("flow.process-ended", study=study)
            raise Told(said, again=not self.ended) from fault
        if isinstance(answer, Told):
            raise answer
        return answer

    def _start(self) -> None:
        self.pipe, theirs = SPAWN.Pipe()
        self.process = SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def end(self) -> None:
        """The process ends by itself; it must be idle."""
        if self.process is not None:
            self.pipe.close()
            self.process.join()

    def kill(self) -> None:
        """The process is gone, whatever it does."""
        self.ended = True
        if self.process is not None:
            self.process.kill()


def _serve(pipe: Connection) -> None:
    """The process: derives what it is told, until the other end of the pipe is closed or its holder gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who ends us
    while True:
        try:
            home, study, request = pipe.recv()
        except EOFError:
            return
        with Holding() as held:
            answer = run_study(home, study, request, warn=print)
        if held.fault:
            answer = Told(told(held.fault, home.outputs / study), again=is_of_the_machine(held.fault))
        pipe.send(answer)


def each(studies: list[str], count: int, run: Callable[..., Summary]) -> list[Summary]:
    """What `run` gives for each study: one after another in this process, or `count` of them at a time; then
    `run` is also given the function that derives a study apart.
    """
    if count == 1:
        return [run(study) for study in studies]
    workers = [Apart() for _ in range(min(count, len(studies)))]
    free: SimpleQueue[Apart] = SimpleQueue()
    for worker in workers:
        free.put(worker)

    def one(study: str) -> Summary:
        worker = free.get()
        try:
            return run(study, worker.derive)
        finally:
            free.put(worker)

    pool = ThreadPoolExecutor(len(workers))
    try:
        begun = [pool.submit(copy_context().run, one, study) for study in studies]
        summaries = [future.result() for future in begun]
        for worker in workers:
            worker.end()
        return summaries
    finally:
        for worker in workers:
            worker.kill()
        pool.shutdown(cancel_futures=True)
