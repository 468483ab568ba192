"""What a first dataset file is made of: forms with their guessed fields, and the tree in the making."""

from __future__ import annotations

from dataclasses import dataclass, field

from cdiscflow.newstudy_cdash import Target
from cdiscflow.newstudy_fields import Guess
from cdiscflow.newstudy_tables import Table
from clinical.form_fields import SYSTEM

Tree = dict[str, object]
Path = tuple[str | int, ...]
Said = dict[str | tuple[str, int], str]


@dataclass(eq=False)
class FormGuess:
    """A form to be, with its fields and the subject's column."""

    table: Table
    subject: str
    fields: dict[str, Guess]
    domain: str = ""
    used: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The form's name."""
        return self.table.name

    def texts(self, column: str) -> list[str]:
        """The different values of a column."""
        return sorted(set(self.table.frame[column].dropna())) if column in self.table.frame else []

    def has(self, column: str) -> bool:
        """Whether the EDC's own column is there."""
        return column in SYSTEM and column in self.table.frame


@dataclass(eq=False)
class Draft:
    """A dataset file in the making: its tree, the comments of its lines, what a person has to decide."""

    name: str
    tree: Tree
    comments: dict[Path, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)

    @property
    def variables(self) -> Tree:
        """Its variables outside of parts."""
        return self.tree.setdefault("variables", {})  # type: ignore[return-value]


def evidence(target: Target, guess: Guess) -> str:
    """What stands behind a guessed line: the name, where such names are from, how many values."""
    return f"guess: {target.source} {guess.name}, {guess.values or 'no'} values"


def place_of(part: Path, key: str | tuple[str, int]) -> Path:
    """Where the line of a comment is: a variable's, or that of a line of `each`."""
    if isinstance(key, tuple):
        return (*(part or ("rows",)), *key)
    return (*part, "variables", key)


def line_of_test(domain: str, test: str, taken: Tree) -> Tree:
    """A line of `each`: the result first, because a record is made where it has a value."""
    result = f"{domain}ORRES"
    take = {result: taken[result], **{name: word for name, word in taken.items() if name != result}}
    return {"take": take, "set": {f"{domain}TESTCD": test}}


def field_of(word: object) -> str:
    return word if isinstance(word, str) else str(next(iter(word.values())))  # type: ignore[union-attr]


def stated_names(draft: Draft) -> set[str]:
    """Every variable that a draft states."""
    rows = draft.tree["rows"]
    parts = [*rows.get("union", {}).values()] or [rows]  # type: ignore[union-attr]
    found = set(draft.variables)
    for part in parts:
        found |= set(part.get("variables", {}))
        found |= {name for line in part.get("each", ()) for key in ("take", "set") for name in line[key]}
    return found


def with_letters(value: object, names: dict[str, str]) -> object:
    """A tree whose variables have another domain's letters."""
    if isinstance(value, dict):
        return {with_letters(key, names): with_letters(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [with_letters(each, names) for each in value]
    text = str(value)
    return names[text[:2]] + text[2:] if text[:2] in names and text.isupper() and "." not in text else value


def with_text_scalars(value: object) -> object:
    """A tree with `false` for False: scalars of specs are text."""
    if isinstance(value, dict):
        return {key: with_text_scalars(each) for key, each in value.items()}
    return "false" if value is False else value
