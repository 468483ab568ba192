"""The fields of a form from the columns of a delivered file."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.findings import Frame
from clinical.form_fields import Field
from clinical.where import mask
from edc.codes import code_field
from edc.dates import date_field, datetime_field, joined_field, time_field
from edc.report import Report


def add_fields(records: Frame, frame: Frame, report: Report, site_tz: str) -> Frame:
    """`records` with a column for each field of the form, two for a coded one; `frame` is as collected."""
    fields = report.form.fields
    made: dict[str, pd.Series] = {}
    for field in fields.values():
        if not field.joined:
            made.update(zip(field.gives, field_values(field, frame, report, site_tz), strict=True))
    for field in fields.values():
        if field.joined:
            made[field.name] = joined_field(field, made, site_tz)
    order = [column for field in fields.values() for column in field.gives]
    whole = pd.DataFrame(
        {**{name: records[name] for name in records}, **{name: made[name] for name in order}}, copy=False
    )
    for field in fields.values():
        if field.required:
            _check_required(field, frame, whole, report)
    return whole


def field_values(field: Field, frame: Frame, report: Report, site_tz: str) -> tuple[pd.Series, ...]:
    """The columns that a field gives; missing throughout where the file has none of its columns."""
    if not any(column in frame for column in field.columns):
        return tuple(pd.Series(np.nan, index=frame.index, dtype="str") for _ in field.gives)
    if field.type == "code":
        return code_field(field, frame, report)
    if field.type == "date":
        return (date_field(field, frame, report),)
    if field.type == "datetime":
        return (datetime_field(field, frame, report, site_tz),)
    if field.type == "time":
        return (time_field(field, frame, report),)
    return (frame[field.column],)


def _check_required(field: Field, frame: Frame, whole: Frame, report: Report) -> None:
    """A finding for each record that collected nothing in a field that must be filled."""
    parts = [field, *([report.form.fields[field.date]] if field.joined else [])]
    columns = [column for part in parts for column in part.columns if column in frame]
    empty = np.ones(len(frame), dtype=bool)
    for column in columns:
        empty &= frame[column].isna().to_numpy()
    if field.required_where is not None:
        empty &= mask(whole, field.required_where)
    report.add("raw.required-empty", empty, field.name)
