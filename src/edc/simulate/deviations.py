"""Protocol deviations as the trial management system has them: protocol_dev.csv."""

from __future__ import annotations

from edc.simulate.book import Book, iso
from edc.simulate.story import Story

KINDS = (
    ("Visit window", "Day 28 marrow one day outside the window", "Minor", 31),
    ("Procedure", "ECG at day 14 not done in triplicate", "Minor", 14),
    ("Consent", "Re-consent signed after the amended visit", "Major", 62),
    ("Dosing", "Fludarabine infused over 60 instead of 30 minutes", "Minor", -4),
    ("Prohibited med", "Dexamethasone 5 mg given for nausea before infusion", "Major", -2),
    ("Eligibility", "Creatinine clearance measured one day late", "Minor", -6),
)


def write_deviations(book: Book, story: Story) -> None:
    """A deviation for about one infused subject in three."""
    if not book.wants("protocol_dev") or not story.infusions:
        return
    dice = book.dice("deviations")
    if not dice.chance(0.35):
        return
    for kind, text, weight, since in dice.shuffled(KINDS)[: dice.whole(1, 2)]:
        day = story.infused + since
        if story.consent <= day <= min(story.last, book.night):
            book.vendor.setdefault("protocol_dev", []).append(
                {"SUBJID": story.subject, "DVDAT": iso(day), "DVCAT": kind, "DVTERM": text, "DVIMP": weight}
            )
