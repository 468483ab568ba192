"""The commands `cdiscflow spec ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from cdiscflow.cli_words import StudyName
from cdiscflow.terminal import say as _say

specs = typer.Typer(no_args_is_help=True, help="Specs as a workbook and back.", rich_markup_mode=None)
Workbook = Annotated[str, typer.Argument(help="An Excel workbook", metavar="FILE.xlsx")]


@specs.command("export")
def spec_export(
    study: StudyName,
    file: Workbook,
    force: Annotated[bool, typer.Option("--force", help="Write over the workbook that is there")] = False,
) -> None:
    """Writes a study's specs as a workbook: a sheet for each kind of row, all cells text."""
    from pathlib import Path

    from cdiscflow.home import home
    from cdiscflow.specbook import export_specs

    _say("\n".join(export_specs(home(), study, Path(file), force)))


@specs.command("import")
def spec_import(
    study: StudyName,
    file: Workbook,
    write: Annotated[bool, typer.Option("--write", help="Change the files")] = False,
) -> None:
    """Shows what a workbook would change in a study's specs, as differences of the files.

    What is not understood is named by sheet and cell, and then nothing is changed.
    """
    from pathlib import Path

    from cdiscflow.home import home
    from cdiscflow.specbook import import_specs

    _say("\n".join(import_specs(home(), study, Path(file), write)))
