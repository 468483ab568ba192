"""TR: the sum over target lesions of a visit."""

from __future__ import annotations

import pandas as pd

from clinical import dates
from clinical.results import to_number

Frame = pd.DataFrame

_VISIT = ["USUBJID", "participation", "Folder", "InstanceRepeatNumber"]
_IN_MM = {"mm": 1.0, "cm": 10.0}
_DECIMALS = 4


def sum_of_products(raw_les: Frame) -> tuple[Frame, Frame]:
    """SUMPPD: one record per visit, the sum of the products of diameters over the person's target lesions.

    Rows:    a visit has a sum only if each target lesion identified by then has both diameters there: a sum
             that lacks a lesion would look like a response.
    Gives:   mm2; the latest of the dates on which the lesions were measured; the lines it comes from.
    Missing: a lesion whose diameters are no numbers, or without a unit, is not measured.
    Source:  rule C.4 TR.
    """
    lines = raw_les[raw_les["LESTYPE_STD"] == "T"].reset_index(drop=True)
    scale = lines["LESUNIT_STD"].map(_IN_MM).astype("float64")
    product = (to_number(lines["LDIAM"])[0] * scale * to_number(lines["SDIAM"])[0] * scale).round(_DECIMALS)
    lines = lines.assign(product=product, day=dates.latest(lines["LESDAT"]))
    lines = lines.sort_values([*_VISIT, "LESID", "record"], ignore_index=True).drop_duplicates(
        [*_VISIT, "LESID"]
    )
    visits = lines.groupby(_VISIT, as_index=False, dropna=False).agg(
        total=("product", "sum"), measured=("product", "count"), last=("day", "max")
    )
    visits = visits[visits["measured"] == _known_by(visits, lines)].sort_values(_VISIT, ignore_index=True)
    sums = pd.DataFrame(
        {
            "USUBJID": visits["USUBJID"],
            "TRTESTCD": pd.Series("SUMPPD", index=visits.index, dtype="str"),
            "product": visits["total"].round(_DECIMALS),
            "TRDTC": dates.iso_text(visits["last"].dt.floor("D")),
            "at_folder": visits["Folder"],
            "at_instance": visits["InstanceRepeatNumber"],
            "participation": visits["participation"],
        }
    )
    return sums, _lineage(visits, lines)


def _known_by(visits: Frame, lines: Frame) -> pd.Series:
    """How many target lesions of the person were identified up to each visit's last date."""
    first = lines.groupby(["USUBJID", "participation", "LESID"], as_index=False)["day"].min()
    pairs = visits.reset_index().merge(first, on=["USUBJID", "participation"], validate="m:m")
    known = pairs[pairs["day"] <= pairs["last"]].groupby("index").size()
    return known.reindex(visits.index, fill_value=0)


def _lineage(visits: Frame, lines: Frame) -> Frame:
    rows = visits[_VISIT].assign(row=range(len(visits)))
    found = lines.merge(rows, on=_VISIT, validate="m:1").sort_values(["row", "record"], ignore_index=True)
    return found.assign(source="raw.LES")[["row", "source", "record"]]
