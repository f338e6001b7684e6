"""Manual pages in roff, one for each command, from the command tree that also makes `--help`.

`python -m reconciler.cli.manpages DIR` writes them; `make man` calls it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler import __version__
from reconciler.cli.options.helping import sections
from reconciler.cli.program import make_command

_EXAMPLES = "Examples:"


def pages() -> dict[str, str]:
    """Return the file name and the text of every page: `reconciler.1`, `reconciler-plan.1`, …"""
    root = make_command()
    context = root.context_class(root, info_name="reconciler", **root.context_settings)
    found = list(_contexts(context))
    names = [_title(one) for one in found]
    return {f"{name}.1": _page(one, names) for name, one in zip(names, found, strict=True)}


def _contexts(context: Any) -> Iterator[Any]:
    yield context
    for name, command in getattr(context.command, "commands", {}).items():
        yield from _contexts(command.context_class(command, info_name=name, parent=context))


def _title(context: Any) -> str:
    return str(context.command_path).replace(" ", "-")


def _page(context: Any, names: list[str]) -> str:
    command, title = context.command, _title(context)
    purpose, _, text = (command.help or "").partition("\n")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f'.TH {escaped(title.upper())} 1 "" "reconciler {__version__}" "reconciler manual"',
        ".SH NAME",
        f"{escaped(title)} \\- {escaped(purpose.rstrip('.'))}",
        ".SH SYNOPSIS",
        f"\\fB{escaped(context.command_path)}\\fR {escaped(usage)}",
        *_described(purpose, text),
        *_commands(command),
    ]
    for name, rows in sections(command, context).items():
        lines += _list(name, rows)
    others = [name for name in names if name != title]
    lines += [".SH SEE ALSO", ",\n".join(f"\\fB{escaped(name)}\\fR(1)" for name in others)]
    return "\n".join(lines) + "\n"


def _described(purpose: str, text: str) -> Iterator[str]:
    yield ".SH DESCRIPTION"
    yield escaped(purpose)
    for paragraph in filter(None, text.strip("\n").split("\n\n")):
        verbatim, lines = paragraph.startswith("\b"), paragraph.lstrip("\b\n").split("\n")
        if lines[0] == _EXAMPLES:
            yield ".SH EXAMPLES"
            lines = lines[1:]
        else:
            yield ".PP"
        yield from (*([".nf"] if verbatim else []), *map(escaped, lines), *([".fi"] if verbatim else []))


def _commands(command: Any) -> list[str]:
    below = getattr(command, "commands", {})
    return _list("Commands", [(name, one.get_short_help_str(200)) for name, one in below.items()])


def _list(name: str, rows: list[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    lines = [f".SH {name.upper()}"]
    for left, right in rows:
        lines += [".TP", f"\\fB{escaped(left)}\\fR", escaped(right)]
    return lines


def escaped(text: str) -> str:
    """Return text that roff shows as it is: no escapes, no hyphens for minus signs, no requests."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain[:1] in (".", "'") else plain


def main(folder: Path) -> None:
    """Write the pages into a folder, which is made where it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
