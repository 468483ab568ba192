"""The mock shells of a study, written from its specs alone: no extract and no run is needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cdiscflow.home import Home
from clinical.findings import no_findings
from clinical.standards import Standard, Variable
from clinical.study import Study

ENDINGS = (".rtf", ".html", ".pdf", ".png")


def variables_of(study: Study) -> dict[str, Standard]:
    """The variables of every dataset of a study; qualifiers of its supplemental dataset are among them."""
    known = dict(study.standards)
    for name, dataset in study.datasets.items():
        own = {one: Variable(one, one, "Char", 0) for one in dataset.supp}
        known[name] = replace(known[name], variables={**own, **known[name].variables})
    return known


def write_shells(home: Home, name: str, folder: Path) -> list[str]:
    """Writes the shell of every display, an index and one PDF into `folder`; says what was written.

    Raises: SpecErrors for faults of the displays.
    """
    from tlf.index import Entry, render_index
    from tlf.pdf import merged_pdf
    from tlf.run import join_displays
    from tlf.shells import PROGRAM, UNKNOWN, make_shell
    from tlf.spec import read_displays

    study = home.load(name)
    displays = list(read_displays(study.folder / "tlf", study.config).values())
    known = variables_of(study)
    shells = [make_shell(display, known) for display in displays]
    made = join_displays(shells)
    footer = {"program": PROGRAM, "data_cut": UNKNOWN, "datasets": None}
    title = f"{study.id}: Mock Shells"
    files = {file: data for file, data in made.files.items() if file.endswith(ENDINGS)}
    pictures = {
        str(one["picture"]): files[str(one["picture"])] for one in made.papers.values() if one["picture"]
    }
    sections = dict(study.setting("display_sections") or {})
    files["shells.pdf"] = merged_pdf(title, list(made.papers.values()), pictures, footer, sections)
    entries = [
        Entry(display, tuple(file for file in one.files if file in files), no_findings())
        for display, one in zip(displays, shells, strict=True)
    ]
    files["index.html"] = render_index(title, entries, [], ["shells.pdf"], no_findings(), footer, sections)
    folder.mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return [f"{name}: {len(displays)} shells in {folder}"]
