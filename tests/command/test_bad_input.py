"""Bad input: a clear error that names the place, the right exit code, no traceback, nothing lost."""

from __future__ import annotations

import os
import re

import pytest

from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox

CLUSTERS = "clusters:\n  dc1: {address: 'http://127.0.0.1:1'}\n  dc2: {address: 'http://127.0.0.1:2'}\n"
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

# What is in the file, where the problem is said to be, and a word of what is said.
FILES: dict[str, tuple[str | bytes, str, str]] = {
    "an empty file": ("", "main.yaml", "nothing is declared"),
    "nothing but comments": ("# later\n---\n", "main.yaml", "nothing is declared"),
    "a binary file": (b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe" * 50, "main.yaml", "UTF-8"),
    "a NUL": (b"clusters:\n  dc1: {address: \x00}\n", "main.yaml:2:18", "U+0000"),
    "invalid UTF-8": (b"clusters:\n  dc1: {address: '\xff'}\n", "main.yaml:2", "UTF-8"),
    "UTF-16": ("clusters: {}".encode("utf-16"), "main.yaml", "UTF-8"),
    "an alias bomb": (BOMB, "main.yaml:1:4", "anchor"),
    "a merge key": ("clusters:\n  dc1: {<<: {address: x}}\n", "main.yaml:2:9", "merge key"),
    "a tag": ("clusters: !!python/object/apply:os.system ['id']\n", "main.yaml:1:11", "tag"),
    "a million levels": ("[" * 1_000_000, "main.yaml:1:65", "nested deeper"),
    "a million levels of mappings": ("{a: " * 1_000_000, "main.yaml:1:257", "nested deeper"),
    "a million levels of blocks": ("- " * 1_000_000, "main.yaml:1:129", "nested deeper"),
    "a duplicate key": (CLUSTERS + "groups:\n  a: [dc1]\n  a: [dc2]\n", "main.yaml:6:3", "already"),
    "a tab": ("clusters:\n\tdc1: {}\n", "main.yaml:2:1", "indent with spaces"),
    "an unclosed bracket": ("clusters: {dc1: [\n", "main.yaml:2:1", "not YAML"),
    "two documents": (CLUSTERS + "---\npeerings: []\n", "main.yaml:4:1", "second YAML document"),
    "a list": ("- a\n- b\n", "main.yaml:1:1", "mapping"),
    "a scalar": ("hello\n", "main.yaml:1:1", "mapping"),
    "an unknown section": (CLUSTERS + "peering: []\n", "main.yaml:4:1", 'did you mean "peerings"'),
    "a version of another format": (CLUSTERS + "version: 2\n", "main.yaml:4:1", "version"),
    "an unknown cluster": (CLUSTERS + "peerings:\n  - between: [dc1, dcx]\n", "main.yaml:5:20", "dcx"),
    "an unknown variable": ("clusters:\n  dc1: {address: '${var.gone}'}\n", "main.yaml:2:18", "gone"),
    "an unknown provider": (
        "clusters:\n  dc1: {address: 'http://127.0.0.1:1', provider: nomad}\n"
        "config_entries:\n  dc1: [{Kind: service-defaults, Name: api}]\n",
        "nomad",
        "provider",
    ),
    "a number as an address": ("clusters:\n  dc1: {address: 8500}\n", "main.yaml:2:18", "address"),
    "an address of no web": ("clusters:\n  dc1: {address: 'file:///etc'}\n", "main.yaml:2:18", "http"),
    "escape sequences": ("clusters:\n  \"\\e[31mdc1\": {}\n", "main.yaml:2:3", "U+001B"),
    "raw escape sequences": (b"# \x1b]0;owned\x07\nclusters: {}\n", "main.yaml:1:3", "U+001B"),
    "a very long name": (f"clusters:\n  {'x' * 100_000}: {{}}\n", "main.yaml:2:", "not YAML"),
    "a number past all bounds": (f"clusters:\n  dc1: {'9' * 5000}\n", "main.yaml:2:8", "number"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_named_with_the_place(bare: CommandLab, case: str) -> None:
    content, place, word = FILES[case]
    bare.write(content)
    ended = bare.run("plan").expect(1, place, word)
    assert "\x1b" not in ended.text
    assert len(ended.text) < 20_000, "the answer to bad input is short"
    assert not (bare.folder / "state").exists(), "a plan makes nothing"


def test_a_bad_configuration_leaves_the_state_as_it_is(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    before, writes = lab.files(), len(clusters.writes)
    for command, text in (("apply", ""), ("destroy", "[" * 1000), ("apply", b"\xff\xfe\x00")):
        lab.write(text)
        lab.run(command, "--auto-approve").expect(1, "main.yaml")
    assert lab.files() == before
    assert len(clusters.writes) == writes


def test_an_emptied_configuration_removes_nothing(lab: CommandLab, clusters: Sandbox) -> None:
    lab.arrange()
    before, writes = lab.files(), len(clusters.writes)
    lab.declare("")
    lab.run("apply", "--auto-approve").expect(4, "declares no resource", "reconciler destroy")
    (lab.folder / "main.yaml").unlink()
    lab.run("apply", "--auto-approve").expect(1, "no YAML files here")
    assert lab.files() == before
    assert len(clusters.writes) == writes


# Arguments, the exit code, and a word of what is said. None of them reaches a cluster.
ARGUMENTS: dict[str, tuple[tuple[str, ...], str]] = {
    "no such command": (("plann",), "No such command 'plann'"),
    "no such option": (("plan", "--colour"), "--colour"),
    "no such command below state": (("state", "mv"), "mv"),
    "an option without its value": (("plan", "-out"), "argument"),
    "parallelism of nothing": (("plan", "--parallelism", "0"), "parallelism"),
    "parallelism in words": (("plan", "--parallelism", "many"), "parallelism"),
    "a lock timeout in words": (("plan", "--lock-timeout", "soon"), "soon"),
    "no such directory": (("-C", "nowhere", "plan"), "nowhere"),
    "a file for a directory": (("-C", "main.yaml", "plan"), "main.yaml"),
    "no such file": (("plan", "-f", "nowhere.yaml"), "nowhere.yaml"),
    "no such variables": (("plan", "-var-file", "nowhere.json"), "nowhere.json"),
    "a variable without a value": (("plan", "-var", "dc1"), "-var name=value"),
    "two modes": (("plan", "-destroy", "-refresh-only"), "exclude each other"),
    "a narrowed saved plan": (("apply", "p.json", "--target", "x"), "cannot be narrowed"),
    "no plan of this name": (("apply", "nowhere.json"), "nowhere.json"),
    "a directory for a plan": (("apply", "."), "a directory"),
    "no plan to show": (("show", "nowhere.json"), "nowhere.json"),
    "nothing recorded to show": (("state", "show", "peering.dc1/dc2"), "peering.dc1/dc2"),
    "nothing recorded to remove": (("state", "rm", "peering.dc1/dc2"), "peering.dc1/dc2"),
    "a version that is none": (("sandbox", "--version", "9.9"), "9.9"),
    "a version of no number": (("sandbox", "--version", "new"), "new"),
    "a version for nobody": (("sandbox", "--version", "dc9=1.20"), "dc9"),
    "a cluster twice": (("sandbox", "--clusters", "a,a"), "twice"),
    "no cluster": (("sandbox", "--clusters", ","), "needs a cluster"),
    "a port past all ports": (("sandbox", "--port", "70000"), "65535"),
}  # fmt: skip


@pytest.mark.parametrize("case", ARGUMENTS)
def test_a_bad_argument_is_an_error_and_not_a_change(bare: CommandLab, case: str) -> None:
    argv, word = ARGUMENTS[case]
    bare.write(CLUSTERS + "peerings: [{between: [dc1, dc2]}]\n")
    bare.run(*argv).expect(1, word)  # 2 would mean changes


def test_a_bad_operator_file_is_named(bare: CommandLab) -> None:
    bare.write(CLUSTERS)
    bare.write("parallelism: lots\ncredential: {}\n", "reconciler.yaml")
    bare.run("plan").expect(1, "reconciler.yaml:1:14", "reconciler.yaml:2:1", 'did you mean "credentials"')
    bare.run("state", "list").expect(1, "reconciler.yaml:1:14")


def test_a_file_that_may_not_be_a_file(bare: CommandLab) -> None:
    os.mkfifo(bare.folder / "main.yaml")
    bare.run("plan").expect(1, "main.yaml", "it is a named pipe")
    (bare.folder / "main.yaml").unlink()
    (bare.folder / "main.yaml").symlink_to("main.yaml")
    bare.run("plan").expect(1, "main.yaml", "symbolic links")


def test_every_problem_is_reported_at_once(bare: CommandLab) -> None:
    bare.write(
        "clusters:\n  dc1: {adress: 'http://127.0.0.1:1'}\npeerings:\n  - between: [dc1, dc9]\n", "a.yaml"
    )
    bare.write("intentions: {dc1: {api: [{from: web@dc8}]}}\nunknown: 1\n", "b.yaml")
    ended = bare.run("validate").expect(1)
    places = set(re.findall(r"^([ab]\.yaml:\d+:\d+): error", ended.out, re.MULTILINE))
    assert {"a.yaml:2:9", "a.yaml:4:20", "b.yaml:2:1"} <= places, ended.out
