"""What the measured processes of displays do: `python -m bench.displays NAME ARGUMENTS`; JSON comes last.

Ours reads the datasets of a run and leaves the files of displays in a folder; the peers get these datasets,
or the cells and pictures that ours left there. rtflite lays out a finished frame as RTF and counts nothing.
csrlite counts the subjects of each treatment with an event and writes RTF by rtflite; of the displays of
`rd1302` it does the overview of adverse events and adverse events by preferred term.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from clinical.cycles import search_rarely
from clinical.frames import Frame
from clinical.qualifiers import with_qualifiers
from clinical.read import read_yaml
from clinical.store import content_hash, read_parquet
from tlf.run import make_or_miss
from tlf.spec import Display, read_displays

MAPPINGS = Path(__file__).parents[1] / "mappings"
LISTING, RECORDS = "L16.2.7.1", "ADAE"
COMPARED = ("T14.3.1", "T14.3.2")


def tables_and_figures(run: str, folder: str) -> dict:
    """Every table and figure of the study as files, from the datasets of a run."""
    wanted = [one for one in _displays().values() if not one.listing]
    start = time.process_time()
    _write(wanted, _frames(run, wanted), folder)
    figures = sum(bool(one.figure) for one in wanted)
    spent = time.process_time() - start
    return {"seconds": spent, "tables": len(wanted) - figures, "figures": figures}


def compared(run: str, folder: str) -> dict:
    """The tables that csrlite can do as well."""
    displays = _displays()
    wanted = [displays[name] for name in COMPARED]
    start = time.process_time()
    _write(wanted, _frames(run, wanted), folder)
    return {"seconds": time.process_time() - start}


def listing(run: str, folder: str, rows: str) -> dict:
    """The listing of adverse events with so many records, every subject again under new numbers."""
    display = _displays()[LISTING]
    frames = _frames(run, [display])
    copies = -(-int(rows) // len(frames[RECORDS]))
    frames = {name: _copied(frame, copies) for name, frame in frames.items()}
    frames[RECORDS] = frames[RECORDS].head(int(rows))
    start = time.process_time()
    size = _write([display], frames, folder)
    return {"seconds": time.process_time() - start, "mb": size / 1e6}


def rtflite_displays(folder: str) -> dict:
    """rtflite: the cells of every table and the pictures of every figure in a folder, as RTF."""
    import polars as pl
    import rtflite

    tables = figures = 0
    start = time.process_time()
    for path in sorted(Path(folder).glob("t_*.csv")):
        _rtflite_table(pl.read_csv(path, infer_schema=False).drop("analysis", "indent"), path, ())
        tables += 1
    for path in sorted(Path(folder).glob("f_*.csv")):
        pictures = sorted(map(str, Path(folder).glob(f"{path.stem}.*png")))
        figure = rtflite.RTFFigure(figures=pictures, fig_width=8.0, fig_height=4.5)
        page = rtflite.RTFPage(orientation="landscape")
        rtflite.RTFDocument(rtf_figure=figure, rtf_page=page).write_rtf(path.with_suffix(".peer.rtf"))
        figures += 1
    return {"seconds": time.process_time() - start, "tables": tables, "figures": figures}


def rtflite_listing(folder: str) -> dict:
    """rtflite: the first tenth of the cells of the listing in a folder as RTF, subjects printed once.

    Its time grows faster than the rows, so that ten times a tenth is less than it would take for all.
    """
    import polars as pl

    (path,) = Path(folder).glob("l_*.csv")
    start = time.process_time()
    cells = pl.read_csv(path, infer_schema=False).fill_null("")
    cells = cells.head(len(cells) // 10)
    _rtflite_table(cells, path, ("Dose level received", "Subject"))
    return {"seconds": time.process_time() - start}


def csrlite_tables(run: str, folder: str) -> dict:
    """csrlite: overview of adverse events, adverse events by preferred term."""
    import polars as pl
    from csrlite.ae.ae_specific import ae_specific
    from csrlite.ae.ae_summary import ae_summary

    start = time.process_time()
    adsl, adae = (pl.read_parquet(Path(run, "adam", f"{name}.parquet")) for name in ("adsl", "adae"))
    shared = {
        "population": adsl, "population_filter": "SAFFL = 'Y'", "id": ("USUBJID", "Subject"),
        "group": ("TRT01A", "Treatment"), "observation": adae, "observation_filter": "TRTEMFL = 'Y'",
        "title": ["Adverse Events"], "footnote": None, "source": None,
    }  # fmt: skip
    asked = [("AESER = 'Y'", "Serious"), ("ATOXGRN >= 3", "Grade 3 or more"), ("DLTFL = 'Y'", "DLT")]
    term = {"parameter_filter": "TRTEMFL = 'Y'", "ae_term": ("AEDECOD", "Preferred term")}
    ae_summary(**shared, variables=asked, output_file=f"{folder}/ae_summary.rtf")
    ae_specific(**shared, **term, output_file=f"{folder}/ae_specific.rtf")
    return {"seconds": time.process_time() - start}


def _rtflite_table(cells: object, path: Path, once: tuple[str, ...]) -> None:
    import rtflite

    document = rtflite.RTFDocument(
        df=cells,
        rtf_page=rtflite.RTFPage(orientation="landscape"),
        rtf_title=rtflite.RTFTitle(text=[path.stem]),
        rtf_body=rtflite.RTFBody(col_rel_width=[1] * len(cells.columns), group_by=list(once) or None),
    )
    document.write_rtf(path.with_suffix(".peer.rtf"))


def _displays() -> dict[str, Display]:
    study = read_yaml(MAPPINGS / "rd1302" / "study.yml", MAPPINGS.parent)
    return read_displays(MAPPINGS / "rd1302" / "tlf", study)


def _frames(run: str, displays: list[Display]) -> dict[str, Frame]:
    """The datasets that displays read, qualifiers beside their records."""
    found = {}
    for name in {name for display in displays for name in display.datasets}:
        layers = (Path(run, layer, f"{name.lower()}.parquet") for layer in ("adam", "sdtm"))
        path = next(path for path in layers if path.exists())
        frame, supp = read_parquet(path), path.with_name(f"supp{path.name}")
        if supp.exists():
            qualifiers = read_parquet(supp)
            frame = with_qualifiers(frame, qualifiers, sorted(qualifiers["QNAM"].unique()))
        found[name] = frame
    return found


def _copied(frame: Frame, copies: int) -> Frame:
    whole = pd.concat([frame] * copies, ignore_index=True)
    number = pd.Series(np.repeat(np.arange(copies), len(frame))).astype("str")
    return whole.assign(USUBJID=whole["USUBJID"] + "-" + number)


def _write(displays: list[Display], frames: dict[str, Frame], folder: str) -> int:
    """Makes displays and writes their files; how many bytes."""
    footer = {"program": "cdiscflow", "data_cut": "none"}
    footer["datasets"] = {name: content_hash(frame) for name, frame in frames.items()}
    size = 0
    for display in displays:
        for name, content in make_or_miss(display, frames, footer, most=len(frames["ADSL"])).files.items():
            size += Path(folder, name).write_bytes(content)
    return size


if __name__ == "__main__":
    search_rarely()
    known = (tables_and_figures, compared, listing, rtflite_displays, rtflite_listing, csrlite_tables)
    work = {one.__name__: one for one in known}
    print(json.dumps(work[sys.argv[1]](*sys.argv[2:])))
