"""What a run depends on, as hashes, and which of these changed since the run before (architecture.md, 4)."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from cdiscflow.home import Delivery, Home
from cdiscflow.waivers import read_waivers
from clinical.check import Plan
from clinical.errors import RunError
from clinical.fingerprint import SOURCE, hash_of, package_versions, tree
from clinical.manifest import read_manifest
from clinical.study import Study

CAUSES = ("extract", "cut", "spec", "terminology", "code", "packages")
CODE_FILES = (".py", ".yml", ".j2", ".typ")
SHAPING = (
    "great-expectations",
    "jinja2",
    "matplotlib",
    "scipy",
    "typst",
)  # can change a table, figure or verdict
NOT_SPECS = (
    "demo",
    "ct",
    "submission",
)  # an extract, and terminology: causes of their own; words of a package


def describe_inputs(home: Home, plan: Plan, delivery: Delivery, cut: str) -> dict[str, object]:
    """Extract, cut, specs, terminology, code and package versions of a run: no machine's path, no clock.

    A waiver that ended before the extract was taken is another spec.
    Raises: SpecErrors of a file of waivers.
    """
    return {
        "extract": {"name": delivery.name, "files": tree(delivery.folder)},
        "cut": cut,
        **describe_specs(home, plan.study, delivery.day),
        "packages": package_versions() | {name: version(name) for name in SHAPING},
    }


def describe_specs(home: Home, study: Study, day: str = "") -> dict[str, str]:
    """The hashes of specs, terminology and code as they are; `day` decides which waivers have ended.

    Raises: SpecErrors of a file of waivers.
    """
    # *.csv: the tables of TS, TA ... and the study's own standards
    stated = tree(study.folder, "*.yml") | tree(study.folder, "*.csv")
    specs = {name: digest for name, digest in stated.items() if name.split("/")[0] not in NOT_SPECS}
    library = [tree(study.library, "*.yml"), tree(study.library / "standards")]
    ended = [one.at for one in read_waivers(home, study.name) if not one.holds(day)]
    own = {name: digest for name, digest in tree(home.validation / study.name).items() if not _apart(name)}
    rules = [own, tree(home.validation / "library"), *ended]
    terms = {"study": tree(study.folder / "ct"), "library": tree(study.library / "ct", "*.csv"),
             "tables": tree(study.library, "*.csv")}  # fmt: skip
    code = {name: digest for name, digest in tree(SOURCE).items() if name.endswith(CODE_FILES)}
    return {
        "spec": hash_of([specs, library, rules]),
        "terminology": hash_of(terms),
        "code": hash_of(code),
    }


def _apart(name: str) -> bool:
    """Whether a file under `validation/<study>` is no rule: the second implementation of a package."""
    return name.split("/")[0] in ("second", "__pycache__")


def what_changed(before: Path | None, inputs: dict[str, object]) -> list[str]:
    """The causes that differ from a run before: all of them where there is none or it cannot say."""
    try:
        old = read_manifest(before) if before else {}
    except RunError:  # its manifest is damaged: nothing of that run counts
        old = {}
    return [cause for cause in CAUSES if _content(old.get(cause)) != _content(inputs[cause])]


def _content(value: object) -> object:
    return value.get("files") if isinstance(value, dict) and "files" in value else value
