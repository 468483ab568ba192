"""One message for a study that failed, to the address in CDISCFLOW_WEBHOOK: names and counts, never data.

It is text in JSON, `{"text": "..."}`, which Slack, Mattermost, Google Chat and the gateways to e-mail read.
"""

from __future__ import annotations

import json
import os
from http.client import HTTPException
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cdiscflow.pipeline import Summary
from clinical.errors import sentence

ADDRESS = "CDISCFLOW_WEBHOOK"
LONGEST = 10


class _NoRedirect(HTTPRedirectHandler):
    """The message goes where the address says and nowhere else."""

    def redirect_request(self, *given: object) -> None:
        return None


def notify(text: str) -> None:
    """Sends a sentence where somebody wants it; that it could not be sent is printed and fails nothing."""
    address = os.environ.get(ADDRESS)
    if not address:
        return
    try:
        if urlsplit(address).scheme not in ("http", "https"):
            raise ValueError("no http or https address")
        asked = Request(address, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"})
        with build_opener(_NoRedirect).open(asked, timeout=LONGEST):
            return
    except (OSError, HTTPException, ValueError) as fault:
        reason = f"HTTP {fault.code}" if hasattr(fault, "code") else type(fault).__name__
        print(sentence("flow.notice-not-sent", reason=reason), flush=True)


def tell_failure(summary: Summary, event: str) -> None:
    """The message about a study without a new run, or with datasets that stopped; else none."""
    if summary.failed:
        notify(sentence("flow.notice-failed", study=summary.study, event=event))
    elif summary.stops:
        count = sum(len(stop.datasets) + len(stop.followers) for stop in summary.stops)
        told = {"study": summary.study, "event": event, "run": summary.run, "count": count}
        notify(sentence("flow.notice-stopped", **told))


def tell_crash(flow: object, flow_run: object, state: object) -> None:
    """A hook of Prefect: the process of a flow was killed, so none of its studies could be told of."""
    asked = flow_run.parameters.get("request", flow_run.parameters)
    named = asked.get("study") or ", ".join(asked.get("studies") or []) or "every study"
    notify(sentence("flow.notice-crashed", studies=getattr(named, "value", named), event=flow.name))
