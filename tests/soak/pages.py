"""Every page of every display as LibreOffice prints it and as a browser shows it, at 6, 24 and 300 subjects.

What was seen is in `.cache/soak` afterwards: sheets of pages and windows to look at, and all faults.
"""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from clinical.read import read_yaml
from tests.homes import ROOT, LittleHome, little_home
from tests.pages.browser import browsing
from tests.pages.cells import check_listing, check_table, read_csv
from tests.pages.ink import check_ink, contact_sheet, pictures_of
from tests.pages.merged import check_merged
from tests.pages.paper import check_frame, check_pages
from tests.pages.pdf import read_pdf
from tests.pages.rtf import Document, read_rtf
from tests.pages.screen import WINDOWS, check_screen
from tlf.spec import read_displays

NEEDS = {
    "soffice": "libreoffice-writer-nogui",
    "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils",
    "chromium": "chromium",
}
SUBJECTS = (300, 24, 6)
SEEN = ROOT / ".cache" / "soak"
SHEETS = {"t": "tables", "l": "listings", "f": "figures", "all": "merged", "listings": "merged"}
MERGED = ("all.pdf", "listings.pdf")
PAGE, NARROW = (468, 331), (200, 400)
PROFILES = 3
LONGEST = 1200


@dataclass
class Look:
    """What was found in the displays of one run, and pictures of each kind."""

    faults: list[str] = field(default_factory=list)
    pages: int = 0
    screens: int = 0
    pictures: dict[str, list[Path]] = field(default_factory=dict)


def call(command: list[str], **options: object) -> None:
    """Runs a command to its end; 3 is the exit code of a run with datasets that are not in it."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST, **options)
    assert done.returncode in (0, 3), f"{command[:6]}: {(done.stdout + done.stderr)[-2000:]}"


def make_displays(home: LittleHome, subjects: int) -> Path:
    """The folder of the displays of a run of so many simulated subjects."""
    program = [sys.executable, "-m", "cdiscflow.cli"]
    order = ["--subjects", str(subjects), "--seed", "1", "--dirt", "all"]
    for arguments in (["simulate", "rd1302", *order], ["run", "rd1302"]):
        call([*program, *arguments], env=home.environment(), cwd=ROOT)
    return (home.root / "outputs" / "rd1302" / "latest" / "tlf").resolve(strict=True)


def print_pages(tlf: Path, to: Path) -> list[Path]:
    """The PDF that LibreOffice makes of every RTF, in one call."""
    profile = (to / "libreoffice").resolve().as_uri()
    files = sorted(map(str, tlf.glob("*.rtf")))
    options = ["--headless", "--convert-to", "pdf", "--outdir", str(to)]
    call(["soffice", f"-env:UserInstallation={profile}", *options, *files])
    return [to / f"{Path(file).stem}.pdf" for file in files]


def titles_of(study: str) -> dict[str, tuple[str, ...]]:
    """Number, title and population of every display, as its spec says them, by the name of its files."""
    folder = ROOT / "mappings" / study
    displays = read_displays(folder / "tlf", read_yaml(folder / "study.yml", ROOT))
    return {one.stem: (one.name, one.title, one.population.label) for one in displays.values()}


def look_at_paper(look: Look, tlf: Path, to: Path) -> None:
    """All printed pages, and those of the merged PDF."""
    titles, merged = titles_of("rd1302"), {file: [] for file in MERGED}
    for pdf in print_pages(tlf, to):
        document = read_rtf(tlf / f"{pdf.stem}.rtf")
        merged[MERGED[pdf.stem.startswith("l")]].append(document)
        said = check_frame(document, titles[pdf.stem])
        said += _check(document, tlf / f"{pdf.stem}.csv", pdf, look)
        look.faults += [f"{pdf.stem}: {one}" for one in said]
        _look_at_ink(look, pdf, document, to)
    for file, documents in merged.items():
        sheets = read_pdf(tlf / file)
        look.pages += len(sheets)
        look.faults += [f"{file}: {said}" for said in check_merged(documents, sheets)]
        _look_at_ink(look, tlf / file, documents[0], to)


def _check(document: Document, cells: Path, pdf: Path, look: Look) -> list[str]:
    sheets, rows = read_pdf(pdf), read_csv(cells)
    look.pages += len(sheets)
    if pdf.stem.startswith("f"):
        return check_pages(document, sheets)
    if pdf.stem.startswith("t"):
        return check_pages(document, sheets) + check_table(document, rows)
    named = "grouped" if all(row[0] for row in rows) else "listing"
    return check_pages(document, sheets, kind=named) + check_listing(document, rows)


def _look_at_ink(look: Look, pdf: Path, document: Document, to: Path) -> None:
    """Every page is looked at; the first two and the last are kept, of the merged PDF all."""
    pictures = pictures_of(pdf, to)
    for number, picture in enumerate(pictures, start=1):
        drawn = pdf.stem.startswith("f")
        said = check_ink(picture, document.side, document.edge, drawn=drawn)
        look.faults += [f"{pdf.stem}: page {number}: {one}" for one in said]
    kind = SHEETS[pdf.stem.partition("_")[0]]
    kept = pictures if kind == "merged" else [*pictures[:2], *pictures[2:][-1:]]
    look.pictures.setdefault(kind, []).extend(kept)


def look_at_screens(look: Look, tlf: Path, to: Path) -> None:
    """Every page in a wide and a narrow window; of the profiles the shortest, a middle and the longest."""
    profiles = sorted((tlf / "profiles").glob("*.html"), key=lambda file: (file.stat().st_size, file.name))
    some = {profiles[round(at * (len(profiles) - 1) / (PROFILES - 1))] for at in range(PROFILES)}
    with browsing(to / "chromium") as browser:
        for page in [*sorted(tlf.glob("*.html")), *sorted(some)]:
            for width in WINDOWS:
                picture = to / f"{page.stem}_{width}.png"
                look.faults += check_screen(browser, page, width, picture)
                look.pictures.setdefault(f"browser_{width}", []).append(picture)
                look.screens += 1


def look_at(folder: Path, subjects: int) -> Look:
    """The displays of a run of so many subjects, on paper and on the screen."""
    look, to = Look(), folder / f"seen_{subjects}"
    to.mkdir()
    home = little_home(folder / f"home_{subjects}", "rd1302")
    try:
        tlf = make_displays(home, subjects)
        look_at_paper(look, tlf, to)
        look_at_screens(look, tlf, to)
    finally:
        home.remove()
    for kind, pictures in look.pictures.items():
        narrow = kind == f"browser_{min(WINDOWS)}"
        contact_sheet(pictures, *(NARROW if narrow else PAGE), SEEN / f"{kind}_{subjects}.png")
    look.faults = [f"{subjects} subjects: {said}" for said in look.faults]
    return look


def run() -> str:
    """How many pages and windows were looked at; all faults are in `.cache/soak/faults.txt`."""
    SEEN.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        looks = list(pool.map(partial(look_at, Path(folder)), SUBJECTS))
    faults = [said for look in looks for said in look.faults]
    (SEEN / "faults.txt").write_text("".join(f"{said}\n" for said in faults), "utf-8")
    assert not faults, f"{len(faults)} faults of pages, the first: {faults[0]}"
    pages, screens = (sum(getattr(look, name) for look in looks) for name in ("pages", "screens"))
    return f"{pages:,} pages and {screens} windows at {', '.join(map(str, sorted(SUBJECTS)))} subjects"
