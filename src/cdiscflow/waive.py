"""A waiver from the command line: a few lines more in waivers.yml, and a line in the audit trail."""

from __future__ import annotations

import json

from cdiscflow.home import Home
from cdiscflow.runs import find_run
from cdiscflow.waivers import LIST, read_waivers, waivers_file
from cdiscflow.writing import FINDINGS
from clinical.audit import append_audit
from clinical.errors import ClinicalError, InputError, SpecErrors
from clinical.files import file_hash, make_folder
from clinical.findings import NOT_OPEN
from clinical.lock import study_lock
from clinical.run import read_frame

EVENT = "waiver"


def add_waiver(home: Home, study: str, finding: str, who: str, why: str, until: str) -> str:
    """The file and the line of the new waiver.

    Raises: InputError for an id that no open finding of the latest run has; what `read_waivers` raises of
            the file with the new waiver in it, which is then as it was.
    """
    run = find_run(home, study, "latest")
    known = read_frame(run, FINDINGS, ["id", "status"])
    if not ((known["id"] == finding) & ~known["status"].isin(NOT_OPEN)).any():
        raise InputError("waivers.not-there", study, finding=finding, run=run.name)
    outputs, file = home.outputs / study, waivers_file(home, study)
    with study_lock(outputs, f"a waiver of {study}"):
        make_folder(file.parent)
        before = file.read_bytes() if file.is_file() else None
        told = {"finding": finding, "who": who, "why": why, "until": until}
        lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in told.items()]
        start = (before or f"{LIST}:\n".encode()).rstrip(b"\n") + b"\n"
        file.write_bytes(start + ("  - " + "\n    ".join(lines) + "\n").encode())
        try:
            (*_, added) = read_waivers(home, study)
        except (ClinicalError, SpecErrors):
            file.unlink() if before is None else file.write_bytes(before)
            raise
        append_audit(
            outputs, EVENT, who, why, {"finding": finding, "waivers": file_hash(file)}, {"until": until}
        )
    return f"{study}: {finding} is waived until {until}, {added.at}"
