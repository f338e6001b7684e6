"""The example plugin as its users have it: installed into a fresh environment, driven by the real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin-json-files"


class Installed:
    """A fresh environment with the plugin, which sees the libraries of this one, and a folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        self.python = folder / "venv" / "bin" / "python"
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith(("RECONCILER_", "PYTHON"))}
        source = shutil.copytree(
            EXAMPLE, folder / "source", ignore=shutil.ignore_patterns("build", "*.egg-info")
        )
        self._call(sys.executable, "-m", "venv", "--without-pip", str(folder / "venv"), cwd=folder)
        (site,) = (folder / "venv" / "lib").glob("python3*/site-packages")
        (site / "libraries.pth").write_text(
            f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
        )
        pip = (
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(folder / "venv"),
            "install",
            "--quiet",
            "--no-index",
        )
        self._call(*pip, "--no-deps", "--no-build-isolation", str(source), cwd=folder)
        (self.folder / "objects").mkdir(parents=True)
        shutil.copy(EXAMPLE / "main.yaml", self.folder)

    def _call(self, *command: str, cwd: Path, expect: int = 0) -> str:
        done = subprocess.run(
            command, cwd=cwd, env=self.environ, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == expect, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run the command; gives all that it says."""
        return self._call(str(self.python), "-m", "reconciler", *arguments, cwd=self.folder, expect=expect)

    def note(self, name: str) -> Path:
        """The file of a note."""
        return self.folder / "objects" / "note" / f"{name}.json"

    def edit(self, old: str, new: str) -> None:
        """Change the configuration."""
        file = self.folder / "main.yaml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """One environment for all tests of this file, which follow each other."""
    return Installed(tmp_path_factory.mktemp("plugin"))


@pytest.mark.long
def test_its_types_are_planned_applied_watched_and_destroyed(environment: Installed) -> None:
    installed = environment
    assert "3 resources on 1 cluster" in installed.run("validate")
    planned = installed.run("plan", "--detailed-exitcode", expect=2)
    assert planned.index("note.shelf/milk will be created") < planned.index(
        "note.shelf/bread will be created"
    )
    assert planned.index("note.shelf/bread will be") < planned.index("note_index.shelf/all will be created")

    installed.run("apply", "--auto-approve")
    installed.run("plan", "--detailed-exitcode")
    assert json.loads(installed.note("milk").read_text())["text"] == "Buy milk"

    installed.note("bread").write_text('{"text": "Buy bread"}')
    assert '"Bake bread" -> "Buy bread"' in installed.run("drift", expect=2)
    installed.run("apply", "--auto-approve", "--target", "note.shelf/bread")
    assert "Bake" in installed.note("bread").read_text()
    assert installed.run("state", "list").split() == [
        "note.shelf/bread",
        "note.shelf/milk",
        "note_index.shelf/all",
    ]

    installed.edit("protect: false", "protect: true")
    assert "blocked: protected" in installed.run("destroy", "--auto-approve", expect=4)
    installed.edit("protect: true", "protect: false")
    destroyed = installed.run("destroy", "--auto-approve")
    assert destroyed.index("note_index.shelf/all: Dest") < destroyed.index("note.shelf/milk: Dest")
    assert not [path for path in (installed.folder / "objects").rglob("*") if path.is_file()]


@pytest.mark.long
def test_validate_reports_schema_and_rule_problems_without_reading_a_folder(
    environment: Installed,
) -> None:
    installed = environment
    bad = installed.folder / "bad"
    bad.mkdir()
    (bad / "bad.yaml").write_text(
        "clusters:\n"
        "  shelf: {provider: json_files, foldr: /nowhere}\n"
        "resources:\n"
        "  shelf:\n"
        "    note:\n"
        '      milk: {txt: "Buy milk"}\n'
        "      bread: {text: x, depends_on: [note.shelf/milc]}\n"
        "    notee: {a: {}}\n"
        "    mesh: {a: {}}\n"
    )
    said = installed.run("-C", "bad", "validate", expect=1)
    for place, words in {
        "bad.yaml:2:33": 'unknown key "foldr"',
        "bad.yaml:6:14": 'unknown key "txt"',
        "bad.yaml:7:37": "no resource is called 'note.shelf/milc'",
        "bad.yaml:8:5": 'the provider "json_files" has no type notee',
        "bad.yaml:9:5": "mesh has a section of its own",
    }.items():
        assert f"{place}: error: {words}" in said
    for hint in ("folder", "text", "note.shelf/milk", "note"):
        assert f'did you mean "{hint}"?' in said

    (bad / "bad.yaml").write_text(
        "clusters: {shelf: {provider: json_files, folder: /nowhere}}\n"
        "resources: {shelf: {note_index: {all: {title: x, notes: [milk]}}}}\n"
    )
    assert "bad.yaml:2:58: error: the index names a note" in installed.run("-C", "bad", "validate", expect=1)


def test_a_defect_of_a_plugin_is_reported_without_a_traceback(environment: Installed) -> None:
    installed = environment
    # The plugin does not foresee a folder where it writes its temporary file.
    (installed.folder / "objects" / "note_index" / "all.tmp").mkdir(parents=True)
    said = installed.run("apply", "--auto-approve", expect=3)
    assert 'the provider "json_files" failed in perform of note_index.shelf/all: ' in said
    assert "ExceptionGroup" not in said
    assert "Traceback" not in said
    assert "2 applied, 1 failed" in said
    assert "Traceback" in installed.run("-v", "apply", "--auto-approve", expect=1)


def test_its_own_tests_run_the_conformance_kit(environment: Installed) -> None:
    command = (str(environment.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio")
    source = environment.folder.parent / "source"
    assert "19 passed, 1 skipped" in environment._call(*command, "tests", cwd=source)
