"""A study as its folder states it: configuration, raw forms, datasets, standards, terminology and units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from clinical.ascii import read_transliteration
from clinical.errors import SpecError, SpecErrors
from clinical.forms import Form, read_forms
from clinical.read import Mapping, Sequence, find, read_yaml
from clinical.spec import Dataset, read_dataset
from clinical.standards import Standard, read_classes, read_standards
from clinical.terms import Terms
from clinical.units import Units

LAYERS = ("sdtm", "adam")
SETTINGS = (
    "study", "title", "sdtm_ig", "site_tz", "data_cut", "environment", "test_subjects", "subject", "manifest",
    "ct", "comma_decimal", "accept_stops", "merged_pdf", "display_sections", "shown_singly", "clock",
    "plausible", "keep_runs", "keep_days",
)  # fmt: skip
KEPT = ("keep_runs", "keep_days")
NEAR = 0.8
LIBRARY = Path(__file__).resolve().parents[2] / "mappings" / "library"


@dataclass(eq=False)
class Study:
    """Everything a study team wrote, read and typed; nothing here has seen data."""

    name: str
    folder: Path
    library: Path
    config: Mapping
    forms: dict[str, Form]
    datasets: dict[str, Dataset]
    standards: dict[str, Standard]
    terms: Terms
    units: Units
    transliteration: object
    classes: dict[str, str] = field(default_factory=dict)
    programs: dict[str, object] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """STUDYID."""
        return str(self.config["study"])

    def setting(self, path: str) -> object:
        """A value of study.yml by its dotted name, such as `subject.shape`; None where there is none."""
        return find(self.config, path)


def load_study(folder: Path, library: Path = LIBRARY) -> Study:
    """The study in `folder` with every file read and every dataset parsed.

    Raises: SpecErrors with all faults of all files, never only the first.
    """
    errors: list[SpecError] = []
    config = read_yaml(folder / "study.yml", folder.parent.parent)
    if not isinstance(config.get("study"), str) or not config["study"]:
        errors.append(SpecError("spec.needed", config.at, key="study"))
    errors += [*misspelled_settings(config), *faulty_limits(config), *faulty_counts(config)]
    forms: dict[str, Form] = {}
    try:
        forms = read_forms(folder / "raw", folder.parent.parent)
    except SpecErrors as faults:
        errors += faults.errors
    datasets = _datasets(folder, library, config, errors)
    if errors:
        raise SpecErrors(errors)
    return Study(
        name=folder.name,
        folder=folder,
        library=library,
        config=config,
        forms=forms,
        datasets=datasets,
        standards=read_standards(library, folder),
        terms=Terms(library, folder),
        units=Units(library / "units.csv"),
        transliteration=read_transliteration(library / "transliteration.csv"),
        classes=read_classes(library),
    )


def _datasets(folder: Path, library: Path, config: Mapping, errors: list[SpecError]) -> dict[str, Dataset]:
    shown_from, bases = folder.resolve().parents[1], library.resolve().parent
    datasets: dict[str, Dataset] = {}
    for layer in LAYERS:
        for path in sorted((folder / layer).glob("*.yml")):
            try:
                dataset = read_dataset(path.resolve(), shown_from, bases, layer, config)
            except SpecError as fault:
                errors.append(fault)
                continue
            first = datasets.setdefault(dataset.name, dataset)
            if first is not dataset:
                errors.append(SpecError("spec.dataset-twice", dataset.at, name=dataset.name, first=first.at))
    return datasets


def misspelled_settings(config: Mapping) -> Iterable[SpecError]:
    """Keys of study.yml that are nearly one the product reads: its default would be taken in silence.

    A study adds settings of its own under any other name.
    """
    for key in config:
        near = get_close_matches(key, SETTINGS, n=1, cutoff=NEAR)
        if near and key not in SETTINGS:
            yield SpecError("spec.setting", str(config.line(key)), key=key, meant=near[0])


def faulty_limits(config: Mapping) -> Iterable[SpecError]:
    """What is wrong with `plausible` of study.yml: a test has a lowest and a highest number."""
    limits = config.get("plausible", Mapping())
    for test in limits if isinstance(limits, Mapping) else ():
        numbers = [_number(limit) for limit in limits[test]] if isinstance(limits[test], Sequence) else []
        if len(numbers) != 2 or not numbers[0] < numbers[1]:
            yield SpecError("spec.plausible", str(limits.line(test)), test=test)
    if not isinstance(limits, Mapping):
        yield SpecError("spec.plausible", str(config.line("plausible")), test="plausible")


def faulty_counts(config: Mapping) -> Iterable[SpecError]:
    """What is wrong with numbers of study.yml: of subjects (`shown_singly`), of runs and days to keep."""
    given = config.get("shown_singly", "0")
    if not isinstance(given, str) or not given.isdecimal():
        yield SpecError("spec.shown-singly", str(config.line("shown_singly")), given=str(given))
    for key in KEPT:
        given = config.get(key, "1")
        if not isinstance(given, str) or not given.isdecimal() or int(given) < 1:
            yield SpecError("spec.kept", str(config.line(key)), key=key, given=str(given))


def _number(limit: object) -> float:
    """The number; one that no comparison holds for where it is none."""
    try:
        return float(str(limit))
    except ValueError:
        return float("nan")


def study_folders(mappings: Path) -> Iterable[Path]:
    """The folders under `mappings/` that hold a study."""
    return (path.parent for path in sorted(mappings.glob("*/study.yml")))
