"""The Containerfile: what it says always, and built and run by buildah where that is.

A base without a registry: `mmdebstrap --variant=minbase --include=python3,python3-venv bookworm
base.tar`, and CONTAINER_BASE=base.tar.
CONTAINER_WHEELS is a folder with the wheels of the libraries and of
setuptools, for a machine without an index.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")
KEPT = [line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")]


def instructions(name: str) -> list[str]:
    """Return the arguments of every instruction of a name."""
    whole = re.sub(r"\\\n", " ", TEXT)
    return [line.partition(" ")[2].strip() for line in whole.splitlines() if line.startswith(f"{name} ")]


def test_the_base_is_an_argument_with_a_digest() -> None:
    bases = [given for given in instructions("ARG") if given.startswith("BASE=")]
    assert len(bases) == 1
    assert re.fullmatch(r"BASE=docker\.io/library/python:[\w.-]+@sha256:[0-9a-f]{64}", bases[0])
    assert {base.split()[0] for base in instructions("FROM")} == {"${BASE}"}


def test_it_runs_without_rights_and_says_that_it_is_well() -> None:
    assert instructions("USER") == ["10001:10001"]
    assert json.loads(instructions("HEALTHCHECK")[0].partition("CMD ")[2]) == ["reconciler", "version"]
    assert json.loads(instructions("ENTRYPOINT")[0]) == ["reconciler"]


def test_the_wheel_is_made_of_what_the_image_is_given(tmp_path: Path) -> None:
    """`.containerignore` leaves out everything else: tests, docs, states, the repository."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in KEPT:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / "source" / name, ignore=ignored)
        else:
            (tmp_path / "source").mkdir(exist_ok=True)
            shutil.copy(source, tmp_path / "source" / name)
    code = f"import setuptools.build_meta as b; print(b.build_wheel({str(tmp_path)!r}))"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "source", capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert list(tmp_path.glob("consul_reconciler-*.whl"))
    assert not [
        name for name in ("tests", "docs", ".git", "state") if any(fnmatch.fnmatch(name, k) for k in KEPT)
    ]


class Buildah:
    """Buildah with a store of its own, without privileges that a container has not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}

    def __call__(self, *words: str) -> str:
        places = ("--root", str(self.folder / "store"), "--runroot", str(self.folder / "run"))
        ended = subprocess.run(
            ["buildah", *places, *words],
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, f"{words}\n{ended.stdout}{ended.stderr}"
        return ended.stdout.strip()


def built(buildah: Buildah, base: str) -> str:
    """Build the image on an archive of a root file system; gives its name."""
    empty = buildah("from", "scratch")
    buildah("add", empty, base, "/")
    buildah("commit", "--quiet", empty, "localhost/base:test")
    given = ["BASE=localhost/base:test", "EXTRAS="]
    wheels = os.environ.get("CONTAINER_WHEELS")
    given += ["PIP_NO_INDEX=1", "PIP_FIND_LINKS=/wheels"] if wheels else []
    words = [word for one in given for word in ("--build-arg", one)]
    words += ["--volume", f"{wheels}:/wheels:ro"] if wheels else []
    buildah(
        "bud",
        "--pull-never",
        "--format",
        "docker",
        "-f",
        "Containerfile",
        *words,
        "-t",
        "reconciler:test",
        ".",
    )
    return "localhost/reconciler:test"


def test_the_image_works(tmp_path: Path) -> None:
    base = os.environ.get("CONTAINER_BASE")
    if shutil.which("buildah") is None or not base:
        pytest.skip("no buildah, or no CONTAINER_BASE: an archive of a root file system with Python and venv")
    buildah = Buildah(tmp_path)
    image = built(buildah, base)

    config = json.loads(buildah("inspect", "--type", "image", image))["Docker"]["config"]
    assert config["User"] == "10001:10001"
    assert config["Healthcheck"]["Test"] == ["CMD", "reconciler", "version"]
    box = buildah("from", image)
    assert buildah("run", box, "--", "id", "-u") == "10001"
    assert buildah("run", box, "--", *config["Healthcheck"]["Test"][1:]).startswith("reconciler ")
    mesh = f"{ROOT / 'examples' / '01-three-clusters'}:/work:ro"
    places = [f"--var=dc{number}=http://127.0.0.1:{number}" for number in (1, 2, 3)]
    said = buildah("run", "--volume", mesh, box, "--", "reconciler", "validate", *places)
    assert said.startswith("Success! The configuration is valid.")
