"""Fingerprints: what a result depends on changes them, and nothing else does."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.metadata import version

import pandas as pd
import pytest

from clinical.files import file_hash
from clinical.fingerprint import (
    bucket_count,
    bucket_of,
    code_fingerprint,
    hash_of,
    modules_of,
    package_versions,
    tree,
    tree_hash,
)


@pytest.fixture
def source(tmp_path):
    """A kernel, a dataset's program, the verbs it uses, and a stranger with one of our names inside."""
    files = {
        "clinical/__init__.py": "",
        "clinical/dates.py": "DAY = 1",
        "clinical/messages/run.yml": "a: b",
        "adam/__init__.py": "",
        "adam/adtte.py": "import pandas\nfrom adam.verbs import events\nfrom clinical.dates import DAY\n",
        "adam/adsl.py": "from clinical import dates\n",
        "adam/verbs/__init__.py": "",
        "adam/verbs/events.py": "def first():\n    from . import windows\n    from ..limits import MOST\n",
        "adam/verbs/windows.py": "import adam.verbs.days as days",
        "adam/verbs/days.py": "",
        "adam/verbs/grading.py": "",
        "adam/limits.py": "MOST = 1",
        "pandas/__init__.py": "version = 1",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_program_reaches_what_its_imports_import(source):
    assert modules_of("adam.adtte", source) == {
        "adam", "adam.adtte", "adam.limits", "adam.verbs", "adam.verbs.events", "adam.verbs.windows",
        "adam.verbs.days", "clinical", "clinical.dates",
    }  # fmt: skip
    assert modules_of("adam.adsl", source) == {"adam", "adam.adsl", "clinical", "clinical.dates"}


@pytest.mark.parametrize(
    ("changed", "adtte", "adsl"),
    [
        ("adam/adtte.py", True, False),
        ("adam/verbs/days.py", True, False),
        ("adam/limits.py", True, False),
        ("adam/verbs/grading.py", False, False),
        ("clinical/dates.py", True, True),
        ("clinical/messages/run.yml", True, True),
        ("pandas/__init__.py", False, False),
    ],
)
def test_a_change_of_code_touches_the_programs_that_use_it(source, changed, adtte, adsl):
    before = [code_fingerprint(name, source) for name in ("adam.adtte", "adam.adsl")]
    path = source / changed
    path.write_text(path.read_text() + "\n# another line\n")
    after = [code_fingerprint(name, source) for name in ("adam.adtte", "adam.adsl")]
    assert [one != two for one, two in zip(before, after, strict=True)] == [adtte, adsl]


def test_a_new_kernel_module_touches_every_program(source):
    before = code_fingerprint("adam.adsl", source)
    (source / "clinical" / "units.py").write_text("")
    assert code_fingerprint("adam.adsl", source) != before


def test_compiled_files_are_not_code(source):
    before = code_fingerprint("adam.adsl", source)
    (source / "clinical" / "__pycache__").mkdir()
    (source / "clinical" / "__pycache__" / "dates.cpython-311.pyc").write_bytes(b"x")
    assert code_fingerprint("adam.adsl", source) == before


def test_a_program_that_is_not_ours_has_no_fingerprint(source):
    for name in ("adam.nowhere", "pandas"):
        with pytest.raises(ModuleNotFoundError, match=f"no module {name} in our packages"):
            code_fingerprint(name, source)


def test_the_fingerprint_is_the_same_in_another_process_and_imports_nothing(source):
    script = (
        "import sys; from pathlib import Path; from clinical.fingerprint import code_fingerprint;"
        "print(code_fingerprint('adam.adtte', Path(sys.argv[1])), 'adam' in sys.modules)"
    )
    command = [sys.executable, "-c", script, str(source)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == [code_fingerprint("adam.adtte", source), "False"]


def test_the_order_of_keys_does_not_change_a_hash_and_any_value_does():
    expected = hashlib.sha256('{"a":[1,null,"受"],"b":true}'.encode()).hexdigest()
    assert hash_of({"b": True, "a": [1, None, "受"]}) == expected
    assert hash_of({"b": True, "a": [1, None, "授"]}) != expected


def test_a_tree_hash_sees_names_and_contents_of_the_files_that_fit(tmp_path):
    (tmp_path / "sdtm").mkdir()
    (tmp_path / "sdtm" / "dm.yml").write_text("dataset: DM")
    (tmp_path / "notes.txt").write_text("x")
    assert tree(tmp_path, "*.yml") == {"sdtm/dm.yml": hashlib.sha256(b"dataset: DM").hexdigest()}
    before = tree_hash(tmp_path, "*.yml")
    (tmp_path / "notes.txt").write_text("y")
    assert tree_hash(tmp_path, "*.yml") == before
    (tmp_path / "sdtm" / "dm.yml").rename(tmp_path / "sdtm" / "ae.yml")
    assert tree_hash(tmp_path, "*.yml") != before
    assert tree_hash(tmp_path / "nothing") == hash_of({})


def test_a_file_hash_is_the_sha256_of_its_bytes(tmp_path):
    data = bytes(range(256)) * 10_000
    (tmp_path / "a").write_bytes(data)
    assert file_hash(tmp_path / "a") == hashlib.sha256(data).hexdigest()


def test_the_versions_named_are_those_that_can_change_a_byte():
    assert package_versions() == {name: version(name) for name in ("numpy", "pandas", "pyarrow")}


@pytest.mark.parametrize(
    ("subjects", "buckets"),
    [(0, 1), (999, 1), (1_000, 4), (1_249, 4), (1_250, 5), (10_000, 40), (16_000, 64), (100_000, 64)],
)
def test_one_bucket_below_1000_subjects_then_one_per_250_at_most_64(subjects, buckets):
    assert bucket_count(subjects) == buckets


def test_the_bucket_of_a_person_comes_from_the_identifier_alone():
    persons = pd.Series(["S-01-001", None, "S-01-002", "S-01-001"], dtype="str")
    hashes = [hashlib.blake2b(name.encode(), digest_size=8).hexdigest() for name in ("S-01-001", "S-01-002")]
    one, two = (int(digest, 16) % 40 for digest in hashes)
    assert bucket_of(persons, 40).tolist() == [one, -1, two, one]
    assert bucket_of(persons[::-1].reset_index(drop=True), 40).tolist() == [one, two, -1, one]
    assert bucket_of(persons[:0], 40).tolist() == []


def test_buckets_are_about_equally_full():
    sizes = pd.Series(bucket_of(pd.Series([f"S-{n:05d}" for n in range(16_000)]), 64)).value_counts()
    assert len(sizes) == 64
    assert sizes.between(180, 330).all()
