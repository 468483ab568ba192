"""The whole way of a study, from extract to tables, without Prefect; flows wrap the same functions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd

from cdiscflow.account import field_account, row_account
from cdiscflow.changes import describe_inputs, what_changed
from cdiscflow.gates import pass_gates
from cdiscflow.deriving import Rebuilt, rebuild
from cdiscflow.home import Delivery, Home, cut_day, newest_extract
from cdiscflow.memory import leave
from cdiscflow.tables import write_displays
from clinical.check import Plan, check_study
from clinical.derive import Derived
from clinical.findings import with_status
from clinical.fingerprint import hash_of
from clinical.graph import Step
from clinical.lock import study_lock
from clinical.manifest import read_manifest
from clinical.output import Output
from clinical.run import COMPLETE, WITH_STOPS, Run, latest_run, next_run_id, read_frame
from clinical.store import content_hash, write_csv
from clinical.xpt import Variable, write_xpt
from edc.read import Extract, read_extract

FORMATS = {"Date": "DATE9.", "Datetime": "DATETIME20."}
EPOCH = datetime(2000, 1, 1)  # header date of XPT files of studies without any date
Around = Callable[[Step, Callable[[], object]], object]


@dataclass(frozen=True)
class Request:
    """What is asked of a run, by whom and why."""

    who: str = "cdiscflow"
    why: str = "nightly"
    event: str = "run"
    force: bool = False
    datasets: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    cut: str = ""


@dataclass
class Summary:
    """What a run came to, for people: no subject's data."""

    study: str
    status: str
    run: str = ""
    folder: Path | None = None
    changed: list[str] = field(default_factory=list)
    stopped: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    message: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is no new run although one was wanted."""
        return self.status == "failed"


def run_study(
    home: Home,
    name: str,
    request: Request,
    around: Around | None = None,
    say: Callable[[str], None] | None = None,
) -> Summary:
    """A new run of a study, or nothing when no input changed since the last one.

    Raises: SpecErrors, InputError, RunError: the run before stays as it is.
    """
    tell = say or (lambda text: None)
    study = home.load(name)
    plan = check_study(study)
    delivery = newest_extract(home, study)
    cut = cut_day(study.config, delivery, request.cut)
    inputs = describe_inputs(home, plan, delivery, cut)
    outputs = home.outputs / name
    with study_lock(outputs, f"{request.event} of {name}", say=tell):
        before = latest_run(outputs)
        changed = what_changed(before, inputs)
        if before and not changed and not request.force and not request.datasets:
            return Summary(
                name, "unchanged", before.name, before, message="nothing changed since the last run"
            )
        run = Run.begin(outputs, next_run_id(outputs, delivery.name, hash_of(inputs)), event=request.event)
        work = _Work(home, plan, delivery, cut, request, run, before, around, tell)
        return work.run(inputs, changed)


class _Work:
    """One run on its way: reads, derives, checks, writes."""

    def __init__(
        self, home: Home, plan: Plan, delivery: Delivery, cut: str, request: Request, run: Run,
        before: Path | None, around: Around | None, tell: Callable[[str], None],
    ):  # fmt: skip
        self.home, self.plan, self.delivery, self.cut = home, plan, delivery, cut
        self.request, self.job, self.before, self.around, self.tell = request, run, before, around, tell
        self.seconds: dict[str, float] = {}
        self.datasets: dict[str, dict[str, object]] = {}

    def timed(self, what: str, function: Callable[[], object]) -> object:
        """The function's answer; its time goes into the manifest's part that is not hashed."""
        start = time.perf_counter()
        answer = function()
        self.seconds[what] = round(time.perf_counter() - start, 3)
        return answer

    def run(self, inputs: dict, changed: list[str]) -> Summary:
        """Everything, then the finished folder."""
        study = self.plan.study
        self.tell(f"{study.name}: reading extract {self.delivery.name}")
        extract: Extract = self.timed(
            "read", lambda: read_extract(self.delivery.folder, study.forms, study.config)
        )
        self.tell(f"{study.name}: deriving {len(study.datasets)} datasets")
        rebuilt: Rebuilt = self.timed("derive", lambda: self._derive(extract))
        derived = rebuilt.derived
        gates = self.timed("gates", lambda: pass_gates(self.home, self.plan, derived, self.delivery.day))
        prints = {name: found for name, found in rebuilt.prints.items() if name not in derived.stopped}
        leave(self.job, derived.ledger, derived.outputs)
        self.timed("write", lambda: self._write_datasets(derived))
        shown = self.timed("tables", lambda: write_displays(self.plan, derived, self.job, self.cut))
        findings = self._write_findings([extract.findings, derived.findings, gates.findings, shown])
        self.job.write_text("findings/validation.html", gates.page(findings))
        self._write_accounts(extract, derived)
        status = WITH_STOPS if derived.stopped else COMPLETE
        manifest = {**inputs, "study": study.id, "datasets": self.datasets, "findings": _counts(findings),
                    "gates": gates.verdicts, "fingerprints": prints, "buckets": rebuilt.buckets,
                    "run": {"seconds": self.seconds, "changed": changed, "rebuilt": rebuilt.again}}  # fmt: skip
        policy = study.setting("accept_stops") == "true"
        folder = self.job.finish(manifest, status, self.request.who, self.request.why, accept_stops=policy)
        return Summary(
            study.name, status, folder.name, folder, changed, derived.stopped,
            {name: int(entry["rows"]) for name, entry in self.datasets.items()}, _counts(findings), self.seconds,
        )  # fmt: skip

    def _derive(self, extract: Extract) -> Rebuilt:
        asked = self.request
        return rebuild(
            self.plan, extract.frames, self.cut, self.before, asked.force, asked.datasets, asked.subjects, self.around
        )

    def _write_datasets(self, derived: Derived) -> None:
        old = read_manifest(self.before)["datasets"] if self.before else {}
        for output in derived.outputs.values():
            schema = {variable.name: variable.type for variable in output.variables}
            content = content_hash(output.frame, schema)
            files = [f"{output.layer}/{output.name.lower()}.parquet", f"lineage/{output.name.lower()}.parquet",
                     f"xpt/{output.layer}/{output.name.lower()}.xpt"]  # fmt: skip
            lineage = content_hash(output.lineage)
            shape = hash_of(
                [[v.name, v.label, v.type] for v in output.variables] + [output.label, _stamp(self.delivery)]
            )
            entry = {"content": content, "lineage": lineage, "shape": shape, "rows": len(output.frame),
                     "columns": len(output.variables), "label": output.label, "keys": list(output.keys)}  # fmt: skip
            same = old.get(output.name)
            self.datasets[output.name] = entry
            if self.before and same == entry:
                for file in files:
                    self.job.link(file, self.before)
                continue
            self.job.write_frame(files[0], output.frame, schema, content)
            self.job.write_frame(files[1], output.lineage, content=lineage)
            self._write_xpt(files[2], output)

    def _write_xpt(self, file: str, output: Output) -> None:
        variables = [
            Variable(v.name, v.label, "Char" if v.type == "Char" else "Num", None, FORMATS.get(v.type, ""))
            for v in output.variables
        ]
        write_xpt(
            self.job.path(file), output.frame, name=output.name, label=output.label, variables=variables,
            created=_stamp_time(self.delivery),
        )  # fmt: skip

    def _write_findings(self, found: list[pd.DataFrame]) -> pd.DataFrame:
        whole = pd.concat(found, ignore_index=True)
        old = read_frame(self.before, "findings/findings.parquet") if self.before else None
        findings = with_status(whole, old, self.delivery.name)
        self.job.write_frame("findings/findings.parquet", findings)
        write_csv(self.job.path("findings/findings.csv"), findings)
        return findings

    def _write_accounts(self, extract: Extract, derived: Derived) -> None:
        write_csv(self.job.path("findings/row_account.csv"), row_account(extract, derived))
        write_csv(self.job.path("findings/field_account.csv"), field_account(self.plan))


def _stamp(delivery: Delivery) -> str:
    return delivery.day


def _stamp_time(delivery: Delivery) -> datetime:
    return datetime.fromisoformat(delivery.day) if delivery.day else EPOCH


def _counts(findings: pd.DataFrame) -> dict[str, int]:
    open_ones = findings[findings["status"] != "closed"]
    return {level: int((open_ones["severity"] == level).sum()) for level in ("error", "warning", "info")}
