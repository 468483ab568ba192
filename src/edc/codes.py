"""Coded fields: the text shown and the code, brought into agreement [B-DIRT-3, B-DIRT-4]."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.distinct import distinct, spread_text
from clinical.findings import Frame
from clinical.form_fields import Field
from clinical.terms import normalise
from edc.report import Report


def code_field(field: Field, frame: Frame, report: Report) -> tuple[pd.Series, pd.Series]:
    """The text and the code of a coded field.

    The code (X_STD) wins; without one it is looked up from the text, whatever its case and blanks. The text
    is that of the code, so that it is the same whether the export wrote text and code or the code alone.

    Missing: an unknown code, or without code an unknown text, gives no code, keeps the text and is a finding.
    """
    nothing = pd.Series(np.nan, index=frame.index, dtype="str")
    text, code = frame.get(field.column, nothing), frame.get(f"{field.column}_STD", nothing)
    if not field.codes:
        return text, code.fillna(text)
    known = _looked_up(code, {name: name for name in field.codes})
    by_text = _looked_up(text, _texts(field))
    has_text, has_code = text.notna().to_numpy(), code.notna().to_numpy()
    agreed = known.where(has_code, by_text)
    shown = _shown(text, code)
    report.add("raw.code-unknown", has_code & known.isna().to_numpy(), field.name, shown)
    report.add("raw.text-unknown", has_text & ~has_code & by_text.isna().to_numpy(), field.name, text)
    apart = has_text & known.notna().to_numpy() & ~(by_text == known).to_numpy(dtype=bool, na_value=False)
    report.add("raw.code-disagrees", apart, field.name, shown)
    return _decoded(agreed, field).fillna(text), agreed


def _shown(text: pd.Series, code: pd.Series) -> pd.Series:
    """`Recovered (code 2)`; what text and code both say is said once."""
    one = text.fillna(code)
    return one.where(code.isna() | (one == code), one + " (code " + code + ")")


def _texts(field: Field) -> dict[str, str]:
    """What may be written for each code: the code, its text, its synonyms; a text wins over a code."""
    return {
        **{code: code for code in field.codes},
        **field.synonyms,
        **{text: code for code, text in field.codes.items()},
    }


def _looked_up(collected: pd.Series, codes: dict[str, str]) -> pd.Series:
    written = pd.Series(list(codes), dtype="str")
    by_text = dict(zip(normalise(written), codes.values(), strict=True))
    numbers, values = distinct(collected)
    plain = normalise(pd.Series(values, dtype="str"))
    return spread_text(numbers, [by_text.get(value) for value in plain], collected.index)


def _decoded(code: pd.Series, field: Field) -> pd.Series:
    numbers, values = distinct(code)
    return spread_text(numbers, [field.codes[value] for value in values], code.index)
