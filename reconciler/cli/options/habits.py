"""Commands and options of Terraform, kubectl and Consul's CLI that are not here: what takes their place.

Read where a command line was refused, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ADOPTED = "declare the object in the configuration: the next plan adopts what it finds"
_COMMANDS = {
    "taint": "use reconciler apply --replace ADDRESS",
    "untaint": "nothing is marked to be replaced: only --replace ADDRESS replaces something",
    "import": _ADOPTED,
    "fmt": "the configuration is YAML: any formatter of YAML does",
    "refresh": "use reconciler apply --refresh-only, or reconciler drift to look only",
    "workspace": "use a directory for each configuration (-C DIR), or a state for each (--state DIR)",
    "graph": "use reconciler plan --json: actions_order has what each action waits for",
    "providers": "use reconciler version",
    "console": "use reconciler validate --json, or reconciler output",
    "get": "use reconciler state list, and reconciler state show ADDRESS",
    "describe": "use reconciler state show ADDRESS",
    "delete": "remove the declaration and apply, or use reconciler destroy --target ADDRESS",
    "create": "use reconciler apply",
    "diff": "use reconciler plan",
    "state replace-provider": "set provider: NAME of the cluster in the configuration",
}
_ADDRESSES = "addresses are part of the configuration: clusters: {dc1: {address: …}}"
_TOKENS = "tokens are no options: set RECONCILER_TOKEN_<CLUSTER>, or see credentials in reconciler.yaml"
_OPTIONS = {
    "refresh": "every plan reads the clusters; only reconciler validate and reconciler show do not",
    "lock": "the lock cannot be left out: plan and drift take none, and --lock-timeout 2m waits for one",
    "compact-warnings": "use --summary for one line an action",
    "input": "use --auto-approve where no one answers",
    "force": "use --auto-approve",
    "yes": "use --auto-approve",
    "dry-run": "use reconciler plan",
    "upgrade": "there is nothing to initialize",
    "reconfigure": "there is nothing to initialize",
    "migrate-state": "copy the state directory, and name it with --state DIR",
    "backend-config": "the state is a directory: --state DIR, or state: {path: DIR} in reconciler.yaml",
    "state-out": "use --state DIR",
    "backup": "the state directory keeps its last generations by itself",
    "generate-config-out": _ADOPTED,
    "namespace": "namespaces are part of the configuration",
    "output": "use --json; --output FILE is of commands with --format",
    "token": _TOKENS,
    "token-file": _TOKENS,
    "http-addr": _ADDRESSES,
    "datacenter": _ADDRESSES,
    "ca-file": "use CONSUL_CACERT, or ca_file of the cluster's credentials in reconciler.yaml",
}
_NO_COMMAND = re.compile(r"No such command '([^']+)'")
_OPTION = re.compile(r"--?([a-z][a-z-]+)(?:=.*)?\Z", re.DOTALL)


def instead(argv: Sequence[str], message: str) -> tuple[str, str] | None:
    """Return what is not here and what to use instead, for the message of a refused command line."""
    command = _NO_COMMAND.match(message)
    if command is not None:
        name = f"state {command[1]}" if _is_below_state(argv, command[1]) else command[1]
        return (f"No such command '{name}'.", _COMMANDS[name]) if name in _COMMANDS else None
    if not message.startswith(("No such option", "Option ")):
        return None
    for match in filter(None, map(_OPTION.match, argv)):
        if match[1] in _OPTIONS and (f"-{match[1][0]}" in message or f"--{match[1]}" in message):
            return f"No such option: -{match[1]}.", _OPTIONS[match[1]]
    return None


def _is_below_state(argv: Sequence[str], name: str) -> bool:
    """Say whether a command is one of `state`. A name that the message shows escaped is not."""
    return name in argv and "state" in argv[: argv.index(name)]
