"""The whole way of a study, from extract to tables, without Prefect; flows wrap the same functions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from cdiscflow.changes import describe_inputs, what_changed
from cdiscflow.checking import check_displays
from cdiscflow.collected import with_collected
from cdiscflow.deriving import Rebuilt, Wish, rebuild
from cdiscflow.differences import Night
from cdiscflow.differences_page import datasets_of_displays, write_changes, write_first
from cdiscflow.edits import edits_since
from cdiscflow.gates import Gates, leave_said, night_of, pass_gates
from cdiscflow.groups import Groups, groups_of
from cdiscflow.home import Delivery, Home, cut_day, newest_extract
from cdiscflow.memory import kept_reading, leave, reader_print
from cdiscflow.queries import open_questions
from cdiscflow.stops import Stop, stop_findings, stops_in, stops_of
from cdiscflow.tables import write_displays
from cdiscflow.waivers import read_waivers
from cdiscflow.why import short
from cdiscflow.writing import (
    FINDINGS,
    write_accounts,
    write_datasets,
    write_findings,
    write_queries,
    write_reconciliation,
    write_xpts,
)
from clinical.check import Plan, check_study
from clinical.cycles import search_rarely
from clinical.derive import Derived
from clinical.errors import ClinicalError, InputError, sentence
from clinical.findings import counts
from clinical.fingerprint import hash_of
from clinical.frames import Frame
from clinical.graph import Step
from clinical.lock import study_lock
from clinical.manifest import read_manifest
from clinical.run import COMPLETE, WITH_STOPS, Run, latest_run, newest_run, next_run_id, sound_run
from clinical.store import read_parquet
from edc.read import Extract, read_extract

DONE, NO_RUN, STOPS = 0, 1, 3  # exit codes of the commands that run a study; 2 is a command mistyped
UNCHANGED = "unchanged"
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

    @property
    def everything(self) -> bool:
        """Whether nothing may be taken over: anew was asked for, and not of some datasets only."""
        return self.force and not self.datasets

    @property
    def asked(self) -> dict[str, object]:
        """What the audit trail says of a request beside who and why; nothing for a plain run."""
        said = {"datasets": list(self.datasets), "subjects": list(self.subjects), "cut": self.cut}
        return {name: value for name, value in said.items() if value}


@dataclass
class Summary:
    """What a run came to, for people: no subject's data.

    `stopped` is the reason of each dataset that is not in the run, `stops` the causes behind them; `shown` is
    the run that `latest` shows now, '' for none; `first` says that there was no run before, `damage` why
    nothing of the run before was taken over.
    """

    study: str
    status: str
    run: str = ""
    folder: Path | None = None
    changed: list[str] = field(default_factory=list)
    derived: str = ""
    first: bool = False
    stopped: dict[str, str] = field(default_factory=dict)
    stops: list[Stop] = field(default_factory=list)
    shown: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    reconciled: str = ""
    moved: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    message: str = ""
    damage: str = ""

    @property
    def failed(self) -> bool:
        """Whether there is no new run although one was wanted."""
        return self.status == "failed"

    @property
    def exit_code(self) -> int:
        """1 for no run, 3 for a run without some datasets, else 0."""
        return NO_RUN if self.failed else STOPS if self.stops else DONE


def run_study(
    home: Home,
    name: str,
    request: Request,
    around: Around | None = None,
    say: Callable[[str], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Summary:
    """A new run of a study, or nothing when no input changed since the accepted run or since the newest.

    `say` is told of each stage, `warn` who else writes the study while this run waits for it.
    Raises: SpecErrors, InputError, RunError: the run before stays as it is.
    """
    search_rarely()
    tell = say or (lambda text: None)
    study = home.load(name)
    plan = check_study(study)
    delivery = newest_extract(home, study)
    cut = cut_day(study.config, delivery, request.cut)
    inputs = describe_inputs(home, plan, delivery, cut)
    outputs = home.outputs / name
    groups = groups_of(outputs)
    with _placed(outputs), study_lock(outputs, f"{request.event} of {name}", say=warn or tell):
        before, newest = latest_run(outputs), newest_run(outputs)
        same = None if request.force or request.datasets else _run_of(inputs, before, newest)
        if same:
            return unchanged(name, same, before)
        before, damage = sound_run(outputs)
        changed = what_changed(before or newest, inputs)
        if "spec" in changed:
            check_displays(home, study)
        run = Run.begin(outputs, next_run_id(outputs, delivery.name, hash_of(inputs)), event=request.event)
        work = _Work(home, plan, delivery, cut, request, run, before, around, tell, groups)
        with _discarded(run, groups):
            summary = work.run(inputs, changed)
    summary.first = newest is None
    summary.damage = sentence("run.not-taken-over", fault=damage) if damage else ""
    return summary


def _run_of(inputs: dict[str, object], *known: Path | None) -> Path | None:
    """The first of some runs that was made of these very inputs; None where none was."""
    return next((run for run in known if run and not what_changed(run, inputs)), None)


@contextmanager
def _discarded(run: Run, groups: Groups) -> Iterator[None]:
    """Nothing stays of a run that we refuse or that the machine does, the disk may be full; nor of pieces."""
    try:
        yield
    except (ClinicalError, OSError):
        with suppress(OSError):  # what cannot be removed now, the next run removes
            run.discard()
        raise
    finally:
        with suppress(OSError):
            groups.remove()


@contextmanager
def _placed(outputs: Path) -> Iterator[None]:
    """What the machine refuses without naming a file is said of `outputs`: a full disk names none."""
    try:
        yield
    except OSError as fault:
        fault.filename = fault.filename or str(outputs)
        raise


def unchanged(study: str, run: Path, shown: Path | None) -> Summary:
    """The word that no input differs from those of `run`, and what stopped in it."""
    stops = stops_in(read_manifest(run))
    return Summary(study, UNCHANGED, run.name, run, stops=stops, shown=shown.name if shown else "")


def need_subjects(study: str, extract: Extract, subjects: tuple[str, ...]) -> None:
    """Raises: InputError for a subject of whom the extract has no record: nothing would be derived anew."""
    for subject in subjects:
        raw = extract.frames
        if not any(raw.column(form, "USUBJID").str.endswith(subject).any() for form in raw):
            raise InputError("ask.subject-unknown", study, subject=subject)


class _Work:
    """One run on its way: reads, derives, checks, writes."""

    def __init__(
        self, home: Home, plan: Plan, delivery: Delivery, cut: str, request: Request, run: Run,
        before: Path | None, around: Around | None, tell: Callable[[str], None], groups: Groups,
    ):  # fmt: skip
        self.home, self.plan, self.delivery, self.cut = home, plan, delivery, cut
        self.request, self.job, self.before, self.around, self.tell = request, run, before, around, tell
        self.groups = groups
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    def timed(self, what: str, function: Callable[[], object]) -> object:
        """The function's answer; its time and CPU time go into the manifest's part that is not hashed."""
        start, spent = time.perf_counter(), time.process_time()
        answer = function()
        self.seconds[what] = round(time.perf_counter() - start, 3)
        self.cpu[what] = round(time.process_time() - spent, 3)
        return answer

    def run(self, inputs: dict, changed: list[str]) -> Summary:
        """Everything, then the finished folder."""
        study = self.plan.study
        self.tell(f"{study.name}: reading extract {self.delivery.name}")
        printed = reader_print(study, inputs)
        extract: Extract = self.timed("read", lambda: self._read(printed, inputs))
        need_subjects(study.name, extract, self.request.subjects)
        self.tell(f"{study.name}: deriving {len(study.datasets)} datasets")
        rebuilt: Rebuilt = self.timed("derive", lambda: self._derive(extract, changed))
        derived = rebuilt.derived
        last = None if self.request.everything else self.before
        night = night_of(rebuilt, last, inputs)
        gates = self.timed(
            "gates", lambda: pass_gates(self.home, self.plan, derived, self.delivery.day, night)
        )
        leave_said(self.job, gates.results.said)
        extract.frames = rebuilt.raw
        leave(self.job, self.before, extract, printed, rebuilt)
        datasets = self.timed(
            "write", lambda: write_datasets(self.job, self.before, derived.outputs, self.delivery)
        )
        self.timed("xpt", lambda: write_xpts(self.job, self.before, derived.outputs, self.delivery, datasets))
        cells = self.home.validation / self.plan.study.name / "tlf"
        about = self.plan, derived, self.job, self.cut, last, inputs, cells, datasets
        shown = self.timed("tables", lambda: write_displays(*about))
        reports = self.timed("reports", lambda: self._reports(extract, derived, gates, shown))
        said = {
            **inputs,
            **reports,
            "datasets": datasets,
            "gates": gates.verdicts,
            "run": {"changed": changed, "asked": self.request.asked},
        }
        said["run"]["since"] = self.before.name if self.before else ""
        said["run"]["moved"] = self.timed("changes", lambda: self._changes(rebuilt, datasets, changed))
        return self._finish(said, rebuilt)

    def _read(self, printed: str, inputs: dict) -> Extract:
        """The extract; files that are as in the last run, which read in the same way, are taken over.

        Raises: InputError raw.waits where the extract is not whole, or another than `inputs` say: it may
                still be written.
        """
        kept = None if self.request.everything else kept_reading(self.before, printed)
        study = self.plan.study
        try:
            extract = read_extract(self.delivery.folder, study.forms, study.config, kept)
            for path, known in extract.kept.files.items():
                if known.sha256 != inputs["extract"]["files"][path]:
                    raise InputError("raw.rewritten", path)
            return extract
        except InputError as fault:
            raise InputError("raw.waits", self.delivery.name, fault=fault) from fault

    def _reports(self, extract: Extract, derived: Derived, gates: Gates, shown: Frame) -> dict:
        """Writes findings, queries and accounts; what the manifest says of them."""
        stops = stops_of(self.plan, derived, extract.refused, gates.findings)
        derivation = stop_findings(derived, stops, gates.findings)
        found = [extract.findings, derivation, gates.findings, shown]
        waivers = read_waivers(self.home, self.plan.study.name)
        findings = write_findings(self.job, self.before, found, self.delivery, derived.stopped, waivers)
        self.job.write_text("findings/validation.html", gates.page(findings))
        asked = open_questions(findings)
        asked = with_collected(asked, gates.rules.rules, self.plan.names, extract.frames)
        write_queries(self.job, self.plan, extract, derived, asked, self.delivery.name)
        write_accounts(self.job, self.plan, extract, derived)
        reconciled = write_reconciliation(self.job, self.plan, extract, derived, gates.asked(), findings)
        return {
            "findings": counts(findings),
            "stops": [asdict(stop) for stop in stops],
            "reconciled": reconciled,
        }

    def _changes(self, rebuilt: Rebuilt, datasets: dict, changed: list[str]) -> dict:
        """Writes what differs from the run before, each with its cause; the counts of it."""
        if self.before is None:
            write_first(self.job, self.plan.study.id)
            return {}
        edits = edits_since(self.before, rebuilt)
        night = Night(self.plan, self.before, rebuilt, datasets, edits, changed)
        findings = read_parquet(self.job.folder / FINDINGS)
        return write_changes(self.job, night, findings, datasets_of_displays(self.plan.study))

    def _finish(self, manifest: dict, rebuilt: Rebuilt) -> Summary:
        study, asked, stopped = self.plan.study, self.request, rebuilt.derived.stopped
        spent = {"seconds": self.seconds, "cpu": self.cpu}
        manifest["run"] |= {**spent, "rebuilt": rebuilt.again, "reasons": rebuilt.why}
        manifest["fingerprints"] = {n: p for n, p in rebuilt.prints.items() if n not in stopped}
        manifest["buckets"] = rebuilt.buckets
        status = WITH_STOPS if stopped else COMPLETE
        policy = study.setting("accept_stops") == "true"
        folder = self.job.finish(
            {**manifest, "study": study.id}, status, asked.who, asked.why, accept_stops=policy
        )
        shown = latest_run(self.job.home)
        return Summary(
            study=study.name,
            status=status,
            run=folder.name,
            folder=folder,
            changed=manifest["run"]["changed"],
            derived=short(rebuilt.why),
            stopped=stopped,
            stops=stops_in(manifest),
            shown=shown.name if shown else "",
            rows={name: int(entry["rows"]) for name, entry in manifest["datasets"].items()},
            findings=manifest["findings"],
            reconciled=manifest["reconciled"],
            moved=manifest["run"]["moved"],
            seconds=self.seconds,
        )

    def _derive(self, extract: Extract, changed: list[str]) -> Rebuilt:
        asked = self.request
        return rebuild(
            self.plan,
            extract.frames,
            self.cut,
            self.before,
            Wish(asked.force, asked.datasets, asked.subjects),
            self.around,
            self.before is not None and set(changed) <= {"extract"},
            self.groups,
        )
