"""What people open first: the index of the displays, a profile of every subject, and all displays in one PDF.

Made after the displays, of what they left in the run; what is as it was is taken from the last run.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from clinical.files import json_bytes
from clinical.findings import Findings
from clinical.fingerprint import hash_of
from clinical.manifest import read_manifest
from clinical.run import Run
from clinical.store import Frame
from clinical.study import Study

if TYPE_CHECKING:
    from cdiscflow.shown import Shown
    from tlf.index import Entry
    from tlf.profile_spec import Profile

INDEX, PAPERS, KEPT = "tlf/index.html", "state/papers", "state/front.json"
ALL, LISTINGS, WITHOUT = "all.pdf", "listings.pdf", "without listings"
WHOLE = EVENT, LIST = "tlf/ars.json", "tlf/results.csv"


@dataclass(frozen=True)
class Front:
    """All that the pages are made of: `depends` is what their bytes depend on beside the data."""

    study: Study
    run: Run
    before: Path | None
    depends: dict[str, object]
    footer: dict[str, object]

    @property
    def sections(self) -> dict[str, str]:
        """The titles of the sections of the displays, by number, as study.yml says them."""
        return dict(self.study.setting("display_sections") or {})


def shown_singly(study: Study) -> int:
    """The most subjects that listings, profiles and figures with a line for each are made of."""
    from tlf.run import SHOWN_SINGLY

    return int(study.setting("shown_singly") or SHOWN_SINGLY)


def write_front(front: Front, entries: list[Entry], profile: Profile | None, frames: Shown) -> Frame:
    """Writes profiles, merged PDFs, index; gives the findings."""
    from tlf.index import render_index

    findings = Findings()
    last = _last(front.before)
    pages = write_profiles(front, profile, frames, findings, last.get("profiles", {})) if profile else {}
    printed = {
        file: write_pdf(front, file, title, shown, findings, last.get("printed", {}).get(file, ""))
        for file, (title, shown) in _books(front, entries).items()
    }
    found = findings.frame()
    front.run.write_bytes(KEPT, json_bytes({"profiles": dict(pages.values()), "printed": printed}))
    title = f"{front.study.id}: Tables, Listings and Figures"
    whole = [*printed, *(Path(file).name for file in WHOLE)]
    index = render_index(title, entries, list(pages), whole, found, front.footer, front.sections)
    front.run.write_bytes(INDEX, index)
    return found


def _books(front: Front, entries: list[Entry]) -> dict[str, tuple[str, list[Entry]]]:
    """The merged PDFs with their titles and displays, those that have any.

    study.yml may say `merged_pdf: false` for none, or `merged_pdf: without listings`.
    """
    wanted = front.study.setting("merged_pdf")
    made = [one for one in entries if one.files and wanted != "false"]
    books = {
        ALL: ("Tables and Figures", [one for one in made if not one.display.listing]),
        LISTINGS: ("Listings", [one for one in made if one.display.listing and wanted != WITHOUT]),
    }
    return {file: (f"{front.study.id}: {title}", shown) for file, (title, shown) in books.items() if shown}


def _last(before: Path | None) -> dict[str, object]:
    """What the last run left for this one; a run of before there were such pages left nothing."""
    if before is None or KEPT not in read_manifest(before)["files"]:
        return {}
    return json.loads((before / KEPT).read_bytes())


def write_profiles(
    front: Front, profile: Profile, frames: Shown, findings: Findings, last: dict[str, str]
) -> dict[str, tuple[str, str]]:
    """Writes the page of every subject: by subject its file and the print of what it shows."""
    from tlf.links import profile_file
    from tlf.profile_data import profiles_of
    from tlf.profile_page import render_profile

    pages, most = {}, shown_singly(front.study)
    if len(frames.get(profile.dataset, ())) > most:
        words = {"display": "profiles", "count": f"{len(frames[profile.dataset]):,}", "most": f"{most:,}"}
        findings.add("tlf.too-many", dataset=profile.dataset, **words)
        return pages
    said = [front.depends, front.footer["program"], front.footer["data_cut"]]
    for shown in profiles_of(profile, frames.whole(profile.datasets), findings):
        file = profile_file(shown.subject)
        printed = hash_of([said, asdict(shown)])
        if last.get(file) == printed:
            front.run.link(f"tlf/{file}", front.before)
        else:
            front.run.write_bytes(f"tlf/{file}", render_profile(profile, shown, front.footer))
        pages[shown.subject] = (file, printed)
    return pages


def write_pdf(
    front: Front, file: str, title: str, entries: list[Entry], findings: Findings, last: str
) -> str:
    """Writes displays as one PDF; gives the print of what is in it."""
    from tlf.pdf import merged_pdf, texts_lacking

    folder = front.run.folder
    papers = [json.loads((folder / PAPERS / f"{one.display.stem}.json").read_bytes()) for one in entries]
    pictures = {
        str(paper["picture"]): (folder / "tlf" / str(paper["picture"])).read_bytes()
        for paper in papers
        if paper["picture"]
    }
    for name, texts in texts_lacking(papers).items():
        findings.add("tlf.no-glyph", display=name, file=file, count=len(texts), text=texts[0])
    drawn = {name: sha256(content).hexdigest() for name, content in pictures.items()}
    said = [front.footer["data_cut"], front.footer["program"], front.sections]
    printed = hash_of([front.depends, papers, drawn, *said])
    if printed == last:
        front.run.link(f"tlf/{file}", front.before)
    else:
        content = merged_pdf(title, papers, pictures, front.footer, front.sections)
        front.run.write_bytes(f"tlf/{file}", content)
    return printed
