"""The cases of a rule: `tests/cases/rules/<id>/fails.yaml` and `passes.yaml`, the examples of its page.

A case is one file of a configuration. What it does not declare of `clusters` and `peerings` is added: three
clusters, all peered. Files in the folder `fails` or `passes` beside it belong to it too. Two of them are no
configuration: `servers.yaml` says what runs on the clusters, and `before.yaml` is applied before. The last
line of `NAME.many` is repeated, with a number in place of `#`; how often is its first line.
"""

from __future__ import annotations

import shutil
from pathlib import Path

CASES = Path(__file__).parents[2] / "cases" / "rules"
FAILS, PASSES = "fails", "passes"
LINK = ".link"  # the name of a file, and a link to what is written in it
MANY = ".many"  # the name of a file, and a file with a line that is repeated
SERVERS, BEFORE = "servers.yaml", "before.yaml"  # what runs, and what was applied before
CLUSTERS = "clusters:\n" + "".join(
    f'  dc{number}: {{address: "http://10.0.0.{number}:8500"}}\n' for number in (1, 2, 3)
)
PEERINGS = "peerings: [{mesh: [dc1, dc2, dc3]}]\n"


def main_file(rule: str, which: str) -> Path:
    """Return the configuration of a case; it may not exist."""
    return CASES / rule / f"{which}.yaml"


def further_files(rule: str, which: str) -> list[Path]:
    """Return the other files of a case, in order."""
    folder = CASES / rule / which
    return sorted(folder.iterdir()) if folder.is_dir() else []


def write(rule: str, which: str, folder: Path) -> None:
    """Write a case into a folder, with what it leaves out."""
    main = main_file(rule, which)
    texts = []
    if main.exists():
        texts.append(main.read_bytes())
        shutil.copy(main, folder / "case.yaml")
    for path in further_files(rule, which):
        if path.name in (SERVERS, BEFORE):
            continue
        if path.suffix == LINK:
            (folder / path.stem).symlink_to(path.read_text().strip())
            continue
        if path.suffix == MANY:
            (folder / path.stem).write_text(many(path))
            continue
        shutil.copy(path, folder)
        texts.append(path.read_bytes())
    if main.exists():
        (folder / "rest.yaml").write_text(rest(b"\n".join(texts)))


def many(path: Path) -> str:
    """Return the text of a file with a line that is repeated."""
    count, *lines, last = path.read_text().splitlines()
    return "\n".join([*lines, *(last.replace("#", f"{number:05}") for number in range(int(count)))]) + "\n"


def rest(whole: bytes) -> str:
    """Return what a configuration leaves out that declares this."""
    if b"clusters:" in whole:
        return "{}\n"
    return CLUSTERS + (PEERINGS if b"peerings:" not in whole else "")
