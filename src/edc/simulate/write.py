"""An extract folder, written piece by piece: CSV files of the forms and vendors, ODM, manifest."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import IO

from edc.simulate.book import EXTRACTED, Record, iso, utc
from edc.simulate.cells import Cells
from edc.simulate.layout import File
from edc.simulate.protocol import Protocol

BOM = "\ufeff"


class _Hashed:
    """A text file that knows its hash and size, written once from start to end."""

    def __init__(self, place: Path):
        place.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = place.open("wb")
        self._hash, self.rows = sha256(), 0

    def write(self, text: str) -> int:
        """Writes text as UTF-8."""
        data = text.encode()
        self._hash.update(data)
        return self._file.write(data)

    def close(self) -> dict[str, object]:
        """Ends the file; rows and hash for the manifest."""
        self._file.close()
        return {"rows": self.rows, "sha256": self._hash.hexdigest()}


class CsvWriter:
    """Writes the CSV form of an extract.

    `hazards` are done to whole files: bom, crlf, trailing; `added` are columns of a new form version.
    """

    def __init__(
        self,
        folder: Path,
        files: dict[str, File],
        protocol: Protocol,
        hazards: dict[str, set[str]] | None = None,
        added: dict[str, str] | None = None,
    ):
        self.hazards = hazards or {}
        self._paths = {name: file.path for name, file in files.items()}
        self._open: dict[str, tuple[_Hashed, csv.writer, Cells | None, list[str]]] = {}
        for name, file in files.items():
            done = self.hazards.get(name, set())
            target = _Hashed(folder / file.path)
            writer = csv.writer(target, lineterminator="\r\n" if "crlf" in done else "\n")
            target.write(BOM if "bom" in done else "")
            header = [*file.columns, *filter(None, [(added or {}).get(name)])]
            writer.writerow([*header, "", ""] if "trailing" in done else header)
            cells = None if file.vendor else Cells(file, protocol, header)
            self._open[name] = (target, writer, cells, header)

    def add(self, records: Iterable[Record], vendor: dict[str, list[dict[str, str]]]) -> None:
        """Writes records and vendor rows, each to its file."""
        rows: dict[str, list[list[str]]] = {}
        for record in records:
            made = self._open[record.form][2].of(record)
            rows.setdefault(record.form, []).append(made)
        for name, given in vendor.items():
            header = self._open[name][3]
            rows[name] = [[row.get(column, "") for column in header] for row in given]
        for name, made in rows.items():
            target, writer, _, _ = self._open[name]
            if "trailing" in self.hazards.get(name, set()):
                made = [[*row, "", ""] for row in made]
            writer.writerows(made)
            target.rows += len(made)

    def close(self) -> dict[str, dict]:
        """Ends every file; what the manifest says of each."""
        return {self._paths[name]: target.close() for name, (target, *_) in self._open.items()}


def write_manifest(folder: Path, night: int, protocol: Protocol, files: dict[str, dict], build: str) -> None:
    """manifest.json: the extract's name and moment, and rows and hash of each file."""
    taken = night * 86_400 + EXTRACTED - protocol.offset * 60
    stated = {"extract": iso(night), "extracted_at": utc(taken), "edc_build": build, "files": files}
    text = json.dumps(stated, indent=2, sort_keys=False) + "\n"
    (folder / "manifest.json").write_text(text, "utf-8")
