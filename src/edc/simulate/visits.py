"""Pages of every visit: vital signs, examination, performance, ECG, fluid, lesions."""

from __future__ import annotations

from edc.simulate.book import Book, Values, clock, iso
from edc.simulate.dice import Dice
from edc.simulate.protocol import UNSCHEDULED
from edc.simulate.story import Attended, Story

SYSTEMS = (
    "GENERAL",
    "HEENT",
    "CHEST",
    "CVS",
    "ABDOMEN",
    "SPLEEN",
    "LIVER",
    "LYMPH NODE",
    "SKIN",
    "NEURO",
    "TESTIS",
)
POINTS = (("PRE", -10), ("15M", 15), ("30M", 30), ("60M", 60), ("120M", 120))
UNITS = {
    "TEMP": "C",
    "SYSBP": "mmHg",
    "DIABP": "mmHg",
    "PULSE": "/min",
    "RESP": "/min",
    "OXYSAT": "%",
    "WEIGHT": "kg",
    "HEIGHT": "cm",
    "HR": "/min",
    "PR": "ms",
    "QRS": "ms",
    "QT": "ms",
    "QTCF": "ms",
}
EXAMINED = {"SCR", "LD1", "D0", "D7", "D14", "D28", "W8", "W12", "M6", "M12"}
TRACED = {"SCR", "D0", "D14", "D28"}


def write_visits(book: Book, story: Story) -> None:
    """All pages of visits that took place."""
    dice = book.dice("visits")
    for one in story.visits:
        if one.took_place:
            _visit(book, story, one, dice)
    for place, day in enumerate(story.unscheduled):
        page = _vitals(story, day, 9 * 60, "NA", dice)
        book.page("VS", UNSCHEDULED, day, page, instance=place)
    _fluid(book, story, dice)
    _lesions(book, story, book.dice("LES"))


def with_units(values: Values) -> Values:
    """The values with the unit of each that has one."""
    return values | {f"{name}_UNIT": UNITS[name] for name, value in values.items() if name in UNITS and value}


def _visit(book: Book, story: Story, one: Attended, dice: Dice) -> None:
    folder, day = one.visit.folder, one.day
    if one.phone:
        book.page("VS", folder, day, {"VSND": "1"})
        book.page("PS", folder, day, {"PSND": "1"})
        return
    if folder == "D0" and story.infusions:
        for page, (point, minutes) in enumerate(POINTS):
            values = _vitals(story, day, story.infusions[0].start + minutes, point, dice)
            book.page("VS", folder, day, values, page=page)
    else:
        book.page("VS", folder, day, _vitals(story, day, dice.whole(480, 600), "NA", dice, folder))
    if folder in EXAMINED:
        _examination(book, story, folder, day, dice)
        book.page(
            "PS", folder, day, {"PSDAT": iso(day), "ECOG": str(dice.weighted({0: 0.3, 1: 0.5, 2: 0.2}))}
        )
    if folder in TRACED:
        _heart(book, folder, day, dice)


def _vitals(story: Story, day: int, minute: int, point: str, dice: Dice, folder: str = "") -> Values:
    grade = story.reaction.storm.on(day - story.infused) if story.reaction else 0
    child = story.person.age(day) < 12
    oxygen = min(grade, 4) if grade > 1 else 0
    systolic = dice.normal(102 if child else 116, 8) - (0, 4, 18, 26, 34)[grade]
    values: Values = {
        "VSDAT": iso(day),
        "VSTIM": clock(minute),
        "VSTPT": point,
        "TEMP": f"{dice.normal(36.6, 0.2) + (0, 1.9, 2.3, 2.6, 2.8)[grade]:.1f}",
        "SYSBP": f"{max(systolic, 62):.0f}",
        "DIABP": f"{max(systolic * 0.62, 35):.0f}",
        "PULSE": f"{dice.normal(92 if child else 80, 6) + 11 * grade:.0f}",
        "RESP": f"{dice.normal(21 if child else 18, 1) + 2 * grade:.0f}",
        "OXYSAT": f"{min(100.0, dice.normal(98, 0.7) - oxygen):.0f}",
        "O2DEV": str(oxygen),
    }
    if point in ("NA", "PRE"):
        values["WEIGHT"] = f"{story.person.weight * dice.between(0.985, 1.015):.1f}"
    if folder == "SCR":
        values["HEIGHT"] = f"{story.person.height:.0f}"
    return with_units(values)


def _examination(book: Book, story: Story, folder: str, day: int, dice: Dice) -> None:
    book.page("PE", folder, day, {"PEDAT": iso(day)})
    swollen = {"LYMPH NODE", "SPLEEN"} if story.person.outside and folder in ("SCR", "LD1") else set()
    for line, system in enumerate(SYSTEMS, start=1):
        if system == "TESTIS" and story.person.sex == "F":
            continue
        values: Values = {"PESYS": system, "PERES": "N"}
        if system in swollen or dice.chance(0.03):
            values |= {
                "PERES": "A",
                "PEDESC": "Enlarged, 3 cm" if system in swollen else "Mild, not significant",
            }
        elif dice.chance(0.02):
            values["PERES"] = "ND"
        book.page("PE", folder, day, values, line=line)


def _heart(book: Book, folder: str, day: int, dice: Dice) -> None:
    rate = dice.normal(82, 9)
    corrected = dice.normal(412, 14)
    found = dice.weighted({"1": 0.8, "2": 0.17, "3": 0.03})
    values: Values = {
        "EGDAT": iso(day), "EGTIM": clock(dice.whole(500, 650)), "HR": f"{rate:.0f}",
        "PR": f"{dice.normal(152, 12):.0f}", "QRS": f"{dice.normal(92, 6):.0f}",
        "QT": f"{corrected * (60 / rate) ** (1 / 3):.0f}", "QTCF": f"{corrected:.0f}", "EGINT": found,
        "EGDESC": {"1": None, "2": "Sinus tachycardia", "3": "Atrial fibrillation, rate 120–130"}[found],
    }  # fmt: skip
    book.page("EG", folder, day, with_units(values))
    if folder == "SCR":
        book.page("ECHO", folder, day, {"ECHODAT": iso(day), "LVEF": f"{dice.normal(64, 4):.0f}"})
    elif folder == "D28":
        values = (
            {"ECHOND": "1"}
            if dice.chance(0.2)
            else {"ECHODAT": iso(day), "LVEF": f"{dice.normal(62, 4):.0f}"}
        )
        book.page("ECHO", folder, day, values)


def _fluid(book: Book, story: Story, dice: Dice) -> None:
    if story.visits:
        day, state = story.visits[0].day + 1, story.person.fluid  # the puncture is on the day after
        cells = {"CNS1": (0, 4), "CNS2": (1, 4), "CNS3": (9, 60)}[state]
        page = {"CSFDAT": iso(day), "CSFWBC": str(dice.whole(*cells)), "CNSGR": state}
        page["CSFBLAST"] = "N" if state == "CNS1" else "Y"
        book.page("CSF", story.visits[0].visit.folder, day, page)
    for one in story.assessments:
        if one.relapse == "3":
            page = {
                "CSFDAT": iso(one.day),
                "CSFWBC": str(dice.whole(12, 80)),
                "CSFBLAST": "Y",
                "CNSGR": "CNS3",
            }
            book.page("CSF", one.folder, one.day, page)
        elif one.folder == "D28":
            page = {"CSFDAT": iso(one.day), "CSFWBC": "0", "CSFBLAST": "N", "CNSGR": "CNS1"}
            done = dice.chance(0.7) or story.person.fluid != "CNS1"
            book.page("CSF", one.folder, one.day, page if done else {"CSFND": "1"})


def _lesions(book: Book, story: Story, dice: Dice) -> None:
    """Target and non-target lesions of those with disease outside the marrow, and what becomes of them."""
    if not story.person.outside or not story.visits:
        return
    unit = dice.weighted({"mm": 0.7, "cm": 0.3})
    first = [(f"T{n:02d}", "T", dice.pick(SITES), dice.whole(22, 64)) for n in range(1, dice.whole(1, 3) + 1)]
    first.append(("NT01", "NT", "Spleen", 0))
    _scan(book, story, story.visits[0].visit.folder, story.visits[0].day, first, 1.0, "5", unit)
    for one in story.assessments:
        shrunk, score = {"PR": (0.45, "4"), "NR": (0.9, "5"), "PD": (1.4, "5")}.get(one.overall, (0.12, "1"))
        if one.overall == "NE":
            continue
        outside = one.relapse in ("2", "4")
        score = "5" if outside else score
        more = [NEW] if outside or one.overall == "PD" else []
        _scan(book, story, one.folder, one.day, [*first, *more], shrunk, score, unit)


NEW = ("NEW01", "NEW", "Lymph node, inguinal", 21)
SITES = ("Lymph node, mediastinal", "Lymph node, cervical", "Lymph node, axillary")


def _scan(
    book: Book, story: Story, folder: str, day: int, lesions: list, share: float, score: str, unit: str
) -> None:
    """A line for each lesion; a new one has its size whatever becomes of the others.

    In remission PET shows what is left of a target without uptake; by CT it is gone.
    """
    method = "PETCT" if story.course.lymphoma else "CT"
    gone = {"NT"} if method == "PETCT" else {"NT", "T"}
    for line, (name, kind, place, size) in enumerate(lesions, start=1):
        absent = kind in gone and share < 0.3
        values: Values = {
            "LESID": name,
            "LESTYPE": kind,
            "LESLOC": place,
            "LESMETH": method,
            "LESDAT": iso(day),
        }
        if size:
            long = 0.0 if absent else size * (1.0 if kind == "NEW" else share)
            short = long * 0.7
            digits = (0, 1) if unit == "mm" else (1, 10)
            values |= {
                "LDIAM": f"{long / digits[1]:.{digits[0]}f}",
                "SDIAM": f"{short / digits[1]:.{digits[0]}f}",
            }
            values |= {"LESUNIT": unit}
        values["LESSTATE"] = "ABSENT" if absent else "PRESENT"
        values["DEAUV"] = score if method == "PETCT" and kind == "T" else None
        book.page("LES", folder, day, values, line=line)
