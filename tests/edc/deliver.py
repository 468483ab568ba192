"""A study of two or three forms and its extract, written to disk as somebody would deliver them."""

from __future__ import annotations

from pathlib import Path

from clinical.forms import read_forms
from clinical.read import parse_yaml
from edc.read import Extract, read_extract

STUDY = """
study: TOY
site_tz: "+08:00"
environment: PROD
test_subjects: ["99-999"]
subject: {shape: 00-000, usubjid: "TOY-{subject}"}
manifest: none
"""
SYSTEM = (
    "project,environment,Subject,Folder,InstanceRepeatNumber,PageRepeatNumber,RecordPosition,RecordId,"
    "RecordActive,MaxUpdated"
)
VS = """
form: VS
read: {csv: edc_csv/VS.csv}
fields:
  PULSE: {type: number, label: Pulse}
"""
VS_CSV = f"""{SYSTEM},PULSE
TOY,PROD,01-001,SCR,0,0,0,501,1,2024-01-01T00:00:00Z,60
TOY,PROD,01-002,SCR,0,0,0,502,1,2024-01-01T00:00:00Z,70
"""


def deliver(
    place: Path,
    forms: dict[str, str],
    files: dict[str, str | bytes],
    study: str = STUDY,
    with_vs: bool = True,
) -> Extract:
    """Writes specs and files below `place` and reads them, with a good form VS, to see it survive."""
    if with_vs:
        forms, files = {"VS": VS, **forms}, {"edc_csv/VS.csv": VS_CSV, **files}
    raw, folder = place / "mappings" / "toy" / "raw", place / "data"
    raw.mkdir(parents=True, exist_ok=True)
    for name, text in forms.items():
        (raw / f"{name}.yml").write_text(text, "utf-8")
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    config = parse_yaml(study, "mappings/toy/study.yml")
    return read_extract(folder, read_forms(raw, place), config)


def rows(*lines: str, system: str = "TOY,PROD,{subject},SCR,0,0,{line},{id},1,2024-01-01T00:00:00Z") -> str:
    """Lines of an EDC form: `01-001: values` gets the system columns before the values."""
    made = []
    for number, line in enumerate(lines):
        subject, _, values = line.partition(":")
        made.append(
            f"{system.format(subject=subject.strip(), line=number, id=900 + number)},{values.strip()}\n"
        )
    return "".join(made)


def texts(extract: Extract, message: str) -> list[str]:
    """The sentences of the findings with this id."""
    found = extract.findings
    return found["text"][found["message"] == message].tolist()


def records(extract: Extract, message: str) -> list[str]:
    """The records that the findings with this id are about."""
    found = extract.findings
    return found["record"][found["message"] == message].tolist()


def assert_others_read(extract: Extract) -> None:
    """The good form is complete, and no row is unaccounted for."""
    assert extract.frames["VS"]["PULSE"].tolist() == ["60", "70"]
    assert_accounted(extract)


def assert_accounted(extract: Extract) -> None:
    """For each form, rows read are rows kept and rows set aside, and its frame has the rows kept."""
    for form, frame in extract.frames.items():
        lines = extract.account[extract.account["form"] == form]
        by_reason = dict(zip(lines["reason"], lines["rows"], strict=True))
        assert by_reason["kept"] == len(frame)
        assert by_reason["read"] == sum(by_reason.values()) - by_reason["read"]
