"""One writer a study: a lock on `outputs/<study>/.lock` that is free again as soon as its holder is gone.

`flock` belongs to the open file. A forked child would keep that open after its parent is killed, so it
closes the file at once; a spawned one never has it.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinical.clock import utc_now
from clinical.errors import DerivationError, RunError, sentence
from clinical.files import FILE, json_line, make_folder, safe_name

NAME = ".lock"
PAUSE = 0.1
_held: dict[Path, int] = {}


@dataclass(frozen=True)
class Holder:
    """Who has a study's lock, as far as it said so."""

    pid: str = "unknown"
    host: str = "unknown"
    since: str = "unknown"
    what: str = "unknown"


def holder(folder: Path) -> Holder:
    """Who wrote itself last into the lock of `folder`."""
    try:
        said = json.loads((folder / NAME).read_bytes())
        return Holder(**{name: str(said[name]) for name in Holder.__dataclass_fields__})
    except (OSError, ValueError, KeyError):
        return Holder()


@contextmanager
def study_lock(
    folder: Path, what: str, *, wait: float | None = None, say: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Nobody else writes to `folder` (`outputs/<study>`) meanwhile. `what` tells others what goes on.

    Needs:  seconds to `wait` for another holder: None without end, 0 not at all; `say` is told who it is.
    Raises: RunError run.locked when the time is over, run.name.
    """
    safe_name(folder.name)
    make_folder(folder)
    key = folder.resolve()
    descriptor = _acquire(folder, None if wait is None else time.monotonic() + wait, say)
    _held[key] = descriptor
    try:
        _sign(descriptor, what)
        yield
    finally:
        if _held.pop(key, None) is not None:
            os.ftruncate(descriptor, 0)
            os.close(descriptor)


def require_lock(folder: Path) -> None:
    """Raises: DerivationError run.no-lock where this process does not hold the lock of `folder`."""
    if folder.resolve() not in _held:
        raise DerivationError("run.no-lock", folder.name)


def _acquire(folder: Path, until: float | None, say: Callable[[str], None] | None) -> int:
    while True:
        descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, FILE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _still_there(folder / NAME, descriptor):
                return descriptor
        except BlockingIOError:
            if until is not None and time.monotonic() >= until:
                os.close(descriptor)
                raise RunError("run.locked", folder.name, **vars(holder(folder))) from None
            if say:
                say(f"{folder.name}: {sentence('run.locked', **vars(holder(folder)))}")
                say = None
            time.sleep(PAUSE)
        os.close(descriptor)


def _still_there(path: Path, descriptor: int) -> bool:
    """False where the file was removed while we waited: its lock keeps nobody out any more."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sign(descriptor: int, what: str) -> None:
    said = Holder(str(os.getpid()), socket.gethostname(), utc_now(), what)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json_line(vars(said)), 0)


def _forget_in_child() -> None:
    for descriptor in _held.values():
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)
