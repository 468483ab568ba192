"""A process that derives study after study keeps nothing of the ones before."""

from __future__ import annotations

import gc
import weakref

import pytest

from clinical.cycles import RARELY, search_rarely


class Circle:
    """Something that only a search frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_it_was():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_what_a_study_leaves_in_circles_is_freed_when_the_next_one_begins():
    gc.set_threshold(700, 10, 10)
    search_rarely()
    assert gc.get_threshold() == RARELY
    left = weakref.ref(Circle())
    assert left() is not None
    search_rarely()
    assert left() is None
