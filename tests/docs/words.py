"""The words of the project's text, held to docs/words.txt: `python -m tests.docs.words`, part of `make lint`.

Read are the pages (README, CONTRIBUTING, CHANGELOG and docs), and in Python files comments, docstrings and
messages. A message is a text with a space in it. Messages of the sandbox repeat Consul's own words, and tests
quote others: both are held only to the words that are written nowhere.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = "docs/words.txt"
EVERYWHERE = "everywhere"
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "docs/**/*.md", "examples/**/*.md")
CODE = ("reconciler/**/*.py", "providers/**/*.py", "examples/**/*.py", "tests/**/*.py")
# Names of tests and recordings; and the key that has another name now.
GENERATED = ("docs/conformance.md", "docs/coverage.md", "docs/rules/former-key.md")
ABOUT_WORDS = ("tests/docs/test_words.py",)  # it has the words on purpose
CONSULS = "reconciler/emulator/"
TESTS = "tests/"


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that are not written, what to write instead, and whether they are written nowhere at all."""

    words: re.Pattern[str]
    better: str
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text: the line where it begins, and whether it is a message."""

    line: int
    text: str
    is_message: bool


def rules(text: str) -> list[Rule]:
    """Return the rules of a word list. Raises `ValueError` for a line that is not one."""
    found, everywhere = [], True
    for line in text.splitlines():
        if line.startswith("["):
            everywhere = line.strip("[]") == EVERYWHERE
        elif line and not line.startswith("#"):
            words, better = line.split(" -> ")
            pattern = words.replace(" ", r"\s+")
            found.append(Rule(re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), better, everywhere))
    return found


def page(text: str) -> Iterator[Text]:
    """Yield the text of a Markdown page, without `quoted code`; blocks of commands and their output count."""
    yield Text(1, _unquoted(text), False)


def code(text: str) -> Iterator[Text]:
    """Yield the comments, docstrings and messages of a Python file, without `quoted code`."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield Text(token.start[0], _unquoted(token.string), False)
    nodes = list(ast.walk(ast.parse(text)))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        words = None if id(node) in parts else _literal(node)
        if words and " " in words:
            yield Text(node.lineno, _unquoted(words), id(node) not in docs)  # type: ignore[attr-defined]


def findings(path: str, text: str, wanted: list[Rule]) -> Iterator[str]:
    """Yield `file:line: "words": write better` for each place of a file that breaks a rule."""
    for piece in page(text) if path.endswith(".md") else code(text):
        foreign = path.startswith(TESTS) or (piece.is_message and path.startswith(CONSULS))
        for rule in wanted:
            for match in rule.words.finditer(piece.text) if rule.everywhere or not foreign else ():
                line = piece.line + piece.text.count("\n", 0, match.start())
                yield f'{path}:{line}: "{" ".join(match.group().split())}": write {rule.better}'


def main() -> int:
    """Print what breaks a rule in the files that git knows; return 1 if there is any."""
    wanted = rules((ROOT / LIST).read_text())
    listed = subprocess.run(
        ["git", "ls-files", *(f":(glob){glob}" for glob in (*PAGES, *CODE))],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    paths = [
        path
        for path in listed.stdout.splitlines()
        if path not in (*GENERATED, *ABOUT_WORDS) and (ROOT / path).exists()
    ]
    found = [line for path in paths for line in findings(path, (ROOT / path).read_text(), wanted)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


def _literal(node: ast.AST) -> str | None:
    """Return the text of a literal, with `{}` for each value of an f-string; `None` for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_literal(part) or "{}" for part in node.values)
    return None


def _unquoted(text: str) -> str:
    return re.sub(r"`[^`\n]+`", "``", text)


if __name__ == "__main__":
    sys.exit(main())
