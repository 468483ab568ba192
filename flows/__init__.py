"""Prefect flows: schedule, retries, history, the page with forms. No clinical rule and no pandas in here.

Prefect's state stays under the checkout and nothing is reported to anybody: set here, before Prefect is read, and not
left to the reader's environment.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = {
    "PREFECT_HOME": str(ROOT / ".prefect"),
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_LOGGING_LEVEL": "WARNING",
}
NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
}
for name, value in SETTINGS.items():
    os.environ.setdefault(name, value)
os.environ.update(NO_TELEMETRY)
