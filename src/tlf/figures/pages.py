"""Figures with one line a subject: which subjects stand on which page, and their results by name."""

from __future__ import annotations

import numpy as np

from clinical.frames import Frame

Person = tuple[str, str]


def people_of(results: Frame) -> list[Person]:
    """(group, subject) of everybody who is drawn, in the order of the results."""
    own = results[(results["analysis"] == "order").to_numpy(dtype=bool)]
    return list(zip(own["group"], own["parent"], strict=True))


def pages_of(results: Frame, most: int) -> list[Frame]:
    """The results of each page, at most `most` subjects on one.

    A group that fits on a page is not divided; a larger one is divided evenly. What belongs to nobody, such
    as the end of the axis, is on every page, so that all pages are drawn to one scale.
    """
    chunks: list[list[Person]] = []
    people = people_of(results)
    for group in dict.fromkeys(label for label, _ in people):
        own = [one for one in people if one[0] == group]
        chunks += [[own[at] for at in part] for part in np.array_split(range(len(own)), -(-len(own) // most))]
    pages: list[list[Person]] = []
    for chunk in chunks:
        if pages and len(pages[-1]) + len(chunk) <= most:
            pages[-1] += chunk
        else:
            pages.append(list(chunk))
    everywhere = (results["parent"] == "").to_numpy(dtype=bool)
    subjects = results["parent"]
    return [
        results[everywhere | subjects.isin({subject for _, subject in page}).to_numpy(dtype=bool)]
        for page in pages
    ]


class Found:
    """The results of one page: `values` and `texts` of an analysis and statistic, by subject and level."""

    def __init__(self, results: Frame):
        self.people = people_of(results)
        self.places = {subject: place for place, (_, subject) in enumerate(self.people)}
        self._found: dict[tuple[str, str], list[tuple[str, str, float, str]]] = {}
        names = ("analysis", "statistic", "parent", "level", "value", "text")
        for analysis, statistic, *rest in zip(*(results[name].tolist() for name in names), strict=True):
            self._found.setdefault((analysis, statistic), []).append(tuple(rest))
        own = results[(results["analysis"] == "subjects").to_numpy(dtype=bool)]
        self.sizes = dict(zip(own["group"], own["text"], strict=True))

    def rows(self, analysis: str, statistic: str) -> list[tuple[str, str, float, str]]:
        """(subject, level, value, text) in the order of the results."""
        return self._found.get((analysis, statistic), [])

    def number(self, analysis: str, statistic: str) -> float:
        """The one number of an analysis that belongs to no subject."""
        return self.rows(analysis, statistic)[0][2]

    def headings(self) -> list[tuple[str, int]]:
        """`A (N=6)` of each group of the page, and the place of its first subject."""
        order = {subject: value for subject, _, value, _ in self.rows("order", "place")}
        found: dict[str, int] = {}
        for place, (group, _) in enumerate(self.people):
            found.setdefault(group, place)
        return [
            (_heading(group, self.sizes[group], order[self.people[place][1]]), place)
            for group, place in found.items()
        ]


def _heading(group: str, size: str, place: float) -> str:
    return f"{group} (N={size})" + (", continued" if place > 1 else "")


def lines_of(found: Found) -> tuple[np.ndarray, list[tuple[str, float]], float]:
    """Height of each subject's line, headings with theirs (a line each), and how many lines there are."""
    heads = found.headings()
    above = np.array([sum(at <= place for _, at in heads) for place in range(len(found.people))])
    lines = np.arange(len(found.people)) + above
    return lines, [(head, float(lines[at] - 1)) for head, at in heads], float(len(found.people) + len(heads))


def add_boxes(
    axes: object, left: object, right: object, middle: object, thick: float, **style: object
) -> None:
    """Rectangles of one style as a single path, which is drawn ten times faster than one path for each."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    left, right, middle = (np.asarray(given, dtype="float64") for given in (left, right, middle))
    low, high = middle - thick / 2, middle + thick / 2
    x = np.stack([left, right, right, left, left], axis=1)
    y = np.stack([low, low, high, high, low], axis=1)
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * len(middle)
    corners = np.stack([x, y], axis=-1).reshape(-1, 2)
    axes.add_artist(PathPatch(Path(corners, codes if len(middle) else None), **style))


def add_names(
    axes: object, edge: float, lines: np.ndarray, heads: list[tuple[str, float]], found: Found, size: float
) -> None:
    """Each subject left of its line and each group's heading above, as plain text, which is drawn fast."""
    from matplotlib.transforms import ScaledTranslation

    aside = axes.transData + ScaledTranslation(-3 / 72, 0, axes.figure.dpi_scale_trans)
    for (_, subject), line in zip(found.people, lines.tolist(), strict=True):
        axes.text(edge, line, subject, fontsize=size, ha="right", va="center", transform=aside)
    for head, line in heads:
        axes.text(edge, line, head, fontsize=size + 1, fontweight="bold", va="center")
