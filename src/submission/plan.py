"""What a study says about its package: `mappings/<study>/submission/*.yml`. Nothing of it changes a dataset.

`package.yml`: protocol, sponsor, indication, design, schedule, purposes, split_above, dataset_json.
`guides.yml`: texts of the reviewer's guides by section. `explanations.yml`: for each open finding what is
done about it and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clinical.errors import SpecError, SpecErrors
from clinical.names import closest
from clinical.read import Mapping, Sequence, Text, read_yaml

FOLDER, PACKAGE, GUIDES, EXPLANATIONS = "submission", "package.yml", "guides.yml", "explanations.yml"
KEYS = ("protocol", "sponsor", "indication", "design", "schedule", "purposes", "split_above", "dataset_json")
GUIDE_KEYS = ("csdrg", "adrg")
EXPLANATION_KEYS = ("finding", "dataset", "disposition", "explanation")
DISPOSITIONS = ("data issue, queried", "expected by design", "false positive", "accepted deviation")
FEWEST_WORDS = 10
LARGEST = 5_000_000_000
FORMS = ("json", "ndjson", "dsjc")


@dataclass(frozen=True)
class Explanation:
    """What is done about the findings of a rule, of one dataset or of all, and why they stand."""

    finding: str
    dataset: str
    disposition: str
    text: str
    at: str

    def fits(self, finding: str, dataset: str) -> bool:
        """Whether it is about a finding of that rule in that dataset."""
        return self.finding == finding and self.dataset in ("", dataset)


@dataclass(frozen=True)
class PackagePlan:
    """A study's words for its package."""

    protocol: str
    sponsor: str
    indication: str
    design: str
    schedule: dict[str, list[str]]
    purposes: Mapping
    split_above: int
    dataset_json: str
    guides: Mapping
    explanations: tuple[Explanation, ...]

    def explained(self, finding: str, dataset: str) -> Explanation | None:
        """The explanation of a finding: that of its dataset before that of all."""
        found = [one for one in self.explanations if one.fits(finding, dataset)]
        return max(found, key=lambda one: one.dataset != "", default=None)


def read_plan(study_folder: Path) -> PackagePlan:
    """The plan of a study; a study without the folder has an empty one.

    Raises: SpecErrors with every fault of the three files.
    """
    folder, root = study_folder / FOLDER, study_folder.parent.parent
    read = {name: read_yaml(folder / name, root) if (folder / name).is_file() else Mapping()
            for name in (PACKAGE, GUIDES, EXPLANATIONS)}  # fmt: skip
    package, entries = read[PACKAGE], read[EXPLANATIONS].get("explanations", Sequence())
    faults = [
        *_unknown(package, KEYS),
        *_unknown(read[GUIDES], GUIDE_KEYS),
        *_unknown(read[EXPLANATIONS], ("explanations",)),
        *_package_faults(package),
        *_explanation_faults(entries),
    ]
    if faults:
        raise SpecErrors(faults)
    texts = [str(package.get(key, "")) for key in KEYS[:4]]
    schedule = {visit: [str(form) for form in forms] for visit, forms in package.get("schedule", {}).items()}
    limit = int(package.get("split_above", LARGEST))
    explanations = tuple(
        Explanation(*(str(one.get(key, "")) for key in EXPLANATION_KEYS), str(one.at)) for one in entries
    )
    purposes = package.get("purposes", Mapping())
    form = str(package.get("dataset_json", FORMS[0]))
    return PackagePlan(*texts, schedule, purposes, limit, form, read[GUIDES], explanations)


def _unknown(node: Mapping, keys: tuple[str, ...]) -> Iterator[SpecError]:
    for key in node:
        if key not in keys:
            near = closest(key, keys)
            yield SpecError(
                "spec.key", str(node.line(key)), key=key, hint=f"; did you mean {near}?" if near else ""
            )


def _package_faults(node: Mapping) -> Iterator[SpecError]:
    for key in ("schedule", "purposes"):
        if not isinstance(node.get(key, Mapping()), Mapping):
            yield SpecError("spec.shape", str(node.line(key)), key=key, shape="a mapping")
    schedule = node.get("schedule", Mapping())
    for visit in schedule if isinstance(schedule, Mapping) else ():
        if not isinstance(schedule[visit], Sequence):
            yield SpecError("spec.shape", str(schedule.line(visit)), key=visit, shape="a list of names")
    limit = node.get("split_above", str(LARGEST))
    if not isinstance(limit, str) or not limit.isdecimal() or not 0 < int(limit) <= LARGEST:
        yield SpecError(
            "package.limit", str(node.line("split_above", "dataset_json")), given=str(limit), largest=LARGEST
        )

    form = node.get("dataset_json", FORMS[0])
    if form not in FORMS:
        at, choices = str(node.line("dataset_json")), " or ".join(FORMS)
        yield SpecError("spec.choice", at, what="dataset_json", choices=choices, value=str(form))


def _explanation_faults(entries: object) -> Iterator[SpecError]:
    if not isinstance(entries, Sequence):
        yield SpecError("package.explanations", str(getattr(entries, "at", "")))
        return
    said: dict[str, str] = {}
    for one in entries:
        if not isinstance(one, Mapping):
            yield SpecError("package.explanations", str(one.at))
            continue
        yield from _unknown(one, EXPLANATION_KEYS)
        for key in ("finding", "disposition", "explanation"):
            if not isinstance(one.get(key), Text) or not one[key].strip():
                yield SpecError("package.needed", str(one.at), key=key)
                return
        yield from _one_fault(one, said)


def _one_fault(one: Mapping, said: dict[str, str]) -> Iterator[SpecError]:
    at, text = str(one.at), " ".join(str(one["explanation"]).split())
    if one["disposition"] not in DISPOSITIONS:
        choices = " or ".join(DISPOSITIONS)
        yield SpecError("spec.choice", at, what="disposition", choices=choices, value=one["disposition"])
    if len(text.split()) < FEWEST_WORDS:
        yield SpecError("package.short-explanation", at, count=len(text.split()), fewest=FEWEST_WORDS)
    first = said.setdefault(text.casefold(), str(one["finding"]))
    if first != one["finding"]:
        yield SpecError("package.same-explanation", at, finding=one["finding"], first=first)
