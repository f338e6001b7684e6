"""The commands, put together, and the guard around all of them."""

from __future__ import annotations

import inspect
import os
import sys
from functools import partial
from importlib import import_module
from typing import Annotated, Any

import typer

from reconciler.cli.commands.version import show_version
from reconciler.cli.options.argv import normalised
from reconciler.cli.options.commands import Commands
from reconciler.cli.options.helping import Group
from reconciler.cli.registering import command_of, shared_parameters
from reconciler.cli.run import Globals, Run
from reconciler.cli.terminal import signals
from reconciler.cli.terminal.output import Output
from reconciler.model.failure import ExitCode

# Click's exceptions by way of typer, which brings its own copy of click or not, by its version.
_USAGE_ERROR: Any = typer.BadParameter.__base__
_CLICK_ERROR: Any = _USAGE_ERROR.__base__

_COMPLETING = "_RECONCILER_COMPLETE"  # set by the scripts of `reconciler completion`

INTRO = """Declare Consul cluster peering in YAML: plan it, apply it, detect drift, destroy it.

\b
Getting started:
  reconciler sandbox --clusters dc1,dc2    two emulated clusters (leave it running)
  reconciler validate                      check the configuration
  reconciler plan                          show what would change, in order, and why
  reconciler apply                         carry it out, after approval
  reconciler drift                         report changes made outside reconciler (exit 2)

\b
Exit codes: 0 done or no change, 1 error, 2 changes or drift, 3 applied in part,
4 blocked by a safety check, 5 state locked by another run, 130 interrupted (129 SIGHUP,
143 SIGTERM).
Terraform's spelling of options (-out=FILE, -auto-approve) is understood.
"""


_COMMANDS = {
    "init": "starting.init:init",
    "validate": "validating:validate",
    "plan": "looking:plan",
    "apply": "applying:apply",
    "destroy": "applying:destroy",
    "drift": "looking:drift",
    "rotate": "rotate:rotate",
    "approve": "guarding.approving:approve",
    "show": "looking:show",
    "output": "output:output",
    "access": "access:access",
    "graph": "graph:graph",
    "snapshot": "snapshot:snapshot",
    "rehearse": "rehearse:rehearse",
    "doctor": "doctor:doctor",
    "report": "kept.report:report",
    "schema": "kept.schema:schema",
    "state": "state",
    "audit": "audit",
    "force-unlock": "states.force_unlock:force_unlock",
    "rules": "rules:rules",
    "acl-policy": "acl_policy:acl_policy",
    "sandbox": "sandbox:sandbox",
    "comment": "hosts.comment:comment",
    "completion": "completion:completion",
    "version": "version_command:version",
}
_STATE = {
    "list": "states.listed:state_list",
    "show": "states.listed:state_show",
    "mv": "states.mv:state_mv",
    "rm": "states.listed:state_rm",
    "migrate": "states.migrate:state_migrate",
    "recover": "states.recover:state_recover",
    "claim": "states.listed:state_claim",
    "pull": "states.text:state_pull",
    "push": "states.text:state_push",
    "history": "states.kept:state_history",
    "restore": "states.kept:state_restore",
    "rebuild": "states.rebuild:state_rebuild",
    "verify": "states.kept:state_verify",
}
_GROUPS = {
    "state": ("List, show, check and correct the state.", _STATE),
    "audit": (
        "Show and check the log of all runs that wrote.",
        {"list": "states.audit:audit_list", "verify": "states.audit:audit_verify"},
    ),
}


def make_command() -> Any:
    """Return the whole command line. A command is imported and made when it is first asked for."""
    app = typer.Typer(
        help=INTRO,
        cls=Group,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    _root(app)
    root: Any = typer.main.get_command(app)
    root.commands = Commands({name: partial(_made, name, place) for name, place in _COMMANDS.items()})
    return root


def _made(name: str, place: str) -> Any:
    """Return a command of the table, or the group of that name."""
    module, _, function = place.partition(":")
    if not function:
        return _group(name)
    found = getattr(import_module(f"reconciler.cli.commands.{module}"), function)
    return command_of(name, found)


def _group(name: str) -> Any:
    text, commands = _GROUPS[name]
    app = typer.Typer(
        cls=Group,
        name=name,
        help=text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)
    group: Any = typer.main.get_command(app)
    group.commands = Commands({one: partial(_made, one, place) for one, place in commands.items()})
    return group


def _root(app: typer.Typer) -> None:
    def root(ctx: typer.Context, **given: Any) -> None:
        if given.pop("version"):
            raise typer.Exit(show_version(Run.of(Globals()).out, as_json=False))
        ctx.obj = given

    version: Any = Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)]
    kind = inspect.Parameter.KEYWORD_ONLY
    root.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter("ctx", kind, annotation=typer.Context),
            inspect.Parameter("version", kind, default=False, annotation=version),
            *shared_parameters(),
        ]
    )
    app.callback()(root)


def run_program(argv: list[str]) -> int:
    """Run a command line; gives its exit code. Usage errors are 1, because 2 means changes."""
    if _COMPLETING in os.environ:
        os.environ["COLUMNS"] = "1000"  # else a long description is wrapped, and each of its lines offered
    command = make_command()
    words = normalised(argv, _options_of(command, argv))
    try:
        code = command.main(words, prog_name="reconciler", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        Output(sys.stderr, False).text(f"\n{signals.word()}.\n")
        return ExitCode.INTERRUPTED
    except _CLICK_ERROR as error:
        return _usage(error, argv)
    return code if isinstance(code, int) else ExitCode.OK


def _usage(error: Any, argv: list[str]) -> int:
    """Show a usage error, what to use where another tool's habit is known, and where the help is."""
    err = Output(sys.stderr, False)
    if type(error).__name__ == "NoArgsIsHelpError":
        err.text(error.format_message() + "\n")
        return ExitCode.ERROR
    from reconciler.cli.options.habits import instead

    context = getattr(error, "ctx", None)
    message = error.format_message().replace("Value error, ", "")  # typer's, before values of its own
    known = instead(argv, message)
    err.lines([[f"Error: {known[0]}"], [f"Instead: {known[1]}"]] if known else [[f"Error: {message}"]])
    if context is not None:
        err.lines([[f"See: {context.command_path} --help"]])
    return ExitCode.ERROR


def _options_of(root: Any, argv: list[str]) -> set[str]:
    """Return the long options of the program and of each command that the words name, without dashes."""
    names = _long_options(root)
    for word in {*argv} & {*root.commands}:
        names |= _long_options_below(root.commands[word])
    return names | {"help"}


def _long_options(command: Any) -> set[str]:
    return {name[2:] for option in command.params for name in option.opts if name.startswith("--")}


def _long_options_below(command: Any) -> set[str]:
    names = _long_options(command)
    for below in getattr(command, "commands", {}).values():
        names |= _long_options_below(below)
    return names
