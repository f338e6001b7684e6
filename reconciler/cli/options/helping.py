"""Help with the global options in a section of their own, below those of the command."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

from reconciler.cli.options.converting import converting_given
from reconciler.cli.options.pairs import paired

PANEL = "Global options"
_TYPE = re.compile(r" <[\w\[\] ]+>\Z")  # typer shows Python's type behind an argument's name


def sections(command: Any, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """Return the rows of the help by section, in the order in which sections are shown."""
    out: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], PANEL: []}
    for parameter in command.get_params(ctx):
        row = parameter.get_help_record(ctx)
        if row is None:
            continue
        if parameter.param_type_name == "argument":
            out["Arguments"].append((_TYPE.sub("", row[0]), row[1]))
        else:
            out[PANEL if parameter.rich_help_panel == PANEL else "Options"].append(row)
    return out


def _write(command: Any, ctx: Any, formatter: Any) -> None:
    for title, rows in sections(command, ctx).items():
        if rows:
            with formatter.section(title):
                formatter.write_dl(rows)


class Command(TyperCommand):
    """A command whose help separates its own options from the global ones."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with `--help`."""
        return converting_given(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the words; where the command writes formats to files, each pair stays together."""
        names = {name for parameter in self.params for name in parameter.opts}
        return super().parse_args(ctx, paired(args) if {"--format", "--output"} <= names else args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the sections."""
        _write(self, ctx, formatter)


class Group(TyperGroup):
    """A group of commands: the commands first, because they are what is looked for."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with `--help`."""
        return converting_given(super().get_params(ctx))

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands, in their order, without making one."""
        return list(self.commands)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, then the options."""
        self.format_commands(ctx, formatter)
        _write(self, ctx, formatter)
