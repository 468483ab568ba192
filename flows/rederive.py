"""A data manager's request from the Prefect page: datasets, subjects, cut, reason."""

from __future__ import annotations

from datetime import date
from enum import Enum

from prefect import flow
from pydantic import BaseModel, Field

from cdiscflow.home import home
from cdiscflow.rederive import rederive_request
from cdiscflow.report import summary_text
from flows.shared import run_one


def _choices(name: str, values: list[str]) -> type[Enum]:
    return Enum(name, {value: value for value in values}, type=str)


_home = home()
Study = _choices("Study", _home.studies())
Dataset = _choices("Dataset", sorted({d for study in _home.studies() for d in _home.load(study).datasets}))


class Rederive(BaseModel):
    """The form of the page."""

    study: Study = Field(title="Study")
    datasets: list[Dataset] = Field(title="Datasets", min_length=1)
    subjects: list[str] = Field(default_factory=list, title="Subjects (empty: all)")
    cut: date | None = Field(None, title="Data cut (empty: as study.yml says)")
    reason: str = Field(min_length=10, max_length=200, title="Reason (no subject data)")
    requested_by: str = Field(min_length=2, title="Requested by")


@flow(name="rederive", persist_result=False)
def rederive(request: Rederive) -> None:
    """Rebuilds the named datasets and what follows from them; who and why go into the audit trail."""
    here = home()
    asked = rederive_request(
        here, request.study.value, [dataset.value for dataset in request.datasets], request.subjects,
        request.reason, request.requested_by, request.cut.isoformat() if request.cut else "",
    )  # fmt: skip
    summary = run_one(here, request.study.value, asked)
    print(summary_text(summary), flush=True)
    if summary.failed:
        raise RuntimeError(f"no new run of {summary.study}; its last run is untouched")
