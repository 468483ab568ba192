"""What a result depends on, as hashes: code, packages, files, settings; and the bucket of a person."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b, sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.files import file_hash, files_below, json_line

PACKAGES = ("clinical", "edc", "sdtm", "adam", "tlf", "checks", "submission", "cdiscflow")
KERNEL = "clinical"
SOURCE = Path(__file__).parents[1]
STUDY_BUCKET = -1
FEW_SUBJECTS, SUBJECTS_A_BUCKET, MOST_BUCKETS = 1_000, 250, 64


def hash_of(value: object) -> str:
    """SHA-256 of mappings, lists, text, numbers, true, false and null, whatever the order of keys."""
    return sha256(json_line(value)).hexdigest()


def tree_hash(folder: Path, pattern: str = "*") -> str:
    """SHA-256 of names and contents of the files of `tree`."""
    return hash_of(tree(folder, pattern))


def tree(folder: Path, pattern: str = "*") -> dict[str, str]:
    """The SHA-256 of each file below `folder` whose name fits `pattern`, by its path in `folder`."""
    if not folder.is_dir():
        return {}
    fitting = (path for path in files_below(folder) if path.match(pattern) and path.is_file())
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in fitting}


def package_versions() -> dict[str, str]:
    """The versions of the packages whose releases can change a value or a byte."""
    return {name: _version(name) for name in ("numpy", "pandas", "pyarrow")}


@cache
def _version(package: str) -> str:
    return version(package)


def code_fingerprint(module: str, source: Path = SOURCE) -> str:
    """SHA-256 of a module of ours, every module of ours it imports, theirs in turn, and the whole kernel.

    Needs:  the import statements, wherever they stand; nothing is imported. `source` holds the packages.
    Raises: ModuleNotFoundError where `module` is none of ours.
    """
    found = {name: file_hash(_file(name, source)) for name in sorted(modules_of(module, source))}
    return hash_of({"kernel": _kernel(source), "modules": found})


def modules_of(module: str, source: Path = SOURCE) -> set[str]:
    """`module` and the modules of ours it reaches by import statements, with the packages around them."""
    if _file(module, source) is None:
        raise ModuleNotFoundError(f"no module {module} in our packages", name=module)
    reached: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _file(name, source)
        if name in reached or path is None:
            continue
        reached.add(name)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting += [name.rpartition(".")[0], *_imported(path.read_text("utf-8"), package)]
    return reached


def _kernel(source: Path) -> dict[str, str]:
    files = tree(source / KERNEL)
    return {name: digest for name, digest in files.items() if "__pycache__" not in name}


def _file(module: str, source: Path) -> Path | None:
    if module.partition(".")[0] not in PACKAGES:
        return None
    place = source.joinpath(*module.split("."))
    for path in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _imported(text: str, package: str) -> frozenset[str]:
    """Names that may be modules: `from a import b` can mean the module a.b or something inside a."""
    return frozenset(_import_names(ast.parse(text), package))


def _import_names(tree: ast.AST, package: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            around = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*around, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def bucket_count(subjects: int) -> int:
    """One bucket below 1,000 subjects, then one per 250, at most 64."""
    if subjects < FEW_SUBJECTS:
        return 1
    return min(subjects // SUBJECTS_A_BUCKET, MOST_BUCKETS)


def bucket_of(persons: pd.Series, buckets: int) -> np.ndarray:
    """The bucket of each row from its USUBJID alone: BLAKE2b of the text modulo `buckets`.

    Missing: a row without a person is in the study bucket, -1.
    """
    codes, distinct = pd.factorize(persons)
    digests = [blake2b(name.encode(), digest_size=8).digest() for name in distinct]
    numbers = [int.from_bytes(digest, "big") % buckets for digest in digests]
    table = np.array([*numbers, STUDY_BUCKET], dtype="int16")
    return table[codes]
