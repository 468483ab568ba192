"""Pages that tell different stories [B-DIRT-21 to 23, 26 to 28, 30]."""

from __future__ import annotations

from edc.simulate.book import iso
from edc.simulate.dice import Dice
from edc.simulate.dirt.dates import ordinal
from edc.simulate.dirt.plant import HANDLED, QUERY, Plant, Planter, asking, one_of, shifted
from edc.simulate.extract import Extract


def grades(overlap: bool):
    """A variant: the lines of one event overlap, or leave a gap."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        lines = [r for r in extract.of("AE") if r.values.get("AEGRPID") and r.values.get("AEENDAT")]
        following = {
            (r.subject, r.values["AEGRPID"], r.values["AESTDAT"])
            for r in extract.of("AE")
            if r.values.get("AEGRPID")
        }
        pairs = [
            r
            for r in lines
            if (r.subject, r.values["AEGRPID"], iso(ordinal(r.values["AEENDAT"]) + 1)) in following
        ]
        if not overlap:
            pairs = [r for r in pairs if ordinal(r.values["AEENDAT"]) - ordinal(r.values["AESTDAT"]) > 1]
        found = one_of((r for r in pairs if not r.values.get("AEENTIM")), dice)
        if found is None:
            return []
        after = iso(ordinal(found.values["AEENDAT"]) + (1 if overlap else -1))
        what = "grades overlap" if overlap else "gap between grades"
        return [Planter(21, extract).value(found, "AEENDAT", after, HANDLED, what)]

    return variant


def no_death_page(extract: Extract, dice: Dice) -> list[Plant]:
    """A fatal event, and no page of the death."""
    fatal = {r.subject: r for r in extract.of("AE") if r.values.get("AEOUT") == "5"}
    found = one_of((r for r in extract.of("DTH") if r.subject in fatal), dice)
    if found is None:
        return []
    extract.records.remove(found)
    planter = Planter(22, extract)
    lines = [planter.whole("DTH", found.key, False, QUERY, "fatal event, no death page")]
    return asking(lines, planter.named(fatal[found.subject]))


def no_fatal_event(extract: Extract, dice: Dice) -> list[Plant]:
    """A death of an event, and no event that was fatal."""
    dead = {r.subject: r for r in extract.of("DTH") if r.values.get("DTHCAUS") in ("2", "3")}
    found = one_of((r for r in extract.of("AE") if r.values.get("AEOUT") == "5" and r.subject in dead), dice)
    if found is None:
        return []
    planter = Planter(22, extract)
    changes = {"AEOUT": "3", "AESDTH": "N", "AEGR": "4", "AEENDAT": None, "AEONGO": "Y"}
    what = "death, no fatal event"
    lines = [planter.value(found, name, value, QUERY, what) for name, value in changes.items()]
    return asking(lines, planter.named(dead[found.subject]))


def alive_after_death(extract: Extract, dice: Dice) -> list[Plant]:
    """A contact with a living subject after the death."""
    dead = {r.subject: r.values["DTHDAT"] for r in extract.of("DTH")}
    found = one_of((r for r in extract.of("SFU") if r.subject in dead and r.values["SFSTAT"] == "1"), dice)
    if found is None:
        return []
    other = shifted(found, 0)
    other.line = 1 + max(r.line for r in extract.subject(found.subject, "SFU"))
    other.values |= {"SFDAT": iso(ordinal(dead[found.subject]) + dice.whole(3, 20))}
    extract.after(extract.subject(found.subject, "SFU")[-1], [other])
    return [Planter(22, extract).whole("SFU", other.key, True, QUERY, "alive after the death")]


def response_against_marrow(extract: Extract, dice: Dice) -> list[Plant]:
    """A complete response with a marrow full of blasts."""
    complete = {(r.subject, r.folder) for r in extract.of("RS") if r.values.get("RSOVR") == "1"}
    found = one_of(
        (r for r in extract.of("BM") if (r.subject, r.folder) in complete and r.values.get("BMBLAST")), dice
    )
    if found is None:
        return []
    after = str(dice.whole(30, 80))
    return [
        Planter(23, extract).value(found, "BMBLAST", after, QUERY, "complete response, marrow with blasts")
    ]


def relapse_without_response(extract: Extract, dice: Dice) -> list[Plant]:
    """A relapse of somebody who never had a complete response."""
    complete = {r.subject for r in extract.of("RS") if r.values.get("RSOVR") in ("1", "2")}
    found = one_of(
        (r for r in extract.of("RS") if r.values.get("RSOVR") == "6" and r.subject not in complete), dice
    )
    if found is None:
        return []
    planter = Planter(23, extract)
    return [
        planter.value(found, "RSOVR", "7", QUERY, "relapse before any response"),
        planter.value(found, "RSRELTYP", "1", QUERY, "relapse before any response"),
    ]


def new_column(form: str, column: str):
    """A variant: a new version of a form has one column more."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of(extract.of(form), dice)
        if found is None or form in extract.added:
            return []
        extract.added[form] = column
        return [
            Planter(26, extract).cells(found, column, {column: "1"}, QUERY, "column of a new form version")
        ]

    return variant


def total_dose(extract: Extract, dice: Dice) -> list[Plant]:
    """A dose of lymphodepletion as total instead of by surface."""
    found = one_of((r for r in extract.of("LD") if r.values.get("LDDOSU") == "mg/m2"), dice)
    if found is None:
        return []
    planter = Planter(27, extract)
    total = f"{float(found.values['LDDOSE']) * float(found.values['LDBSA']):.2f}"
    return [
        planter.value(found, "LDDOSE", total, HANDLED, "total dose in mg"),
        planter.value(found, "LDDOSU", "mg", HANDLED, "total dose in mg"),
    ]


def no_surface(extract: Extract, dice: Dice) -> list[Plant]:
    """A total dose, and no surface to divide it by."""
    found = one_of((r for r in extract.of("LD") if r.values.get("LDDOSU") == "mg"), dice)
    return (
        [Planter(27, extract).value(found, "LDBSA", None, QUERY, "total dose without surface")]
        if found
        else []
    )


def other_weight(extract: Extract, dice: Dice) -> list[Plant]:
    """A dosing weight that is not the last one measured."""
    by_kg = ("cells/kg", "10^6/kg")
    found = one_of((r for r in extract.of("INF") if r.values.get("INFDOSEU") in by_kg), dice)
    if found is None:
        return []
    after = f"{float(found.values['INFWT']) * 1.16:.1f}"
    return [
        Planter(27, extract).value(found, "INFWT", after, QUERY, "dosing weight 16 % above the last weight")
    ]


def across_midnight(extract: Extract, dice: Dice) -> list[Plant]:
    """An infusion that ends on the next day."""
    found = one_of((r for r in extract.of("INF") if r.values.get("INFYN") == "Y"), dice)
    if found is None:
        return []
    planter = Planter(28, extract)
    return [
        planter.value(found, "INFSTTIM", "23:41", HANDLED, "across midnight"),
        planter.value(found, "INFENTIM", "00:17", HANDLED, "across midnight"),
    ]


def in_two_rows(extract: Extract, dice: Dice) -> list[Plant]:
    """An interrupted infusion as two records."""
    found = one_of((r for r in extract.of("INF") if r.values.get("INFDOSEU") == "10^6 cells" and r.page == 0
                    and len(extract.subject(r.subject, "INF")) == 1), dice)  # fmt: skip
    if found is None:
        return []
    planter = Planter(28, extract)
    total, end = float(found.values["INFDOSE"]), found.values["INFENTIM"]
    first = round(total * 0.6, 1)
    other = shifted(found, 3600)
    other.page = 1
    hour, minute = int(end[:2]), int(end[3:])
    later = [(hour + (minute + more) // 60) % 24 * 100 + (minute + more) % 60 for more in (20, 35)]
    times = [f"{one // 100:02d}:{one % 100:02d}" for one in later]
    other.values |= {"INFSTTIM": times[0], "INFENTIM": times[1], "INFDOSE": f"{total - first:.1f}"}
    extract.after(found, [other])
    return [
        planter.value(found, "INFDOSE", f"{first:.1f}", HANDLED, "interrupted infusion in two records"),
        planter.whole("INF", other.key, True, HANDLED, "interrupted infusion in two records"),
    ]


def hazard(form: str, name: str, what: str):
    """A variant: something is done to a whole CSV file."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        if not extract.of(form) or name in extract.hazards.get(form, set()):
            return []
        extract.hazards.setdefault(form, set()).add(name)
        return [Plant(30, what, form, "", "", "", name, HANDLED)]

    return variant


def lost_zeros(form: str):
    """A variant: a spreadsheet took the zeros of a screening number."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of(extract.of(form), dice)
        if found is None:
            return []
        short = "-".join(part.lstrip("0") for part in found.subject.split("-"))
        return [
            Planter(30, extract).cells(found, "Subject", {"Subject": short}, HANDLED, "leading zeros lost")
        ]

    return variant


def day_number(form: str, field: str):
    """A variant: a spreadsheet made a number of a date."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if len(r.values.get(field) or "") == 10), dice)
        if found is None:
            return []
        days = ordinal(found.values[field]) - ordinal("1899-12-30")
        cells = {field: str(days), **{f"{field}{end}": "" for end in ("_RAW", "_YYYY", "_MM", "_DD")}}
        return [Planter(30, extract).cells(found, field, cells, QUERY, "day number of a spreadsheet")]

    return variant


def break_inside(form: str, field: str):
    """A variant: a line break of Windows inside a quoted text."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.values.get(field)), dice)
        if found is None:
            return []
        text = f'{found.values[field]},\r\n"see letter"'
        return [Planter(30, extract).cells(found, field, {field: text}, HANDLED, "line break inside quotes")]

    return variant
