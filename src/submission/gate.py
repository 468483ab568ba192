"""The gate before a package is one: every check of F.7 on the files as they lie there, and its report.

It reads nothing but the package, so it judges ours and other people's alike (`cdiscflow inspect`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from clinical.errors import catalogue
from submission import gate_adam, gate_pdf, gate_study, gate_tree
from submission.gate_data import check_against, check_file
from submission.gate_define import check_define
from submission.gate_privacy import check_privacy
from submission.plan import PackagePlan
from submission.tree import Fault, Tree, open_tree

FILES = (
    gate_tree.check_names,
    gate_tree.check_presence,
    gate_tree.check_tags,
    gate_tree.check_sections,
    gate_tree.check_sheet,
    gate_pdf.check_documents,
    gate_pdf.check_pages,
)
DATA = (
    gate_study.check_subjects,
    gate_study.check_identity,
    gate_study.check_dates,
    gate_study.check_trial,
    gate_study.check_links,
    gate_study.check_results,
    gate_study.check_deaths,
    gate_adam.check_traces,
    gate_adam.check_counts,
    gate_adam.check_copies,
    check_privacy,
)


@dataclass(frozen=True)
class Report:
    """What the gate found, most severe first; `datasets` and `records` say how much it read."""

    faults: tuple[Fault, ...]
    files: int
    datasets: int
    records: int

    @property
    def errors(self) -> list[Fault]:
        """The faults of severity error."""
        return [one for one in self.faults if one.severity == "error"]

    def unexplained(self, plan: PackagePlan) -> list[Fault]:
        """Errors and warnings that no explanation of the study is about."""
        asked = [one for one in self.faults if one.severity != "info"]
        return [one for one in asked if plan.explained(one.id, one.dataset) is None]


def run_gate(root: Path) -> Report:
    """The report on the package in a folder.

    Raises: InputError gate.nothing where there is no transport file.
    """
    tree = open_tree(root)
    return report_of(tree, [*data_faults(tree), *file_faults(tree)])


def report_of(tree: Tree, faults: Iterable[Fault]) -> Report:
    """The report with these faults, each once, most severe first."""
    order = {"error": 0, "warning": 1, "info": 2}
    found = sorted(set(faults), key=lambda one: (order[one.severity], one.rule, one.id, one.file, one.text))
    read = [part.content for part in tree.all_parts() if part.content is not None]
    return Report(tuple(found), len(tree.files), len(read), sum(len(one.frame) for one in read))


def data_faults(tree: Tree) -> Iterator[Fault]:
    """What is wrong with datasets, by themselves, against define.xml and each other."""
    for check in DATA:
        yield from check(tree)
    for part in tree.all_parts():
        yield from check_file(part)
        if part.layer in tree.defines and not tree.defines[part.layer].problem:
            yield from check_against(tree, tree.defines[part.layer], part)


def file_faults(tree: Tree) -> Iterator[Fault]:
    """What is wrong with files: names, places, tags, documents, define.xml by itself."""
    for check in FILES:
        yield from check(tree)
    for define in tree.defines.values():
        yield from check_define(tree, define)


def report_json(report: Report, plan: PackagePlan | None = None) -> dict[str, object]:
    """The report as data: counts, and each fault with rule, severity, what to do and its explanation."""
    known = catalogue()
    faults = []
    for one in report.faults:
        entry = {key: value for key, value in asdict(one).items() if value != ""}
        entry |= {"rule": one.rule, "severity": one.severity, "todo": known[one.id].todo}
        said = plan.explained(one.id, one.dataset) if plan else None
        if said:
            entry |= {"disposition": said.disposition, "explanation": said.text}
        faults.append(entry)
    counts = {
        kind: sum(one.severity == kind for one in report.faults) for kind in ("error", "warning", "info")
    }
    about = {"files": report.files, "datasets": report.datasets, "records": report.records}
    return {"read": about, "counts": counts, "faults": faults}


def report_lines(faults: Iterable[Fault]) -> list[str]:
    """A line a fault for a terminal, and what to do about each kind once."""
    lines, told = [], set()
    for one in faults:
        lines.append(f"{one.severity}: {one.file}: {one.text} [{one.rule or one.id}]")
        if one.id not in told:
            told.add(one.id)
            lines.append(f"  to do: {catalogue()[one.id].todo} (cdiscflow explain {one.id})")
    return lines
