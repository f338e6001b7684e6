"""CONTRIBUTING, "Adding a kind": its edits, made in a copy of the repository, give a kind that works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.clusters import sandbox
from reconciler.sdk.consul.entry_kinds import entry_kinds

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
EDIT = re.compile(r"^In `([^`]+)`:\n\n```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDERS = ("reconciler", "providers", "benchmarks", "tests", "docs")
KIND = "rate-limit-ip"
OTHERS = ("tests/recorded/entries/test_corpus.py", "tests/docs/test_kinds_page.py")
CONFIGURATION = """clusters: {{dc1: {{address: "{address}"}}}}
config_entries:
  dc1: [{entry}]
"""


def edits() -> dict[str, str]:
    """The edits of the page: file -> what changes in it, as a diff."""
    page = PAGE.read_text()
    return dict(EDIT.findall(page[page.index("## Adding a kind") : page.index("## Adding a provider")]))


def edit(file: Path, diff: str) -> None:
    """Make a change: each part says which lines it is between."""
    for part in diff.split("@@\n"):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] == " ")
        text = file.read_text()
        assert text.count(old) == 1, f"{file}: {old!r}"
        file.write_text(text.replace(old, "".join(line[1:] for line in lines)))


class Copy:
    """A copy of the repository with the edits of the page, and what is run in it."""

    def __init__(self, folder: Path, *, without: str = "") -> None:
        self.root = folder
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "data"))
        entries = Path("tests", "support", "entries", "data")
        shutil.copytree(ROOT / entries, folder / entries)
        shutil.copy(ROOT / "pyproject.toml", folder)
        for file, diff in edits().items():
            if file != without:
                edit(folder / file, diff)

    @property
    def path(self) -> str:
        """PYTHONPATH, where the copy's packages come first."""
        return f"{self.root}{os.pathsep}{self.root / 'providers'}"

    def run(self, *command: str, folder: Path | None = None) -> tuple[int, str]:
        """Run Python in the copy: exit code, and what it printed."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder or self.root,
            env={**os.environ, "PYTHONPATH": self.path},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def tests(self, *words: str) -> tuple[int, str]:
        """Run tests of the copy."""
        return self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *words)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("kind") / "copy")


def example(copy: Copy) -> dict[str, object]:
    """The entry that the page has as an example."""
    table = json.loads((copy.root / "reconciler/sdk/consul/entry_kinds.json").read_text())
    return dict(table[KIND]["example"])


def test_a_kind_is_three_files_and_the_one_of_the_page_is_new() -> None:
    assert len(edits()) == 3
    assert KIND not in entry_kinds()


@pytest.mark.long
def test_the_kind_of_the_page_is_applied_and_planned_empty(
    copy: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", copy.path)
    monkeypatch.chdir(copy.root)
    with sandbox(tmp_path) as addresses:
        here = tmp_path / "run"
        here.mkdir()
        written = CONFIGURATION.format(address=addresses["dc1"], entry=json.dumps(example(copy)))
        (here / "mesh.yaml").write_text(written)

        def command(*words: str) -> tuple[int, str]:
            return copy.run("-m", "reconciler", *words, folder=here)

        code, said = command("validate")
        assert code == 0, said
        code, said = command("plan", "-detailed-exitcode")
        assert code == 2, said
        assert "rate_limit_ip.dc1/edge" in said
        code, said = command("apply", "--auto-approve")
        assert code == 0, said
        code, said = command("plan", "-detailed-exitcode")
        assert code == 0, said

        (here / "mesh.yaml").write_text(written.replace("enforcing", "forcing"))
        code, said = command("validate")
        assert code == 1, said
        assert "permissive" in said


@pytest.mark.long
def test_the_tests_that_the_page_names_pass_with_it(copy: Copy) -> None:
    code, said = copy.run("-m", "tests.docs.kinds_page")
    assert code == 0, said
    of_kinds = ("tests/unit/consul", "tests/recorded/entries/test_fields.py")
    code, said = copy.tests("-k", f"{KIND} or test_every_kind or test_the_page_of_kinds", *of_kinds, *OTHERS)
    assert code == 0, said[-3000:]
    assert KIND in (copy.root / "docs/kinds.md").read_text()


@pytest.mark.parametrize(
    "left_out", ["reconciler/sdk/consul/entry_kinds.json", "providers/reconciler_consul/kinds/entries.py"]
)
def test_without_its_facts_or_its_record_the_provider_does_not_load(tmp_path: Path, left_out: str) -> None:
    code, said = Copy(tmp_path / "copy", without=left_out).run("-c", "import reconciler_consul")
    assert code == 1
    assert KIND in said.splitlines()[-1]


@pytest.mark.long
def test_without_the_sandbox_a_test_fails(tmp_path: Path) -> None:
    made = Copy(tmp_path / "copy", without="reconciler/emulator/forms/kinds.py")
    code, said = made.tests("-k", KIND, "tests/unit/consul/test_kinds.py")
    assert code == 1, said
    assert f"add {KIND} to reconciler/emulator/forms/kinds.py" in said
