"""The kinds of figure, one file each.

| kind | draws |
|---|---|
| `kaplan_meier` | curves of times to an event with numbers at risk; needs `survival` |
| `heat_strip` | one line a subject and one cell a day, coloured by grade, a panel for each grading; dots of treatment |
| `profiles` | concentrations over time on a logarithmic axis: one line a subject, or one a group |
| `swimmer` | one bar a subject as long as the follow-up; states in it, marks, an arrow where it goes on |
| `waterfall` | one bar a subject: the best percent change, coloured and labelled by response |
"""  # noqa: E501

from tlf.figures.heat_strip import HEAT_STRIP
from tlf.figures.kaplan_meier import KAPLAN_MEIER
from tlf.figures.kind import Kind
from tlf.figures.profiles import PROFILES
from tlf.figures.swimmer import SWIMMER
from tlf.figures.waterfall import WATERFALL

FOUND = (KAPLAN_MEIER, HEAT_STRIP, PROFILES, SWIMMER, WATERFALL)
KINDS: dict[str, Kind] = {kind.name: kind for kind in FOUND}
