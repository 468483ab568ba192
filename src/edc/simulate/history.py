"""What came before the study: medical history, disease history, prior therapy."""

from __future__ import annotations

from edc.simulate.book import Book, Values, iso
from edc.simulate.dice import Dice
from edc.simulate.dictionary import coded_drug, coded_event
from edc.simulate.spine import SCREENING
from edc.simulate.story import Story

CONDITIONS = ("Hypertension", "Diabetes, type 2", "Hepatitis B carrier", "Café-au-lait spots", "Anaemia",
              "Vincristine neuropathy ≤ grade 2", "Deep vein thrombosis", "Pneumonia")  # fmt: skip
REGIMENS = ("VDLP (vincristine, daunorubicin, L-asparaginase, prednisone)", "Hyper-CVAD/MA", "Nelarabine",
            "Cladribine")  # fmt: skip


def partial(day: int, dice: Dice, known: float = 0.6) -> str:
    """A date of the past as it is remembered: with day, with month, or the year alone."""
    text = iso(day)
    if dice.chance(known):
        return text
    return text[:7] if dice.chance(0.7) else text[:4]


def write_history(book: Book, story: Story) -> None:
    """MH, DH and PT."""
    dice = book.dice("history")
    diagnosis = max(story.consent - dice.whole(240, 1800), story.person.birth + 700)
    _conditions(book, story, dice)
    relapsed = _therapies(book, story, diagnosis, dice)
    _disease(book, story, diagnosis, relapsed, dice)


def _conditions(book: Book, story: Story, dice: Dice) -> None:
    for line, term in enumerate(dice.shuffled(CONDITIONS)[: dice.whole(1, 4)], start=1):
        start = max(story.consent - dice.whole(100, 3000), story.person.birth + 30)
        over = dice.chance(0.4)
        page: Values = {
            "MHTERM": term,
            "MHSTDAT": partial(start, dice),
            "MHENDAT": iso(min(start + dice.whole(10, 90), story.consent - 1)) if over else None,
            "MHONGO": "N" if over else "Y",
            "MHCTCAE": str(dice.whole(1, 3)),
            **coded_event(term, "MH"),
        }
        book.line("MH", line, story.consent, page)


def _therapies(book: Book, story: Story, diagnosis: int, dice: Dice) -> int:
    """The lines of therapy; gives the day of the last relapse, 0 for none."""
    person, line = story.person, 0
    length = max((story.consent - 30 - diagnosis) // (person.lines + 1), 30)
    for course in range(1, person.lines + 1):
        start = diagnosis + 10 + (course - 1) * length
        best = dice.weighted({"CR": 0.6, "CRi": 0.1, "PR": 0.1, "NR": 0.12, "PD": 0.04, "UNK": 0.04})
        name = REGIMENS[(course - 1) % len(REGIMENS)]
        line += 1
        _prior(book, story, line, "1", name, course, start, start + length // 2, best, dice)
        if course == 1:
            line += 1
            name = "Methotrexate + cytarabine + dexamethasone, intrathecal"
            _prior(book, story, line, "5", name, course, start + 5, start + length // 2, "UNK", dice)
    graft = diagnosis + 10 + person.lines * length - 25
    if person.prior_graft:
        line += 1
        values = {"PTDONOR": dice.weighted({"1": 0.3, "2": 0.5, "3": 0.2})}
        name = "Allogeneic HSCT (Bu/Cy)"
        _prior(book, story, line, "3", name, person.lines, graft, graft, "CR", dice, values)
    if dice.chance(0.08):
        line += 1
        start = story.consent - 28
        _prior(
            book,
            story,
            line,
            "2",
            "Mediastinal radiotherapy 20 Gy",
            person.lines,
            start,
            start + 12,
            "PR",
            dice,
        )
    if dice.chance(0.05):
        line += 1
        start = story.consent - 29
        _prior(book, story, line, "4", "CD5 CAR-T, autologous", person.lines, start, start, "NR", dice)
    return min(graft + 40, story.consent - 5) if person.lines > 1 else 0


def _prior(
    book: Book,
    story: Story,
    line: int,
    kind: str,
    name: str,
    course: int,
    start: int,
    end: int,
    best: str,
    dice: Dice,
    more: Values | None = None,
) -> None:
    page: Values = {
        "PTTYPE": kind, "PTTRT": name, "PTREG": str(course), "PTSTDAT": partial(start, dice, 0.75),
        "PTENDAT": iso(end), "PTBEST": best, **(more or {}),
    }  # fmt: skip
    if kind in ("1", "5"):
        page |= coded_drug(name, "PT")
    book.line("PT", line, story.consent, page)


def _disease(book: Book, story: Story, diagnosis: int, relapsed: int, dice: Dice) -> None:
    person, lymphoma = story.person, story.person.disease == "TLBL"
    state = "1" if not relapsed else "4" if person.prior_graft else "2" if person.lines == 2 else "3"
    page: Values = {
        "DHTYPE": person.disease,
        "DHETP": person.early,
        "DXDAT": partial(diagnosis, dice, 0.8),
        "DHSTAT": state,
        "RELDAT": partial(relapsed, dice, 0.85) if relapsed else None,
        "DHCYTO": dice.pick(["46,XY[20]", "46,XX,del(6)(q15)[12]/46,XX[8]", "47,XY,+8[5]", "Complex (≥3)"]),
        "DHFUSG": dice.pick(["SIL-TAL1", "SET-NUP214", "None detected", "KMT2A::MLLT1"]),
        "DHMUT": dice.pick(["NOTCH1, FBXW7", "NOTCH1, PHF6, JAK3", "TP53 p.R175H", "None detected"]),
        "DHEMD": "Y" if person.outside else "N",
        "DHEMDLOC": dice.pick(["Mediastinum", "Lymph nodes, neck", "Spleen"]) if person.outside else None,
        "DHCNS": person.fluid,
        "DHLINES": str(person.lines),
        "DHHSCT": "Y" if person.prior_graft else "N",
        "CD7PCT": f"{person.antigen:g}",
        "CD7MFI": str(dice.whole(1800, 42_000)),
        "ANNARBOR": dice.pick(["II", "III", "IV"]) if lymphoma else "NA",
    }
    book.page("DH", SCREENING, story.consent, page)
