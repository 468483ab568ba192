"""The contents of a package, in an empty folder: module 5, and beside it what is no part of an eCTD.

Everything comes from the specs and the files of one run; no clock and no machine is in it, so the same run
gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from clinical.files import files_below, make_folder, write_bytes
from clinical.fingerprint import SOURCE
from clinical.manifest import read_manifest
from clinical.study import LAYERS, Study
from clinical.xpt import read_xpt_head
from clinical.xpt_split import split_xpt
from submission.acrf import Crf, annotated_crf
from submission.arm import Results
from submission.define_build import CRF, build_define
from submission.define_model import Define, Group, Leaf, Page
from submission.define_write import SHEET, define_html, define_xml, style_sheet
from submission.guides import Facts, guide_text
from submission.layout import ACRF, ADRG, CSDRG, DEFINE, PAGE, SPLIT, Places, plain_name, relative
from submission.markdown import guide_pdf
from submission.plan import PackagePlan
from submission.profile import Profile
from submission.profiles import profiles_of
from submission.stf import stf_xml

TABLES, LISTINGS = "tables-figures.pdf", "listings.pdf"
MERGED = {"all.pdf": TABLES, "listings.pdf": LISTINGS}
PROGRAMS = ("sdtm", "adam", "tlf", "clinical")
GUIDES = {"sdtm": ("csdrg", CSDRG), "adam": ("adrg", ADRG)}
DISPLAY = re.compile(r"([TFL][\d.]+\d)\b")
JSON, SOURCES = "datasetjson", "sources"
FIGURE_OR_TABLE = re.compile(r"[tfl]_[\d_]+\.(rtf|pdf)")


@dataclass
class Contents:
    """A package on its way: what is known of it before guides and tagging file are written."""

    study: Study
    plan: PackagePlan
    run: Path
    target: Path
    places: Places
    created: str
    defines: dict[str, Define] = field(default_factory=dict)
    split: list[tuple[str, str]] = field(default_factory=list)


def begin(study: Study, plan: PackagePlan, run: Path, target: Path) -> Contents:
    """Datasets, define.xml, annotated CRF, programs and displays of a run in the folder `target`.

    Raises: DerivationError where a dataset cannot be split below the plan's limit.
    """
    manifest = read_manifest(run)
    places = Places(plain_name(study.name))
    made = Contents(study, plan, run, target, places, f"{manifest['cut'] or '2000-01-01'}T00:00:00")
    profiles = profiles_of(study, run, manifest["datasets"])
    crf = annotated_crf(study, plan.schedule)
    for layer in LAYERS:
        if profiles[layer]:
            _datasets(made, layer, profiles[layer])
    _programs(made)
    pages = _displays(made)
    for layer in LAYERS:
        if profiles[layer]:
            made.defines[layer] = _define(made, layer, profiles[layer], crf, pages)
    return made


def finish(made: Contents, facts: Facts) -> None:
    """The guides, then the tagging file of everything."""
    for layer, define in made.defines.items():
        name, file = GUIDES[layer]
        text = guide_text(name, made.study, made.plan, define, replace(facts, split=made.split))
        _write(made, f"{made.places.layer(layer)}/{file}", guide_pdf(text))
        _write(made, f"{SOURCES}/{name}.md", text.encode())
    files = [path.relative_to(made.target).as_posix() for path in files_below(made.target / "m5")]
    title = str(made.study.config.get("title", made.study.id))
    _write(made, made.places.stf, stf_xml(made.study.id, title, made.places, files))


def _write(made: Contents, file: str, content: bytes) -> None:
    write_bytes(made.target / file, content)


def _datasets(made: Contents, layer: str, profiles: Iterable[Profile]) -> None:
    """The transport files of a layer, a large one in parts; an empty dataset is left out [F.5]."""
    folder = made.target / made.places.layer(layer)
    for one in profiles:
        source = made.run / "xpt" / layer / f"{one.name.lower()}.xpt"
        if not one.rows:
            continue
        if source.stat().st_size <= made.plan.split_above:
            _copy(source, folder / source.name)
            continue
        make_folder(folder / SPLIT)
        parts = split_xpt(source, folder / SPLIT, made.plan.split_above)
        made.split.append((one.name, ", ".join(f"{SPLIT}/{part.name}" for part in parts)))


def _copy(source: Path, target: Path) -> None:
    """The bytes of a file, a block at a time."""
    write_bytes(target, b"")
    with source.open("rb") as given, target.open("r+b") as file:
        while block := given.read(1 << 23):
            file.write(block)


def _programs(made: Contents) -> None:
    """Specs, programs, the environment and a word about them, as text."""
    folder = made.places.programs
    study = made.study.folder
    for path in sorted([*study.rglob("*.yml"), *study.rglob("*.csv")]):
        parts = path.relative_to(study).parts
        if not {"demo", "submission"} & set(parts):
            _write(made, f"{folder}/{plain_name('/'.join(parts))}.txt", path.read_bytes())
    for package in PROGRAMS:
        for path in sorted((SOURCE / package).rglob("*.py")):
            name = plain_name(path.relative_to(SOURCE).as_posix())
            content = path.read_bytes()
            if content.strip():
                _write(made, f"{folder}/{name}.txt", content)
    lines = "".join(f"{name} {number}\n" for name, number in environment(made.run))
    _write(made, f"{folder}/environment.txt", lines.encode())
    _write(made, f"{folder}/readme.txt", README.encode())


README = """Programs and specifications of the analysis, as text.

NAME-yml.txt   what the study states: sdtm-* a domain, adam-* an analysis dataset, tlf-* a table or figure,
               raw-* a form of the EDC, study-yml.txt the settings
NAME-csv.txt   terms and tables that the specifications name
NAME-py.txt    programs in Python: adam-* and sdtm-* of datasets, tlf-* of displays, clinical-* shared by all
environment.txt  the versions that the run was made with

A file is named after its place: adam-adtte-yml.txt is adam/adtte.yml of the study, adam-adtte-py.txt is
adam/adtte.py of the product cdiscflow.
"""


def environment(run: Path) -> list[tuple[str, str]]:
    """The versions that decide what a run gives, and the hashes of what it was made of."""
    manifest = read_manifest(run)
    hashes = [(name, str(manifest[name])) for name in ("spec", "terminology", "code")]
    return [("cdiscflow", product_version()), *sorted(manifest["packages"].items()), *hashes]


def product_version() -> str:
    """The version of this product."""
    try:
        return version("cdiscflow")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "0"


def _displays(made: Contents) -> dict[str, Page]:
    """Tables and figures for the study report; on which page of the merged PDF each display is."""
    folder, target = made.run / "tlf", made.target / made.places.report
    if not folder.is_dir():
        return {}
    for path in sorted(folder.iterdir()):
        if path.name in MERGED:
            _copy(path, target / MERGED[path.name])
        elif FIGURE_OR_TABLE.fullmatch(path.name):
            _copy(path, target / path.name.replace("_", "-"))
    if (folder / "ars.json").is_file():
        _copy(folder / "ars.json", made.target / "ars.json")
    merged = target / TABLES
    return _pages(merged) if merged.is_file() else {}


def _pages(pdf: Path) -> dict[str, Page]:
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    found: dict[str, Page] = {}
    waiting = list(reader.outline)
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, list):
            waiting = [*one, *waiting]
            continue
        named = DISPLAY.match(str(one.title))
        if named:
            found.setdefault(named[1], Page("LF.tables", (reader.get_destination_page_number(one) + 1,)))
    return found


def _define(
    made: Contents, layer: str, profiles: list[Profile], crf: Crf, pages: Mapping[str, Page]
) -> Define:
    """define.xml of a layer with style sheet and page; the annotated CRF beside that of the tabulations."""
    folder = made.places.layer(layer)
    name, guide = GUIDES[layer]
    leaves = [Leaf(f"LF.{name}", guide, "Reviewer's Guide")]
    if layer == "sdtm":
        leaves.append(Leaf(CRF, ACRF, "Annotated Case Report Form"))
        _write(made, f"{folder}/{ACRF}", crf.pdf)
    coded = _leaves_of_programs(made, folder, layer, profiles)
    leaves += coded.values()
    define = build_define(
        made.study, layer, profiles, created=made.created, version=product_version(), pages=crf.pages,
        leaves=tuple(leaves), crf=CRF if layer == "sdtm" else "", documents=(f"LF.{name}",),
        programs={dataset: leaf.id for dataset, leaf in coded.items()}, protocol=made.plan.protocol,
    )  # fmt: skip
    define = _with_parts(define, made.split)
    if layer == "adam":
        define = _with_results(made, define, folder, pages)
    content = define_xml(define)
    _write(made, f"{folder}/{DEFINE}", content)
    _write(made, f"{folder}/{SHEET}", style_sheet())
    _write(made, f"{folder}/{PAGE}", define_html(content))
    return define


def _leaves_of_programs(
    made: Contents, folder: str, layer: str, profiles: Iterable[Profile]
) -> dict[str, Leaf]:
    found = {}
    for one in profiles:
        file = f"{made.places.programs}/{plain_name(f'{layer}/{one.name}.py')}.txt"
        if (made.target / file).is_file():
            found[one.name] = Leaf(f"LF.PGM.{one.name}", relative(folder, file), file.rpartition("/")[2])
    return found


def _with_parts(define: Define, split: Iterable[tuple[str, str]]) -> Define:
    """A group for each part of a split dataset in place of one for the whole."""
    parts = {name: files.split(", ") for name, files in split}
    groups: list[Group] = []
    for one in define.groups:
        for file in parts.get(one.name, [""]):
            stem = file.rpartition("/")[2].removesuffix(".xpt").upper()
            leaf = Leaf(f"LF.{stem}", file, file.rpartition("/")[2])
            groups.append(replace(one, oid=f"IG.{stem}", name=stem, leaf=leaf) if file else one)
    return replace(define, groups=tuple(groups))


def _with_results(made: Contents, define: Define, folder: str, pages: Mapping[str, Page]) -> Define:
    """The document with analysis results, where the run has displays."""
    event = made.run / "tlf" / "ars.json"
    if not event.is_file():
        return define
    specs = {}
    for path in sorted((made.study.folder / "tlf").glob("*.yml")):
        file = f"{made.places.programs}/{plain_name(f'tlf/{path.name}')}.txt"
        name = path.stem[0].upper() + path.stem[2:].replace("_", ".")
        specs[name] = Leaf(f"LF.TLF.{plain_name(path.stem)}", relative(folder, file), file.rpartition("/")[2])
    known = {item.oid for item in define.items}
    programs = {name: leaf.id for name, leaf in specs.items()}
    results = Results(json.loads(event.read_bytes()), known, pages, programs, made.plan.purposes)
    displays = results.displays()
    used = {analysis.program for one in displays for analysis in one.analyses}
    leaves = [leaf for leaf in specs.values() if leaf.id in used]
    if any(one.page for one in displays):
        tables = f"{made.places.report}/{TABLES}"
        leaves.append(Leaf("LF.tables", relative(folder, tables), "Tables and Figures"))
    return replace(
        define, displays=displays, where=(*define.where, *results.where.values()),
        leaves=(*define.leaves, *leaves),
    )  # fmt: skip


def rows_and_variables(path: Path) -> dict[str, int]:
    """What the header of a transport file says of its size."""
    head = read_xpt_head(path)
    return {"rows": head.rows, "variables": len(head.variables)}
