"""Files and folders on disk: created for owner and group only, made durable, hashed, linked, removed."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from clinical.errors import DerivationError, RunError

FILE, FOLDER = 0o640, 0o750
FINISHED_FILE, FINISHED_FOLDER = 0o440, 0o550
WRITE_BITS = 0o222
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
REFUSED_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}


def safe_name(name: str) -> str:
    """`name` itself, if it may be part of a path: ASCII letters, digits, `.`, `-`, `_`; no leading dot.

    Raises: RunError run.name.
    """
    if not NAME.fullmatch(name):
        raise RunError("run.name", name=repr(name))
    return name


def inside(folder: Path, relative: str) -> Path:
    """The place of `relative` (with `/`) in `folder`.

    Raises: RunError run.name for a part that leaves the folder or is no safe name.
    """
    return folder.joinpath(*(safe_name(part) for part in relative.split("/")))


def make_folder(folder: Path) -> None:
    """`folder` and the folders above it that do not exist, for owner and group only."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(FOLDER, exist_ok=True)


def create(path: Path) -> None:
    """An empty new file with no rights for others; its folders are made.

    Raises: DerivationError run.file-twice where the file exists: it may belong to an older run as well.
    """
    make_folder(path.parent)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE))
    except FileExistsError as fault:
        raise DerivationError("run.file-twice", path.name) from fault


def write_bytes(path: Path, data: bytes) -> None:
    """A new file that holds `data`."""
    create(path)
    with path.open("r+b") as file:
        file.write(data)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when complete; after an error nothing is left, an old one stays."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(temporary, FILE)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def json_bytes(value: object) -> bytes:
    """`value` as JSON that people can read: keys sorted, UTF-8, a final line feed; no NaN, no infinity."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
    return f"{text}\n".encode()


def json_line(value: object) -> bytes:
    """`value` as one line of JSON, in the one form that is hashed: keys sorted, no spaces, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def file_hash(path: Path) -> str:
    """SHA-256 of the bytes of a file, as hex digits."""
    digest = sha256()
    block = memoryview(bytearray(1 << 20))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(block):
            digest.update(block[:size])
    return digest.hexdigest()


def sync(path: Path) -> None:
    """A file or a folder as it is now survives a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_below(folder: Path) -> Iterator[Path]:
    """Everything below `folder` that is not a folder, sorted by path; links are not followed."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(Path(entry.path))
        else:
            yield Path(entry.path)


def folders_below(folder: Path) -> Iterator[Path]:
    """`folder` and every folder below it, the inner ones first."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False):
            yield from folders_below(Path(entry.path))
    yield folder


def link_or_copy(source: Path, target: Path) -> bool:
    """`target` becomes another name of `source`, or a copy where the file system refuses; True if linked."""
    make_folder(target.parent)
    try:
        os.link(source, target)
        return True
    except OSError as fault:
        if fault.errno not in REFUSED_LINK:
            raise
    create(target)
    shutil.copyfile(source, target)
    return False


def remove_tree(folder: Path) -> None:
    """`folder` is gone, finished or not. Only folders get write bits back: files may be another run's too."""
    if not folder.exists():
        return
    for path, _, _ in os.walk(folder):
        os.chmod(path, FOLDER)
    shutil.rmtree(folder)
