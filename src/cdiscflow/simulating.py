"""What `cdiscflow simulate` does: extracts of a study nobody took part in, where a run finds them."""

from __future__ import annotations

from pathlib import Path

from cdiscflow.home import Home
from clinical.errors import InputError
from clinical.forms import read_forms
from clinical.read import read_yaml
from edc.simulate.run import BOTH, Order, simulate


def simulate_study(home: Home, study: str, order: Order, to: Path | None = None) -> list[Path]:
    """Writes the extracts of successive nights to `to`, else to the study's folder of the data.

    Only the raw forms and study.yml are read.
    Raises: InputError for a name that is no study, and where the folder has something already.
    """
    if study not in home.studies():
        raise InputError("ask.no-study", study, known=", ".join(home.studies()))
    if order.form == BOTH and to is None:
        raise InputError("simulate.both", "--format both")
    folder = home.mappings / study
    root = home.mappings.parent
    config = read_yaml(folder / "study.yml", root)
    return simulate(config, read_forms(folder / "raw", root), order, to or home.data / study)
