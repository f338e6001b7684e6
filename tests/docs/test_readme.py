"""What the README shows is what a newcomer gets."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.clusters import sandbox
from tests.docs.checked import ROOT, blocks, prose
from tests.docs.pages import Reader, commands, matches
from tests.docs.test_documents import PROGRAM

README = ROOT / "README.md"


def test_the_first_configuration_gives_the_plan_beside_it(tmp_path: Path) -> None:
    found = list(blocks(README))
    shown = next(block for block in found if block.language == "yaml" and "clusters:" in block.text)
    page = next(block for block in found if block.text.startswith("$ reconciler plan"))
    folder = tmp_path / "run"
    folder.mkdir()
    with sandbox(tmp_path, "dc1,dc2") as addresses:
        text = shown.text.replace("http://127.0.0.1:8500", addresses["dc1"])
        (folder / "main.yaml").write_text(text.replace("http://127.0.0.1:8520", addresses["dc2"]))
        for command in commands(page.text):
            printed = Reader(folder, addresses).run(command.line)
            assert matches(command.printed, printed), printed


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z-]+)\b", README.read_text(), re.MULTILINE)
    assert {"demo", "test"} <= set(named) <= targets


def test_every_command_is_in_the_table() -> None:
    rows = re.findall(r"^\| (`[^|]*?(?:\\\|[^|]*?)*) \|", prose(README), re.MULTILINE)
    named = set(re.findall(r"[a-z-]+", " ".join(re.findall(r"`([^`]+)`", " ".join(rows)))))
    assert {name for name in PROGRAM.commands if name not in ("help", "version")} <= named
