"""Chromium without a window, driven over a pair of pipes by the DevTools protocol; it needs no package.

A page is opened from the disk; what it logs, what fails in it and what it asks of the network is kept.
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMAND = (
    "exec chromium --headless --no-sandbox --disable-gpu --remote-debugging-pipe --no-first-run"
    " --disable-background-networking --disable-dev-shm-usage --hide-scrollbars --force-device-scale-factor=1"
)
LOCAL = ("file:", "data:", "about:", "blob:")
PATIENCE = 120


class Browser:
    """One tab."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._rest = to, back, b""
        self._count, self._session = 0, ""
        self.said: list[dict] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: object) -> dict:
        """The answer to a command; what is told meanwhile is kept in `said`."""
        self._count += 1
        asked = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        sent = json.dumps(asked).encode() + b"\0"
        while sent:
            sent = sent[os.write(self._to, sent) :]
        while True:
            message = self._next()
            if message.get("id") == self._count:
                assert "error" not in message, f"{method}: {message}"
                return message["result"]
            self.said.append(message)

    def _next(self) -> dict:
        ends = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._back], [], [], max(ends - time.monotonic(), 0))
            read = os.read(self._back, 1 << 20) if ready else b""
            assert read, "chromium does not answer"
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def open(self, page: Path, width: int, height: int) -> None:
        """Shows a file in a window of this size, to the end of its loading."""
        self.said.clear()
        mobile = width < 600
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )
        answer = self.call("Page.navigate", url=page.resolve().as_uri())
        assert not answer.get("errorText"), f"{page}: {answer}"
        while not any(one.get("method") == "Page.loadEventFired" for one in self.said):
            self.said.append(self._next())

    def ask(self, script: str) -> object:
        """What an expression is in the page."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer.get("exceptionDetails")
        return answer["result"].get("value")

    def click(self, x: float, y: float) -> None:
        """The left button of the mouse, pressed and released."""
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self) -> bytes:
        """The window as PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def complaints(self) -> list[str]:
        """Errors of the page, and what it asked of the network."""
        return [
            said for message in self.said for said in _complaint(message.get("method"), message["params"])
        ]


def _complaint(method: str | None, told: dict) -> Iterator[str]:
    if method == "Runtime.exceptionThrown":
        yield f"fails: {told['exceptionDetails'].get('exception', {}).get('description', told)}"
    if method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
        yield f"logs: {[one.get('value') for one in told['args']]}"
    if method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
        yield f"logs: {told['entry']['text']}"
    if method == "Network.requestWillBeSent" and not told["request"]["url"].startswith(LOCAL):
        yield f"asks the network for {told['request']['url']}"


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """A browser with its own empty profile in a folder."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    command = f'{COMMAND} "--user-data-dir=$0" 3<&{theirs_in} 4>&{theirs_out}'
    process = subprocess.Popen(
        ["/bin/sh", "-c", command, str(profile)], pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Browser(ours_out, ours_in)
    finally:
        os.close(ours_out)  # chromium ends when nobody is at the other end
        os.close(ours_in)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
