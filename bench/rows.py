"""The rows of architecture.md 8 that exist: each takes a temporary folder and gives lines of the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from bench.measure import Cost, cost_of, made, work

CORE = ("read", "derive", "gates", "write", "reports")  # without displays and XPT
COMMAND = "from cdiscflow.cli import main; main()"


@dataclass(frozen=True)
class Line:
    """One figure: `seconds` was measured, `reach` is what it may take, `known` the best known reference."""

    work: str
    seconds: float
    reach: float = 0
    known: float = 0
    reference: str = ""
    peak: float = 0
    most: float = 0
    note: str = ""


def raw_to_sdtm(place: Path) -> Iterator[Line]:
    """Raw CSV to SDTM, five domains, start included."""
    sizes = (
        (1, "39 k", 2, 1.1, 0, "Rust engine 1.1; Python peer 5.3"),
        (60, "2 M", 20, 32, 1500, "Rust engine 32 to 41, 3.8 GB; Python peer 65, 4.1 GB"),
    )
    for copies, size, reach, known, most, reference in sizes:
        folder = place / f"pilot{copies}"
        made("pilot", folder, copies)
        cost = work("raw_to_sdtm", "cdiscpilot01", folder, "DM,AE,DS,EC,EX,VS")
        text = f"raw CSV to SDTM, five domains, Parquet, lineage and XPT, {size} rows out, start included"
        note = f"{cost.said['rows']:,} rows out; writing {cost.said['seconds']['writing']:.1f} s"
        yield Line(text, cost.seconds, reach, known, reference, cost.peak, most, note)
        rmtree(folder)


def odm(place: Path) -> Iterator[Line]:
    """ODM-XML to raw frames on disk."""
    path = place / "odm.xml"
    made("odm", path, 433_000)
    cost = work("odm_to_frames", path)
    path.unlink()
    text = "ODM-XML to raw frames on disk, start included"
    note = f"{cost.said['items']:,} items"
    known = "Rust engine 5 to 7 s and 2 GB"
    yield Line(text, cost.seconds, 12, 7, known, cost.peak, 400, note)


def odm_to_sdtm(place: Path) -> Iterator[Line]:
    """ODM-XML of simulated subjects to five domains."""
    folder = place / made("simulated_odm", place, 2_265)
    cost = work("raw_to_sdtm", "rd1302", folder, "DM,AE,CM,EX,VS")
    rmtree(folder)
    text = "ODM-XML to five domains, Parquet, lineage and XPT, start included"
    note = "2,265 simulated subjects, 3,921,954 items, every form read; "
    note += f"{cost.said['rows']:,} rows out; writing {cost.said['seconds']['writing']:.1f} s"
    known = "Rust engine two domains 63 s, 6.1 GB; Python peer four domains 36 s, 5.1 GB"
    yield Line(text, cost.seconds, 25, 36, known, cost.peak, 800, note)


def simulated_sdtm(place: Path) -> Iterator[Line]:
    """Every domain of simulated subjects."""
    folder = place / made("simulated_csv", place, 24)
    cost = work("raw_to_sdtm", "rd1302", folder, "all")
    text = "SDTM of 24 simulated subjects, all domains, Parquet, lineage and XPT, start included"
    note = f"{cost.said['rows']:,} rows out"
    yield Line(text, cost.seconds, 5, peak=cost.peak, note=note)


def analysis(place: Path) -> Iterator[Line]:
    """ADSL and ADAE of the pilot study."""
    folder = place / "pilot1"
    made("pilot", folder, 1)
    for name, known in {"ADSL": 4.0, "ADAE": 3.5}.items():
        cost = work("datasets", "cdiscpilot01", folder, name)
        note = f"{cost.said['rows'][name]:,} rows"
        yield Line(f"{name}, 306 subjects", cost.said["whole"], 0.4, known, f"admiral {known}", note=note)


def laboratory(place: Path) -> Iterator[Line]:
    """ADLB of the pilot's results, of a hundred times as many, and of a study with two baselines."""
    figures = {1: ("ADLB, 306 subjects", "ADLB", 2, 22, "admiral 22", 0),
               100: ("ADSL + ADLB, x100", "ADSL,ADLB", 0, 0, "does not fit in 24 GB", 6000)}  # fmt: skip
    for copies, (text, names, reach, known, reference, most) in figures.items():
        folder = place / f"laboratory{copies}"
        results = made("laboratory", folder, copies)
        cost = work("datasets", "pilot", folder, names)
        rmtree(folder)
        note = f"{results:,} results; {cost.said['rows']['ADLB']:,} rows"
        yield Line(text, cost.said["whole"], reach, known, reference, cost.peak, most, note)
    folder = place / made("simulated_csv", place, 2_400)
    cost = work("datasets", "rd1302", folder, "ADLB")
    note = f"{cost.said['rows']['ADLB']:,} rows, each result for two baselines"
    yield Line("ADLB of `rd1302`, 2,400 simulated subjects", cost.said["whole"], peak=cost.peak, note=note)


def endpoints(place: Path) -> Iterator[Line]:
    """ADRS and ADTTE for 306 subjects and for a hundred times as many."""
    figures = {306: {"ADRS": (0.5, 8), "ADTTE": (0.3, 3.4)}, 30_600: {"ADRS": (5, 89), "ADTTE": (3, 33)}}
    for subjects, names in figures.items():
        folder = place / f"spine{subjects}"
        made("spine", folder, subjects)
        for name, (reach, known) in names.items():
            cost = work("datasets", "rd1302", folder, name)
            note = f"{cost.said['rows'][name]:,} rows"
            reference = f"admiral, admiralonco {known}"
            text = f"{name}, {subjects:,} subjects"
            yield Line(text, cost.said["whole"], reach, known, reference, cost.peak, note=note)
        rmtree(folder)


def three(place: Path) -> Iterator[Line]:
    """ADSL, ADAE and ADTTE, a hundred times the subjects."""
    pilot, spine = place / "pilot100", place / "spine30600"
    rows = made("pilot", pilot, 100)
    one = work("datasets", "cdiscpilot01", pilot, "ADSL,ADAE")
    rmtree(pilot)
    rows += made("spine", spine, 30_600)
    two = work("datasets", "rd1302", spine, "ADTTE")
    rmtree(spine)
    note = f"30,600 subjects in each of two studies, {rows:,} raw rows in; ADSL and ADAE "
    note += f"{one.said['whole']:.1f} s, ADTTE {two.said['whole']:.1f} s; "
    note += "the peak is that of the larger process, "
    note += "which also reads the raw files and makes the SDTM that the peer is given"
    seconds, peak = one.said["whole"] + two.said["whole"], max(one.peak, two.peak)
    reference = "Rust engine 10 to 13, 1.7 GB"
    yield Line("ADSL + ADAE + ADTTE, x100", seconds, 6, 10, reference, peak, 1000, note)


def xpt(place: Path) -> Iterator[Line]:
    """XPT v5, 1 M rows of 25 variables."""
    said = cost_of(["-m", "bench.xpt"]).said
    for way, reach, known, others in (("write", 1.5, 3.3, "haven 4.3"), ("read", 2.5, 13, "haven 17")):
        peer = said[f"peer_{way}"]
        reference = f"{others}; Rust engine 3.3 to 4.5; pyreadstat {peer:.1f} in the same run (from a tenth)"
        best = min(known, peer)
        note = "the peak is memory over the frame"
        peak = said[f"{way}_peak"]
        yield Line(f"XPT v5 {way}, 1 M x 25", said[way], reach, best, reference, peak, 64, note)


def read_csv(place: Path) -> Iterator[Line]:
    """One EDC form of 1 M rows, from file to raw frame."""
    said = cost_of(["-m", "bench.read_csv"]).said
    yield Line("CSV form of 1 M rows and 25 columns to a raw frame", said["seconds"], peak=said["peak"])


def run(place: Path) -> Iterator[Line]:
    """`cdiscflow run rd1302`, and what Prefect and Great Expectations add."""
    for folder in ("one", "two"):
        made("simulated_csv", place / folder / "data" / "rd1302", 24)
    first = command(place / "one", "run", "rd1302")
    again = command(place / "one", "run", "rd1302")
    yield Line("`cdiscflow run rd1302`, first run", first.seconds, 30, peak=first.peak)
    yield Line("`cdiscflow run rd1302`, nothing changed", again.seconds, 3, peak=again.peak)
    request = ("--dataset", "ADTTE", "--reason", "measured by the benchmark", "--who", "benchmark")
    once = command(place / "one", "rederive", "rd1302", *request)
    note = f"the whole process {once.seconds:.1f}; the start is a run in which nothing changed"
    text = "`cdiscflow rederive rd1302 --dataset ADTTE`, 24 subjects, beyond the start"
    yield Line(text, once.seconds - again.seconds, 2, peak=once.peak, note=note)
    gates = validator_import()
    yield Line("Great Expectations: its import, in the first run's figure", gates, reference="5 (import)")
    flow = cost_of(["-m", "flows", "rd1302"], **places(place / "two"))
    added = flow.seconds - first.seconds
    note = (
        f"the same run as a flow with a server of its own: {flow.seconds:.1f} s CPU, {flow.wall:.0f} s wall"
    )
    yield Line("Prefect: what it adds to the first run", added, reference="17 (start)", note=note)


def displays(place: Path) -> Iterator[Line]:
    """Tables, figures and a listing of 300 simulated subjects, beside rtflite and csrlite in the same run."""
    made("simulated_csv", place / "data" / "rd1302", 300)
    command(place, "run", "rd1302")
    run = (place / "outputs" / "rd1302" / "latest").resolve()
    folders = {name: place / name for name in ("whole", "events", "listing")}
    for folder in folders.values():
        folder.mkdir()
    whole = display_work("tables_and_figures", run, folders["whole"])
    peer = display_work("rtflite_displays", folders["whole"]).said["seconds"]
    text = "{tables} tables and {figures} figures of 300 subjects, start included".format(**whole.said)
    note = "datasets on disk to RTF, HTML and CSV, and PNG, SVG and PDF of the figures; "
    note += f"{whole.said['seconds']:.1f} s without the start. rtflite gets finished cells and pictures"
    reference = f"rtflite {peer:.1f} in the same run, RTF alone"
    yield Line(text, whole.seconds, 15, reference=reference, peak=whole.peak, note=note)
    ours = display_work("compared", run, folders["events"])
    peer = display_work("csrlite_tables", run, folders["events"]).said["seconds"]
    text = "overview of adverse events and adverse events by term, 300 subjects"
    note = "start not included. csrlite writes RTF alone: subjects by term, without organ classes, grades, "
    note += "HTML and the subjects behind a count"
    reference = f"csrlite {peer:.2f} in the same run"
    yield Line(text, ours.said["seconds"], 0, peer, reference, ours.peak, note=note)
    one = display_work("listing", run, folders["listing"], 20_000)
    peer = 10 * display_work("rtflite_listing", folders["listing"]).said["seconds"]
    text = "listing of 20,000 rows and 13 columns as RTF, HTML and CSV"
    note = f"start not included; {one.said['mb']:.0f} MB of files. rtflite gets finished cells, RTF alone"
    reference = f"rtflite {peer:.1f} in the same run (from a tenth)"
    yield Line(text, one.said["seconds"], 3, peer, reference, one.peak, note=note)


def display_work(name: str, *arguments: object) -> Cost:
    """The cost of one function of `bench.displays`."""
    return cost_of(["-m", "bench.displays", name, *map(str, arguments)])


def growth(place: Path) -> Iterator[Line]:
    """`cdiscflow run` of the endpoint forms from 1,000 to 10,000 subjects; then one edited record."""
    small, _ = grown(place / "g1000", 1_000)
    text = "`cdiscflow run`, endpoint forms, 1,000 subjects"
    note = "with all listings and a profile of each, which larger studies do not get"
    yield Line(text, small.seconds, peak=small.peak, note=note)
    folder = place / "g10000"
    large, extract = grown(folder, 10_000)
    note = f"{large.seconds / 10:.1f} ms a subject, start included"
    text = "`cdiscflow run`, endpoint forms, 10,000 subjects"
    yield Line(text, large.seconds, peak=large.peak, most=8000, note=note)
    made("edit_one_record", extract)
    edited = command(folder, "run", "rd1302")
    spent, validator = cpu_of(folder), validator_import()
    core = sum(spent[name] for name in CORE) - validator
    note = f"{100 * core / large.seconds:.0f} % of the full run, without the import of Great Expectations "
    note += f"({validator:.1f}, in `gates`); " + ", ".join(f"{name} {spent[name]:.1f}" for name in spent)
    note += f"; the whole process {edited.seconds:.1f}"
    text = "one edited record of one subject in 10,000, raw frames to ADaM and findings"
    yield Line(text, core, 0.05 * large.seconds, 0, "nobody has it", edited.peak, note=note)
    again = command(folder, "run", "rd1302")
    yield Line("`cdiscflow run`, endpoint forms, 10,000 subjects, nothing changed", again.seconds, 3)


def validator_import() -> float:
    """The CPU seconds of importing Great Expectations, beside pandas which every run imports."""
    return cost_of(["-c", "import great_expectations"]).seconds - cost_of(["-c", "import pandas"]).seconds


def cpu_of(folder: Path) -> dict[str, float]:
    """The CPU seconds of the stages of the latest run of `rd1302`."""
    manifest = folder / "outputs" / "rd1302" / "latest" / "manifest.json"
    return json.loads(manifest.read_bytes())["run"]["cpu"]


def growth_100000(place: Path) -> Iterator[Line]:
    """The same for 100,000 subjects: 15 minutes, so only on request."""
    cost, _ = grown(place, 99_996)
    text = "`cdiscflow run`, endpoint forms, 99,996 subjects"
    yield Line(text, cost.seconds, peak=cost.peak, most=8000)


def grown(place: Path, subjects: int) -> tuple[Cost, Path]:
    """A first run over `subjects` subjects, and where its extract is."""
    extract = place / "data" / "rd1302" / "2025-08-15"
    made("spine", extract, subjects)
    return command(place, "run", "rd1302"), extract


def command(place: Path, *arguments: str) -> Cost:
    """`cdiscflow` with its data and outputs in a folder of their own."""
    return cost_of(["-c", COMMAND, *arguments], **places(place))


def places(place: Path) -> dict[str, str]:
    """The settings that keep data and outputs of a measurement apart."""
    return {"CDISCFLOW_DATA": str(place / "data"), "CDISCFLOW_OUTPUTS": str(place / "outputs")}


ROWS: dict[str, Callable[[Path], Iterator[Line]]] = {
    "sdtm": raw_to_sdtm,
    "odm": odm,
    "odm-sdtm": odm_to_sdtm,
    "simulated": simulated_sdtm,
    "analysis": analysis,
    "laboratory": laboratory,
    "endpoints": endpoints,
    "three": three,
    "xpt": xpt,
    "csv": read_csv,
    "run": run,
    "displays": displays,
    "growth": growth,
}
ON_REQUEST = {"growth-100000": growth_100000}
