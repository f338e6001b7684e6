"""The two YAML files of a new repository: the configuration, and the operator's file. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from reconciler.app.starting.wishes import Link, Probed, Wishes

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_RESERVED = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})

_LINES_TO_START_FROM = """\
# What goes between them. Lines to start from (reconciler's docs/language.md has all of it):
#
# exports:
#   {one}: {{api: [{two}]}}            # {two} may call the service api of {one}
#
# intentions:
#   {one}:
#     api:
#       - {{from: web@{two}, action: allow}}
#
# failover:
#   {two}: {{api: [api@{one}]}}        # where api of {two} is down
"""
_THERE = "# These are there already: the first apply takes them over, and changes nothing of them."
_ABOUT = (
    "# The operator's file: what a change to the configuration must not steer. It holds no secret. Protect",
    "# it from pull requests, by its owners (CODEOWNERS) or in the job.",
)
_SAFETY = """\
# How much one run may do; what breaks a limit is blocked (exit code 4).
safety:
  limits:
    - {max_delete: 30%}
  # confirm: ["peering.*"]            # destroying one takes its address: --confirm peering.dc1/dc2
"""


def main_yaml(wishes: Wishes, probed: Probed) -> str:
    """Return the text of `main.yaml`."""
    name = f"name: {_text(wishes.name)}   # which configuration owns the state\n"
    parts = [name, _clusters(wishes, probed), *_peerings(wishes, probed)]
    names = [*wishes.clusters, "dc2"][:2] if len(wishes.clusters) == 1 else list(wishes.clusters)[:2]
    parts.append(_LINES_TO_START_FROM.format(one=_text(names[0]), two=_text(names[1])))
    return "\n".join(parts)


def _clusters(wishes: Wishes, probed: Probed) -> str:
    lines = ["clusters:"]
    for name, address in wishes.clusters.items():
        lines += [f"  {_text(name)}:", f"    address: {_text(address)}"]
        if version := probed.versions.get(name):
            lines.append(f"    version: {json.dumps(version)}   # for validate, which asks no server")
        if (datacenter := probed.datacenters.get(name, name)) != name:
            lines.append(f"    # its datacenter is {_text(datacenter)}")
    return "\n".join(lines) + "\n"


def _peerings(wishes: Wishes, probed: Probed) -> Iterator[str]:
    """Yield the section: what is there already, or every pair, where nothing is known."""
    if probed.links:
        lines = [line for link in probed.links for line in _link(link)]
        yield "\n".join([_THERE, "peerings:", *lines]) + "\n"
    elif len(wishes.clusters) > 1:
        pairs = f"peerings:\n  - mesh: [{', '.join(map(_text, wishes.clusters))}]   # every pair\n"
        yield "".join(f"# {line}\n" for line in pairs.splitlines()) if wishes.probe else pairs


def _link(link: Link) -> Iterator[str]:
    yield f"  - between: [{_text(link.acceptor)}, {_text(link.dialer)}]"
    if (link.name_at_acceptor, link.name_at_dialer) != (link.dialer, link.acceptor):
        at_acceptor, at_dialer = _text(link.name_at_acceptor), _text(link.name_at_dialer)
        yield f"    names: {{{_text(link.acceptor)}: {at_acceptor}, {_text(link.dialer)}: {at_dialer}}}"


def operator_yaml(wishes: Wishes) -> str:
    """Return the text of `reconciler.yaml`."""
    addresses = [
        f"  {_text(name)}: {{address: {_text(address)}}}   # the only place that its token is sent to"
        for name, address in wishes.clusters.items()
    ]
    return "\n".join(
        (*_ABOUT, f"state: {{{_pairs(wishes.backend)}}}", "", "credentials:", *addresses, "", _SAFETY)
    )


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{key}: {_value(value)}" for key, value in values.items())


def _value(value: str) -> str:
    return value if value in ("true", "false") else _text(value)


def _text(text: str) -> str:
    """Return a text as YAML takes it: as it is, or in quotes."""
    plain = _PLAIN.match(text) and text.lower() not in _RESERVED
    return text if plain else json.dumps(text)
