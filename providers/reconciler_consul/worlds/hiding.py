"""Config entries without what may be secret, and without what only the server that holds them knows. Pure.

Left out are the values that kinds call sensitive, and those that no decision about access rests on and that
are free for anything: headers that proxies add, Envoy's own configuration, arguments of extensions. Names and
structure stay, so that a reader sees what there is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.kinds import Rule
from reconciler.sdk.secrets.scrub import MASK
from reconciler_consul.kinds.all import ENTRY_KINDS
from reconciler_consul.server.values import Entry
from reconciler_consul.worlds.form import Item

_OF_SERVERS = frozenset({"CreateIndex", "ModifyIndex", "Hash", "Status"})
_IDENTITY = ("Kind", "Name", "Partition", "Namespace")
_FREE = frozenset({"Add", "Set", "EnvoyListenerJSON", "EnvoyClusterJSON"})
_SHOWN = frozenset({"protocol"})  # of Envoy's configuration: it decides about chains
_NO_RULE = Rule()


def shown_entry(entry: Entry) -> Item:
    """Return an entry as it could be sent to `PUT /v1/config`, with the mask in place of what is left out."""
    record = ENTRY_KINDS.get(str(entry.get("Kind")))
    rule = record.rule if record is not None else _NO_RULE
    body = {name: value for name, value in entry.items() if name not in (*_IDENTITY, *_OF_SERVERS)}
    identity = {name: entry[name] for name in _IDENTITY if entry.get(name)}
    return {**identity, **_struct(rule, body)}


def _struct(rule: Rule, value: Mapping[str, Any]) -> dict[str, Any]:
    below = {name: rule.fields.get(name) or rule.each or _NO_RULE for name in value}
    return {
        name: _masked(item) if name in _FREE else _shown(below[name], item)
        for name, item in value.items()
        if not below[name].server
    }


def _shown(rule: Rule, value: Any) -> Any:
    if rule.sensitive is not None and value and rule.sensitive(value):
        return MASK
    if rule.opaque:
        return _opaque(value)
    if isinstance(value, Mapping):
        return _struct(rule, value)
    if isinstance(value, list | tuple):
        return [_shown(rule.each or _NO_RULE, item) for item in value]
    return value


def _opaque(value: Any) -> Any:
    """Return Envoy's own configuration: numbers, truth values, and the texts that decide about access."""
    if not isinstance(value, Mapping):
        return _masked(value)
    return {name: item if name.lower() in _SHOWN else _masked(item) for name, item in value.items()}


def _masked(value: Any) -> Any:
    """Return a value with every text in it masked."""
    if isinstance(value, str):
        return MASK if value else value
    if isinstance(value, Mapping):
        return {name: _masked(item) for name, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value
