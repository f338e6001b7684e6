"""Which intentions match a service, and whether one may connect to another: .../match and .../check."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.connect.intentions_show import (
    check_namespace,
    component,
    intentions,
    strongest_first,
)
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Store
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Value = dict[str, Any]
ENDS = {"source": "SourceName", "destination": "DestinationName"}


def match(context: Context) -> Response | Block:
    """Return the intentions that have a service at one end, for each name that is asked for."""
    context.parse_options()
    by = _single(context, "by", "required query parameter 'by' not set")
    if by not in ENDS:
        raise Refusal(500, "'by' parameter must be one of 'source' or 'destination'", local=True)
    names = context.values("name")
    if not names:
        raise Refusal(500, "required query parameter 'name' not set", local=True)
    parts = [component(context, "name", name) for name in names]
    context.index_of_refusals = True
    who = authorizer(context)
    for _, namespace, _ in parts:
        check_namespace(context, "Invalid match entry namespace", namespace)
    for _, _, name in parts:
        if name:
            require(who, "intention", "read", name)

    def answer() -> Value:
        pairs = zip(names, parts, strict=True)
        return {text: matching(context.store, by, part[2]) or None for text, part in pairs}

    return context.read(("config",), answer, answer)


def matching(store: Store, by: str, name: str) -> list[Value]:
    """Return the intentions whose source or destination is this service or `*`, the strongest first."""
    end = ENDS[by]
    return strongest_first([one for one in intentions(store) if one[end] in (name, "*")])


def check(context: Context) -> Response:
    """Say whether a service may connect to another, by intentions and the default."""
    context.parse_options()
    kind = context.query.get("source-type", "consul")
    source = _single(context, "source", "required query parameter 'source' not set")
    destination = _single(context, "destination", "required query parameter 'destination' not set")
    _, source_space, source_name = (
        component(context, "source", source) if kind == "consul" else ("", "", source)
    )
    _, space, name = component(context, "destination", destination)
    who = authorizer(context)
    check_namespace(context, "Invalid source namespace", source_space)
    check_namespace(context, "Invalid destination namespace", space)
    if kind != "consul":
        raise Refusal(500, f'unsupported SourceType: "{kind}"')
    if name:
        require(who, "service", "read", name)
    return as_json({"Allowed": allowed(context, source_name, name)})


def allowed(context: Context, source: str, destination: str) -> bool:
    """Say what the strongest intention says; what looks into requests counts as denied here."""
    for one in matching(context.store, "source", source):
        if one["DestinationName"] in (destination, "*") and "SourcePeer" not in one:
            return one.get("Action") == "allow"
    return allows_by_default(context, authorizer(context))


def allows_by_default(context: Context, who: Authorizer) -> bool:
    """Say what holds where no intention does: the default policy of ACLs."""
    return not context.cluster.acl or who.everything


def _single(context: Context, name: str, missing: str) -> str:
    found = context.values(name)
    if len(found) != 1:
        raise Refusal(500, missing, local=True)
    return found[0]
