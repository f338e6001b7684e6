"""A page of the documentation played as a user would: files written, commands run, what they print compared.

* ```` ```yaml NAME.yaml ```` and ```` ```json NAME.json ```` are files. `127.0.0.1:8500`, `:8520` and `:8540`
  are the clusters, here and in commands.
* ```` ```console ```` has commands after `$ ` and what each prints; `…` stands for anything. `curl` is played
  by this module: `curl -X METHOD [-d @FILE] URL`.

`python -m tests.docs.pages PAGE` plays a page on the sandbox and writes what was printed into it, but for
the parts that have a `…`.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.clusters import sandbox
from tests.support.command.lab import WARM

ANYTHING = "…"
CLUSTERS = ("dc1", "dc2", "dc3")
SHOWN = tuple(f"http://127.0.0.1:{port}" for port in (8500, 8520, 8540))
FENCE = re.compile(r"^```(\w*) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PASSING = (  # what differs from run to run, and what stands for it
    (re.compile(r"^(?:Read \d|Fingerprint: ).*\n", re.MULTILINE), ""),
    (re.compile(r"\b[\d.]+ ?s\b"), "0.0 s"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\d+ requests, state serial \d+"), "N requests, state serial N"),
    (re.compile(r"^\s*\n", re.MULTILINE), ""),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, what follows on that line, and its text."""

    language: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a page and what the page says that it prints."""

    line: str
    printed: str


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    return (Block(*found.groups()) for found in FENCE.finditer(page))


def commands(text: str) -> list[Command]:
    """The commands of a console block."""
    parts = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
    return [Command(line, printed) for line, printed in zip(parts[::2], parts[1::2], strict=True)]


def comparable(text: str) -> str:
    """What a command printed, without what differs from run to run."""
    for pattern, instead in PASSING:
        text = pattern.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.splitlines())


def matches(expected: str, printed: str) -> bool:
    """Whether a command printed what the page says."""
    parts = (re.escape(part) for part in comparable(expected).strip("\n").split(ANYTHING))
    return re.fullmatch(".*".join(parts), comparable(printed).strip("\n"), re.DOTALL) is not None


class Reader:
    """Follows a page in a folder, with the addresses of the clusters, by their names."""

    def __init__(self, folder: Path, addresses: Mapping[str, str]) -> None:
        self.folder = folder
        self._addresses = [addresses[name] for name in CLUSTERS if name in addresses]

    def follows(self, page: str) -> Iterator[tuple[Command, str]]:
        """Each command of the page and what it printed here."""
        for block in blocks(page):
            if block.language in ("yaml", "json") and block.name:
                (self.folder / block.name).write_text(self._here(block.text))
            elif block.language == "console":
                yield from ((command, self.run(command.line)) for command in commands(block.text))

    def run(self, line: str) -> str:
        """What a command prints on both streams."""
        name, *arguments = shlex.split(self._here(line))
        assert name in ("reconciler", "curl"), line
        if name == "curl":
            return self._curl(arguments)
        return self.shown(WARM.run(arguments, self.folder, _environment(), together=True)[1])

    def shown(self, printed: str) -> str:
        """What was printed, with the addresses of the page."""
        for address, shown in zip(self._addresses, SHOWN, strict=False):
            printed = printed.replace(address, shown)
        return printed

    def _here(self, text: str) -> str:
        """A text of the page with the addresses of these clusters."""
        for address, shown in zip(self._addresses, SHOWN, strict=False):
            text = text.replace(shown, address)
        return text

    def _curl(self, arguments: list[str]) -> str:
        """What a server answers."""
        given = argparse.ArgumentParser(prog="curl")
        given.add_argument("-X", dest="method", default="GET")
        given.add_argument("-d", dest="data", default="")
        given.add_argument("url")
        one = given.parse_args(arguments)
        body = (self.folder / one.data.removeprefix("@")).read_bytes() if one.data else None
        with urllib.request.urlopen(urllib.request.Request(one.url, body, method=one.method)) as reply:
            return str(reply.read().decode())


def _environment() -> Mapping[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("RECONCILER_", "CONSUL_"))}
    return {k: v for k, v in kept.items() if k not in ("CI", "FORCE_COLOR")}


def main() -> None:
    """Write what a page's commands print into it."""
    path = Path(sys.argv[1])
    page = path.read_text()
    with tempfile.TemporaryDirectory() as name, sandbox(Path(name), ",".join(CLUSTERS)) as addresses:
        folder = Path(name, "run")
        folder.mkdir()
        at = 0
        for command, printed in Reader(folder, addresses).follows(page):
            old = f"$ {command.line}\n{command.printed}"
            new = old if ANYTHING in old else f"$ {command.line}\n{_told(printed)}"
            at = page.index(old, at)
            page = page[:at] + new + page[at + len(old) :]
            at += len(new)
    path.write_text(page)


def _told(printed: str) -> str:
    lines = [line.rstrip() for line in printed.splitlines() if not re.match(r"Read \d|Fingerprint: ", line)]
    text = "\n".join(lines).strip("\n")
    return f"{text}\n" if text else ""


if __name__ == "__main__":
    main()
