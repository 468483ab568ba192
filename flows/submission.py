"""A draft of the submission package of a run: XPT files, specs and manifest in the folders of module 5."""

from __future__ import annotations

from prefect import flow

from cdiscflow.draft import draft_package
from cdiscflow.home import home
from flows import ROOT


@flow(name="submission", persist_result=False)
def submission(study: str, run: str = "latest", purpose: str = "draft") -> str:
    """Lays a run out as a draft package; the official one, with sign-off, is not built yet and is refused."""
    package = draft_package(home(), study, run, purpose)
    print(f"{study}: draft package {package.relative_to(ROOT) if package.is_relative_to(ROOT) else package}", flush=True)
    return package.name
