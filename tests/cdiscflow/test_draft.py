"""A draft of the submission package: the folders of module 5 [F.1], checksums outside of them [F-NAME]."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from cdiscflow.draft import draft_package
from cdiscflow.home import home as home_of
from clinical.errors import InputError, RunError


def test_datasets_lie_in_the_folders_of_module_5_and_keep_their_bytes(home, run):
    answer = run("draft", "mini", "--who", "Jane Doe")
    package = home.outputs / "packages" / f"draft-{home.latest.name}"
    assert answer.out == f"mini: draft package in {package}\n"
    data = package / "m5" / "datasets" / "mini"
    for layer, place in (("sdtm", "tabulations/sdtm"), ("adam", "analysis/adam/datasets")):
        made = {path.name: path.read_bytes() for path in (home.latest / "xpt" / layer).iterdir()}
        assert made
        assert {path.name: path.read_bytes() for path in (data / place).iterdir()} == made
    programs = {path.name for path in (data / "analysis" / "adam" / "programs").iterdir()}
    assert {"adam-adsl-yml.txt", "sdtm-ex-yml.txt", "raw-dose-yml.txt", "study-yml.txt"} <= programs


def test_every_file_has_its_checksum_and_a_dataset_its_size_in_a_manifest_outside_of_module_5(home, run):
    run("draft", "mini")
    package = home.outputs / "packages" / f"draft-{home.latest.name}"
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


def test_names_of_a_package_are_lower_case_and_short(home, run):
    run("draft", "mini")
    packages = home.outputs / "packages"
    names = [path.relative_to(packages).as_posix() for path in packages.rglob("*") if path.is_file()]
    inside = [name.split("/", 1)[1] for name in names]
    assert [name for name in inside if name != name.lower() or not name.isascii() or len(name) > 150] == []


def test_a_second_draft_takes_the_place_of_the_first_and_both_are_in_the_audit_trail(home, run):
    for _ in range(2):
        run("draft", "mini", "--who", "Jane Doe")
    packages = list((home.outputs / "packages").iterdir())
    assert [path.name for path in packages] == [f"draft-{home.latest.name}"]
    lines = [line for line in home.audit() if line["event"] == "package"]
    assert [(line["who"], line["why"], line["outputs"]["package"]) for line in lines] == [
        ("Jane Doe", "draft package", packages[0].name)
    ] * 2
    assert lines[0]["outputs"]["manifest"] == sha256((packages[0] / "manifest.json").read_bytes()).hexdigest()
    assert run("verify").code == 0


@pytest.mark.parametrize(
    ("purpose", "who", "said"),
    [
        ("official", "Jane Doe", "mini: no package of purpose 'official'; there is draft"),
        ("draft", " ", "mini: a package needs the name of who asks for it"),
    ],
)
def test_what_is_no_draft_or_has_no_name_is_refused(seen, purpose, who, said):
    with pytest.raises(InputError) as refused:
        draft_package(home_of(), "mini", "latest", purpose, who)
    assert str(refused.value) == said


def test_a_damaged_run_is_never_packed(home, run):
    path = home.latest / "xpt" / "sdtm" / "dm.xpt"
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"MINI01", b"MINI02"))
    with pytest.raises(RunError) as refused:
        draft_package(home_of(), "mini", "latest", "draft", "Jane Doe")
    said = f"{home.latest.name}/xpt/sdtm/dm.xpt: the file is not the one the run was finished with"
    assert str(refused.value) == said
    assert not (home.outputs / "packages").exists()
