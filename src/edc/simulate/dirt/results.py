"""Units, results, laboratory rows and samples [B-DIRT-11 to 14, 24]."""

from __future__ import annotations

from edc.simulate.dice import Dice
from edc.simulate.dirt.plant import HANDLED, QUERY, Plant, Planter, asking, one_of, rows_of
from edc.simulate.extract import Extract, Row

LAB = "central_lab"


def number(text: str | None) -> bool:
    """Whether a text is a plain number."""
    return bool(text) and text.replace(".", "", 1).isdigit()


def fahrenheit(extract: Extract, dice: Dice) -> list[Plant]:
    """A temperature in degrees Fahrenheit."""
    found = one_of((r for r in extract.of("VS") if number(r.values.get("TEMP"))), dice)
    if found is None:
        return []
    planter, text = Planter(11, extract), f"{float(found.values['TEMP']) * 1.8 + 32:.1f}"
    return [
        planter.value(found, "TEMP", text, HANDLED, "temperature in F"),
        planter.value(found, "TEMP_UNIT", "F", HANDLED, "temperature in F"),
    ]


def weight_in(unit: str, factor: float, digits: int):
    """A variant: a weight in another unit."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of("VS") if number(r.values.get("WEIGHT"))), dice)
        if found is None:
            return []
        planter, text = Planter(11, extract), f"{float(found.values['WEIGHT']) * factor:.{digits}f}"
        known = unit in ("g", "lb", "LB")
        return [
            planter.value(found, "WEIGHT", text, HANDLED if known else QUERY, f"weight in {unit}"),
            planter.value(found, "WEIGHT_UNIT", unit, HANDLED if known else QUERY, f"weight in {unit}"),
        ]

    return variant


def lab_unit(code: str, unit: str, factor: float, digits: int, expected: str = HANDLED):
    """A variant: a result of the laboratory with its range in another unit."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        row = rows_of((r for r in extract.rows(LAB) if r["TESTCODE"] == code and number(r["RESULT"])), dice)
        if row is None:
            return []
        planter, plants = Planter(11, extract), []
        key = extract.row_key(LAB, row)
        for field in ("RESULT", "REFLOW", "REFHIGH"):
            if row[field]:
                plants.append(
                    planter.row(LAB, row, field, f"{float(row[field]) * factor:.{digits}f}", expected, unit)
                )
        plants.append(planter.row(LAB, row, "UNITS", unit, expected, f"{code} in {unit}"))
        return plants if key else []

    return variant


def lesion_unit(extract: Extract, dice: Dice) -> list[Plant]:
    """A lesion measured in the other unit."""
    found = one_of((r for r in extract.of("LES") if number(r.values.get("LDIAM"))), dice)
    if found is None:
        return []
    planter, to_cm = Planter(11, extract), found.values["LESUNIT"] == "mm"
    plants = []
    for field in ("LDIAM", "SDIAM"):
        size = float(found.values[field])
        text = f"{size / 10:.1f}" if to_cm else f"{size * 10:.0f}"
        plants.append(planter.value(found, field, text, HANDLED, "lesion in the other unit"))
    plants.append(
        planter.value(found, "LESUNIT", "cm" if to_cm else "mm", HANDLED, "lesion in the other unit")
    )
    return plants


def dose_unit(extract: Extract, dice: Dice) -> list[Plant]:
    """A dose in 10^8 cells that was in cells."""
    found = one_of((r for r in extract.of("INF") if r.values.get("INFDOSEU") == "cells"), dice)
    if found is None:
        return []
    planter, text = Planter(11, extract), f"{float(found.values['INFDOSE']) / 1e8:.3f}"
    return [
        planter.value(found, "INFDOSE", text, HANDLED, "dose in 10^8 cells"),
        planter.value(found, "INFDOSEU", "10^8 cells", HANDLED, "dose in 10^8 cells"),
    ]


def lab_result(code: str, text: str, expected: str = HANDLED):
    """A variant: a result written in another way."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        row = rows_of((r for r in extract.rows(LAB) if r["TESTCODE"] == code), dice)
        return [Planter(12, extract).row(LAB, row, "RESULT", text, expected, f"result {text}")] if row else []

    return variant


def vendor_result(name: str, field: str, value: str, text: str):
    """A variant: a result of another vendor written in another way."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        row = rows_of((r for r in extract.rows(name) if r[field] == value), dice)
        return [Planter(12, extract).row(name, row, "RESULT", text, HANDLED, f"result {text}")] if row else []

    return variant


def page_result(form: str, field: str, text: str, matching: tuple[str, ...] = ()):
    """A variant: a result of the EDC written in another way."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of(
            (
                r
                for r in extract.of(form)
                if r.values.get(field) and (not matching or r.values[field] in matching)
            ),
            dice,
        )
        return [Planter(12, extract).value(found, field, text, HANDLED, f"result {text}")] if found else []

    return variant


def _added_row(
    extract: Extract, kind: int, name: str, row: Row, like: Row, expected: str, what: str
) -> list[Plant]:
    rows = extract.vendor[name]
    rows.insert(next(n for n, other in enumerate(rows) if other is like) + 1, row)
    return [Planter(kind, extract).whole(name, extract.row_key(name, row), True, expected, what)]


def lab_again(status: str, hours: int, changed: bool):
    """A variant: the same result again, preliminary before, corrected or identical after it."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        row = rows_of(
            (r for r in extract.rows(LAB) if number(r["RESULT"]) and r["TESTCODE"] in ("ALT", "CREA", "K")),
            dice,
        )
        if row is None:
            return []
        other = dict(row, STATUS=status)
        if changed:
            other["RESULT"] = f"{float(row['RESULT']) * 1.1:.2f}"
        other["REPORTDT"] = _moved(row["REPORTDT"], hours)
        extract.touched.add(extract.row_key(LAB, row))
        what = {"F": "row delivered again", "P": "preliminary row", "C": "corrected row"}[status]
        return _added_row(extract, 13, LAB, other, row, HANDLED, what)

    return variant


def _moved(text: str, hours: int) -> str:
    hour = min(max(int(text[11:13]) + hours, 0), 23)
    return f"{text[:11]}{hour:02d}{text[13:]}"


def cancelled(extract: Extract, dice: Dice) -> list[Plant]:
    """A cancelled test: not done."""
    row = rows_of((r for r in extract.rows(LAB) if r["TESTCODE"] in ("MG", "UA", "GGT")), dice)
    if row is None:
        return []
    planter = Planter(13, extract)
    return [
        planter.row(LAB, row, "RESULT", "", HANDLED, "cancelled test"),
        planter.row(LAB, row, "STATUS", "X", HANDLED, "cancelled test"),
    ]


def unknown_subject(name: str, column: str):
    """A variant: a vendor's row of somebody the EDC does not know."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        row = rows_of(extract.rows(name), dice)
        if row is None:
            return []
        site, _, place = row[column].rpartition("-")
        other = dict(row, **{column: f"{site}-{'9' * (len(place) - 2)}{dice.whole(10, 98)}"})
        return _added_row(extract, 14, name, other, row, QUERY, "subject not in the EDC")

    return variant


def unknown_barcode(extract: Extract, dice: Dice) -> list[Plant]:
    """A result whose sample has no page."""
    row = rows_of((r for r in extract.rows("ck_qpcr") if r["QC"] == "PASS"), dice)
    if row is None:
        return []
    other = dict(row, BARCODE=f"XX{dice.whole(10000, 99999)}", RUNID="Q0001")
    return _added_row(extract, 14, "ck_qpcr", other, row, QUERY, "barcode without a page")


def no_result(extract: Extract, dice: Dice) -> list[Plant]:
    """A sample whose result never came."""
    row = rows_of((r for r in extract.rows("ck_qpcr") if r["MATRIX"] == "PB" and r["REPEAT"] == "0"), dice)
    if row is None:
        return []
    planter, plants = Planter(14, extract), []
    for name in ("ck_qpcr", "ck_flow"):
        for other in list(extract.vendor.get(name, [])):
            if other["BARCODE"] == row["BARCODE"]:
                extract.vendor[name].remove(other)
                plants.append(
                    planter.whole(name, extract.row_key(name, other), False, QUERY, "sample without a result")
                )
    pages = [r for r in extract.records if r.form == "PKS" and r.values.get("PKSAMP") == row["BARCODE"]]
    return asking(plants, planter.named(pages[0])) if pages else plants


def residual(result: str, percent: str):
    """A variant: percentage and category of residual disease contradict each other."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of(
            (r for r in extract.of("BM") if r.values.get("MRDRES") == result and r.values.get("MRDPCT")
             and r.folder != "SCR"), dice)  # fmt: skip
        if found is None:
            return []
        return [Planter(24, extract).value(found, "MRDPCT", percent, QUERY, "percentage against category")]

    return variant
