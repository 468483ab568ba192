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
    from tlf.index import Entry
    from tlf.profile_spec import Profile

INDEX, PDF, PAPERS, KEPT = "tlf/index.html", "tlf/all.pdf", "state/papers", "state/front.json"
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
    def title(self) -> str:
        """What heads the index and the PDF."""
        return f"{self.study.id}: Tables, Listings and Figures"


def shown_singly(study: Study) -> int:
    """The most subjects that listings, profiles and figures with a line for each are made of."""
    from tlf.run import SHOWN_SINGLY

    return int(study.setting("shown_singly") or SHOWN_SINGLY)


def write_front(
    front: Front, entries: list[Entry], profile: Profile | None, frames: dict[str, Frame]
) -> Frame:
    """Writes profiles, merged PDF (not if study.yml says `merged_pdf: false`), index; gives the findings."""
    from tlf.index import render_index

    findings = Findings()
    last = _last(front.before)
    pages = write_profiles(front, profile, frames, findings, last.get("profiles", {})) if profile else {}
    printed = ""
    if front.study.setting("merged_pdf") != "false":
        printed = write_pdf(front, entries, last.get("pdf", ""))
    found = findings.frame()
    kept = {"profiles": dict(pages.values()), "pdf": printed}
    front.run.write_bytes(KEPT, json_bytes(kept))
    whole = [Path(file).name for file in (*([PDF] if printed else []), *WHOLE)]
    front.run.write_bytes(INDEX, render_index(front.title, entries, list(pages), whole, found, front.footer))
    return found


def _last(before: Path | None) -> dict[str, object]:
    """What the last run left for this one; a run of before there were such pages left nothing."""
    if before is None or KEPT not in read_manifest(before)["files"]:
        return {}
    return json.loads((before / KEPT).read_bytes())


def write_profiles(
    front: Front, profile: Profile, frames: dict[str, Frame], findings: Findings, last: dict[str, str]
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
    for shown in profiles_of(profile, frames, findings):
        file = profile_file(shown.subject)
        printed = hash_of([said, asdict(shown)])
        if last.get(file) == printed:
            front.run.link(f"tlf/{file}", front.before)
        else:
            front.run.write_bytes(f"tlf/{file}", render_profile(profile, shown, front.footer))
        pages[shown.subject] = (file, printed)
    return pages


def write_pdf(front: Front, entries: list[Entry], last: str) -> str:
    """Writes all tables and figures as one PDF; gives the print of what is in it."""
    from tlf.pdf import merged_pdf

    folder = front.run.folder
    papers = [
        json.loads((folder / PAPERS / f"{one.display.stem}.json").read_bytes())
        for one in entries
        if one.files and not one.display.listing
    ]
    pictures = {
        str(paper["picture"]): (folder / "tlf" / str(paper["picture"])).read_bytes()
        for paper in papers
        if paper["picture"]
    }
    drawn = {name: sha256(content).hexdigest() for name, content in pictures.items()}
    printed = hash_of([front.depends, papers, drawn, front.footer["data_cut"], front.footer["program"]])
    if printed == last:
        front.run.link(PDF, front.before)
    else:
        front.run.write_bytes(PDF, merged_pdf(front.title, papers, pictures, front.footer))
    return printed
