"""Findings about the records of one form, with the coordinates a site can look up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.findings import COORDINATES, Findings, Frame
from clinical.forms import Form


class Report:
    """Collects findings about `records`, or none; a finding's dataset is `raw.<form>`."""

    def __init__(self, form: Form, records: Frame, findings: Findings | None):
        self.form = form
        self._records = records
        self._findings = findings

    def add(
        self,
        message: str,
        where: np.ndarray,
        field: str = "",
        value: pd.Series | None = None,
        **words: object,
    ) -> None:
        """One finding for each record where `where` is true; `value` is what was collected."""
        rows = np.flatnonzero(where)
        if self._findings is None or not len(rows):
            return
        shown = [name for name in [*COORDINATES.values(), "record"] if name in self._records]
        affected = self._records[shown].iloc[rows].assign(form=self.form.name)
        self._findings.add(
            message,
            affected,
            dataset=f"raw.{self.form.name}",
            field=field,
            value="" if value is None else value.iloc[rows].fillna(""),
            **words,
        )

    def of(self, rows: np.ndarray) -> Report:
        """The same for some of the records."""
        return Report(self.form, self._records.iloc[rows].reset_index(drop=True), self._findings)

    def silent(self) -> Report:
        """The same without findings."""
        return Report(self.form, self._records, None)
