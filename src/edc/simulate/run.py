"""The whole way: subjects in batches, night by night, to the files of an extract."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from clinical.errors import InputError
from clinical.files import remove_tree
from clinical.forms import Form
from clinical.read import Mapping
from edc.simulate.book import iso
from edc.simulate.dirt.kinds import plant_all
from edc.simulate.dirt.plant import LEDGER, Plant
from edc.simulate.extract import Extract
from edc.simulate.layout import File, files_of
from edc.simulate.nights import CHANGES, Change, as_of
from edc.simulate.odm import OdmWriter
from edc.simulate.protocol import Protocol, read_protocol
from edc.simulate.subjects import SPINE, subject_book
from edc.simulate.truth import truth_of
from edc.simulate.write import CsvWriter, write_manifest

BATCH = 100
CSV, ODM, BOTH = "csv", "odm", "both"
BUILD = "simulated build 1"


@dataclass(frozen=True)
class Order:
    """What is simulated. Dirt is planted among the first hundred subjects of the last night."""

    subjects: int
    seed: int = 1
    nights: int = 1
    form: str = CSV
    dirty: bool = False
    spine: bool = False


def simulate(study: Mapping, forms: dict[str, Form], order: Order, target: Path) -> list[Path]:
    """Writes the extracts of successive nights under `target`, and gives their folders.

    Beside the folder of a night, as files with its name: truth.json, dirt.csv and nights.csv.
    With both forms there is a folder `csv` and a folder `odm` of nights.

    Raises: InputError where there is already something of a night.
    """
    protocol, files = read_protocol(study), files_of(forms)
    if order.subjects < 1 or order.nights < 1:
        raise InputError("simulate.nothing", "simulate", subjects=order.subjects, nights=order.nights)
    protocol.subject(order.subjects)
    first = protocol.last_night - order.nights + 1
    places = [target / form for form in (CSV, ODM)] if order.form == BOTH else [target]
    for place in places:
        for night in range(first, protocol.last_night + 1):
            if (place / iso(night)).exists():
                raise InputError("simulate.there", str(place / iso(night)))
    folders = []
    for night in range(first, protocol.last_night + 1):
        folders += _write_night(protocol, files, order, night, first, places)
    return folders


def extracts(
    protocol: Protocol, files: dict[str, File], order: Order, night: int, first: int
) -> Iterator[tuple[Extract, dict[str, dict], list[Change]]]:
    """The extract of a night in pieces of a hundred subjects, with the truth and what changed that night."""
    wanted = set(SPINE) & set(files) if order.spine else set(files)
    numbers = {subject: protocol.rescreened[subject] for subject in protocol.rescreened}
    for start in range(1, order.subjects + 1, BATCH):
        piece = Extract(protocol, {name: files[name] for name in sorted(wanted)}, night)
        truth, changes = {}, []
        for number in range(start, min(start + BATCH, order.subjects + 1)):
            book, story = subject_book(protocol, order.seed, number, night, wanted)
            records, changed = as_of(book.records, protocol, order.seed, night, first)
            piece.records += records
            changes += changed
            for name, rows in book.vendor.items():
                piece.vendor.setdefault(name, []).extend(rows)
            truth[story.subject] = truth_of(story, book.drawn, night, numbers.get(story.subject, ""))
        yield piece, truth, changes


def _write_night(
    protocol: Protocol, files: dict[str, File], order: Order, night: int, first: int, places: list[Path]
) -> list[Path]:
    writers: list[_Writers] = []
    ledger: list[Plant] = []
    truth_file = (
        (places[0] / f"{iso(night)}.truth.json")
        if len(places) == 1
        else places[0].parent / f"{iso(night)}.truth.json"
    )
    truth_file.parent.mkdir(parents=True, exist_ok=True)
    whole: list[Change] = []
    with truth_file.open("w", encoding="utf-8") as truth_text:
        for piece, truth, changes in extracts(protocol, files, order, night, first):
            if not writers:
                if order.dirty and night == protocol.last_night:
                    ledger = plant_all(piece, order.seed)
                writers = [_Writers(place, piece, order, night) for place in places]
            for one in writers:
                one.add(piece)
            whole += changes
            _write_truth(truth_text, truth)
        truth_text.write("\n}\n")
    for one in writers:
        one.close(protocol, night)
    beside = truth_file.parent
    if order.dirty and night == protocol.last_night:
        write_ledger(beside / f"{iso(night)}.dirt.csv", LEDGER, ledger)
    if order.nights > 1:
        write_ledger(beside / f"{iso(night)}.nights.csv", CHANGES, whole)
    return [one.folder for one in writers]


class _Writers:
    """The files of one folder of a night, which gets its name when it is whole."""

    def __init__(self, place: Path, piece: Extract, order: Order, night: int):
        self.folder, self.begun = place / iso(night), place / f".{iso(night)}.begun"
        remove_tree(self.begun)
        odm = order.form == ODM or (order.form == BOTH and place.name == ODM)
        vendor = {name: file for name, file in piece.files.items() if file.vendor}
        self.csv = CsvWriter(
            self.begun, vendor if odm else piece.files, piece.protocol, piece.hazards, piece.added
        )
        sites = dict.fromkeys(
            piece.protocol.subject(n).split("-")[0] for n in range(1, order.subjects + 1, 50)
        )
        sites |= dict.fromkeys([piece.protocol.subject(order.subjects).split("-")[0], "99"])
        self.odm = (
            OdmWriter(self.begun, piece.files, piece.protocol, night, sites, piece.added) if odm else None
        )

    def add(self, piece: Extract) -> None:
        """Writes a piece of the extract."""
        self.csv.add([] if self.odm else piece.records, piece.vendor)
        if self.odm:
            self.odm.add(piece.records)

    def close(self, protocol: Protocol, night: int) -> None:
        """Ends the files and writes the manifest."""
        stated = {**(self.odm.close() if self.odm else {}), **self.csv.close()}
        write_manifest(self.begun, night, protocol, stated, BUILD)
        self.begun.rename(self.folder)


def _write_truth(file, truth: dict[str, dict]) -> None:
    for subject, facts in truth.items():
        start = "{\n" if file.tell() == 0 else ",\n"
        file.write(f"{start}{json.dumps(subject)}: {json.dumps(facts, ensure_ascii=False)}")


def write_ledger(path: Path, header: tuple[str, ...], lines: list) -> None:
    """A ledger as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(astuple(line) for line in lines)
