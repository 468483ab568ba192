"""Who may import whom, what the engine may not know, and how long a function may be (style.md)."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from clinical.read import read_yaml

ROOT = Path(__file__).parents[1]
LAYERS = ("edc", "sdtm", "adam", "tlf", "checks", "submission")
OURS = ("clinical", *LAYERS, "cdiscflow", "flows")
ALLOWED = {
    "clinical": {"clinical"},
    **{layer: {layer, "clinical"} for layer in LAYERS},
    "cdiscflow": {"cdiscflow", "clinical", *LAYERS},
    "flows": {"flows", "cdiscflow", "clinical"},
}
ALONE = {"prefect": "flows", "great_expectations": "checks"}
HEAVY = ("scipy", "matplotlib", "great_expectations", "prefect", "jinja2")

LONGEST_FUNCTION, LONGEST_FILE = 40, 400
LONG_FUNCTIONS: dict[str, str] = {}  # "src/clinical/x.py: name": why it is not shorter
LONG_FILES = {
    "tests/tools/xpt_check.py": "a checker from outside, kept as it came so that it stays independent",
}


def python_files(*folders: str) -> list[Path]:
    """The Python files of these folders of the checkout, in order."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """The module as a tree."""
    return ast.parse(path.read_text("utf-8"), str(path))


def imports_of(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import statement, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level or (node.module or "").split(".")[0]


def package_of(path: Path) -> str:
    """The import package that a file belongs to."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if parts[0] == "src" else parts[0]


def crossings(path: Path, tree: ast.AST, package: str) -> list[str]:
    """The import statements that this package may not have."""
    return [
        f"{path.name}:{line}: {package} imports {name}"
        for line, name in imports_of(tree)
        if (name in OURS and name not in ALLOWED[package])
        or (name in ALONE and package != ALONE[name])
        or name.startswith(".")
    ]


@pytest.mark.parametrize("package", OURS)
def test_every_layer_imports_only_the_layers_below_it(package):
    paths = python_files("flows") if package == "flows" else python_files(f"src/{package}")
    assert paths
    assert [found for path in paths for found in crossings(path, parsed(path), package_of(path))] == []


@pytest.mark.parametrize(
    ("package", "statement"),
    [
        ("clinical", "from edc.read import read_extract"),
        ("clinical", "def late():\n    import cdiscflow.home"),
        ("sdtm", "import adam.adsl"),
        ("tlf", "from checks import gates"),
        ("cdiscflow", "from prefect import flow"),
        ("flows", "from edc.read import read_extract"),
        ("clinical", "import great_expectations as gx"),
        ("adam", "from .verbs import events"),
    ],
)
def test_an_import_across_the_layers_is_noticed_wherever_it_stands(package, statement):
    assert len(crossings(Path("x.py"), ast.parse(statement), package)) == 1


def test_every_package_under_src_has_its_place_among_the_layers():
    assert {path.parent.name for path in (ROOT / "src").glob("*/__init__.py")} == set(OURS) - {"flows"}


JUDGES = {
    "clinical.units",
    "clinical.terms",
    "clinical.results",
    "clinical.evs",
    "clinical.spec",
    "clinical.study",
}


def test_the_simulator_knows_nothing_of_what_its_extracts_are_judged_by():
    """A mistake that both shared would cancel itself: not even the readers are its own."""
    paths = python_files("src/edc/simulate")
    assert paths
    for path in paths:
        named = {
            name
            for node in ast.walk(parsed(path))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        ours = {name for name in named if name.split(".")[0] in OURS}
        assert not ours & JUDGES, path
        assert all(name.startswith(("edc.simulate", "clinical.")) for name in ours), path
        assert "mappings" not in " ".join(text for _, text in constants(parsed(path))), path


def test_heavy_packages_are_imported_inside_functions_so_that_the_command_line_starts_at_once():
    early = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in python_files("src")
        for statement in parsed(path).body
        if isinstance(statement, ast.Import | ast.ImportFrom)
        for line, name in imports_of(statement)
        if name in HEAVY
    ]
    assert early == []


def test_programs_are_looked_up_by_name_only_where_they_are_checked_and_run():
    """What goes round the import statements would go round the layers too."""
    dynamic = {
        path.relative_to(ROOT).as_posix()
        for path in python_files("src", "flows")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in ("import_module", "__import__")
    }
    assert dynamic == {"src/clinical/check.py", "src/clinical/records.py"}


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether an `except` takes every error and does not raise it again."""
    everything = handler.type is None or getattr(handler.type, "id", "") in ("Exception", "BaseException")
    return everything and not isinstance(handler.body[-1], ast.Raise)


def test_no_code_is_made_from_text_no_failure_is_swallowed_and_no_row_is_walked():
    found = []
    for path in python_files("src", "flows"):
        for node in ast.walk(parsed(path)):
            name = getattr(node, "id", getattr(node, "attr", ""))
            if name in ("eval", "exec", "iterrows", "apply", "applymap"):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {name}")
            if isinstance(node, ast.ExceptHandler) and swallows(node):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: except")
    assert found == []


def identities() -> set[str]:
    """What a study and its products are called: names, doses, drugs."""
    found: set[str] = set()
    for path in sorted((ROOT / "mappings").glob("*/study.yml")):
        config = read_yaml(path, ROOT)
        found |= {path.parent.name, str(config["study"])}
        found |= listed(config, "dose_levels", "code", "label") | listed(config, "ld_plan", "drug")
        products = (read_yaml(spec, ROOT).get("parameters", {}) for spec in path.parent.glob("sdtm/*.yml"))
        found |= {str(parameters["product"]) for parameters in products if "product" in parameters}
    return found


def plans() -> set[str]:
    """What only a study's plan knows: texts of visits, analysis parameters that are no variable of ADaM."""
    found: set[str] = set()
    for path in sorted((ROOT / "mappings").glob("*/study.yml")):
        found |= listed(read_yaml(path, ROOT), "visits", "VISIT")
        for spec in path.parent.glob("adam/*.yml"):
            parameters = read_yaml(spec, ROOT).get("parameters", {})
            named = (name for name, rule in parameters.items() if isinstance(rule, dict) and "label" in rule)
            found |= {name for name in named if len(name) > 3}
    return found - variables()


def variables() -> set[str]:
    """The variables of ADaM."""
    standard = ROOT / "mappings" / "library" / "standards" / "adam.csv"
    with standard.open(encoding="utf-8", newline="") as lines:
        return {line["variable"] for line in csv.DictReader(lines)}


def listed(config: dict, key: str, *columns: str) -> set[str]:
    """The values of these columns of a list in study.yml."""
    return {str(line[column]) for line in config.get(key, []) for column in columns}


def any_of(words: set[str]) -> re.Pattern[str]:
    """Finds each of the words where it stands alone."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])")


def constants(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every string in the code that is not a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(node.body[0].value) for node in ast.walk(tree)
            if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def test_the_engine_knows_no_study_drug_or_dose_not_even_in_a_comment():
    words = identities()
    assert {"RD1302", "rd1302", "CDISCPILOT01", "RD13-02", "DL1", "FLUDARABINE"} <= words
    names, copy = any_of(words), ROOT / "src" / "cdiscflow" / "language" / "library"
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "src").rglob("*"))
        if path.suffix in (".py", ".yml", ".j2") and copy not in path.parents
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if names.search(line)
    ]
    assert found == []


def test_the_code_knows_no_visit_and_no_parameter_of_a_study():
    """They may be named in a docstring, as an example; a literal would hold for one study only."""
    words = plans()
    assert {"DAY 28 (WEEK 4)", "MRDPCT", "EFSINF", "TTHSCT"} <= words
    names = any_of(words)
    simulator = ROOT / "src" / "edc" / "simulate"  # it names the fields and forms it fills
    found = [
        f"{path.relative_to(ROOT)}:{number}: {text}"
        for path in python_files("src", "flows")
        if simulator not in path.parents
        for number, text in constants(parsed(path))
        if names.search(text)
    ]
    assert found == []


def answers() -> set[str]:
    """How the responses of a study read, and what its windows and all its parameters are called."""
    found: set[str] = set()
    mapped = [*(ROOT / "mappings").glob("*/study.yml"), ROOT / "tests" / "studies" / "oncodemo" / "study.yml"]
    for path in mapped:
        config = read_yaml(path, ROOT)
        found |= {name for key in ("codes", "values") for name in config.get("response", {}).get(key, ())}
        found |= {name for key in ("response_windows", "analysis_windows") for name in config.get(key, ())}
        for spec in path.parent.glob("adam/*.yml"):
            parameters = read_yaml(spec, ROOT).get("parameters", {})
            found |= {name for name, rule in parameters.items() if isinstance(rule, dict) and "label" in rule}
    domains = {path.stem.upper() for path in (ROOT / "mappings").glob("*/sdtm/*.yml")}
    return {name for name in found if not name.isdigit()} - domains - variables()


def test_the_derivations_know_no_response_window_or_parameter_of_a_study():
    """A verb that knew `CR` or `W4` would hold for one disease only."""
    words = answers()
    assert {"CR", "CRi", "RD", "NON-CR/NON-PD", "W12", "OVR", "BOR", "PFS", "OS"} <= words
    names = any_of(words)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {text}"
        for path in python_files("src/adam", "src/sdtm")
        for number, text in constants(parsed(path))
        if names.search(text)
    ]
    assert found == []


def lengths(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a file and how many lines each takes."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT).as_posix()}: {node.name}", node.end_lineno - node.lineno + 1


def test_a_function_fits_on_a_screen():
    long = {
        name
        for path in python_files("src", "flows", "bench")
        for name, n in lengths(path)
        if n > LONGEST_FUNCTION
    }
    assert long == set(LONG_FUNCTIONS)


def test_a_file_is_read_in_one_sitting():
    long = {
        path.relative_to(ROOT).as_posix()
        for path in python_files("src", "flows", "bench", "tests")
        if len(path.read_text("utf-8").splitlines()) > LONGEST_FILE
    }
    assert long == set(LONG_FILES)
