"""The files of a package, ours or anybody's: an eCTD tree, or folders of transport files and define.xml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from clinical.errors import ClinicalError, InputError, catalogue, sentence
from clinical.files import files_below
from clinical.xpt import XptFile, read_xpt
from submission.define_read import DefineFile, read_define
from submission.layout import ADAM, DATASETS, DEFINE, SDTM, SPLIT, Places

LAYERS = ("sdtm", "adam")
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a package: an id of the catalogue, where, and how often.

    `text` names variables, keys and counts; a value of a subject only where it is a code or a key.
    """

    id: str
    file: str
    text: str
    dataset: str = ""
    variable: str = ""
    count: int = 1

    @property
    def rule(self) -> str:
        """The rule that is broken: TRC-1734, F-1 ..."""
        return catalogue()[self.id].rule

    @property
    def severity(self) -> str:
        """error, warning or info."""
        return catalogue()[self.id].severity


def fault(
    identity: str, file: str, dataset: str = "", variable: str = "", count: int = 1, **words: object
) -> Fault:
    """The fault with the catalogue's sentence."""
    told = {"dataset": dataset, "variable": variable, "count": count} | words
    return Fault(identity, file, sentence(identity, **told), dataset, variable, count)


@dataclass
class Part:
    """A dataset of a package: its file, and what is in it; `problem` where it cannot be read."""

    path: Path
    file: str
    layer: str
    split: bool = False
    problem: ClinicalError | None = None

    @cached_property
    def content(self) -> XptFile | None:
        """The file, read once; None where it cannot be."""
        try:
            return read_xpt(self.path)
        except InputError as fault_:
            self.problem = fault_
            return None

    @property
    def name(self) -> str:
        """The dataset: the file's name in capitals."""
        return self.path.stem.upper()

    @property
    def domain(self) -> str:
        """The dataset that a part of a split file belongs to."""
        return self.name.rstrip("0123456789") if self.split else self.name


@dataclass
class Tree:
    """A package on disk. `ectd` says whether it has an eCTD's folders; `folders` has those of each layer."""

    root: Path
    ectd: bool
    places: Places | None
    folders: dict[str, str]
    files: tuple[str, ...]
    parts: dict[str, list[Part]] = field(default_factory=dict)

    def path(self, file: str) -> Path:
        """Where a file of the package is."""
        return self.root / file

    def has(self, file: str) -> bool:
        """Whether the package has a file."""
        return file in self.files

    @cached_property
    def defines(self) -> dict[str, DefineFile]:
        """The define.xml of each layer that has one."""
        found = {}
        for layer, folder in self.folders.items():
            file = f"{folder}/{DEFINE}".lstrip("/")
            if self.has(file):
                found[layer] = read_define(self.path(file), file)
        return found

    def part(self, name: str, layer: str = "") -> Part | None:
        """A dataset by its name; None where there is none."""
        for each in LAYERS if not layer else (layer,):
            for part in self.parts.get(each, ()):
                if part.name == name:
                    return part
        return None

    def all_parts(self) -> Iterator[Part]:
        """Every dataset of every layer."""
        for layer in LAYERS:
            yield from self.parts.get(layer, ())


def open_tree(root: Path) -> Tree:
    """The package in a folder.

    Raises: InputError gate.nothing where it holds no transport file.
    """
    files = tuple(sorted(path.relative_to(root).as_posix() for path in files_below(root)))
    xpts = [file for file in files if file.lower().endswith(".xpt")]
    if not xpts:
        raise InputError("gate.nothing", root.name)
    studies = sorted({file.split("/")[2] for file in files if file.startswith(f"{DATASETS}/")})
    if studies:
        places = Places(studies[0])
        folders = {"sdtm": f"{places.data}/{SDTM}", "adam": f"{places.data}/{ADAM}"}
        tree = Tree(root, True, places, folders, files)
    else:
        tree = Tree(root, False, None, _foreign(xpts), files)
    for layer, folder in tree.folders.items():
        tree.parts[layer] = [
            Part(root / file, file, layer, _is_split(file, folder)) for file in xpts if _below(file, folder)
        ]
    return tree


def _below(file: str, folder: str) -> bool:
    start = f"{folder}/" if folder else ""
    rest = file.removeprefix(start).split("/")
    return file.startswith(start) and (len(rest) == 1 or (len(rest) == 2 and rest[0] == SPLIT))


def _is_split(file: str, folder: str) -> bool:
    return file.removeprefix(f"{folder}/" if folder else "").startswith(f"{SPLIT}/")


def _foreign(xpts: list[str]) -> dict[str, str]:
    """The folder of each layer: one with dm.xpt is tabulations, one with ADaM names analysis.

    Where a single folder holds both, the tabulations are taken; of several folders of a kind the first.
    """
    by_folder: dict[str, list[str]] = {}
    for file in xpts:
        folder, _, name = file.rpartition("/")
        if not folder.endswith(f"/{SPLIT}"):
            by_folder.setdefault(folder, []).append(name.lower())
    found: dict[str, str] = {}
    for folder, names in sorted(by_folder.items()):
        analysis = sum(name.startswith("ad") for name in names) * 2 > len(names)
        found.setdefault("adam" if analysis else "sdtm", folder)
    return found
