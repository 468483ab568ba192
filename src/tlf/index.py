"""The first page of a run's displays: each with its files and findings, and the profiles of the subjects."""

from __future__ import annotations

from collections.abc import Mapping as Datasets
from dataclasses import dataclass
from hashlib import sha256

from clinical.frames import Frame
from tlf.links import profile_file
from tlf.paper import reading_order, section_of
from tlf.render import environment
from tlf.shapes.grid import HASH_LENGTH
from tlf.spec import Display

SHOWN = ("html", "rtf", "pdf", "png", "svg", "csv")


@dataclass(frozen=True)
class Entry:
    """One display with the names of its files and its findings."""

    display: Display
    files: tuple[str, ...]
    findings: Frame


def render_index(
    title: str,
    entries: list[Entry],
    subjects: list[str],
    whole: list[str],
    other: Frame,
    footer: Datasets[str, object],
    sections: Datasets[str, str],
) -> bytes:
    """The page as one file that needs nothing else.

    Needs: `subjects`, those with a profile; `whole`, files of all displays together; `other`, findings that
           are of no display; footer as of a display; `sections`, their titles by number.
    """
    ordered = sorted(entries, key=lambda entry: reading_order(entry.display.name, sections))
    parts: dict[str, list[dict[str, object]]] = {}
    for entry in ordered:
        parts.setdefault(section_of(entry.display.name, sections), []).append(_line(entry))
    found = sum(len(entry.findings) for entry in entries) + len(other)
    datasets = footer["datasets"] or {}
    text = environment("html").get_template("index.html.j2").render(
        title=title, parts=parts, footer=footer, whole=whole, other=_findings(other), found=found,
        subjects=[(one, profile_file(one)) for one in sorted(subjects)], count=len(entries),
        hash=_hash(datasets) if datasets else "",
    )  # fmt: skip
    return text.encode("utf-8")


def _line(entry: Entry) -> dict[str, object]:
    display = entry.display
    by_ending = {file.rpartition(".")[2]: file for file in entry.files}
    return {
        "name": display.name,
        "title": display.title,
        "population": display.population.label,
        "datasets": ", ".join(display.datasets),
        "file": display.file,
        "files": [(ending.upper(), by_ending[ending]) for ending in SHOWN if ending in by_ending],
        "page": by_ending.get("html"),
        "findings": _findings(entry.findings),
    }


def _findings(found: Frame) -> list[tuple[str, str]]:
    if found.empty:
        return []
    return list(zip(found["severity"].tolist(), found["text"].tolist(), strict=True))


def _hash(datasets: Datasets[str, str]) -> str:
    """One hash of the datasets that any display reads."""
    whole = "\n".join(f"{name}={datasets[name]}" for name in sorted(datasets))
    return sha256(whole.encode()).hexdigest()[:HASH_LENGTH]
