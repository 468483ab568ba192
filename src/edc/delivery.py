"""An extract folder as it was delivered: its manifest, its files, and whether they agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from clinical.errors import InputError
from clinical.files import file_hash
from clinical.findings import Frame
from clinical.read import Mapping
from edc.scan import Scan, scan_file

T = TypeVar("T")

MANIFEST = "manifest.json"
NAMED = 5


class Delivery:
    """The files of an extract. `manifest` is what manifest.json says; empty where the study has none."""

    def __init__(self, folder: Path, manifest: dict):
        self.folder, self.manifest = folder, manifest
        self._scans: dict[str, Scan] = {}
        self._hashes: dict[str, str] = {}
        self._facts: dict[str, dict[str, object]] = {}

    @property
    def listed(self) -> dict[str, dict]:
        """rows and sha256 of each file, by path, as the manifest has them."""
        return self.manifest.get("files", {})

    def scan(self, path: str) -> Scan:
        """The facts about a file.

        Raises: InputError where it is missing or cannot be opened.
        """
        if path not in self._scans:
            self._scans[path] = self._asked(path, scan_file)
            self._hashes[path] = self._scans[path].sha256
        return self._scans[path]

    def sha256(self, path: str) -> str:
        """The SHA-256 of a file, without looking at anything else of it.

        Raises: InputError where it is missing or cannot be opened.
        """
        if path not in self._hashes:
            self._hashes[path] = self._asked(path, file_hash)
        return self._hashes[path]

    def _asked(self, path: str, ask: Callable[[Path], T]) -> T:
        place = self.folder / path
        if not place.is_file():
            raise InputError("raw.file-missing", path)
        try:
            return ask(place)
        except OSError as fault:
            raise InputError("raw.file-unreadable", path, problem=fault.strerror) from fault

    def was_read(self, path: str, rows: int, encoding: str, forms: list[str]) -> None:
        """Notes what was read from a file."""
        self._facts[path] = {"rows": rows, "encoding": encoding, "forms": " ".join(forms)}

    def files(self) -> Frame:
        """path, rows, sha256, bytes, encoding, forms of each file that a form names and that is there."""
        lines = [
            {"path": path, "sha256": digest, "bytes": (self.folder / path).stat().st_size,
             **self._facts.get(path, {})}
            for path, digest in sorted(self._hashes.items())
        ]  # fmt: skip
        columns = ["path", "rows", "sha256", "bytes", "encoding", "forms"]
        whole = pd.DataFrame(lines, columns=columns)
        text = dict.fromkeys(("path", "sha256", "encoding", "forms"), "str")
        return whole.astype({**text, "rows": "float64", "bytes": "int64"})

    def unread(self, wanted: set[str]) -> list[str]:
        """Files of the manifest, and CSV files of the folder, that no form names."""
        found = {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.csv")}
        return sorted((found | set(self.listed)) - wanted)

    def check_files(self, wanted: set[str]) -> None:
        """Refuses the extract where a file is not the one that the manifest describes.

        Raises: InputError naming the files.
        """
        if not self.manifest:
            return
        problems = [
            f"{path} is not in the manifest" for path in sorted(wanted - set(self.listed)) if self._has(path)
        ]
        for path, facts in sorted(self.listed.items()):
            if ".." in Path(path).parts or Path(path).is_absolute():
                problems.append(f"{path} is outside the folder")
            elif not self._has(path):
                problems.append(f"{path} is missing")
            elif self.sha256(path) != str(facts.get("sha256", "")).lower():
                problems.append(f"{path} has another sha256")
        self._refuse(problems)

    def check_rows(self) -> None:
        """Refuses the extract where a file that was read has another number of rows than the manifest says.

        Raises: InputError naming the files.
        """
        problems = []
        for path, facts in sorted(self.listed.items()):
            read, said = self._facts.get(path, {}).get("rows"), facts.get("rows")
            if read is not None and said is not None and read != said:
                problems.append(f"{path} has {read} rows and not {said}")
        self._refuse(problems)

    def _has(self, path: str) -> bool:
        return (self.folder / path).is_file()

    def _refuse(self, problems: list[str]) -> None:
        if problems:
            named = "; ".join(problems[:NAMED])
            more = f"; and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
            raise InputError("raw.manifest-differs", MANIFEST, problems=named + more)


def open_delivery(folder: Path, study: Mapping) -> Delivery:
    """The extract in `folder`; its manifest is required unless study.yml says `manifest: none`.

    Raises: InputError where the manifest is missing or no manifest.
    """
    if study.get("manifest", "required") == "none":
        return Delivery(folder, {})
    place = folder / MANIFEST
    if not place.is_file():
        raise InputError("raw.manifest-missing", MANIFEST)
    try:
        manifest = json.loads(place.read_text("utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as fault:
        raise InputError("raw.manifest-unreadable", MANIFEST) from fault
    files = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(files, dict) or not all(isinstance(facts, dict) for facts in files.values()):
        raise InputError("raw.manifest-unreadable", MANIFEST)
    return Delivery(folder, manifest)
