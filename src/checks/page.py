"""The validation page: one HTML file, offline, everything escaped (Data Docs need outside hosts)."""

from __future__ import annotations

from importlib import resources

from clinical.frames import Frame

MOST_LISTED = 500


def validation_page(
    study: str, summary: dict[str, dict[str, str]], verdicts: dict, findings: Frame
) -> str:
    """Gates, datasets, expectations, and the findings of the gates."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    text = (resources.files("checks") / "templates" / "validation.html.j2").read_text("utf-8")
    listed = findings.head(MOST_LISTED).to_dict("records")
    return environment.from_string(text).render(
        study=study, summary=summary, verdicts=verdicts, findings=listed, total=len(findings)
    )
