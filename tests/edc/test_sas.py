"""SAS files as raw text. SAS counts days and seconds from 1960-01-01: 23436 is 2024-03-01, -1 1959-12-31."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from clinical.errors import InputError
from clinical.xpt import write_xpt
from clinical.xpt_layout import Variable
from edc.sas import read_sas, read_transport
from tests.tables import assert_table

FILE = Path(__file__).parent / "files" / "ae.sas7bdat"


def test_a_sas_file_has_the_text_that_a_csv_export_would_have():
    """Blanks around text are cut off, an empty text is missing, 1e15 has no exponent."""
    collected = read_sas(FILE, "external/ae.sas7bdat", "")
    assert_table(
        collected.frame,
        """
        SUBJECT | AEDAT      | AEDTM               | TEMP | N                | TIM      | TXT
        01-001  | 2024-03-01 | 2024-03-04T08:30:00 | 38.5 | 3                | 08:30:00 | fever; 38°C
        01-002  |            | 2024-03-04          |      | 1000000000000000 |          | x
        01-003  | 1959-12-31 |                     | -0.1 | 0                | 00:00:00 |
        """,
        TEMP="Char", N="Char", AEDAT="Char", AEDTM="Char",
    )  # fmt: skip
    assert collected.lines().tolist() == [1, 2, 3]


def transport(path: Path) -> Path:
    frame = pd.DataFrame(
        {
            "SUBJECT": pd.Series(["01-001", "01-002"], dtype="str"),
            "AEDAT": pd.to_datetime(pd.Series(["2024-03-01", None])).astype("datetime64[s]"),
            "TEMP": [38.5, float("nan")],
        }
    )
    variables = [
        Variable("SUBJECT", "Subject", "Char", 6),
        Variable("AEDAT", "Date", "Num", 8, "DATE9."),
        Variable("TEMP", "Temperature", "Num", 8),
    ]
    write_xpt(path, frame, name="AE", label="Events", variables=variables, created=datetime(2024, 1, 1))
    return path


def test_a_transport_file_has_the_same(tmp_path):
    collected = read_transport(transport(tmp_path / "ae.xpt"), "external/ae.xpt", "")
    assert_table(
        collected.frame,
        "SUBJECT | AEDAT | TEMP\n01-001 | 2024-03-01 | 38.5\n01-002 | |",
        TEMP="Char",
        AEDAT="Char",
    )


def test_a_transport_file_of_version_8_is_refused_with_what_to_do(tmp_path):
    path = transport(tmp_path / "ae.xpt")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"LIBRARY HEADER", b"LIBV8   HEADER", 1))
    with pytest.raises(InputError, match="version 8"):
        read_transport(path, "external/ae.xpt", "")


@pytest.mark.parametrize("reader", [read_sas, read_transport])
def test_a_file_that_is_missing_empty_or_something_else_is_refused_by_name(tmp_path, reader):
    path = tmp_path / "ae.sas7bdat"
    with pytest.raises(InputError, match=r"^external/ae: the file is not in the extract$"):
        reader(path, "external/ae", "")
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"^external/ae: "):
        reader(path, "external/ae", "")
    path.write_bytes(b"USUBJID,AETERM\n" * 100)
    with pytest.raises(InputError):
        reader(path, "external/ae", "")


def test_a_cut_sas_file_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "ae.sas7bdat"
    path.write_bytes(FILE.read_bytes()[:-3000])
    with pytest.raises(InputError, match=r"^external/ae.sas7bdat: the SAS file cannot be read: "):
        read_sas(path, "external/ae.sas7bdat", "")
