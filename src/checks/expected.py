"""What the specs promise of each dataset and raw form: columns, keys, required values, closed value lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from clinical.build import Build
from clinical.check import Plan, words_of
from clinical.frames import Frame, codes_of, group_codes
from clinical.output import Output
from clinical.rows import Raw
from clinical.words import Word

COLUMNS = "expect_table_columns_to_match_ordered_list"
UNIQUE = "expect_compound_columns_to_be_unique"
NOT_NULL = "expect_column_values_to_not_be_null"
IN_SET = "expect_column_values_to_be_in_set"
MARKED = "expect_column_sum_to_be_between"  # of a rule's mask: none is marked
CANNOT_LEAVE = (
    "flag",
    "pick",
    "case",
    "any_of",
)  # Y or nothing; lines of case and any_of stand for themselves


@dataclass
class Expected:
    """What one dataset must satisfy: columns in order, unique keys, required columns, value sets, rules."""

    dataset: str
    frame: Frame
    columns: list[str]
    keys: list[str]
    required: list[str] = field(default_factory=list)
    value_sets: dict[str, list[str]] = field(default_factory=dict)
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    severities: dict[str, str] = field(default_factory=dict)
    piece: str = ""

    @cached_property
    def own(self) -> dict[tuple[str, str], np.ndarray]:
        """Our mask for each required column, value set and rule, by kind and column."""
        frame, masks = self.frame, {}
        for column in self.required:
            known = column in frame
            masks[NOT_NULL, column] = frame[column].isna().to_numpy() if known else np.ones(len(frame), bool)
        for column, values in self.value_sets.items():
            masks[IN_SET, column] = (frame[column].notna() & ~frame[column].isin(values)).to_numpy()
        return masks | {(MARKED, f"rule {name}"): mask for name, mask in self.masks.items()}

    def severity(self, kind: str, column: str) -> str:
        """How bad it is if one of these is broken."""
        if kind == MARKED:
            return self.severities[column.removeprefix("rule ")]
        return "warning" if kind == IN_SET else "error"

    @property
    def suite(self) -> str:
        """The name of its suite: the dataset, and which part of it is judged if not all."""
        return f"{self.dataset} {self.piece}".strip()


def names_in(gate: str, build: Build, outputs: dict[str, Output]) -> list[str]:
    """What a gate judges: the raw forms, or the datasets of a layer."""
    if gate == "raw":
        return [f"raw.{name}" for name in build.frames]
    return [output.name for output in outputs.values() if output.layer == gate]


def expected_of(plan: Plan, build: Build, outputs: dict[str, Output], name: str) -> Expected:
    """What is promised of one dataset or form, without rules."""
    return _form(plan, build.form(name[4:])) if name.startswith("raw.") else _dataset(plan, outputs[name])


def shape_of(build: Build, outputs: dict[str, Output], name: str) -> list[list[str]]:
    """Keys, variables that the specs promise and columns of a dataset; keys and columns of a form."""
    if name.startswith("raw."):
        return [["USUBJID", "record"], [], [*build.frames.columns(name[4:])]]
    output = outputs[name]
    keys = [key for key in output.keys if key in output.columns]
    return [keys, [variable.name for variable in output.variables], output.columns]


def _form(plan: Plan, raw: Raw) -> Expected:
    """Of a form: every declared field, unique record ids, required fields, coded fields in their lists."""
    form = plan.study.forms[raw.name]
    fields = [each for each in form.fields.values() if not (each.not_submitted or form.not_submitted)]
    columns = ["USUBJID", "record", *(name for each in fields for name in each.gives)]
    there = [each for each in fields if each.name in raw.frame]
    return Expected(
        f"raw.{raw.name}",
        raw.frame[[name for name in columns if name in raw.frame]],
        columns,
        ["USUBJID", "record"],
        [each.name for each in there if each.required and each.required_where is None],
        {each.name: sorted(set(each.codes.values())) for each in there if each.codes},
    )


def _dataset(plan: Plan, output: Output) -> Expected:
    return Expected(
        output.name,
        output.frame,
        [variable.name for variable in output.variables],
        [key for key in output.keys if key in output.frame],
        [v.name for v in output.variables if v.core == "Req" and v.name in output.frame],
        _value_sets(plan, output),
    )


def _value_sets(plan: Plan, output: Output) -> dict[str, list[str]]:
    """The closed lists: those of the standard, and those a spec looks a variable up in and in no open one."""
    spec = plan.study.datasets.get(output.name)
    if spec is None:
        return {}
    stated: dict[str, list[Word]] = {}
    for _, owner, word in words_of(spec):
        stated.setdefault(owner, []).append(word)
    found = {}
    for variable in output.variables:
        if variable.name not in output.frame:
            continue
        words = stated.get(variable.name, [])
        names = _codelists(words) or _of_standard(words, variable.codelist)
        lists = [plan.study.terms.codelist(name) for name in names]
        text = pd.api.types.is_string_dtype(output.frame[variable.name])
        if lists and text and not any(each.extensible for each in lists):
            found[variable.name] = sorted(set().union(*(each.values for each in lists)))
    return found


def _codelists(words: list[Word]) -> list[str]:
    """The lists a spec takes a variable from; none where it also takes it from elsewhere."""
    taken = [word for word in words if word.word not in CANNOT_LEAVE]
    if any(word.word != "term" for word in taken):
        return []
    return [word.args["codelist"] for word in taken]


def _of_standard(words: list[Word], codelists: str) -> list[str]:
    if words and all(word.word in ("flag", "pick") for word in words):
        return []
    return [each for each in codelists.split(";") if each]


def masks_of(expected: Expected) -> dict[tuple[str, str], np.ndarray]:
    """Our own mask for each expectation about records, by kind and columns: the listing comes from here."""
    masks = {}
    if len(expected.keys) > 1:
        groups = group_codes([codes_of(expected.frame[key]) for key in expected.keys])
        masks[UNIQUE, " ".join(expected.keys)] = pd.Series(groups).duplicated(keep=False).to_numpy()
    return masks | expected.own
