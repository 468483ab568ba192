"""Python's search for dead cycles of objects, which a process full of frames pays for and hardly needs."""

from __future__ import annotations

import gc

RARELY = (50_000, 20, 20)  # objects made before a search among the young, and searches before the next older


def search_rarely() -> None:
    """What is there now is left out of every later search, and searches come 70 times less often.

    For a process of ours, once its modules are read: displays of 300 subjects cost 13 CPU s in place of 16.
    Frames are freed by their count of references as ever. Said again, for the next study of a night, it
    clears the cycles that the study before left: else they would count as what is there.
    """
    if gc.get_threshold() == RARELY:
        gc.collect()
        return
    gc.freeze()
    gc.set_threshold(*RARELY)
