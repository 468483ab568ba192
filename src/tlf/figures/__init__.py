"""The kinds of figure, one file each.

| kind | draws |
|---|---|
| `kaplan_meier` | curves of times to an event with numbers at risk; needs `survival` |
| `heat_strip` | one line a subject and one cell a day, coloured by grade, a panel for each grading; dots of treatment |
| `profiles` | concentrations over time on a logarithmic axis: one line a subject, or one a group |
| `swimmer` | one bar a subject as long as the follow-up; states in it, marks, an arrow where it goes on |
| `waterfall` | one bar a subject: the best percent change, coloured and labelled by response |

Dated records are stated as `{label, from, where, date, value}`; without `from` they are of the population itself.

| key | is |
|---|---|
| `x`, `y` | titles of the axes |
| `to`, `step` | the last time or day of the axis; the distance of its ticks |
| `curves` | headers of the groups that are drawn; none: all |
| `start` | the date that days are counted from |
| `length`, `days` | the days of a bar; how many of them are one unit of the axis |
| `states`, `levels` | dated records with a state; the states or responses that have a colour, in their order |
| `marks` | `{name: dated records}`: signs on their day |
| `ongoing` | subjects whose bar ends in an arrow |
| `panels` | `{label: ticks}` of days, or `{name: dated records}` with a grade |
| `limit`, `below` | the variable of the limit of quantification; which samples are below it |
| `individual`, `summary` | `{time, value, where}` of lines of subjects and of the summary; this also takes `statistic`, `least` and `most_below` |
| `values`, `base`, `until` | dated changes in percent; the variable of the baseline; dates after which changes do not count |
| `cap`, `fall` | the change where bars are cut; a dotted line at this fall |
| `response` | the records that colour and label a bar |
| `absent` | texts for subjects without a bar: `none` (no value), `base` (no baseline), `zero` (a baseline of 0) |
"""  # noqa: E501

from tlf.figures.heat_strip import HEAT_STRIP
from tlf.figures.kaplan_meier import KAPLAN_MEIER
from tlf.figures.kind import Kind
from tlf.figures.profiles import PROFILES
from tlf.figures.swimmer import SWIMMER
from tlf.figures.waterfall import WATERFALL

FOUND = (KAPLAN_MEIER, HEAT_STRIP, PROFILES, SWIMMER, WATERFALL)
KINDS: dict[str, Kind] = {kind.name: kind for kind in FOUND}
