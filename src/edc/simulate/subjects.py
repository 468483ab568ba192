"""The records of one subject, as they stand on a night."""

from __future__ import annotations

from edc.simulate.book import Book
from edc.simulate.deviations import write_deviations
from edc.simulate.history import write_history
from edc.simulate.kinetics import Samples
from edc.simulate.labs import Laboratory
from edc.simulate.protocol import Protocol
from edc.simulate.safety import write_safety
from edc.simulate.spine import write_spine
from edc.simulate.story import Story, tell
from edc.simulate.visits import write_visits

SPINE = ("IC", "DM", "IE", "INF", "LD", "BM", "RS", "HSCT", "NACT", "DS", "SFU", "DTH", "SVT")


def subject_book(
    protocol: Protocol, seed: int, number: int, night: int, wanted: set[str]
) -> tuple[Book, Story]:
    """One subject's book and story."""
    story = tell(protocol, seed, number)
    book = Book(protocol, seed, number, story.subject, night, wanted)
    write_spine(book, story)
    if wanted <= set(SPINE):
        return book, story
    write_history(book, story)
    write_visits(book, story)
    write_safety(book, story)
    Laboratory(book, story).write()
    if story.infusions:
        Samples(book, story).write()
    write_deviations(book, story)
    return book, story
