"""Codes, text and repeated pages [B-DIRT-3 to 8, 15, 16, 29]."""

from __future__ import annotations

from edc.simulate.dice import Dice
from edc.simulate.dirt.plant import HANDLED, QUERY, Plant, Planter, one_of, shifted
from edc.simulate.extract import Extract

HOUR, DAY = 3600, 86_400
LONG = (
    "Patient was found at 03:20 with rigors and confusion; blood cultures taken from both lumina of the "
    "catheter, meropenem started within one hour, two litres of crystalloid given, transferred to intensive "
    "care, where noradrenaline was needed for eleven hours; no focus on tomography of chest and abdomen"
)


def text_instead_of_code(form: str, field: str, wanted: str, text: str):
    """A variant: the code is missing and the text is not the list's, in case, blanks or words."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.values.get(field) == wanted), dice)
        if found is None:
            return []
        cells = {field: text, f"{field}_STD": ""}
        expected = HANDLED if _known(extract, form, field, text) else QUERY
        return [Planter(3, extract).cells(found, field, cells, expected, "text without its code")]

    return variant


def _known(extract: Extract, form: str, field: str, text: str) -> bool:
    given = extract.files[form].fields[field]
    written = [*given.codes, *given.codes.values(), *given.synonyms]
    return " ".join(text.split()).casefold() in {one.casefold() for one in written}


def disagrees(form: str, field: str):
    """A variant: the text shown is that of another code."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        texts = extract.files[form].fields[field].codes
        found = one_of((r for r in extract.of(form) if r.values.get(field) in texts), dice)
        if found is None:
            return []
        other = dice.pick([text for code, text in texts.items() if code != found.values[field]])
        return [Planter(4, extract).cells(found, field, {field: other}, QUERY, "text of another code")]

    return variant


def repeated(form: str):
    """A variant: the page was entered twice and is the same, except for the audit."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.active == "1"), dice)
        if found is None:
            return []
        extract.after(found, [shifted(found, 2 * HOUR)])
        return [Planter(5, extract).whole(form, found.key, True, HANDLED, "page entered twice")]

    return variant


def repeated_differently(form: str, field: str, values: tuple[str, ...]):
    """A variant: the page was entered twice, and the later one has another value."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.values.get(field)), dice)
        if found is None:
            return []
        other = shifted(found, DAY)
        other.values[field] = dice.pick([value for value in values if value != found.values[field]])
        extract.after(found, [other])
        what = f"page entered twice, {field} differs"
        return [Planter(6, extract).whole(form, found.key, True, QUERY, what)]

    return variant


def inactive(form: str):
    """A variant: a line that was entered in error and inactivated."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.line > 0), dice)
        if found is None:
            return []
        other = shifted(found, HOUR)
        other.line = 1 + max(r.line for r in extract.records if _same_page(r, found))
        other.active = "0"
        extract.after(found, [other])
        return [Planter(7, extract).whole(form, other.key, True, HANDLED, "inactive line")]

    return variant


def _same_page(one, other) -> bool:
    return (one.form, one.subject, one.folder, one.instance, one.page) == (
        other.form, other.subject, other.folder, other.instance, other.page)  # fmt: skip


def other_environment(form: str):
    """A variant: a row of the test system came along."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of(extract.of(form), dice)
        if found is None:
            return []
        other = shifted(found, -DAY)
        other.environment = "UAT"
        other.page = found.page + 7
        extract.after(found, [other])
        return [Planter(8, extract).whole(form, other.key, True, HANDLED, "row of another environment")]

    return variant


def test_subject(form: str):
    """A variant: a page of the subject that exists for testing."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of(extract.of(form), dice)
        if found is None or not extract.protocol.tests:
            return []
        other = shifted(found, -DAY)
        other.subject = extract.protocol.tests[0]
        if any(r.key == other.key for r in extract.records):
            return []
        extract.records.append(other)
        return [Planter(8, extract).whole(form, other.key, True, HANDLED, "row of the test subject")]

    return variant


test_subject.__test__ = False


def written(kind: int, form: str, field: str, text: str, expected: str, what: str, dated: bool = False):
    """A variant that gives a text field another text; `{}` in it stands for what was there."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.values.get(field)), dice)
        if found is None:
            return []
        after = text.replace("{}", found.values[field])
        return [Planter(kind, extract).value(found, field, after, expected, what)]

    return variant


def full_width(extract: Extract, dice: Dice) -> list[Plant]:
    """A number in full-width digits."""
    found = one_of((r for r in extract.of("VS") if r.values.get("TEMP")), dice)
    if found is None:
        return []
    text = found.values["TEMP"].translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    return [Planter(15, extract).value(found, "TEMP", text, HANDLED, "full-width digits")]


def blank(form: str, field: str):
    """A variant: a page without any value that counts as complete."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.values.get(field)), dice)
        if found is None:
            return []
        planter = Planter(29, extract)
        filled = [name for name, value in found.values.items() if value]
        return [planter.value(found, name, None, QUERY, "blank page, complete") for name in filled]

    return variant


def not_done_with_values(form: str, tick: str, field: str):
    """A variant: not done is ticked on a page with values."""

    def variant(extract: Extract, dice: Dice) -> list[Plant]:
        found = one_of((r for r in extract.of(form) if r.values.get(field)), dice)
        return [Planter(29, extract).value(found, tick, "1", QUERY, "not done, with values")] if found else []

    return variant


def partial_failure(extract: Extract, dice: Dice) -> list[Plant]:
    """A screen failure of whom not everything was asked."""
    failed = {r.subject for r in extract.records if r.form == "IE" and r.values.get("ELIGDEC") == "2"}
    for form, field in dice.shuffled((("DM", "ETHNIC"), ("DM", "RACE"), ("IC", "ICTIM"))):
        found = one_of((r for r in extract.of(form) if r.subject in failed and r.values.get(field)), dice)
        if found:
            return [Planter(17, extract).value(found, field, None, HANDLED, "screen failure, partial data")]
    return []


def never_infused(extract: Extract, dice: Dice) -> list[Plant]:
    """Enrolled and lymphodepleted, and no infusion page at all."""
    found = one_of((r for r in extract.of("INF") if r.values.get("INFYN") == "N"), dice)
    if found is None:
        return []
    extract.records.remove(found)
    return [Planter(18, extract).whole("INF", found.key, False, HANDLED, "lymphodepletion, no infusion page")]
