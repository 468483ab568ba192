"""The words of a row, one file a word or family: what is read, computed and shown.

| word | value | arguments of its own | gives |
|---|---|---|---|
| `heading` | text | | a line without numbers |
| `count` | a condition, or `all` | `show`, `ci: clopper_pearson`, `ci_label`, `conf`, `having`, `lacking`, `worst`, `event` | subjects with such a record: n (%), and its interval |
| `categorical` | variable | `levels`, `when_used` (labels left out when nobody has them), `other`, `missing`, `show`, `worst` | n (%) for every level; no `levels`: those in the data, most frequent first |
| `continuous` | variable | `decimals` (of the raw value); `since`, a date: the days from it, `per` of them one; `subject: lowest` or `highest` | n, mean (SD), median, quartiles, range |
| `nested` | one or two variables | `missing`, `show`, `worst`, `event`, `minimum`, `inner_label` | n (%) for each outer level and, under it, each inner level, most frequent first |
| `shift` | variable | `levels`, `baseline`, `worst`, `show` | subjects by their level at baseline and, in the parts of the columns, the worst one after it |
| `visits` | variable | `by`, `levels`, `decimals` | statistics of a number at each visit |
| `decision` | a `count` row above | `rules` | what a rule says of that number of subjects and of the column's N |
| `geometric` | variable | `decimals`, `below` (a condition), `least`, `most_below` | n, geometric mean, geometric CV%, median, range |
| `across` | variable | as `geometric`; `by`, `levels` | a line for each level of `by`; each part of the columns is a statistic |
| `quantiles` | parts of 1 | | Kaplan-Meier quantiles with their interval |
| `rates` | times in the unit of `survival` | | event-free rates with their interval |
| `range` | `observed` | | shortest and longest time; + marks a censored one |
| `incidence` | times in the unit of `survival` | `event`: which of the events are of interest | cumulative incidence with its interval; the other events compete |

| argument | is |
|---|---|
| `show` | `percent` (n and %), `n`, `fraction` (n/N and %), `events` (n, % and the number of records) |
| `levels` | the values that have a line, as a list or `{value: label}`; they stay where nobody has them |
| `when_used`, `other`, `missing` | labels left out when nobody has them; label of values without a level; label of those without a value |
| `worst` | a number: of each subject the records with its highest value alone; of a `shift`, which record is the worst one |
| `event`, `minimum` | the variable that makes records one event; the least percentage of the total with which a line is shown |
| `having`, `lacking` | `{from, where}`: subjects who also have, or do not have, such a record |
| `ci`, `ci_label`, `conf` | the exact interval below a count, its label, its level of confidence |
| `since`, `per`, `subject` | a date that days are counted from; how many days are one; the lowest or highest value of a subject |
| `decimals` | decimals of the raw value; a format says how many more are shown |
| `below`, `least`, `most_below` | which values are below the limit of quantification; fewest values and highest percentage below it with a geometric mean |
| `by` | the variable of the visits or lines |
| `baseline` | which record is that of the baseline |
| `inner_label` | the label of an inner line, with `{level}` for its value |
| `rules` | lines of `when` and `text`; `n` and `N` may be compared |
"""  # noqa: E501

from tlf.words.across import ACROSS
from tlf.words.categorical import CATEGORICAL
from tlf.words.continuous import CONTINUOUS
from tlf.words.count import COUNT
from tlf.words.decision import DECISION
from tlf.words.geometric import GEOMETRIC
from tlf.words.heading import HEADING
from tlf.words.incidence import INCIDENCE
from tlf.words.nested import NESTED
from tlf.words.shift import SHIFT
from tlf.words.times import QUANTILES, RANGE, RATES
from tlf.words.visits import VISITS
from tlf.words.word import Word

WORDS: dict[str, Word] = {
    word.name: word
    for word in (
        HEADING,
        COUNT,
        CATEGORICAL,
        CONTINUOUS,
        NESTED,
        SHIFT,
        VISITS,
        DECISION,
        GEOMETRIC,
        ACROSS,
        QUANTILES,
        RATES,
        RANGE,
        INCIDENCE,
    )
}
