"""Submission packages of the toy study: folders [F.1], checksums, purposes, signatures, the audit trail."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from cdiscflow import package as packages
from cdiscflow.home import home as home_of
from cdiscflow.package import Asked, make_package, try_package
from clinical.errors import InputError, RunError, SpecErrors

WHY = "for the meeting of June"
SECOND = """
import json, sys
from pathlib import Path
Path(sys.argv[sys.argv.index("--out") + 1]).write_text(json.dumps({"cells": 12, "differences": DIFFERENCES}))
"""


def packed(home, purpose="draft"):
    """The folder of the package."""
    return home.outputs / "packages" / f"{purpose}-{home.latest.name}"


def explain(home, lines: list[str]) -> None:
    """Writes explanations.yml of the toy study."""
    folder = home.study / "submission"
    folder.mkdir(exist_ok=True)
    text = "\n".join(["explanations:", *lines]) if lines else "explanations: []"
    (folder / "explanations.yml").write_text(text + "\n", "utf-8")


def explanation(finding: str, text: str = "", disposition: str = "expected by design") -> str:
    """One explanation; each has words of its own."""
    text = (
        text or f"The toy study is made up and its {finding} stands because nobody was ever really treated."
    )
    return f'  - {{finding: {finding}, disposition: "{disposition}", explanation: "{text}"}}'


def freeze(home) -> None:
    """What an official package needs of the toy study: a frozen cut, and a run of it."""
    from cdiscflow.pipeline import Request, run_study

    path = home.study / "study.yml"
    text = path.read_text("utf-8")
    kept = [line for line in text.splitlines() if not line.startswith("data_cut:")]
    path.write_text("\n".join([*kept, f"data_cut: {home.manifest()['cut'] or '2024-06-30'}"]) + "\n", "utf-8")
    run_study(home_of(), "mini", Request("jane", "the frozen cut", "run"))


def second(home, differences: int = 0) -> None:
    """A second implementation that says how many values differ."""
    folder = home.root / "validation" / "mini" / "second"
    folder.mkdir(parents=True)
    (folder / "compare.py").write_text('"""Nothing."""\n')
    (folder / "__main__.py").write_text(SECOND.replace("DIFFERENCES", str(differences)))


def explain_all(home) -> None:
    """An explanation for every rule that is open."""
    asked = Asked("latest", "draft", "Jane Doe", WHY)
    seen = make_package(home_of(), "mini", asked)
    from cdiscflow.package_evidence import open_findings
    from submission.plan import read_plan

    found = open_findings(home.latest, seen.report, read_plan(home.study))
    explain(home, [explanation(rule) for rule in dict.fromkeys(one.rule for one in found)])


def test_datasets_lie_in_the_folders_of_module_5_and_keep_their_bytes(home, run):
    answer = run("package", "mini", "--who", "Jane Doe", "--reason", WHY)
    package = packed(home)
    assert answer.out.startswith(f"mini: draft package {package.name}\n")
    data = package / "m5" / "datasets" / "mini"
    for layer, place in (("sdtm", "tabulations/sdtm"), ("adam", "analysis/adam/datasets")):
        made = {path.name: path.read_bytes() for path in (home.latest / "xpt" / layer).iterdir()}
        there = {path.name: path.read_bytes() for path in (data / place).glob("*.xpt")}
        assert there
        assert there.items() <= made.items()
        assert {"define.xml", "define2-1.xsl", "define.html"} <= {
            path.name for path in (data / place).iterdir()
        }
    assert (data / "tabulations" / "sdtm" / "acrf.pdf").is_file()
    assert (data / "tabulations" / "sdtm" / "csdrg.pdf").is_file()
    assert (data / "analysis" / "adam" / "datasets" / "adrg.pdf").is_file()
    programs = {path.name for path in (data / "analysis" / "adam" / "programs").iterdir()}
    wanted = {
        "adam-adsl-yml.txt",
        "sdtm-ex-yml.txt",
        "raw-dose-yml.txt",
        "study-yml.txt",
        "environment.txt",
        "readme.txt",
    }
    assert wanted <= programs


def test_every_file_has_its_checksum_and_a_dataset_its_size_in_a_manifest_outside_of_module_5(home, run):
    run("package", "mini", "--reason", WHY)
    package = packed(home)
    said = json.loads((package / "manifest.json").read_text("utf-8"))
    assert (said["run"], said["purpose"]) == (home.latest.name, "draft")
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*") if path.is_file()}
    assert set(files) == {*said["files"], "manifest.json"}
    assert all(
        sha256(files[name].read_bytes()).hexdigest() == about["sha256"]
        for name, about in said["files"].items()
    )
    dm = said["files"]["m5/datasets/mini/tabulations/sdtm/dm.xpt"]
    entry = home.manifest()["datasets"]["DM"]
    assert (dm["rows"], dm["variables"]) == (3, entry["columns"])


def test_two_packages_of_a_run_are_the_same_bytes_and_both_are_in_the_audit_trail(home, run):
    found = []
    for _ in range(2):
        run("package", "mini", "--who", "Jane Doe", "--reason", WHY)
        package = packed(home)
        found.append(
            {path.relative_to(package): path.read_bytes() for path in package.rglob("*") if path.is_file()}
        )
    assert found[0] == found[1]
    lines = [line for line in home.audit() if line["event"] == "package"]
    assert [(line["who"], line["why"], line["outputs"]["package"]) for line in lines] == [
        ("Jane Doe", WHY, packed(home).name)
    ] * 2
    assert (
        lines[0]["outputs"]["manifest"] == sha256((packed(home) / "manifest.json").read_bytes()).hexdigest()
    )
    assert run("verify").code == 0


@pytest.mark.parametrize(
    "file", ["m5/datasets/mini/tabulations/sdtm/define.xml", "datasetjson/sdtm/dm.json", "gate.json"]
)
def test_a_later_change_of_any_byte_is_found_by_verify(home, run, file):
    run("package", "mini", "--reason", WHY)
    path = packed(home) / file
    path.write_bytes(path.read_bytes() + b" ")
    answer = run("verify")
    assert answer.code == 1
    assert f"{packed(home).name}/{file}" in answer.out + answer.err


@pytest.mark.parametrize(
    ("purpose", "who", "why", "said"),
    [
        ("final", "Jane Doe", WHY, "mini: no package of purpose 'final'; there is draft or official"),
        ("draft", " ", WHY, "mini: a package needs the name of who asks for it"),
        ("draft", "Jane Doe", "because", "mini: a package needs a reason of at least 10 characters"),
        ("official", "Jane Doe", WHY, 'mini: an official package needs a signature: --sign "what it means"'),
    ],
)
def test_what_a_request_lacks_is_refused(seen, purpose, who, why, said):
    with pytest.raises(InputError) as refused:
        make_package(home_of(), "mini", Asked("latest", purpose, who, why))
    assert str(refused.value) == said
    assert not (seen.outputs / "packages").exists()


def test_a_damaged_run_is_never_packed(home):
    path = home.latest / "xpt" / "sdtm" / "dm.xpt"
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"MINI01", b"MINI02"))
    with pytest.raises(RunError) as refused:
        make_package(home_of(), "mini", Asked("latest", "draft", "Jane Doe", WHY))
    said = f"{home.latest.name}/xpt/sdtm/dm.xpt: the file is not the one the run was finished with"
    assert str(refused.value) == said
    assert list((home.outputs / "packages").glob("*")) == [] if (home.outputs / "packages").exists() else True


def test_specs_that_are_no_longer_those_of_the_run_are_refused(home):
    path = home.study / "sdtm" / "ae.yml"
    path.write_text(path.read_text("utf-8") + "\n# a remark\n", "utf-8")
    with pytest.raises(RunError) as refused:
        make_package(home_of(), "mini", Asked("latest", "draft", "Jane Doe", WHY))
    assert refused.value.id == "package.specs"


def official(home, meaning="I approve it", sealed="") -> packages.Packed:
    """The official package of the last run."""
    return make_package(home_of(), "mini", Asked("latest", "official", "Jane Doe", WHY, meaning, sealed))


def test_an_official_package_is_of_the_frozen_cut(home):
    second(home)
    with pytest.raises(RunError) as refused:
        official(home)
    assert refused.value.id in ("package.cut", "package.unexplained")


def test_an_official_package_explains_every_finding_is_signed_and_recorded(home, run):
    freeze(home)
    second(home)
    with pytest.raises(RunError) as refused:
        official(home)
    assert refused.value.id == "package.unexplained"
    explain_all(home)
    made = official(home)
    assert made.folder == packed(home, "official")
    evidence = json.loads((made.folder / "second.json").read_text("utf-8"))
    assert evidence == {"cells": 12, "differences": 0}
    line = [line for line in home.audit() if line["event"] == "sign-off"][-1]
    assert (line["who"], line["outputs"]["meaning"], line["outputs"]["manifest"]) == (
        "Jane Doe",
        "I approve it",
        made.seal,
    )
    assert run("verify").code == 0
    text = (made.folder / "sources" / "csdrg.md").read_text("utf-8")
    assert "not explained yet" not in text
    assert "nobody was ever really treated" in text


def test_without_second_implementation_or_with_differences_there_is_no_official_package(home):
    freeze(home)
    explain_all(home)
    with pytest.raises(RunError) as refused:
        official(home)
    assert refused.value.id == "package.no-second"
    second(home, differences=3)
    with pytest.raises(RunError) as refused:
        official(home)
    assert refused.value.id == "package.second"
    assert not packed(home, "official").exists()


def test_a_signature_is_for_the_bytes_that_were_shown(home):
    freeze(home)
    second(home)
    explain_all(home)
    shown = try_package(home_of(), "mini", Asked("latest", "official", "Jane Doe", WHY))
    assert not packed(home, "official").exists()
    with pytest.raises(RunError) as refused:
        official(home, sealed="0" * 64)
    assert refused.value.id == "package.signed-other"
    assert official(home, sealed=shown.seal).seal == shown.seal


def test_a_run_that_cannot_be_made_again_is_not_submitted(home, monkeypatch):
    freeze(home)
    second(home)
    explain_all(home)
    from cdiscflow import package_evidence

    monkeypatch.setattr(
        package_evidence, "_hash", lambda files, file: str(id(files)) if file.endswith("dm.xpt") else ""
    )
    with pytest.raises(RunError) as refused:
        official(home)
    assert refused.value.id == "package.not-reproduced"
    assert "xpt/sdtm/dm.xpt" in str(refused.value)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (['  - {finding: V-AE-1, disposition: known, explanation: "a b c d e f g h i j"}'], "spec.choice"),
        ([explanation("V-AE-1", "too short")], "package.short-explanation"),
        ([explanation("V-AE-1", "one two three four five six seven eight nine ten"),
          explanation("V-AE-2", "One two three four five six seven  eight nine ten")],
         "package.same-explanation"),
        (["  - {finding: V-AE-1}"], "package.needed"),
        (["  - V-AE-1"], "package.explanations"),
        (['  - {findng: V-AE-1, disposition: false positive, explanation: "a b c d e f g h"}'], "spec.key"),
    ],
)  # fmt: skip
def test_explanations_that_explain_nothing_are_refused(home, lines, said):
    explain(home, lines)
    with pytest.raises(SpecErrors) as refused:
        make_package(home_of(), "mini", Asked("latest", "draft", "Jane Doe", WHY))
    assert said in [error.id for error in refused.value.errors]


def test_one_rule_of_two_datasets_may_have_one_explanation(home):
    text = "one two three four five six seven eight nine ten"
    explain(home, [explanation("V-AE-1", text), explanation("V-AE-1", text)])
    make_package(home_of(), "mini", Asked("latest", "draft", "Jane Doe", WHY))


def test_a_large_dataset_is_split_and_described_in_parts(home):
    from submission.gate import run_gate

    folder = home.study / "submission"
    folder.mkdir()
    size = (home.latest / "xpt" / "sdtm" / "ae.xpt").stat().st_size
    biggest = max(path.stat().st_size for path in (home.latest / "xpt").rglob("*.xpt"))
    (folder / "package.yml").write_text(f"split_above: {biggest - 80}\n", "utf-8")
    made = make_package(home_of(), "mini", Asked("latest", "draft", "Jane Doe", WHY))
    parts = sorted(made.folder.rglob("split/*.xpt"))
    assert size
    assert len(parts) >= 2
    assert [one for one in run_gate(made.folder).errors if one.rule == "F-1"] == []


def test_package_files_are_for_owner_and_group_only(home, run):
    run("package", "mini", "--reason", WHY)
    loose = [path for path in packed(home).rglob("*") if path.stat().st_mode & 0o007]
    assert loose == []
