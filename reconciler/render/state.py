"""The recorded state as text and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from reconciler.model.state import Owner, Recorded, State
from reconciler.render.plan.bodies import whole
from reconciler.render.text.lines import BLANK, Line, Span, Tone, count, faint, strong
from reconciler.render.text.peers import Peers
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import marks, masked


def list_lines(addresses: Iterable[Address]) -> list[Line]:
    """Return one address a line, sorted: made for pipes."""
    return [[str(address)] for address in sorted(addresses)]


def list_value(state: State, addresses: Iterable[Address]) -> dict[str, Any]:
    """Return the addresses as JSON, with the parts of each."""
    return {
        "format_version": "1.0",
        "serial": state.serial,
        "lineage": state.lineage,
        "resources": [
            {
                "address": str(address),
                "type": address.type,
                "cluster": address.cluster,
                "partition": address.partition,
                "namespace": address.namespace,
                "name": address.name,
            }
            for address in sorted(addresses)
        ],
    }


def state_lines(state: State, addresses: Iterable[Address]) -> list[Line]:
    """Return the record of these resources, in full."""
    peers = Peers((address, entry.body) for address, entry in state.resources.items())
    out: list[Line] = []
    for address in sorted(addresses):
        out += _entry(state.resources[address], peers)
        out.append(BLANK)
    return out


def head_lines(state: State) -> list[Line]:
    """Return what the state is: serial, lineage, clusters."""
    if not state.lineage and not state.resources:
        return [["The state is empty: nothing was applied yet."]]
    held = count(len(state.resources), "resource")
    out: list[Line] = [[strong(f"{held}, serial {state.serial}"), faint(f"   lineage {state.lineage}")]]
    out += [["  ", f"belongs to {owner_text(state.owner)}"]] if state.owner is not None else []
    out += [
        ["  ", seen.name, f"  {seen.address}", f"  {seen.version}" if seen.version else ""]
        for _, seen in sorted(state.clusters.items())
    ]
    return [*out, BLANK]


def owner_text(owner: Owner) -> str:
    """Return in words which configuration a state belongs to."""
    if owner.name is not None:
        return f'the configuration "{owner.name}"'
    files = ", ".join(owner.files[:3]) + (f" and {len(owner.files) - 3} more" if len(owner.files) > 3 else "")
    return f"the configuration of {files} (as seen from the state)" if files else "no known configuration"


def _entry(entry: Recorded, peers: Peers) -> list[Line]:
    marked = (("protected", entry.protect), ("shared", entry.shared), ("adopted", entry.adopted))
    marks = [word for word, on in marked if on]
    head: list[Line] = [["# ", strong(str(entry.address)), f"   ({', '.join(marks)})" if marks else ""]]
    if entry.pending:
        text = f"{entry.pending} began and its end was not recorded; the next plan looks again"
        head.append(["# ", Span(text, Tone.WARN)])
    body = whole(entry.address, entry.body, peers, None)
    more = [f"{name} = {value}" for name, value in sorted(entry.remote_ids.items())]
    more += [f"version = {entry.version}"] if entry.version else []
    more += [f"depends on {needed}" for needed in entry.depends_on]
    return [*head, *body, *([faint("    " + text)] for text in more)]


def state_value(state: State, version: str, *, only: Collection[Address] | None = None) -> dict[str, Any]:
    """Return the state (or `only` some of it) with Terraform's keys of `show -json`, and our own
    beside them.
    """
    shown = sorted(state.resources if only is None else only)
    return {
        "format_version": "1.0",
        "reconciler_version": version,
        "serial": state.serial,
        "lineage": state.lineage,
        "configuration_name": state.owner.name if state.owner is not None else None,
        "values": {"root_module": {"resources": [_resource(state.resources[item]) for item in shown]}},
        "clusters": {
            name: {
                "address": seen.address,
                "provider": seen.provider,
                "identity": seen.identity,
                "version": seen.version,
            }
            for name, seen in sorted(state.clusters.items())
        },
    }


def _resource(entry: Recorded) -> dict[str, Any]:
    return {
        "address": str(entry.address),
        "mode": "managed",
        "type": entry.address.type,
        "name": entry.address.name,
        "provider_name": entry.provider,
        "schema_version": 0,
        "values": masked(entry.body),
        "sensitive_values": marks(entry.body),
        "depends_on": [str(address) for address in entry.depends_on],
        "cluster": entry.address.cluster,
        "version": entry.version,
        "remote_ids": dict(entry.remote_ids),
        "shared": entry.shared,
        "protect": entry.protect,
        "pending": entry.pending,
        "adopted": entry.adopted,
    }
