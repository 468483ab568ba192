"""The command line: the same functions the flows call, without Prefect.

Everything is imported where it is used: `--help` answers in a third of a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cdiscflow.cli_findings import findings, waive
from cdiscflow.cli_specs import specs
from cdiscflow.cli_words import RUN_HELP, Cut, Dataset, RunName, Studies, StudyName, Subject, Who
from cdiscflow.terminal import refuse as _refuse
from cdiscflow.terminal import say as _say
from cdiscflow.terminal import warn as _warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdiscflow.home import Home
    from cdiscflow.pipeline import Request

app = typer.Typer(
    name="cdiscflow", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Raw EDC exports to SDTM, ADaM, findings, tables and a package; and what changed and why.",
    epilog="Exit code: 0 done; 1 refused or something is wrong (one message says what); 2 no such command or "
    "option; 3 a run is there, and datasets are not in it because something stopped them.",
)  # fmt: skip


def main() -> None:
    """Runs a command; an error of ours or the machine is one message and exit code 1, never a traceback."""
    from clinical.errors import ClinicalError, SpecErrors

    try:
        app()
    except (ClinicalError, SpecErrors) as fault:
        _refuse(str(fault))
    except OSError as fault:
        from cdiscflow.faults import machine_sentence

        _refuse(machine_sentence(fault))


@app.command()
def run(
    study: StudyName,
    force: Annotated[bool, typer.Option("--force", help="Run although nothing changed")] = False,
    cut: Cut = "",
    who: Who = "",
    why: Annotated[
        str, typer.Option(help="Why, for the audit trail", metavar="TEXT")
    ] = "run from the command line",
) -> None:
    """Derives a study from its newest extract: a new run, or the word that nothing changed.

    Exit code 3 if datasets stopped: the run is there without them, and `latest` stays where it was.
    """
    from cdiscflow.pipeline import Request
    from cdiscflow.report import user_name

    _derive(study, lambda home: Request(who or user_name(), why, "run", force, cut=cut))


@app.command()
def rederive(
    study: StudyName,
    datasets: Annotated[
        list[str],
        typer.Option("--dataset", help="Dataset to derive anew; repeat for more", metavar="DATASET"),
    ],
    reason: Annotated[str, typer.Option(help="Why, for the audit trail; no subject data", metavar="TEXT")],
    subjects: Annotated[
        list[str] | None,
        typer.Option("--subject", help="Only for this subject; repeat for more", metavar="SUBJECT"),
    ] = None,
    cut: Cut = "",
    who: Who = "",
) -> None:
    """Derives datasets anew, and what follows from them, and says who asked and why in the audit trail."""
    from cdiscflow.rederive import rederive_request
    from cdiscflow.report import user_name

    names = [name.upper() for name in datasets]
    _derive(
        study,
        lambda home: rederive_request(home, study, names, subjects or [], reason, who or user_name(), cut),
    )


@app.command()
def check(studies: Studies = None) -> None:
    """Reads every spec, and the headers of the raw files where there is an extract; no data.

    Each fault is a line with file, line, dataset.variable and what was meant.
    """
    from cdiscflow.checking import check_specs
    from cdiscflow.home import home

    here = home()
    faults = [line for study in studies or here.studies() for line in check_specs(here, study, print)]
    if faults:
        _refuse("\n".join(faults))


@app.command()
def build(study: StudyName, dataset: Dataset, subject: Subject = None, cut: Cut = "") -> None:
    """Prints one dataset, of one subject: the inner loop of whoever writes a spec. Nothing is written."""
    from cdiscflow.checking import build_one
    from cdiscflow.home import home

    _say(build_one(home(), study, dataset.upper(), subject, cut))


app.command()(findings)
app.command()(waive)


@app.command()
def explain(
    study: Annotated[
        str, typer.Argument(help="A study; or the id of a message or rule, and nothing else", metavar="STUDY")
    ],
    dataset: Annotated[
        str, typer.Argument(help="A dataset, or a display's number", metavar="[DATASET]")
    ] = "",
    what: Annotated[str, typer.Argument(help="A PARAMCD, a variable or a row", metavar="[WHAT]")] = "",
    column: Annotated[str, typer.Argument(help="Of a display a column: Total", metavar="[COLUMN]")] = "",
    subject: Subject = None,
    part: Annotated[str, typer.Option(help="A part of the column, such as W4", metavar="PART")] = "",
    level: Annotated[str, typer.Option(help="A line of the row, such as CR", metavar="LEVEL")] = "",
    run: RunName = "latest",
) -> None:
    """Says how a value came about: the line of the spec, and the records behind it back to the EDC page.

    With the id of a message, such as build.no-term: what it means, its usual cause and what to do. With that
    of a rule, such as V-LB-31: what it says. With a display, a row and a column, such as T14.2.1 responders
    Total: how that number was counted, and the subjects behind it.
    """
    from cdiscflow.explain import explain_any
    from cdiscflow.home import home

    _say("\n".join(explain_any(home, study, dataset, (what, column, part, level), subject, run)))


@app.command()
def diff(
    study: StudyName,
    run_a: Annotated[
        str,
        typer.Argument(help="A run's id, or previous, the accepted one before the latest", metavar="[RUN_A]"),
    ] = "previous",
    run_b: Annotated[str, typer.Argument(help=RUN_HELP, metavar="[RUN_B]")] = "latest",
    tlf: Annotated[bool, typer.Option("--tlf", help="Cells of displays, with the records behind")] = False,
) -> None:
    """Lists what differs between two runs, by dataset and key, and which inputs changed between them."""
    from cdiscflow.diff_displays import diff_cells_text
    from cdiscflow.home import home
    from cdiscflow.report import diff_text

    _say((diff_cells_text if tlf else diff_text)(home(), study, run_a, run_b))


@app.command()
def compare(
    dataset: Dataset,
    file: Annotated[str, typer.Argument(help="A second programmer's .xpt or .sas7bdat", metavar="FILE")],
    key: Annotated[
        list[str] | None,
        typer.Option(help="A variable of the key; repeat for more; else as the spec says", metavar="NAME"),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(help="How far apart equal numbers may be; not CNSR, --SEQ or codes such as PARAMN"),
    ] = 1e-9,
    study: Annotated[str, typer.Option(help="Where several studies have the dataset", metavar="STUDY")] = "",
    run: RunName = "latest",
    to: Annotated[str, typer.Option(help="The sheet, .xlsx or .csv", metavar="FILE")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over the sheet that is there")] = False,
) -> None:
    """Compares a dataset with the file of a second programmer; exit code 1 if they differ.

    Differences are listed by record and variable in a sheet; it holds subject data.
    """
    from pathlib import Path

    from cdiscflow.compare import Asked, compare_dataset
    from cdiscflow.home import home

    keys = tuple(name.upper() for name in key or ())
    target = Path(to) if to else None
    asked = Asked(dataset.upper(), Path(file), study, run, keys, tolerance, target, force)
    told, differ = compare_dataset(home(), asked)
    _say("\n".join(told))
    if differ:
        raise SystemExit(1)


@app.command()
def verify(studies: Studies = None) -> None:
    """Recomputes the audit chain and the hash of every file of every run; names all that does not match."""
    from cdiscflow.home import home
    from cdiscflow.report import verify_lines

    here = home()
    faults = [line for study in studies or here.studies() for line in verify_lines(here, study, print, _warn)]
    if faults:
        _refuse("\n".join(faults))


@app.command()
def retain(
    study: StudyName,
    keep_runs: Annotated[int, typer.Option(min=0, help="The newest so many are kept", metavar="NUMBER")] = 0,
    keep_days: Annotated[
        int, typer.Option(min=0, help="Those of the last so many days are kept", metavar="NUMBER")
    ] = 0,
    who: Who = "",
) -> None:
    """Removes old runs that no limit keeps, each with a line in the audit trail.

    Without a limit here, those of study.yml (keep_runs, keep_days).
    Never the run that latest shows, the newest one, or one that a package was made of.
    """
    from cdiscflow.home import home
    from cdiscflow.report import user_name
    from cdiscflow.retention import limits_said, retain

    here = home()
    limits = (keep_runs, keep_days) if keep_runs or keep_days else limits_said(here, study)
    _say("\n".join(retain(here, study, who or user_name(), *limits)) or f"{study}: no run was removed")


@app.command("record-anew")
def record_anew(
    study: StudyName,
    why: Annotated[str, typer.Option(help="What was found, for the new audit trail", metavar="TEXT")],
    who: Who = "",
) -> None:
    """Begins a new audit trail where the old one cannot be mended; the old one is kept and named in it.

    For a person who has looked at what `cdiscflow verify` says. Every run is recorded again, unless it is
    damaged.
    """
    from cdiscflow.home import home
    from cdiscflow.report import begin_anew, user_name

    print(begin_anew(home(), study, who or user_name(), why, _warn))


@app.command()
def package(
    study: StudyName,
    reason: Annotated[str, typer.Option(help="What the package is for; goes into the audit trail")],
    run: RunName = "latest",
    purpose: Annotated[str, typer.Option(help="draft or official")] = "draft",
    sign: Annotated[str, typer.Option(help="What your signature means, for an official package")] = "",
    who: Who = "",
) -> None:
    """Makes the submission package of a run and judges it, in outputs/STUDY/packages."""
    from cdiscflow.home import home
    from cdiscflow.package import Asked, make_package, package_lines
    from cdiscflow.report import user_name

    asked = Asked(run, purpose, who or user_name(), reason, sign)
    packed = make_package(home(), study, asked, _warn)
    _say("\n".join(package_lines(study, asked, packed)))
    if packed.report.errors:
        raise typer.Exit(1)


@app.command()
def inspect(
    folder: Annotated[
        str, typer.Argument(help="An m5 tree, or transport files with define.xml", metavar="DIR")
    ],
    out: Annotated[
        str, typer.Option(help="Also write the report as JSON to this new file", metavar="FILE")
    ] = "",
) -> None:
    """Runs the gate on a package that anybody made, and says what it finds."""
    from pathlib import Path

    from cdiscflow.inspecting import inspect_folder

    lines, errors = inspect_folder(Path(folder), Path(out) if out else None)
    _say("\n".join(lines))
    if errors:
        raise typer.Exit(1)


@app.command()
def shells(
    study: StudyName,
    out: Annotated[str, typer.Option(help="Folder; it is made", metavar="FOLDER")] = "shells",
) -> None:
    """Writes the mock shells of a study's displays, from the specs alone: RTF, HTML and one PDF."""
    from pathlib import Path

    from cdiscflow.home import home
    from cdiscflow.shells import write_shells

    _say("\n".join(write_shells(home(), study, Path(out))))


@app.command("new-study")
def begin_study(
    name: Annotated[str, typer.Argument(help="The new study's folder under mappings/", metavar="NAME")],
    extract: Annotated[
        str, typer.Option("--from", help="The folder of the delivered files", metavar="EXTRACT")
    ],
) -> None:
    """Writes the first specs of a study from what was delivered; every guess is marked, nothing replaced."""
    from pathlib import Path

    from cdiscflow.home import home
    from cdiscflow.newstudy import new_study

    _say("\n".join(new_study(home(), name, Path(extract))))


app.add_typer(specs, name="spec")


@app.command()
def selftest() -> None:
    """Installation qualification: every conformance case of the spec language, from the installed package."""
    from cdiscflow.selftest import run_cases

    passed, failed = run_cases(print)
    print(f"{passed} passed, {failed} failed")
    if failed:
        raise SystemExit(1)


@app.command()
def simulate(
    study: StudyName,
    subjects: Annotated[int, typer.Option(help="How many are screened")] = 24,
    seed: Annotated[int, typer.Option(help="Another seed, other subjects")] = 1,
    nights: Annotated[int, typer.Option(help="Successive extracts")] = 1,
    form: Annotated[
        Literal["csv", "odm", "both"], typer.Option("--format", help="Of the EDC's files")
    ] = "csv",
    dirt: Annotated[Literal["all", "none"], typer.Option(help="What goes wrong in exports")] = "none",
    forms: Annotated[
        Literal["all", "spine"], typer.Option(help="Every form, or those the endpoints need")
    ] = "all",
    to: Annotated[str, typer.Option(help="Folder; without it the study's data", metavar="FOLDER")] = "",
    if_none: Annotated[
        bool, typer.Option("--if-none", help="Only where the study has no extract to run on")
    ] = False,
) -> None:
    """Writes extracts of subjects that nobody ever was: a dry run before the first patient.

    Beside each extract: truth.json (what happened), dirt.csv (what was planted), nights.csv (what changed).
    """
    from pathlib import Path

    from cdiscflow.home import extract_folder, home
    from cdiscflow.report import near
    from cdiscflow.simulating import simulate_study
    from clinical.errors import sentence
    from edc.simulate.run import Order

    here = home()
    if if_none and (there := extract_folder(here, study)):
        why = sentence("simulate.not-needed", folder=near(there))
        _say(f"{study}: {why}")
        return
    order = Order(subjects, seed, nights, form, dirt == "all", forms == "spine")
    for folder in simulate_study(here, study, order, Path(to) if to else None):
        _say(str(folder))


def _derive(study: str, request: Callable[[Home], Request]) -> None:
    from cdiscflow.home import home
    from cdiscflow.pipeline import run_study
    from cdiscflow.progress import progress
    from cdiscflow.report import summary_text

    here = home()
    with progress(here, study) as bar:
        summary = run_study(here, study, request(here), around=bar.around, say=bar.say, warn=_warn)
    _say(summary_text(summary))
    if summary.exit_code:
        raise SystemExit(summary.exit_code)


if __name__ == "__main__":
    main()
