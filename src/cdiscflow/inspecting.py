"""`cdiscflow inspect`: the gate on a package of anybody's, and its report for a terminal."""

from __future__ import annotations

from pathlib import Path

from clinical.errors import InputError
from clinical.files import json_bytes, write_bytes
from submission.gate import report_json, report_lines, run_gate


def inspect_folder(folder: Path, out: Path | None = None) -> tuple[list[str], int]:
    """The lines of the report and the number of errors; `out` is written as JSON.

    Raises: InputError for a folder that is not there or holds no transport file.
    """
    if not folder.is_dir():
        raise InputError("gate.no-folder", folder.name)
    report = run_gate(folder)
    said = report_json(report)
    if out is not None:
        write_bytes(out, json_bytes(said))
    counts = said["counts"]
    head = (
        f"{folder.name}: {report.files} files, {report.datasets} datasets with {report.records} records: "
        f"{counts['error']} error, {counts['warning']} warning, {counts['info']} info"
    )
    return [head, *report_lines(report.faults)], counts["error"]
