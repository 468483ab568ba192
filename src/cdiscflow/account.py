"""The two accounts of a run: every delivered record and every collected field went somewhere, or says why
not.
"""

from __future__ import annotations

import pandas as pd

from clinical.check import Plan
from clinical.derive import Derived
from edc.read import Extract


def row_account(extract: Extract, derived: Derived) -> pd.DataFrame:
    """Records by form: left out by the reader under a rule, taken by a dataset, or taken by none, and why.

    Rows: `source, dataset, part, reason, rule, records`; for each form read = reader's rows + taken + taken
          by none.
    """
    reader = pd.DataFrame(
        {
            "source": "raw." + extract.account["form"].astype("str"),
            "dataset": "",
            "part": "",
            "reason": extract.account["reason"],
            "rule": extract.account["rule"],
            "records": extract.account["rows"],
        }
    )
    columns = list(reader.columns)
    return pd.concat([reader, derived.account[columns]], ignore_index=True)


def field_account(plan: Plan) -> pd.DataFrame:
    """Fields by form: read by a spec, or not submitted and why."""
    rows = []
    for form in plan.study.forms.values():
        for field in form.fields.values():
            reason = field.not_submitted or form.not_submitted
            rows.append((form.name, field.name, field.label, "not submitted" if reason else "read", reason))
    return pd.DataFrame(rows, columns=["form", "field", "label", "use", "reason"])
