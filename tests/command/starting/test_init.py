"""`reconciler init`: a repository that is valid as it is written, and nothing that is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from reconciler.app.starting.starting import _write
from reconciler.model.failure import Failure
from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox
from tests.support.command.terminal import Terminal

FILES = {"main.yaml", "reconciler.yaml", ".gitignore", "README.md"}
TWO = "dc1=http://127.0.0.1:1,dc2=http://127.0.0.1:2"


def written(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def listed(lab: CommandLab, *names: str) -> str:
    return ",".join(f"{name}={lab.urls[name]}" for name in names)


def test_what_is_written_is_valid_and_says_what_is_next(bare: CommandLab) -> None:
    bare.run("-C", "mesh", "init", "--clusters", TWO).expect(
        0, "Wrote mesh/main.yaml", "Next: reconciler -C mesh plan"
    )
    assert written(bare.folder / "mesh") == FILES
    bare.run("-C", "mesh", "validate", "--fail-on", "warning").expect(0, "1 resource on 2 clusters")


@pytest.mark.parametrize(
    "names", ["a=http://127.0.0.1:1", "yes=http://127.0.0.1:1,no=http://127.0.0.1:2", "n-1=http://[::1]:1"]
)
def test_any_name_and_address_is_written_as_it_is(bare: CommandLab, names: str) -> None:
    bare.run("-C", "mesh", "init", "--clusters", names).expect(0)
    bare.run("-C", "mesh", "validate").expect(0)
    document = yaml.safe_load((bare.folder / "mesh" / "main.yaml").read_text())  # for whom `yes` is no text
    given = dict(part.split("=") for part in names.split(","))
    assert {name: one["address"] for name, one in document["clusters"].items()} == given


@pytest.mark.parametrize("taken", [*sorted(FILES), "other.yml", ".github/workflows/reconciler.yml"])
def test_nothing_is_overwritten(bare: CommandLab, taken: str) -> None:
    bare.write("mine", f"mesh/{taken}")
    before = written(bare.folder)
    bare.run("-C", "mesh", "init", "--clusters", TWO, "--ci", "github").expect(
        1, "1 file is in the way", taken, "nothing was written"
    )
    assert written(bare.folder) == before
    assert (bare.folder / "mesh" / taken).read_text() == "mine"


def test_a_second_time_lists_everything(bare: CommandLab) -> None:
    bare.run("init", "--clusters", TWO).expect(0)
    bare.run("init", "--clusters", TWO).expect(1, "4 files are in the way", *FILES)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--clusters", "dc1"), "'dc1' is not NAME=ADDRESS"),
        (("--clusters", ","), "there is no cluster"),
        (("--clusters", "a=http://x,a=http://y"), "the cluster a is there twice"),
        (("--clusters", "dc1=ftp://x"), "the address must be an http:// or https:// URL"),
        (("--clusters", "dc1=http://u:p@x"), "the address must not contain credentials"),
        (("--clusters", TWO, "--name", "not a name"), "'not a name' cannot be the name of a configuration"),
        (("--clusters", TWO, "--backend", "floppy"), "floppy"),
        (("--clusters", TWO, "--backend", "s3"), "bucket"),
        (("--clusters", TWO, "--backend", "consul,path"), "'path' is not KEY=VALUE"),
        ((), "--clusters is missing, and stdin is no terminal to ask on"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    bare: CommandLab, arguments: tuple[str, ...], why: str
) -> None:
    before = written(bare.folder)
    bare.run("-C", "mesh", "init", *arguments).expect(1, why)
    assert written(bare.folder) == before
    assert not (bare.folder / "mesh").exists()


@pytest.mark.parametrize(
    ("backend", "line"),
    [
        ("consul", 'state: {backend: consul, address: "http://127.0.0.1:1", path: "reconciler/mesh"}'),
        ("postgres", "state: {backend: postgres, schema: reconciler, name: mesh}"),
        (
            "s3,bucket=states,region=eu-west-1",
            "state: {backend: s3, prefix: mesh, bucket: states, region: eu-west-1}",
        ),
        (
            "http,address=https://states.example.com/a",
            'state: {backend: http, address: "https://states.example.com/a"}',
        ),
    ],
)
def test_the_state_is_where_it_is_asked_for(bare: CommandLab, backend: str, line: str) -> None:
    bare.run("-C", "mesh", "init", "--clusters", TWO, "--backend", backend).expect(0)
    assert line in (bare.folder / "mesh" / "reconciler.yaml").read_text()
    bare.run("-C", "mesh", "validate").expect(0)


def test_a_probe_finds_versions_and_peerings_and_the_first_plan_changes_nothing(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.declare("peerings: [{between: [dc2, dc1], names: {dc1: us, dc2: eu}}]\n")
    lab.run("apply", "--auto-approve").expect(0)
    clusters.clear()
    lab.run("-C", "mesh", "init", "--clusters", listed(lab, "dc1", "dc2", "dc3"), "--probe").expect(0)
    text = (lab.folder / "mesh" / "main.yaml").read_text()
    assert "  - between: [dc2, dc1]\n    names: {dc2: eu, dc1: us}\n" in text
    assert text.count("version: ") == 3
    assert clusters.writes == []
    lab.run("-C", "mesh", "validate").expect(0)
    lab.run("-C", "mesh", "plan").expect(0, "Plan: 0 to add, 0 to change, 0 to destroy.", "1 to adopt")


def test_a_probe_of_a_cluster_that_is_down_writes_nothing(lab: CommandLab) -> None:
    clusters = f"{listed(lab, 'dc1')},gone=http://127.0.0.1:1"
    lab.run("-C", "mesh", "init", "--clusters", clusters, "--probe").expect(
        1, "1 of the clusters cannot be read", "gone", "nothing was written"
    )
    assert not (lab.folder / "mesh").exists()


def test_what_is_not_given_is_asked_for_on_a_terminal(bare: CommandLab) -> None:
    with Terminal(bare, "-C", "mesh", "init") as terminal:
        terminal.wait_for(b"Clusters (NAME=ADDRESS,...): ")
        terminal.type(TWO.encode() + b"\n")
        terminal.wait_for(b"CI files (github, gitlab, none) [none]: ")
        terminal.type(b"gitlab\n")
        terminal.wait_for(b"Where the state is kept (local, consul, postgres, ...) [local]: ")
        terminal.type(b"\n")
        assert terminal.end() == 0
    assert written(bare.folder / "mesh") == FILES | {".gitlab-ci.yml"}


def test_a_folder_that_cannot_be_written_is_one_sentence(bare: CommandLab) -> None:
    bare.write("a file", "mesh")
    bare.run("-C", "mesh", "init", "--clusters", TWO).expect(1, "cannot write there")
    if os.geteuid() != 0:
        (bare.folder / "closed").mkdir(mode=0o500)
        bare.run("-C", "closed", "init", "--clusters", TWO).expect(1, "cannot write there")


def test_where_one_file_cannot_be_written_none_of_them_stays(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"cannot write there: .*/a"):
        _write(tmp_path, {"a": "one", "a/b": "two"})
    assert written(tmp_path) == set()


def test_where_there_is_a_configuration_nothing_is_asked_for(bare: CommandLab) -> None:
    bare.declare()
    with Terminal(bare, "init") as terminal:
        terminal.wait_for(b"there is nothing to initialize: reconciler validate, then reconciler plan")
        assert terminal.end() == 1
