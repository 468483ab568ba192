"""Prefect flows: schedule, retries, history, the page with forms. No clinical rule and no pandas in here.

Prefect's state stays under the checkout and nothing is reported to anybody: set here, before Prefect is read,
and not left to the reader's environment. What a server or a worker needs beside that is in `prefect.toml`.
"""

import logging
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
}
os.environ.setdefault("PREFECT_HOME", str(ROOT / ".prefect"))
os.environ.update(NO_TELEMETRY)
logging.getLogger("great_expectations").propagate = False  # it tells of each temporary folder it makes
