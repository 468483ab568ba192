"""Copies of the good package to break in one way each, and what the gate says of a copy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
from lxml import etree

from clinical.errors import catalogue
from clinical.xpt import read_xpt, write_xpt
from submission import gate_adam, gate_pdf, gate_privacy, gate_study, gate_tree
from submission.gate_data import check_against, check_file
from submission.gate_define import check_define
from submission.tree import Fault, Tree, open_tree

DATA = "m5/datasets/rd1302"
SDTM, ADAM, PROGRAMS = (
    f"{DATA}/tabulations/sdtm",
    f"{DATA}/analysis/adam/datasets",
    f"{DATA}/analysis/adam/programs",
)
REPORT = "m5/53-clin-stud-rep/535-rep-effic-safety-stud/5352-stud-rep-uncontr/rd1302"
STF = f"{REPORT}/stf-rd1302.xml"
ODM, DEF = "{http://www.cdisc.org/ns/odm/v1.3}", "{http://www.cdisc.org/ns/def/v2.1}"
XLINK = "{http://www.w3.org/1999/xlink}"


class Copy:
    """A package whose files are links to those of the good one; what is changed is written anew."""

    def __init__(self, package: Path, root: Path):
        self.root = root
        for path in sorted(package.rglob("*")):
            target = root / path.relative_to(package)
            if path.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(path, target)

    def read(self, file: str) -> bytes:
        """The bytes of a file."""
        return (self.root / file).read_bytes()

    def write(self, file: str, content: bytes) -> None:
        """A file with other bytes; never through the link."""
        path = self.root / file
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def remove(self, file: str) -> None:
        """Takes a file out."""
        (self.root / file).unlink()

    def move(self, file: str, to: str) -> None:
        """Gives a file another place."""
        content = self.read(file)
        self.remove(file)
        self.write(to, content)

    def replace(self, file: str, old: bytes, new: bytes, count: int = -1) -> None:
        """Other bytes in a file; the old ones must be there."""
        content = self.read(file)
        assert old in content, old
        self.write(file, content.replace(old, new, count))

    def define(self, layer: str, change: Callable[[etree._Element], object]) -> None:
        """define.xml of a layer after a change."""
        file = f"{SDTM if layer == 'sdtm' else ADAM}/define.xml"
        root = etree.fromstring(self.read(file))
        change(root)
        self.write(file, etree.tostring(root, xml_declaration=True, encoding="UTF-8"))

    def data(
        self,
        dataset: str,
        change: Callable[[pd.DataFrame], pd.DataFrame],
        lengths: dict[str, int] | None = None,
        **about: str,
    ) -> None:
        """A dataset after a change of its records; lengths are those of the new data unless given."""
        file = f"{ADAM if dataset.startswith('AD') else SDTM}/{dataset.lower()}.xpt"
        old = read_xpt(self.root / file)
        frame = change(old.frame.copy())
        known = {one.name: one for one in old.variables}
        variables = [
            replace(known[name], length=8 if known[name].type == "Num" else (lengths or {}).get(name))
            for name in frame
        ]
        target = self.root / f"{file}.new"
        made = {"name": old.name, "label": old.label} | about
        write_xpt(target, frame, variables=variables, created=datetime(2025, 6, 30), **made)
        content = target.read_bytes()
        target.unlink()
        self.write(file, content)


@dataclass(frozen=True)
class Break:
    """One way to break a package: what the gate must say of it, by which rule, in which part of the gate."""

    what: str
    id: str
    rule: str
    says: str
    check: Callable[[Tree], Iterator[Fault]]
    how: Callable[[Copy], object]


def seen(package: Path, folder: Path, case: Break) -> list[Fault]:
    """The faults of the broken copy that the good package does not have."""
    copy = Copy(package, folder / "copy")
    case.how(copy)
    before = set(case.check(open_tree(package)))
    return [one for one in case.check(open_tree(copy.root)) if one not in before]


def holds(package: Path, folder: Path, case: Break) -> None:
    """The gate sees the break with its id, rule and words; never by a checksum."""
    found = [one for one in seen(package, folder, case) if one.id == case.id]
    assert found, f"{case.what}: not seen"
    assert found[0].rule == case.rule
    assert case.says in found[0].text, found[0].text
    assert catalogue()[case.id].todo
    assert "manifest" not in case.id


def define(layer: str) -> Callable[[Tree], Iterator[Fault]]:
    """What the gate says of a define.xml by itself."""
    return lambda tree: check_define(tree, tree.defines[layer])


def against(name: str) -> Callable[[Tree], Iterator[Fault]]:
    """What the gate says of a dataset, and of it against define.xml."""

    def check(tree: Tree) -> Iterator[Fault]:
        part = tree.part(name)
        yield from check_file(part)
        if part.content is not None:
            yield from check_against(tree, tree.defines[part.layer], part)

    return check


__all__ = ["gate_adam", "gate_pdf", "gate_privacy", "gate_study", "gate_tree"]
