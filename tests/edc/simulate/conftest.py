"""Extracts that several tests look at, written once."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinical.forms import read_forms
from clinical.read import read_yaml
from edc.simulate.layout import files_of
from edc.simulate.protocol import read_protocol
from edc.simulate.run import Order, simulate

ROOT = Path(__file__).parents[3]
STUDY = ROOT / "mappings" / "rd1302"


@pytest.fixture(scope="session")
def study():
    """study.yml, which names one person screened twice."""
    return read_yaml(STUDY / "study.yml", ROOT)


@pytest.fixture(scope="session")
def forms():
    """The raw forms of the study."""
    return read_forms(STUDY / "raw", ROOT)


@pytest.fixture(scope="session")
def protocol(study):
    """The plan of the study."""
    return read_protocol(study)


@pytest.fixture(scope="session")
def files(forms):
    """The files of an extract."""
    return files_of(forms)


@pytest.fixture(scope="session")
def clean(tmp_path_factory, study, forms):
    """A clean extract of 24 subjects, in both forms: the folder that holds `csv` and `odm`."""
    target = tmp_path_factory.mktemp("clean")
    simulate(study, forms, Order(24, form="both"), target)
    return target
