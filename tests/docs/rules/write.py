"""docs/rules, made from the catalogue and from the cases. `python -m tests.docs.rules.write` writes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from reconciler.config.load import load
from reconciler.config.rules.catalogue.record import GROUPS, Rule, rules
from reconciler.render.diagnostics import diagnostic_lines
from reconciler.render.text.lines import paint
from reconciler.sdk.schemas import Description
from tests.support.rules import cases as rule_cases

FOLDER = Path(__file__).parents[3] / "docs" / "rules"
INDEX = "README.md"
FOUND = {
    "validate": "Found by `validate`",
    "plan": "Found by `plan` and `validate --online`, which ask the clusters",
    "online": "Found by `validate --online`, which asks the clusters",
    "policies": "Found by `validate`, `plan` and `apply`, which check [policies](../guides/policies.md)",
    "both": "Found by `validate`; `plan` and `validate --online` also look at the clusters",
}
_INTRO = """# Rules

A problem of a configuration ends with the name of its rule in brackets, as in `[not-exported]`;
`validate --json` has it as `code`. Each message says where, why and what to do.
`reconciler rules not-exported` prints the page of a rule.

An *error* stops a plan. A *warning* is shown, and the plan goes on. What is found on the clusters is a note
at its object in the plan where it is a warning, and blocks the action on it where it is an error. Rules can
be turned off, or ignored on one line: see [the language](../language.md#ignoring-a-rule).

`make rules` writes these pages.
"""


_OTHERS = {rule_cases.SERVERS: "On the clusters:", rule_cases.BEFORE: "Applied before:"}
_HEAD = "| rule | severity | what it is about |\n|---|---|---|"


def pages() -> dict[str, str]:
    """Return the text of every page by its name."""
    known = rules()
    return {INDEX: _index(known), **{f"{rule.id}.md": _page(rule) for rule in known}}


def _index(known: list[Rule]) -> str:
    out = [_INTRO]
    for group, title in GROUPS.items():
        rows = [
            f"| [`{rule.id}`]({rule.id}.md) | {rule.severity} | {rule.title} |"
            for rule in known
            if rule.group == group
        ]
        if rows:
            out.append("\n".join([f"## {title}\n", _HEAD, *rows, ""]))
    return "\n".join(out)


def _page(rule: Rule) -> str:
    parts = [f"# {rule.id}", f"**{rule.title}.**", rule.what]
    severity = rule.severity[0].upper() + rule.severity[1:]
    parts.append(f"{severity}. {FOUND[rule.found]}.{_settings(rule)}")
    parts += ["## Why", f"{rule.why}{_seen(rule)}"]
    example = list(_files(rule.id, rule_cases.FAILS))
    if example:
        parts += ["## Example", *example, *_said(rule)]
    parts += ["## What to do", rule.fix, *_files(rule.id, rule_cases.PASSES)]
    return "\n\n".join(parts) + "\n"


def _settings(rule: Rule) -> str:
    if "error" not in rule.severity:
        return ""
    if rule.optional:
        return " It can be made a warning, or turned off, under `lint`."
    return (
        " An error cannot be turned off: no plan can be made beside it."
        if rule.found in ("validate", "both")
        else ""
    )


def _seen(rule: Rule) -> str:
    return f"\n\n({rule.seen[0].upper()}{rule.seen[1:]}.)" if rule.seen else ""


def _files(rule: str, which: str) -> Iterator[str]:
    """Yield every file of a case as a block, with its name where that matters."""
    main = rule_cases.main_file(rule, which)
    if main.exists():
        yield _block("yaml", main.read_text(encoding="utf-8", errors="backslashreplace"))
    for path in rule_cases.further_files(rule, which):
        if path.suffix == rule_cases.LINK:
            yield f"`{path.stem}` is a link to `{path.read_text().strip()}`, which does not exist."
        elif path.suffix == rule_cases.MANY:
            count, *lines = path.read_text().splitlines()
            yield f"`{path.stem}`, with {count} lines like the last:"
            yield _block("yaml", "\n".join(lines))
        else:
            yield _OTHERS.get(path.name, f"`{path.name}`:")
            yield _block("yaml" if path.suffix == ".yaml" else "text", path.read_text())


def _block(language: str, text: str) -> str:
    lines = [_shown(line) for line in text.rstrip("\n").split("\n")]
    if len(lines) > 20:
        lines = [*lines[:8], "# … and so on"]
    return "\n".join([f"```{language}", *lines, "```"])


def _shown(line: str) -> str:
    """Return a line with what cannot be seen as an escape."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def _said(rule: Rule) -> Iterator[str]:
    """Yield what `validate` prints for the failing case."""
    if rule.found not in ("validate", "both"):
        return
    before = Path.cwd()
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            rule_cases.write(rule.id, rule_cases.FAILS, Path(folder))
            problems = load(Path(), plugins=described).diagnostics
        finally:
            os.chdir(before)
    yield _block("text", paint(line for problem in problems[:1] for line in diagnostic_lines(problem)))


def described(provider: str) -> Description:
    """Return what a provider says of its types: the one that cases call shelves is made up."""
    from reconciler import registry

    return Description() if provider == "shelves" else registry.described(provider)


def write() -> None:
    """Write all pages, and remove those of rules that are gone."""
    FOLDER.mkdir(exist_ok=True)
    texts = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
