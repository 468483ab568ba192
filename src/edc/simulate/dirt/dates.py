"""Dates: partial, impossible, typed in other ways, in the wrong order [B-DIRT-1, 2, 9, 10, 19, 20, 25]."""

from __future__ import annotations

from datetime import date

from edc.simulate.book import iso, utc
from edc.simulate.cells import MONTHS
from edc.simulate.dice import Dice
from edc.simulate.dirt.plant import HANDLED, QUERY, Plant, Planter, one_of
from edc.simulate.extract import Extract

PAST = (("MH", "MHSTDAT"), ("PT", "PTSTDAT"), ("CM", "CMSTDAT"), ("HSCT", "HSENGDAT"), ("NACT", "NAENDAT"))
ANY = (
    ("VS", "VSDAT"),
    ("PS", "PSDAT"),
    ("AE", "AESTDAT"),
    ("MH", "MHSTDAT"),
    ("EG", "EGDAT"),
    ("CM", "CMSTDAT"),
)


def whole_date(text: str | None) -> bool:
    """Whether the day is known."""
    return bool(text) and len(text) == 10


def ordinal(text: str) -> int:
    """The ordinal of an ISO date."""
    return date.fromisoformat(text).toordinal()


def _with_date(extract: Extract, choices: tuple, dice: Dice):
    for form, field in dice.shuffled(choices):
        found = one_of((r for r in extract.of(form) if whole_date(r.values.get(field))), dice)
        if found:
            return found, field
    return None, ""


def partial(typed: str, known: int):
    """A variant that forgets the day (7 characters known) or the month too (4), typed in some way."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        record, field = _with_date(extract, PAST, dice)
        if record is None:
            return []
        text = record.values[field]
        year, month = text[:4], text[5:7]
        raw = typed.format(year=year, month=month, name=MONTHS[int(month) - 1])
        cells = {
            field: "",
            f"{field}_RAW": raw,
            f"{field}_MM": month if known == 7 else "",
            f"{field}_DD": "",
        }
        what = f"partial date typed {raw}"
        return [Planter(1, extract).cells(record, field, cells, HANDLED, what, value=text[:known])]

    return variant


def impossible(extract: Extract, dice: Dice) -> list[Plant]:
    """30 February."""
    record, field = _with_date(extract, (("MH", "MHENDAT"), ("PRO", "PRDAT"), ("CM", "CMENDAT")), dice)
    if record is None:
        return []
    text = record.values[field][:4] + "-02-30"
    cells = {
        field: "",
        f"{field}_RAW": text,
        f"{field}_YYYY": text[:4],
        f"{field}_MM": "02",
        f"{field}_DD": "30",
    }
    return [Planter(1, extract).cells(record, field, cells, QUERY, "impossible date", value=text)]


def typed(pattern: str):
    """A variant whose date column holds what was typed instead of ISO; nothing else tells the date."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        for form, field in dice.shuffled(ANY):
            found = one_of((r for r in extract.of(form) if _fits(r.values.get(field), pattern)), dice)
            if found:
                year, month, day = found.values[field].split("-")
                name = MONTHS[int(month) - 1]
                text = pattern.format(y=year, m=month, d=day, b=name, mm=int(month), dd=int(day))
                cells = {field: text, f"{field}_RAW": text}
                cells |= {f"{field}_{part}": "" for part in ("YYYY", "MM", "DD")}
                accepted = _accepted(extract, form, found.values[field], text)
                return [Planter(2, extract).cells(found, field, cells, accepted, f"date typed {text}")]
        return []

    return variant


def _fits(text: str | None, pattern: str) -> bool:
    """d/m/y must not be m/d/y too, unless that is what is wanted."""
    if not whole_date(text):
        return False
    month, day = int(text[5:7]), int(text[8:])
    if pattern == AMBIGUOUS:
        return day <= 12 and day != month
    return day > 12


AMBIGUOUS = "{d}/{m}/{y}?"


def ambiguous(extract: Extract, dice: Dice) -> list[Plant]:
    """A date that is another with day and month exchanged."""
    for form, field in dice.shuffled(ANY):
        found = one_of((r for r in extract.of(form) if _fits(r.values.get(field), AMBIGUOUS)), dice)
        if found:
            year, month, day = found.values[field].split("-")
            text = f"{day}/{month}/{year}"
            cells = {field: text, f"{field}_RAW": text, **{f"{field}_{p}": "" for p in ("YYYY", "MM", "DD")}}
            return [Planter(2, extract).cells(found, field, cells, QUERY, f"ambiguous date {text}")]
    return []


def _accepted(extract: Extract, form: str, iso_text: str, text: str) -> str:
    """Handled if the raw form accepts dates typed so."""
    forms = {name for one in extract.files[form].forms for name in one.dates}
    asked = {"年": "yyyy年m月d日", "/": "dd/mm/yyyy", ".": "dd.mm.yyyy"}
    name = next((asked[sign] for sign in asked if sign in text), "ddMONyyyy")
    return HANDLED if name in forms else QUERY


def wrong_visit(extract: Extract, dice: Dice) -> list[Plant]:
    """A page of one visit that carries the date of an earlier one."""
    days = {(r.subject, r.folder): r.values["SVDAT"] for r in extract.of("SVT") if r.values.get("SVDAT")}
    for form, field in dice.shuffled((("VS", "VSDAT"), ("PS", "PSDAT"), ("GVH", "GVDAT"))):
        found = one_of(
            (r for r in extract.of(form) if r.folder in ("W8", "W12") and r.values.get(field)
             and (r.subject, "D28") in days), dice)  # fmt: skip
        if found:
            after = days[found.subject, "D28"]
            return [
                Planter(9, extract).value(found, field, after, QUERY, "page of a later visit dated as D28")
            ]
    return []


def visit_before(extract: Extract, dice: Dice) -> list[Plant]:
    """A visit dated before the one that precedes it."""
    before = {"D10": "D7", "D14": "D10", "W8": "D28", "W12": "W8", "D21": "D14"}
    days = {(r.subject, r.folder): r.values["SVDAT"] for r in extract.of("SVT") if r.values.get("SVDAT")}
    found = one_of(
        (r for r in extract.of("SVT") if r.values.get("SVDAT") and r.folder in before
         and (r.subject, before[r.folder]) in days), dice)  # fmt: skip
    if found is None:
        return []
    after = iso(ordinal(days[found.subject, before[found.folder]]) - dice.whole(1, 2))
    return [Planter(10, extract).value(found, "SVDAT", after, QUERY, "visit dated before the previous one")]


def end_before_start(form: str, start: str, end: str):
    """A variant whose end is before its start."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of(
            (r for r in extract.of(form) if whole_date(r.values.get(start)) and whole_date(r.values.get(end))
             and not r.values.get("AEGRPID")), dice)  # fmt: skip
        if found is None:
            return []
        after = iso(ordinal(found.values[start]) - dice.whole(2, 9))
        return [Planter(19, extract).value(found, end, after, QUERY, "end before start")]

    return variant


def after_death(extract: Extract, dice: Dice) -> list[Plant]:
    """An adverse event that starts after the subject died."""
    dead = {r.subject: r.values["DTHDAT"] for r in extract.of("DTH")}
    found = one_of((r for r in extract.of("AE") if r.subject in dead and r.values.get("AEONGO") == "Y"
                    and not r.values.get("AEGRPID")), dice)  # fmt: skip
    if found is None:
        return []
    after = iso(ordinal(dead[found.subject]) + dice.whole(2, 5))
    return [Planter(19, extract).value(found, "AESTDAT", after, QUERY, "event starts after death")]


def in_the_future(extract: Extract, dice: Dice) -> list[Plant]:
    """A medication that starts after the data were taken."""
    found = one_of((r for r in extract.of("CM") if r.values.get("CMONGO") == "Y"), dice)
    if found is None:
        return []
    after = iso(extract.night + dice.whole(30, 400))
    return [Planter(19, extract).value(found, "CMSTDAT", after, QUERY, "date after the extract")]


def ongoing_with_end(form: str, flag: str, end: str):
    """A variant that is ongoing and has an end."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.values.get(end) and r.values.get(flag) == "N"), dice)
        return (
            [Planter(20, extract).value(found, flag, "Y", QUERY, "ongoing with an end date")] if found else []
        )

    return variant


def near_midnight(extract: Extract, dice: Dice) -> list[Plant]:
    """A sample taken just after midnight: in the vendor's UTC it is the day before."""
    by_code = {
        row["BARCODE"]: row for row in extract.rows("ck_qpcr") if row["QC"] == "PASS" and row["REPEAT"] == "0"
    }
    found = one_of(
        (r for r in extract.of("PKS") if r.values.get("PKSAMP") in by_code and r.values["PKTPT"] == "VISIT"
         and r.values["PKTIM"] > "03:00" and r.values["PKSPEC"] == "1"), dice)  # fmt: skip
    if found is None:
        return []
    planter = Planter(25, extract)
    minute = dice.whole(5, 115)
    plants = [
        planter.value(
            found, "PKTIM", f"{minute // 60:02d}:{minute % 60:02d}", HANDLED, "sample after midnight"
        )
    ]
    moment = ordinal(found.values["PKDAT"]) * 86_400 + (minute - extract.protocol.offset) * 60
    for name in ("ck_qpcr", "ck_flow"):
        for row in extract.vendor.get(name, []):
            if row["BARCODE"] == found.values["PKSAMP"] and extract.row_key(name, row) not in extract.touched:
                plants.append(
                    planter.row(name, row, "COLLDTC", utc(moment), HANDLED, "UTC is the day before")
                )
    return plants
