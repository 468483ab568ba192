"""Where files lie in module 5 of an eCTD, their names, and their STF file tags [F.1, F-NAME, F.7]."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

M5, DATASETS = "m5", "m5/datasets"
REPORT = "m5/53-clin-stud-rep/535-rep-effic-safety-stud/5352-stud-rep-uncontr"
SDTM, ADAM, PROGRAMS = "tabulations/sdtm", "analysis/adam/datasets", "analysis/adam/programs"
FOLDERS = {"sdtm": SDTM, "adam": ADAM}
SPLIT = "split"
DEFINE, SHEET, PAGE = "define.xml", "define2-1.xsl", "define.html"
ACRF, CSDRG, ADRG = "acrf.pdf", "csdrg.pdf", "adrg.pdf"
LONGEST_PATH, LONGEST_NAME = 150, 64
NAME = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)?")
DATASET_NAME = re.compile(r"[a-z][a-z0-9]{0,7}\.xpt")

TAGS = (
    (SDTM, re.compile(r"(split/)?\w+\.xpt"), "data-tabulation-dataset-sdtm"),
    (SDTM, re.compile(r"define\.xml|define2-\d\.xsl|define\.html"), "data-tabulation-data-definition"),
    (SDTM, re.compile(r"acrf\.pdf"), "annotated-crf"),
    (SDTM, re.compile(r"csdrg\.pdf"), "study-data-reviewers-guide"),
    (ADAM, re.compile(r"(split/)?\w+\.xpt"), "analysis-dataset-adam"),
    (ADAM, re.compile(r"define\.xml|define2-\d\.xsl|define\.html"), "analysis-data-definition"),
    (ADAM, re.compile(r"adrg\.pdf"), "analysis-data-reviewers-guide"),
    (PROGRAMS, re.compile(r"[^/]+\.txt"), "analysis-program"),
)
REPORT_TAG = "study-report-body"


@dataclass(frozen=True)
class Places:
    """The folders of one study's package, relative to its root; `study` is in lower case."""

    study: str

    @property
    def data(self) -> str:
        """`m5/datasets/<study>`."""
        return f"{DATASETS}/{self.study}"

    @property
    def report(self) -> str:
        """Where tables and figures of an uncontrolled study lie, and its tag file."""
        return f"{REPORT}/{self.study}"

    @property
    def stf(self) -> str:
        """The study tagging file."""
        return f"{self.report}/stf-{self.study}.xml"

    def layer(self, layer: str) -> str:
        """The folder of the datasets of a layer."""
        return f"{self.data}/{FOLDERS[layer]}"

    @property
    def programs(self) -> str:
        """The folder of programs and specs, as text."""
        return f"{self.data}/{PROGRAMS}"

    def tag(self, path: str) -> str:
        """The STF file tag of a file, by folder and name; empty for one that has no place in the study."""
        if path.startswith(f"{self.report}/"):
            return REPORT_TAG
        for folder, name, tag in TAGS:
            start = f"{self.data}/{folder}/"
            if path.startswith(start) and name.fullmatch(path.removeprefix(start)):
                return tag
        return ""


def plain_name(path: str) -> str:
    """A path of ours as one file name of an eCTD: `sdtm/dm.yml` is `sdtm-dm-yml`."""
    return re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")


def relative(source: str, target: str) -> str:
    """The way from the folder `source` to the file `target`, as a link."""
    here, there = PurePosixPath(source).parts, PurePosixPath(target).parts
    same = 0
    while same < min(len(here), len(there)) and here[same] == there[same]:
        same += 1
    return "/".join([".."] * (len(here) - same) + list(there[same:]))
