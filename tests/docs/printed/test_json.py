"""docs/json.md explains every key that a command prints with --json, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.checked import ROOT
from tests.docs.printed.values import keys, paths
from tests.support.command.lab import CommandLab

PAGE = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")


def explained() -> Iterator[tuple[str, str]]:
    """Yield each key in the tables of the page, with the heading above it."""
    section = ""
    for line in PAGE.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("| `"):
            for key in re.findall(r"`([^`]+)`", line.split(" | ")[0]):
                yield section, key


def test_every_key_that_is_printed_is_explained() -> None:
    assert sorted(keys() - set(explained())) == []


def test_every_key_that_is_explained_is_printed() -> None:
    assert sorted(set(explained()) - keys()) == []


@pytest.mark.parametrize(
    ("section", "arguments"),
    [
        ("plan", ["plan"]),
        ("plan", ["drift"]),
        ("validate", ["validate"]),
        ("output", ["output"]),
        ("state show", ["show"]),
        ("plan", ["state", "show", "peering.dc1/dc2"]),  # it is not there: an error
        ("apply", ["apply", "--auto-approve"]),
    ],
)
def test_the_commands_print_these_documents(section: str, arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_text(
        "clusters: {dc1: {address: 'http://127.0.0.1:1'}, dc2: {address: 'http://127.0.0.1:2'}}\n"
        "peerings: [{between: [dc1, dc2]}]\n"
    )
    values = CommandLab(tmp_path).run(*arguments, "--json").lines()
    assert values
    found = {key for value in values for key in paths(section, value)}
    assert sorted(found - set(explained())) == []
