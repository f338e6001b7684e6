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
    run.out.text(script + "\n")
    return ExitCode.OK
