"""The reviewer's guides, cSDRG and ADRG: sections generated from specs, data and findings [F.6].

The text (Markdown) is what the PDF shows. A finding stands in the guide with what was done about it and why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from clinical.read import Mapping as Node
from clinical.read import Sequence as Items
from clinical.spec import Dataset
from clinical.study import Study
from submission.define_model import Define, Item, ItemRef
from submission.layout import plain_name
from submission.markdown import table
from submission.methods import parameter_text
from submission.origins import on_crf, programs_of
from submission.plan import PackagePlan

FOR_REVIEWERS = re.compile(r"\*\*For reviewers \((cSDRG|ADRG|both)\)\.\*\* (.+?)(?=\n\n|\Z)", re.DOTALL)
IMPUTED = re.compile(r"imput|unknown (part|day|month)|D-IMP", re.IGNORECASE)
KINDS_OF_LINES = (("event", "events"), ("interrupts", "interrupted_by"), ("censored", "otherwise"))
DATES = ("DT", "DTM", "TM", "DTF", "TMF")
FLAG = re.compile(r"[A-Z0-9]+FL")


@dataclass(frozen=True)
class OpenFinding:
    """The findings of one rule in one dataset, with what is done about them; both empty where nobody said."""

    rule: str
    dataset: str
    severity: str
    count: int
    text: str
    disposition: str = ""
    explanation: str = ""


@dataclass(frozen=True)
class Facts:
    """What a guide is made of, beside specs and define.xml."""

    run: str
    cut: str
    reconciled: str
    environment: list[tuple[str, str]]
    findings: list[OpenFinding]
    decisions: Mapping[str, list[str]]
    split: list[tuple[str, str]] = field(default_factory=list)
    second: str = ""
    core: str = "CDISC CORE was not asked."


def guide_text(name: str, study: Study, plan: PackagePlan, define: Define, facts: Facts) -> str:
    """The text of `csdrg` or `adrg`."""
    template = _templates().get_template(f"{name}.md.j2")
    texts = plan.guides.get(name, Node())
    known = {one.name for one in study.datasets.values() if one.layer == "adam"}
    shown = {
        "about": {
            "title": str(study.config.get("title", study.id)), "run": facts.run, "cut": facts.cut,
            "reconciled": facts.reconciled, "second": facts.second, "core": facts.core,
        },
        "texts": {"flow": texts.get("flow", ""), "datasets": _own_texts(texts)},
        "standards": [(f"{one.name} {one.publishing_set}".strip(), one.version) for one in define.standards],
        "extensions": [
            (one.name, term.value, term.decode)
            for one in define.codelists for term in one.terms if term.extended
        ],
        "findings": [
            (one.rule, one.dataset, one.severity, one.count, one.text, one.disposition or "open",
             one.explanation or "not explained yet")
            for one in facts.findings if (one.dataset in known) == (name == "adrg")
        ],
        "decisions": facts.decisions.get(name, []),
        "environment": facts.environment,
        "split": facts.split,
        "datasets": _datasets(name, define),
    }  # fmt: skip
    more = _tabulation(study) if name == "csdrg" else _analysis(study, plan, define)
    return _ascii(template.render(study=study, plan=plan, table=table, **shown, **more), study)


@cache
def _templates() -> object:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("submission", "templates")
    return Environment(  # text, not HTML: nothing is escaped; typst is handed it as data
        loader=loader, autoescape=False, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )


def _ascii(text: str, study: Study) -> str:
    for sign, plain in study.transliteration.items():
        text = text.replace(sign, plain)
    return re.sub(r"\n{3,}", "\n\n", text).encode("ascii", "replace").decode()


def _own_texts(texts: Node) -> list[dict[str, str]]:
    given = texts.get("datasets", Node())
    return [{"name": str(name), "text": str(given[name])} for name in given]


def _datasets(name: str, define: Define) -> list[tuple[object, ...]]:
    groups = {one.name: one for one in define.groups}
    rows = []
    for one in define.groups:
        if one.name.startswith("SUPP"):
            continue
        if name == "csdrg":
            keys = " ".join(
                ref.item.rpartition(".")[2] for ref in sorted(one.refs, key=lambda ref: ref.key) if ref.key
            )
            supp = "Y" if f"SUPP{one.name}" in groups else ""
            rows.append((one.name, one.label, one.class_name, one.records, supp, keys))
        else:
            rows.append((one.name, one.label, one.class_name, one.records, one.structure))
    return rows


def _tabulation(study: Study) -> dict[str, object]:
    readers: dict[str, list[str]] = {}
    for dataset in study.datasets.values():
        for part in dataset.parts:
            if dataset.layer == "sdtm" and part.source.startswith("raw."):
                known = readers.setdefault(part.source[4:], [])
                known += [name for name in [dataset.name] if name not in known]
    rows = [
        (f"{form.name} ({form.label})" if form.label else form.name, "site" if on_crf(form) else "vendor",
         ", ".join(readers.get(form.name, [])) or form.not_submitted or "used by programs")
        for form in study.forms.values()
    ]  # fmt: skip
    return {"sources": rows}


def _analysis(study: Study, plan: PackagePlan, define: Define) -> dict[str, object]:
    methods = {one.oid: one.text for one in define.methods}
    items = {one.oid: one for one in define.items}
    refs = [(group.name, ref) for group in define.groups for ref in group.refs]
    adsl = [ref for group, ref in refs if group == "ADSL" and FLAG.fullmatch(items[ref.item].name)]
    texts = plan.guides.get("adrg", Node())
    datasets = [one for one in study.datasets.values() if one.layer == "adam"]
    return {
        "reads": [(one.name, ", ".join(_reads(one))) for one in datasets],
        "populations": [
            (items[ref.item].name, items[ref.item].label, methods[ref.method]) for ref in adsl if ref.method
        ],
        "imputations": _imputations(refs, items, methods),
        "windows": _windows(study, texts.get("windows", Items())),
        "options": [(name, str(study.setting(str(name)))) for name in texts.get("options", Items())],
        "times": [one for dataset in datasets for one in _times(dataset)],
        "programs": list(_program_index(datasets)),
    }  # fmt: skip


def _imputations(
    refs: Iterable[tuple[str, ItemRef]], items: Mapping[str, Item], methods: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Dataset, variables and rule of every date or time that is imputed, and of its flag."""
    found: dict[tuple[str, str], list[str]] = {}
    for group, ref in refs:
        name = items[ref.item].name
        if ref.method and name.endswith(DATES) and IMPUTED.search(methods[ref.method]):
            found.setdefault((group, methods[ref.method]), []).append(name)
    return [(group, ", ".join(names), text) for (group, text), names in found.items()]


def _reads(dataset: Dataset) -> list[str]:
    """The datasets whose records a dataset is made of."""
    found = dict.fromkeys(part.source for part in dataset.parts if part.source)
    for word in programs_of(dataset):
        found.update(dict.fromkeys(word.args.get("reads") or {}))
    return list(found) or ["the table of its file"]


def _windows(study: Study, names: Iterable[str]) -> dict[str, list[list[str]]]:
    """Settings of the study that are windows, as tables: a line a window."""
    found = {}
    for name in names:
        given = study.setting(str(name))
        if isinstance(given, Node):
            lines = [[str(key), *_cells(value)] for key, value in given.items()]
            width = max(len(line) for line in lines)
            header = ["Window", "Target", "First day", "Last day"][:width]
            found[str(name)] = [header, *([*line, *[""] * (width - len(line))] for line in lines)]
    return found


def _cells(value: object) -> list[str]:
    if isinstance(value, Items | list):
        return [str(one) for one in value]
    if isinstance(value, Node | dict):
        return [", ".join(f"{key} {one}" for key, one in value.items())]
    return [str(value)]


def _times(dataset: Dataset) -> Iterable[dict[str, object]]:
    """For each time to event its start, its events and what censors it, in the order that they are asked."""
    rules = dataset.parameters
    for name, given in rules.items():
        if not isinstance(given, Node) or "label" not in given or not {"events", "like"} & set(given):
            continue
        whole = dict(given)
        base = given
        while isinstance(base, Node) and "like" in base:
            base = rules.get(str(base["like"]), Node())
            whole = {**base, **whole}
        rows = [(order, kind, *_line(line))
                for kind, key in KINDS_OF_LINES
                for order, line in enumerate(whole.get(key, Items()), start=1)]  # fmt: skip
        about = {key: whole[key] for key in ("who", "start", "until") if key in whole}
        yield {
            "title": f"{dataset.name} {name}, {given['label']}",
            "about": parameter_text(Node(about)),
            "rows": rows,
        }


def _line(line: Node) -> tuple[str, str, str]:
    about = {key: value for key, value in line.items() if key not in ("cnsr", "text", "date")}
    date = str(line.get("date", "the last assessment"))
    return (
        f"{date} {parameter_text(Node(about))}".strip(),
        str(line.get("cnsr", "0")),
        str(line.get("text", "")),
    )


def _program_index(datasets: Iterable[Dataset]) -> Iterable[tuple[str, str, str, str]]:
    for one in datasets:
        coded = f"{plain_name(f'adam/{one.name}.py')}.txt" if _coded(one) else ""
        yield one.name, f"{plain_name(f'adam/{one.name}.yml')}.txt", coded, ", ".join(_reads(one))


def _coded(dataset: Dataset) -> bool:
    words = [word for name in dataset.columns() for _, word in dataset.statements(name)]
    return bool(programs_of(dataset)) or any(word.word == "program" for word in words)


def decisions_for_reviewers(folder: Path) -> dict[str, list[str]]:
    """What decision records say to reviewers, by guide: `**For reviewers (ADRG).** ...`."""
    found: dict[str, list[str]] = {"csdrg": [], "adrg": []}
    for path in sorted(folder.glob("[0-9]*.md")):
        for which, text in FOR_REVIEWERS.findall(path.read_text("utf-8")):
            for name in ("csdrg", "adrg"):
                if which.lower() in (name, "both"):
                    found[name].append(f"{' '.join(text.split())} (decision {path.name[:4]})")
    return found
