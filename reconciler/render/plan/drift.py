"""What was changed outside, apart from what is intended."""

from __future__ import annotations

from reconciler.model.change import Action, Change, FieldChange, Op
from reconciler.model.plan import Mode, Plan
from reconciler.render.plan.bodies import SIGNS, change_of, text_rows
from reconciler.render.text.items import listing_of
from reconciler.render.text.lines import BLANK, Line, Span, Tone, count, faint, strong
from reconciler.render.text.peers import Peers
from reconciler.render.text.texts import Row
from reconciler.sdk.address import Address


def drift_lines(plan: Plan, peers: Peers) -> list[Line]:
    """Return the section `Changed outside reconciler`; empty where nothing was changed."""
    drifted = plan.drifted
    if not drifted:
        return []
    title = f"Changed outside reconciler since serial {plan.serial} ({count(len(drifted), 'object')}):"
    out: list[Line] = [[strong(title)]]
    for change in drifted:
        out += _object(change, plan, peers)
    return [*out, BLANK]


def _object(change: Change, plan: Plan, peers: Peers) -> list[Line]:
    fate = faint("" if plan.mode is Mode.REFRESH_ONLY else f"   ({_fate(change)})")
    if change.drift.deleted:
        return [["  ", Span("-", Tone.REMOVE), " ", str(change.address), "   deleted", fate]]
    if change.drift.broken:
        return [["  ", Span("!", Tone.REMOVE), " ", str(change.address), "   ", change.drift.broken, fate]]
    head: Line = ["  ", Span("~", Tone.CHANGE), " ", str(change.address), fate]
    return [
        head,
        *(line for item in change.drift.fields for line in drifted_field(change.address, item, peers)),
    ]


def _fate(change: Change) -> str:
    """Return what the plan does about it."""
    number = f"action {change.index}"
    if change.blocked:
        return f"{number}, blocked"
    if change.drift.deleted:
        return f"will be created again, {number}" if change.is_action else "will be removed from the state"
    if change.drift.broken:
        return f"will be recreated, {number}" if change.is_action else "will be removed from the state"
    if change.action is Action.DELETE:
        return f"will be destroyed, {number}"
    return f"will be changed back, {number}" if change.is_action else "the configuration now says the same"


def drifted_field(address: Address, item: FieldChange, peers: Peers) -> list[Line]:
    """Return one field that was changed outside, from the recorded to the live value."""
    listing = listing_of(address)
    cluster = address.cluster
    in_list = listing is not None and len(item.path) > 1 and item.path[0] == listing.container
    if not in_list or listing is None:
        return _leaf(item, change_of(item, cluster, peers))
    value = item.new if item.op is Op.ADD else item.old
    if len(item.path) == 2 and item.op is not Op.CHANGE and isinstance(value, dict):
        text = listing.text(peers, cluster, value)
        return [["      ", SIGNS[item.op], " ", f"{text.label}   {text.summary}"]]
    label = item_label(peers, cluster, str(item.path[1]))
    return _leaf(item, change_of(item, cluster, peers, item.path[2:]), f"{label}   ")


def _leaf(item: FieldChange, said: tuple[str, list[Row]], label: str = "") -> list[Line]:
    return [["      ", SIGNS[item.op], " ", label, said[0]], *text_rows(said[1])]


def item_label(peers: Peers, cluster: str, key: str) -> str:
    """Return the label of an item: `web@us-prod` names a peer; shown is its cluster."""
    name, at, peer = key.partition("@")
    return peers.service(cluster, name, peer) if at else key
