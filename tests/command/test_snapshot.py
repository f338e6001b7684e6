"""`reconciler snapshot` as a process: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.command.test_output import in_mesh
from tests.support.access.alike import live_and_taken
from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox


def test_it_says_what_it_read_and_what_it_wrote(lab: CommandLab) -> None:
    in_mesh(lab.urls["dc1"])
    lab.arrange()

    said = lab.run("snapshot", "-out", "estate.json").expect(0)

    first, second = said.out.splitlines()
    assert first.startswith("Read 3 clusters in ")
    assert first.endswith(" requests): dc1 1.20.0 · dc2 1.20.0 · dc3 1.20.0")
    assert second == "Wrote estate.json: 1 service, 4 config entries, 3 peerings."
    assert said.err == ""
    world = json.loads((lab.folder / "estate.json").read_text())
    assert set(world) == {"format", "taken_at", "clusters", "peerings"}


def test_the_file_answers_where_there_is_neither_a_configuration_nor_a_cluster(
    lab: CommandLab, tmp_path: Path
) -> None:
    in_mesh(lab.urls["dc1"])
    lab.arrange()
    lab.run("snapshot", "--out", "estate.json").expect(0)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(lab.folder / "estate.json", elsewhere)

    asked = lab.run("-C", str(elsewhere), "access", "--snapshot", str(elsewhere / "estate.json"), "--json")

    pairs = {f"{one['from']} -> {one['to']}": one for one in asked.expect(0).value()["access"]}
    denied = pairs["batch@dc3 -> api@dc1"]
    assert denied["decision"] == "unreachable"  # its sidecar's check is critical
    places = [one["at"] for one in denied["because"] if one["step"] == "export"]
    assert places == ["dc1 exported-services/default Services[0].Consumers[1]"]


@pytest.mark.long
def test_a_cluster_that_does_not_answer_is_named_and_the_file_is_written(
    lab: CommandLab, clusters: Sandbox
) -> None:
    lab.arrange()
    clusters.fault("dc2", "refused", times=None)

    said = lab.run("snapshot", "--out", "estate.json").expect(1, "Read 2 clusters", "Not known: dc2: ")

    assert "Not known" in said.err
    world = json.loads((lab.folder / "estate.json").read_text())
    assert world["clusters"]["dc2"]["unknown"]["cluster"]


def test_without_a_file_it_says_what_is_missing(lab: CommandLab) -> None:
    lab.run("snapshot").expect(1, "Missing option '--out'")


@pytest.mark.long
def test_every_command_says_of_the_file_what_it_says_of_the_clusters(lab: CommandLab) -> None:
    in_mesh(lab.urls["dc1"])
    lab.arrange()
    for words, (live, taken) in live_and_taken(lab).items():
        assert taken == live, words


@pytest.mark.long
def test_so_they_do_where_a_cluster_does_not_answer(lab: CommandLab, clusters: Sandbox) -> None:
    in_mesh(lab.urls["dc1"])
    lab.arrange()
    clusters.fault("dc2", "refused", times=None)
    for words, (live, taken) in live_and_taken(lab).items():
        assert taken == live, words
