"""What tests want to have said in the report: every property `line` is printed at the end."""

from __future__ import annotations


def pytest_terminal_summary(terminalreporter):
    """Prints the lines, also those of tests that ran in another process."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "call":
                continue
            for name, value in report.user_properties:
                if name == "line":
                    terminalreporter.write_line(value)
