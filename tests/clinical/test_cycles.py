"""The search for cycles in a process of ours."""

import subprocess
import sys

ASKED = """
import gc
from clinical.cycles import RARELY, search_rarely
before = gc.get_freeze_count(), gc.get_threshold()
search_rarely()
search_rarely()
print(before[0], before[1] == RARELY)
print(gc.get_freeze_count() > 1_000, gc.get_threshold() == RARELY, gc.isenabled())
"""


def test_what_is_there_is_left_out_and_searches_are_rare() -> None:
    said = subprocess.run([sys.executable, "-c", ASKED], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["0", "False", "True", "True", "True"]
