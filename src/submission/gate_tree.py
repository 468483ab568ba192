"""Names, places, tags: what the gate says of files without reading data [TRC-1734 to 1789, F-NAME, F-2]."""

from __future__ import annotations

import re
from collections.abc import Iterator

from submission.layout import ACRF, ADRG, CSDRG, DATASET_NAME, DEFINE, LONGEST_PATH, NAME, PROGRAMS
from submission.stf import read_stf
from submission.tree import Fault, Tree, fault

LARGEST = 5_000_000_000
KINDS = {"xpt", "xml", "xsl", "pdf", "txt", "html", "rtf", "sas", "r"}
COMPLETE_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
GUIDES = {"sdtm": CSDRG, "adam": ADRG}


def check_names(tree: Tree) -> Iterator[Fault]:
    """Names, path lengths, kinds, sizes and links of the files of the tree."""
    for file in tree.files:
        if tree.ectd and not file.startswith("m5/"):
            continue
        path, name = tree.path(file), file.rpartition("/")[2]
        if path.is_symlink():
            yield fault("gate.link", file)
            continue
        if path.stat().st_size == 0:
            yield fault("gate.empty-file", file)
        if name.lower().endswith(".xpt"):
            if not DATASET_NAME.fullmatch(name):
                yield fault("gate.dataset-name", file, name=name)
            if path.stat().st_size > LARGEST:
                yield fault("gate.large", file, bytes=path.stat().st_size, limit=LARGEST)
        if tree.ectd:
            if not all(NAME.fullmatch(part) for part in file.split("/")):
                yield fault("gate.name", file, name=file)
            if len(file) > LONGEST_PATH:
                yield fault("gate.path-long", file, length=len(file), limit=LONGEST_PATH)
            if name.rpartition(".")[2].lower() not in KINDS:
                yield fault("gate.file-kind", file, name=name)


def check_presence(tree: Tree) -> Iterator[Fault]:
    """The datasets and documents that a package cannot do without [TRC-1734, TRC-1736]."""
    for layer, needed in (("sdtm", "DM"), ("adam", "ADSL")):
        if not tree.parts.get(layer):
            continue
        folder = tree.folders[layer]
        if tree.part(needed, layer) is None:
            yield fault("gate.no-dataset", folder, needed)
        if layer not in tree.defines:
            yield fault("gate.no-define", folder)
        for name in (GUIDES[layer], *((ACRF,) if layer == "sdtm" else ())):
            if tree.ectd and not tree.has(f"{folder}/{name}"):
                yield fault("gate.no-document", f"{folder}/{name}", name=name)
    if tree.parts.get("sdtm"):
        yield from _study_start(tree)
    if tree.ectd and not any(file.startswith(f"{tree.places.data}/{PROGRAMS}/") for file in tree.files):
        yield fault("gate.no-programs", tree.places.programs)


def _study_start(tree: Tree) -> Iterator[Fault]:
    """ts.xpt, with the start of the study as a complete date [TRC-1734]."""
    part = tree.part("TS", "sdtm")
    if part is None:
        yield fault("gate.no-ts", tree.folders["sdtm"])
        return
    if part.content is None or not {"TSPARMCD", "TSVAL"} <= set(part.content.frame):
        yield fault("gate.no-start", part.file, "TS")
        return
    frame = part.content.frame
    values = frame.loc[(frame["TSPARMCD"] == "SSTDTC").to_numpy(dtype=bool), "TSVAL"].dropna()
    if not len(values):
        yield fault("gate.no-start", part.file, "TS")
    elif not values.str.fullmatch(COMPLETE_DATE.pattern).all():
        yield fault("gate.start-date", part.file, "TS", "TSVAL")


def check_tags(tree: Tree) -> Iterator[Fault]:
    """Every file of the study's sections in the tagging file, with the tag of its place [TRC-1735, 1789]."""
    from lxml import etree

    if not tree.ectd:
        return
    places = tree.places
    inside = {file for file in tree.files if file.startswith("m5/") and file != places.stf}
    if not tree.has(places.stf):
        yield fault("gate.no-stf", places.stf)
        return
    try:
        listed = read_stf(tree.path(places.stf).read_bytes())
    except etree.XMLSyntaxError as error:
        yield fault("gate.stf-unreadable", places.stf, problem=error.msg)
        return
    for file in sorted(inside):
        right = places.tag(file)
        if not right:
            yield fault("gate.no-place", file)
        elif file not in listed:
            yield fault("gate.stf-unlisted", file)
        elif listed[file] != [right]:
            yield fault("gate.stf-tag", file, tag=" ".join(listed[file]) or "none", right=right)
    for file in sorted(set(listed) - inside):
        yield fault("gate.stf-gone", places.stf, name=file)


def check_sections(tree: Tree) -> Iterator[Fault]:
    """Analysis datasets in the analysis section, tabulations in theirs [TRC-1735]."""
    for part in tree.all_parts():
        analysis = part.name.startswith("AD")
        if analysis != (part.layer == "adam"):
            yield fault("gate.section", part.file, part.name, right="analysis" if analysis else "tabulations")
    placed = {part.file for part in tree.all_parts()}
    for file in tree.files:
        if tree.ectd and file.lower().endswith(".xpt") and file not in placed:
            yield fault("gate.section", file, right="tabulations/sdtm or analysis/adam/datasets")


def check_sheet(tree: Tree) -> Iterator[Fault]:
    """The style sheet that a define.xml names."""
    for define in tree.defines.values():
        if define.sheet:
            file = f"{define.file.removesuffix(DEFINE)}{define.sheet}"
            if not tree.has(file):
                yield fault("gate.no-sheet", define.file, name=define.sheet)
        elif not define.problem:
            yield fault("gate.no-sheet", define.file, name="none")
