"""The commands, put together, and the guard around all of them."""

from __future__ import annotations

import inspect
import sys
from typing import Annotated, Any

import typer

from reconciler.cli.commands import acl_policy, applying, looking, sandbox, state
from reconciler.cli.commands.output import output
from reconciler.cli.commands.rotate import rotate
from reconciler.cli.commands.version import show_version
from reconciler.cli.options.argv import normalised
from reconciler.cli.options.helping import Group
from reconciler.cli.registering import register, shared_parameters
from reconciler.cli.run import Globals, Run
from reconciler.cli.terminal import signals
from reconciler.cli.terminal.output import Output
from reconciler.model.failure import ExitCode

# Click's exceptions by way of typer, which brings its own copy of click or not, by its version.
_USAGE_ERROR: Any = typer.BadParameter.__base__
_CLICK_ERROR: Any = _USAGE_ERROR.__base__

INTRO = """Declare Consul cluster peering in YAML: plan it, apply it, detect drift, destroy it.

\b
A first walk:
  reconciler sandbox --clusters dc1,dc2    two emulated clusters (leave it running)
  reconciler validate                      check the configuration
  reconciler plan                          what would be done, in order, and why
  reconciler apply                         do it, after asking
  reconciler drift                         was something changed by hand? (exit 2)

\b
Exit codes: 0 done or no change, 1 error, 2 changes or drift, 3 applied in part,
4 refused by a safety rail, 5 state locked by somebody else, 130 interrupted (129 SIGHUP,
143 SIGTERM).
Terraform's spelling of options (-out=FILE, -auto-approve) is understood.
"""


def make_app() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        help=INTRO,
        cls=Group,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    _root(app)
    for function in (looking.validate, looking.plan, applying.apply, applying.destroy, looking.drift):
        register(app, function.__name__, function)
    register(app, "rotate", rotate)
    register(app, "show", looking.show)
    register(app, "output", output)
    group = typer.Typer(cls=Group, help="List, show and correct what is recorded.", no_args_is_help=True)
    for name, command in (
        ("list", state.state_list),
        ("show", state.state_show),
        ("rm", state.state_rm),
        ("claim", state.state_claim),
    ):
        register(group, name, command)
    app.add_typer(group, name="state")
    register(app, "acl-policy", acl_policy.acl_policy)
    register(app, "sandbox", sandbox.sandbox)
    register(app, "version", _version)
    return app


def _version(run: Run, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> int:
    """Print the version of reconciler and of what it runs on."""
    return show_version(run.out, as_json=as_json)


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
    command = typer.main.get_command(make_app())
    words = normalised(argv, long_options(command))
    try:
        code = command.main(words, prog_name="reconciler", standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        Output(sys.stderr, False).text(f"\n{signals.word()}.\n")
        return ExitCode.INTERRUPTED
    except _CLICK_ERROR as error:
        return _usage(error)
    return code if isinstance(code, int) else ExitCode.OK


def _usage(error: Any) -> int:
    """Tell a usage error and where the help is."""
    err = Output(sys.stderr, False)
    if type(error).__name__ == "NoArgsIsHelpError":
        err.text(error.format_message() + "\n")
        return ExitCode.ERROR
    context = getattr(error, "ctx", None)
    err.lines([[f"Error: {error.format_message()}"]])
    if context is not None:
        err.lines([[f"See: {context.command_path} --help"]])
    return ExitCode.ERROR


def long_options(command: Any) -> set[str]:
    """Every long option of a command and of those below it, without dashes."""
    names = {name[2:] for option in command.params for name in option.opts if name.startswith("--")}
    for below in getattr(command, "commands", {}).values():
        names |= long_options(below)
    return names | {"help"}
