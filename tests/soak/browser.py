"""A data manager at the page: a relapse date is corrected, `rederive` is asked for, what changed is read.

The pictures are in `.cache/soak/page` afterwards.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.flows.team import Team, wait_for
from tests.homes import ROOT, LittleHome, little_home
from tests.pages.browser import Browser, browsing

NEEDS = {"chromium": "chromium"}
SEEN = ROOT / ".cache" / "soak" / "page"
STUDY, SUBJECT = "rd1302", "01-004"
# the response page M5 of the subject: relapse, with the day in all its columns
OLD, NEW = "2024-04-01,01 APR 2024,2024,04,01,Relapse", "2024-03-29,29 MAR 2024,2024,03,29,Relapse"
DAYS = (127, 124)  # of response, from 2023-11-27 to either day, both ends counted
REASON = "relapse date corrected, query 17"
FIELD = """(() => {
  const labels = [...document.querySelectorAll('form label, form span, form p')];
  const label = labels.find(one => (one.textContent.trim() + ' (').startsWith(%s + ' ('));
  let box = label; while (box && !box.querySelector(%s)) box = box.parentElement;
  const place = box.querySelector(%s); place.scrollIntoView({block: 'center'});
  const {x, y, width, height} = place.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
})()"""
TEXT = """(() => {
  const all = [...document.querySelectorAll(%s)];
  const one = all.find(one => one.textContent.trim() == %s);
  if (!one) return null;
  one.scrollIntoView({block: 'center'});
  const {x, y, width, height} = one.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
})()"""


class Page:
    """The page of a team in a browser; each look is a picture."""

    def __init__(self, browser: Browser, team: Team) -> None:
        self.browser, self.team, self.looks = browser, team, 0
        browser.call(
            "Emulation.setDeviceMetricsOverride", width=1300, height=1400, deviceScaleFactor=1, mobile=False
        )

    def go(self, path: str, until: str) -> None:
        """Opens a page of the server and waits until it shows a text."""
        self.browser.call("Page.navigate", url=f"{self.team.page}/v2/{path}")
        self.shows(until)

    def shows(self, text: str) -> None:
        """Waits until the text is to be seen."""
        there = f"!!document.body?.innerText.includes({json.dumps(text)})"
        wait_for(lambda: self.browser.ask(there), f"the page does not show: {text}")

    def click(self, kind: str, text: str) -> None:
        """Clicks what is of this kind and has this text."""
        script = TEXT % (json.dumps(kind), json.dumps(text))
        wait_for(lambda: self.browser.ask(script), f"nothing to click: {text}")
        self.browser.click(*self.browser.ask(script))

    def choose(self, label: str, text: str) -> None:
        """Takes an entry of the list below a label, and closes the list."""
        self.field(label, "button[aria-haspopup=listbox]")
        self.click("[role=option]", text)
        for kind in ("keyDown", "keyUp"):
            self.browser.call("Input.dispatchKeyEvent", type=kind, key="Escape", windowsVirtualKeyCode=27)
        wait_for(lambda: not self.browser.ask("!!document.querySelector('[role=option]')"), "a list is open")

    def field(self, label: str, kind: str) -> None:
        """Clicks into the field below a label."""
        self.browser.click(*self.browser.ask(FIELD % (json.dumps(label), json.dumps(kind), json.dumps(kind))))

    def type(self, text: str) -> None:
        """Types into the field that was clicked."""
        self.browser.call("Input.insertText", text=text)

    def look(self, name: str) -> None:
        """Keeps a picture."""
        time.sleep(1)  # what moves into place has arrived
        self.looks += 1
        (SEEN / f"{self.looks}-{name}.png").write_bytes(self.browser.picture())


def run() -> str:
    """How often the page was looked at, and what the data manager reads in the end."""
    SEEN.mkdir(parents=True, exist_ok=True)
    for old in SEEN.glob("*.png"):
        old.unlink()
    with TemporaryDirectory() as folder:
        home = little_home(Path(folder) / "home", STUDY)
        extract = Path(command(home, "simulate", STUDY, "--subjects", "24", "--seed", "1").strip())
        command(home, "run", STUDY)
        correct(extract)
        team = Team(home)
        with team.running(), browsing(Path(folder) / "profile") as browser:
            page = Page(browser, team)
            ask_on_the_page(page)
        changed = read_what_changed(home)
        home.remove()
    return f"{page.looks} pictures; {changed}"


def command(home: LittleHome, *arguments: str) -> str:
    """What a command of ours prints."""
    done = subprocess.run(
        [sys.executable, "-m", "cdiscflow.cli", *arguments], cwd=ROOT, env=home.environment(), text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def correct(extract: Path) -> None:
    """The site corrects the day, and the extract is delivered again."""
    file, manifest = extract / "edc_csv" / "RS.csv", extract / "manifest.json"
    text, stated = file.read_bytes().decode(), json.loads(manifest.read_text("utf-8"))
    assert text.count(OLD) == 1
    file.write_bytes(text.replace(OLD, NEW).encode())
    stated["files"]["edc_csv/RS.csv"]["sha256"] = sha256(file.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(stated), "utf-8")


def ask_on_the_page(page: Page) -> None:
    """In, to the form, refused without a reason, asked with one, and the run is looked at when done."""
    team = page.team
    deployment = team.api("deployments/name/rederive/rederive")["id"]
    page.go("login", "Login")
    page.browser.ask("document.querySelector('input[type=password]').focus()")
    page.type(team.password)
    page.click("button[type=submit]", "Login")
    page.shows("Dashboard")
    page.look("in")
    form = f"deployments/deployment/{deployment}/run"
    fill(page, form)
    page.click("button", "Submit")
    page.shows("'reason' is a required property")
    page.look("refused")
    assert asked(team) == [], "a request without a reason was accepted"
    fill(page, form, REASON)
    page.look("form")
    page.click("button", "Submit")
    wait_for(lambda: asked(team), "the request did not arrive")
    (request,) = asked(team)
    assert team.ended(request["id"])["type"] == "COMPLETED"
    page.go(f"runs/flow-run/{request['id']}", "Completed")
    page.click("button[role=tab]", "Artifacts")
    page.shows(f"run-{STUDY}")
    page.look("run")
    (summary,) = team.api("artifacts/filter", {"artifacts": {"key": {"any_": [f"run-{STUDY}"]}}})
    page.go(f"artifacts/artifact/{summary['id']}", "because of:")
    page.look("summary")
    page.go("dashboard", "Dashboard")
    page.look("dashboard")


def fill(page: Page, form: str, reason: str = "") -> None:
    """The empty form, and what is typed into it."""
    page.go("dashboard", "Dashboard")
    page.go(form, "Requested by")
    page.choose("Study", STUDY)
    page.choose("Datasets", "ADTTE")
    if reason:
        page.field("Reason", "textarea")
        page.type(reason)
    page.field("Requested by", "textarea")
    page.type("Jane Doe")


def asked(team: Team) -> list[dict]:
    """The requests that have arrived."""
    return team.api("flow_runs/filter", {"flows": {"name": {"any_": ["rederive"]}}})


def read_what_changed(home: LittleHome) -> str:
    """The line of `cdiscflow diff` about the duration of response; who and why are in the trail."""
    trail = home.root / "outputs" / STUDY / "audit.jsonl"
    line = json.loads(trail.read_text("utf-8").splitlines()[-1])
    assert (line["event"], line["who"], line["why"]) == ("rederive", "Jane Doe", REASON)
    told = command(home, "diff", STUDY)
    (SEEN / "diff.txt").write_text(told, "utf-8")
    assert "changed inputs: extract" in told
    assert re.search(rf"\bDOR\b.*\bAVAL\b.*\b{DAYS[0]}\b.*\b{DAYS[1]}\b", told), told
    explained = command(home, "explain", STUDY, "ADTTE", "DOR", "--subject", SUBJECT)
    assert f"AVAL={DAYS[1]}" in explained
    return f"DOR of a subject {DAYS[0]} -> {DAYS[1]} days"
