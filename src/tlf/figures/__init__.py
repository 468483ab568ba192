"""The kinds of figure, one file each.

| kind | draws |
|---|---|
| `kaplan_meier` | curves of times to an event with numbers at risk; needs `survival` |
| `profiles` | concentrations over time on a logarithmic axis: one line a subject, or one a group |
"""

from tlf.figures.kaplan_meier import KAPLAN_MEIER
from tlf.figures.kind import Kind
from tlf.figures.profiles import PROFILES

KINDS: dict[str, Kind] = {kind.name: kind for kind in (KAPLAN_MEIER, PROFILES)}
