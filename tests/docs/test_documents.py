"""Every document: its YAML is valid, its links lead somewhere, its commands and options exist."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.cli.program import make_command
from reconciler.config.load import load
from tests.docs.checked import ROOT, Block, anchors, blocks, command_lines, links, pages, prose
from tests.support import yaml_files
from tests.support.tables import each

PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages()]
TOGETHER = "sections.md"  # its blocks are one configuration: see test_sections
RULES = "rules"  # its blocks are cases of tests/cases/rules, of which one half has problems
YAML = [
    block
    for page in pages()
    if page.name != TOGETHER and page.parent.name != RULES
    for block in blocks(page)
    if block.language == "yaml"
]
JSON = [block for page in pages() for block in blocks(page) if block.language == "json"]
PROGRAM: Any = make_command()
NOT_OURS = ("env", "repos", "steps")  # jobs of CI systems, hooks of pre-commit
OTHER_PROGRAMS = {"--on", "--sizes", "--workers"}  # of benchmarks
CLUSTERS = {f"dc{number}": {"address": f"http://10.0.0.{number}:8500"} for number in (1, 2, 3)}
OPERATOR = frozenset({"state", "parallelism", "take_down", "credentials", "limits", "lint"})


def is_operators(value: Any) -> bool:
    """Say whether this is of `reconciler.yaml` and not of a configuration."""
    return isinstance(value, dict) and bool(value.keys() & OPERATOR)


@each("block", YAML, ids=lambda block: str(block.place))
def test_yaml_of_the_documents_is_valid(block: Block, tmp_path: Path) -> None:
    value = yaml_files.read(block.text)
    if isinstance(value, dict) and value.keys() <= set(NOT_OURS):
        return
    if is_operators(value):
        (tmp_path / "reconciler.yaml").write_text(block.text)
        value = {}
    problems = [found for found in checked(value, block, tmp_path) if found.severity == "error"]
    assert [f"{found.code}: {found.message}" for found in problems] == []


def checked(value: Any, block: Block, folder: Path) -> Any:
    """What is found when a reader puts an example into a configuration with dc1, dc2 and dc3."""
    fragment = isinstance(value, list)
    text = f"intentions: {{dc1: {{api: [{{from: web@dc2, permissions: {json.dumps(value)}}}]}}}}\n"
    (folder / "example.yaml").write_text(text if fragment else block.text if value else "{}\n")
    given = {} if fragment else value
    rest: dict[str, Any] = {} if "clusters" in given else {"clusters": CLUSTERS}
    if "peerings" not in given and "clusters" not in given:
        rest["peerings"] = [{"mesh": ["dc1", "dc2", "dc3"]}]
    (folder / "rest.yaml").write_text(yaml.safe_dump(rest))
    names = {name: f"{name}-value" for name in re.findall(r"\$\{var\.(\w+)\}", block.text)}
    return load(folder, variables=names).diagnostics


@pytest.mark.parametrize("block", JSON, ids=lambda block: str(block.place))
def test_json_of_the_documents_is_valid(block: Block) -> None:
    json.loads(block.text)


@each("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for place, link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(f"{place}: {link}")
    assert dead == []


@each("page", PAGES)
def test_commands_exist_with_their_options(page: Path) -> None:
    wrong = [
        f"{place}: {' '.join(words)}: {why}"
        for place, words in command_lines(page)
        if (why := unknown(words))
    ]
    assert wrong == []


def unknown(words: list[str]) -> str:
    """What of a command line the program does not know, or nothing."""
    command, path, known = PROGRAM, [], options(PROGRAM)
    for before, word in pairwise(["", *words]):
        if before in ("-C", "--chdir"):
            continue  # a directory
        name = "--" + word.lstrip("-").partition("=")[0] if len(word) > 2 and word[0] == "-" else word
        if word.startswith("-") and not re.fullmatch(r"-v+|-|-\d+", word):
            if name not in known and word not in known:
                return f"{' '.join(path)} has no option {word}"
        elif hasattr(command, "commands") and not word.startswith("-"):
            if word == "help":
                return ""
            if any(name not in command.commands for name in word.split("|")) and not word.isupper():
                return f"no command {word}"
            command = command.commands.get(word.split("|")[0], command)
            path.append(word)
            known |= options(command)
    return ""


def options(command: Any) -> set[str]:
    """All spellings of a command's options."""
    spelt = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    return spelt | {"--help", "-h"}


@each("page", PAGES)
def test_options_named_in_prose_are_options_of_some_command(page: Path) -> None:
    every = options(PROGRAM).union(*(options(command) for command in leaves(PROGRAM)))
    named = re.findall(r"`(--[a-z][a-z-]+)", prose(page))
    assert set(named) - every - OTHER_PROGRAMS == set()


def leaves(command: Any) -> list[Any]:
    """Every command below this one."""
    below = list(getattr(command, "commands", {}).values())
    return below + [leaf for one in below for leaf in leaves(one)]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("plan --no-such", "plan has no option --no-such"),
        ("plam", "no command plam"),
        ("state list --state=s", ""),
        ("plan -out=p", ""),
        ("state fly a b", "no command fly"),
    ],
)
def test_what_does_not_exist_is_noticed(line: str, why: str) -> None:
    assert unknown(line.split()) == why
