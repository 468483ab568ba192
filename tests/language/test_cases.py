"""Every conformance case of the spec language, one test each; `tests/language/cases` are the files."""

from __future__ import annotations

import pytest

from cdiscflow.selftest import Case, cases, run_case, workplace


@pytest.fixture(scope="module")
def root():
    with workplace() as folder:
        yield folder


@pytest.mark.parametrize("case", cases(), ids=str)
def test_case(case: Case, root):
    assert run_case(case, root) == ""
