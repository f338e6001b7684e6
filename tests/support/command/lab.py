"""A lab that runs the command: a folder with a configuration, an environment, and how a run ended."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler import app
from reconciler.model.plan import Mode, Selection
from tests.support.command.warm import Started, Warm
from tests.support.patience import LIMIT

COMMAND = (sys.executable, "-m", "reconciler")
WARM = Warm()

CONFIGURATION = """
peerings:
  - mesh: [dc1, dc2, dc3]
exports:
  dc1: {api: [dc2, dc3]}
intentions:
  dc1:
    api:
      - {from: web@dc2, action: allow}
      - {from: batch@dc3, action: deny}
failover:
  dc2: {api: [api@dc1]}
config_entries:
  dc1:
    - {Kind: service-defaults, Name: api, Protocol: http}
"""
RESOURCES = 7  # what the configuration above comes to


@dataclass
class Ended:
    """How a run ended: exit code, both streams."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams."""
        return self.out + self.err

    def value(self) -> Any:
        """stdout as one JSON value."""
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        """stdout as one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def expect(self, code: int, *words: str) -> Ended:
        """Assert the exit code, that these words are shown, and what holds for every run."""
        shown = f"{self.argv} ended {self.code}\n{self.out}\n{self.err}"
        assert self.code == code, shown
        for word in words:
            assert word in self.text, f"{word!r} is not in: {shown}"
        assert "Traceback" not in self.text, shown
        assert "internal error" not in self.text, shown
        return self


@dataclass
class CommandLab:
    """A folder to work in. `urls` are the clusters' addresses, by name."""

    folder: Path
    urls: Mapping[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, text: str | bytes, name: str = "main.yaml") -> Path:
        """Put a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def declare(self, body: str = CONFIGURATION, **urls: str) -> Path:
        """Write a configuration with a `clusters` section; `urls` replace or add addresses."""
        addresses = {**self.urls, **urls}
        clusters = "".join(f'  {name}: {{address: "{url}"}}\n' for name, url in addresses.items())
        return self.write(f"clusters:\n{clusters}{body}")

    def environment(self) -> dict[str, str]:
        """What the process sees: nothing of whoever runs the tests that could change its ways."""
        ours = ("RECONCILER_", "CONSUL_", "NO_COLOR", "FORCE_COLOR", "TERM", "CI", "GITHUB_")
        return {k: v for k, v in os.environ.items() if not k.startswith(ours)} | self.environ

    def start(self, *argv: str, **more: Any) -> subprocess.Popen[str]:
        """Start the command in the folder."""
        given: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": -1,
            "stderr": -1,
            "text": True,
            **more,
        }
        return subprocess.Popen([*COMMAND, *argv], cwd=self.folder, env=self.environment(), **given)

    def run(self, *argv: str, **more: Any) -> Ended:
        """Run the command to its end; where its streams do not matter, in a process that is warm already."""
        if more:
            return self.end(self.start(*argv, **more), *argv)
        return Ended(argv, *WARM.run(argv, self.folder, self.environment()))

    def start_warm(self, *argv: str) -> Started:
        """Start the command in a process that is warm already, where its start and streams do not matter."""
        return WARM.start(argv, self.folder, self.environment())

    def end(self, process: subprocess.Popen[str] | Started, *argv: str) -> Ended:
        """Wait for a process."""
        try:
            out, err = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"{argv} hangs:\n{out}\n{err}") from None
        assert process.returncode is not None
        return Ended(argv, process.returncode, out or "", err or "")

    def until_printed(self, process: subprocess.Popen[str], words: str) -> str:
        """Read what a process prints to stdout, up to and with the line that has these words."""
        assert process.stdout is not None
        seen = ""
        for line in process.stdout:
            seen += line
            if words in line:
                return seen
        raise AssertionError(f"ended without {words!r}:\n{seen}")

    def apply(self, *argv: str) -> Ended:
        """Apply with approval, as a process; must succeed."""
        return self.run("apply", "--auto-approve", *argv).expect(0)

    def arrange(self) -> None:
        """Apply in this process, which is faster: for what a test starts from, not for what it is about."""
        self.arrange_with()

    def arrange_with(self, **variables: str) -> None:
        """The same, with values for variables."""
        options = app.Options(root=self.folder, variables=variables, environ=self.environment())
        applied = asyncio.run(
            app.apply(
                options,
                Mode.NORMAL,
                Selection(),
                approve=lambda planned: True,
                observe=lambda event: None,
                stop=app.Stop(),
            )
        )
        assert applied.outcome is not None
        assert (applied.outcome.failed, applied.outcome.skipped) == ((), ())

    @property
    def state(self) -> Path:
        """The state's snapshot."""
        return self.folder / "state" / "state.json"

    def files(self) -> dict[str, bytes]:
        """Every file of the state directory."""
        found = sorted((self.folder / "state").rglob("*"))
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found if path.is_file()}

    def recorded(self) -> set[str]:
        """The addresses in the snapshot."""
        return set(json.loads(self.state.read_bytes())["resources"])
