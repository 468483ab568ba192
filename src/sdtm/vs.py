"""VS: the area of the body surface."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clinical.results import to_number
from clinical.rounding import significant

Frame = pd.DataFrame


def body_surface(vs: Frame) -> pd.Series:
    """The area by Mosteller, on records of BSA only, from height and weight of the same page.

    Needs:   VSTESTCD, page, measured (the standard result as text: cm, kg).
    Gives:   sqrt(height x weight / 3600) in m2, to 6 significant digits.
    Missing: a page whose height or weight is no number in its standard unit gives no area.
    Source:  rule C.4 VS; Mosteller RD. N Engl J Med 1987;317:1098.
    """
    measured = vs.assign(number=to_number(vs["measured"])[0])
    height, weight = (_of_page(vs["page"], measured, test) for test in ("HEIGHT", "WEIGHT"))
    area = np.sqrt(height * weight / 3600)
    return significant(area).where(vs["VSTESTCD"] == "BSA")


def _of_page(page: pd.Series, measured: Frame, test: str) -> pd.Series:
    of_test = measured[measured["VSTESTCD"] == test].drop_duplicates("page").set_index("page")["number"]
    return page.map(of_test).astype("float64")
