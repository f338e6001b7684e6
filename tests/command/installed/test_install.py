"""What is handed out: the wheel and the source archive, what is in them, and that the command runs from them.

Built offline by the build backend that pyproject.toml names. The fresh environment borrows the libraries that
the product needs from the one that runs the tests, and nothing else of it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import reconciler

ROOT = Path(__file__).parents[3]
PACKAGES = {"reconciler": ROOT / "reconciler", "reconciler_consul": ROOT / "providers" / "reconciler_consul"}
NAME = f"consul_reconciler-{reconciler.__version__}"
HANDED_OUT = (
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "MANIFEST.in",
    "setup.py",
    "reconciler",
    "providers",
    "docs",
    "examples",
    "benchmarks",
    "action.yml",
    "ci",
    "templates",
    "Containerfile",
    ".containerignore",
    ".pre-commit-hooks.yaml",
)
CONFIGURATION = """clusters: {dc1: {address: "http://127.0.0.1:9"}}
intentions: {dc1: {api: [{from: web, action: allow}]}}
"""

pytestmark = pytest.mark.xdist_group("install")


def _build(what: str, tree: Path, out: Path) -> Path:
    """Build a `wheel` or an `sdist` of a tree with the tools of this environment; return the file."""
    code = f"import setuptools.build_meta as b, sys; print(b.build_{what}(sys.argv[1]))"
    argv = [sys.executable, "-c", code, str(out)]
    ended = subprocess.run(argv, cwd=tree, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return out / ended.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


def _copied(tree: Path) -> Path:
    """What is handed out, copied into a folder."""
    for name in HANDED_OUT:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
            )
        else:
            shutil.copy(ROOT / name, tree / name)
    return tree


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory, out: Path) -> Path:
    """The source archive, built from a copy: building writes into the tree."""
    tree = _copied(tmp_path_factory.mktemp("tree"))
    for name in ("tests/test_x.py", "examples/01-three-clusters/state/state.json"):  # as in a checkout in use
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("x\n")
    return _build("sdist", tree, out)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, out: Path, sdist: Path) -> Path:
    """The wheel, built from what is in the source archive, and from nothing else."""
    place = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(place, filter="data")
    return _build("wheel", place / NAME, out)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The command, installed from the wheel into an environment of its own."""
    env = tmp_path_factory.mktemp("env")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(env)], check=True)
    python = env / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*pip, str(wheel)], check=True)
    packages = next(env.glob("lib/python3*/site-packages"))
    # A path that a .pth file names is searched, but the .pth files in it (the editable install) are not read.
    (packages / "libraries.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    return env / "bin" / "reconciler"


def _files(package: Path) -> set[str]:
    return {
        str(path.relative_to(package.parent))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_has_the_two_packages_and_all_that_is_in_them(wheel: Path) -> None:
    """A package with a general name, such as `providers`, would collide with somebody else's."""
    names = set(zipfile.ZipFile(wheel).namelist())
    information = {name for name in names if name.startswith(f"{NAME}.dist-info/")}
    assert names - information == {name for package in PACKAGES.values() for name in _files(package)}
    assert {name.partition("/")[0] for name in names - information} == set(PACKAGES)
    assert {f"{name}/py.typed" for name in PACKAGES} <= names
    assert f"{NAME}.dist-info/licenses/LICENSE" in information


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    text = zipfile.ZipFile(wheel).read(f"{NAME}.dist-info/METADATA").decode()
    head = text.partition("\n\n")[0].splitlines()
    assert {
        "Name: consul-reconciler",
        f"Version: {reconciler.__version__}",
        "License-Expression: Apache-2.0",
        "Requires-Python: >=3.11",
        "Classifier: Typing :: Typed",
        "Description-Content-Type: text/markdown",
    } <= set(head)


def test_the_description_reads_without_the_files_beside_it(wheel: Path) -> None:
    """An index page has no files beside it, and no headings to jump to."""
    text = zipfile.ZipFile(wheel).read(f"{NAME}.dist-info/METADATA").decode().partition("\n\n")[2]
    assert text.startswith("# reconciler\n")
    assert [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target] == []
    assert "- docs/language.md: the configuration language" in text
    assert "explained in the glossary (`docs/glossary.md`)" in text


def test_the_paths_that_it_names_are_in_the_source_archive(wheel: Path, sdist: Path) -> None:
    text = zipfile.ZipFile(wheel).read(f"{NAME}.dist-info/METADATA").decode()
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
    named = set(re.findall(r"\b((?:docs|examples|benchmarks)/[\w./-]*\w)", text))
    assert {"docs/language.md", "docs/guides/ci.md"} <= named
    assert {path for path in named if path not in names} == set()


def test_the_source_archive_has_what_is_needed_to_build_and_no_more(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".egg-info/state"))]
    assert not [name for name in names if re.fullmatch("examples/.*/state(/.*)?", name)]
    tops = {name.partition("/")[0] for name in names} - {NAME}
    assert tops <= {*HANDED_OUT, "PKG-INFO", "setup.cfg", "consul_reconciler.egg-info"}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "reconciler/py.typed"} <= names


def test_the_tree_and_the_source_archive_give_the_same_wheel(
    wheel: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tree = _copied(tmp_path_factory.mktemp("again"))
    again = _build("wheel", tree, tmp_path)

    def contents(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    assert contents(again) == contents(wheel)


def test_the_installed_command_runs_in_an_empty_directory(command: Path, tmp_path: Path) -> None:
    def run(*argv: str) -> str:
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        ended = subprocess.run(
            [str(command), *argv], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    assert run("version").startswith(f"reconciler {reconciler.__version__}\n")
    assert "Commands:" in run("--help")
    (tmp_path / "mesh.yaml").write_text(CONFIGURATION)
    assert "The configuration is valid" in run("validate")
    assert "What to do" in run("rules", "not-exported")  # a text of the package
    assert 'service "api"' in run("acl-policy")  # the provider, found by its entry point
    code = "import reconciler, reconciler_consul; print(reconciler.__file__, reconciler_consul.__file__)"
    places = subprocess.run(
        [str(command.parent / "python"), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.split()
    assert all(place.startswith(str(command.parents[1])) for place in places)
