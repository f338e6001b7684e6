"""`reconciler completion`: the script that a shell reads to complete this program's command lines."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import typer

from reconciler.cli.run import Run
from reconciler.model.failure import ExitCode


class Shell(Enum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    run: Run, shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.", metavar="SHELL")]
) -> int:
    """Print the script for a shell's completion of commands, options, addresses and cluster names.

    Addresses come from the state, names of clusters from the configuration and the state. No cluster is
    asked.

    \b
    Examples:
      source <(reconciler completion bash)
      reconciler completion zsh > "${fpath[1]}/_reconciler"
      reconciler completion fish > ~/.config/fish/completions/reconciler.fish
    """
    from typer import completion as typers

    make: Any = vars(typers)["get_completion_script"]
    script = make(prog_name="reconciler", complete_var="_RECONCILER_COMPLETE", shell=shell.value)
    run.out.verbatim((_found_by_name(script) if shell is Shell.ZSH else script) + "\n")
    return ExitCode.OK


def _found_by_name(script: str) -> str:
    """Return zsh's script so that it also completes as a file `_reconciler` in `fpath`.

    Such a file is the body of the function `_reconciler`, which runs at each completion. Typer's only
    registers another function: the first completion of a shell would offer nothing.
    """
    register = "compdef _reconciler_completion reconciler"
    assert script.endswith(register), script
    called = f"""if [[ $funcstack[1] == _reconciler ]]; then
  _reconciler_completion "$@"
else
  {register}
fi"""
    return script.removesuffix(register) + called
