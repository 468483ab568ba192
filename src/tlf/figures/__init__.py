"""The kinds of figure, one file each.

| kind | draws |
|---|---|
| `kaplan_meier` | curves of times to an event with numbers at risk; needs `survival` |
"""

from tlf.figures.kaplan_meier import KAPLAN_MEIER
from tlf.figures.kind import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (KAPLAN_MEIER,)}
