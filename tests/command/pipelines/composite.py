"""A runner of composite actions: as much of GitHub's as action.yml needs. `uses` steps are kept, not run."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


@dataclass
class Ran:
    """How an action ended: whether each step succeeded, its outputs, what was printed, the `uses` steps."""

    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    printed: str = ""
    used: list[dict[str, Any]] = field(default_factory=list)
    summary: str = ""


class Composite:
    """The action in a folder, run in a workspace."""

    def __init__(self, action: Path, workspace: Path, environ: Mapping[str, str]) -> None:
        self.action, self.workspace = action, workspace
        self.value = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
        self.files = workspace.parent / "runner"
        self.files.mkdir(exist_ok=True)
        self.environ = {
            **environ, "GITHUB_ACTION_PATH": str(action), "RUNNER_TEMP": str(self.files),
            **{f"GITHUB_{name}": str(self.files / name) for name in ("PATH", "OUTPUT", "STEP_SUMMARY")},
        }  # fmt: skip

    def run(self, **inputs: str) -> Ran:
        """Run the steps in order; a step that fails ends it."""
        given = {name: one.get("default", "") for name, one in self.value["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        assert set(given) == set(self.value["inputs"]), "an input that the action does not have"
        ran = Ran()
        known: dict[str, Any] = {"github": {"token": self.environ.get("GITHUB_TOKEN", "")}, "steps": {}}
        known["inputs"] = {name: self._put(value, known) for name, value in given.items()}
        for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
            Path(self.environ[name]).write_text("")
        for step in self.value["runs"]["steps"]:
            if ran.code == 0 and self._wanted(step, known):
                self._step(step, known, ran)
        ran.outputs = {name: self._put(one["value"], known) for name, one in self.value["outputs"].items()}
        ran.summary = Path(self.environ["GITHUB_STEP_SUMMARY"]).read_text()
        return ran

    def _step(self, step: dict[str, Any], known: Any, ran: Ran) -> None:
        if "uses" in step:
            ran.used.append({**step, "with": {k: self._put(v, known) for k, v in step["with"].items()}})
            return
        environ = {name: self._put(value, known) for name, value in step.get("env", {}).items()}
        added = Path(self.environ["GITHUB_PATH"])
        path = [*(added.read_text().split() if added.exists() else []), self.environ["PATH"]]
        assert not _EXPRESSION.search(step["run"]), "an expression in a script is an injection"
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env={**self.environ, **environ, "PATH": os.pathsep.join(path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        ran.printed += ended.stdout
        ran.code = ended.returncode
        if "id" in step:
            lines = Path(self.environ["GITHUB_OUTPUT"]).read_text().splitlines()
            known["steps"][step["id"]] = dict(line.split("=", 1) for line in lines)

    def _wanted(self, step: dict[str, Any], known: Any) -> bool:
        parts = _EXPRESSION.fullmatch(step.get("if", "${{ '' == '' }}"))
        assert parts
        return all(self._holds(part, known) for part in parts[1].split(" && "))

    def _holds(self, condition: str, known: Any) -> bool:
        left, operator, right = re.split(r" (==|!=) ", condition)
        return (self._value(left, known) == self._value(right, known)) == (operator == "==")

    def _put(self, text: str, known: Any) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1], known), str(text))

    def _value(self, text: str, known: Any) -> str:
        """Return the value of `a.b`, `a.b || c.d` or a quoted text."""
        for part in text.split(" || "):
            value = part[1:-1] if part.startswith("'") else self._looked_up(part, known)
            if value:
                return value
        return ""

    def _looked_up(self, path: str, known: Any) -> str:
        where, name, *rest = path.split(".")
        if where == "steps":
            return str(known["steps"].get(name, {}).get(rest[1], ""))
        return str(known[where][name])
