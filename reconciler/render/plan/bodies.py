"""What an action does to its object, in lines: whole bodies for create and destroy, changes otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.model.change import Action, Change, FieldChange, Op
from reconciler.render.text.items import ItemText, Listing, consumers, items_of, listing_of
from reconciler.render.text.lines import Line, Part, Span, Tone, count, faint
from reconciler.render.text.peers import Peers
from reconciler.render.text.texts import (
    Row,
    around,
    changed_lines,
    is_text,
    shortened,
    text_size,
    whole_text,
)
from reconciler.render.text.values import count_leaves, leaf_texts, named_leaves, path_text, value_text
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.secret import MASK
from reconciler.sdk.secrets.sensitive import has_sensitive

SIGNS = {Op.ADD: Span("+", Tone.ADD), Op.CHANGE: Span("~", Tone.CHANGE), Op.REMOVE: Span("-", Tone.REMOVE)}
_IN_ADDRESS = frozenset({"Kind", "Name"})
_ENDS = frozenset({"Acceptor", "Dialer", "Names"})


def body_lines(change: Change, peers: Peers) -> list[Line]:
    """Return the lines below an action's header."""
    if change.action is Action.CREATE:
        return whole(change.address, change.after or {}, peers, Op.ADD)
    if change.action in (Action.REPLACE, Action.ROTATE) and not change.fields:  # as it is
        return whole(change.address, change.after or change.owned or {}, peers, None)
    if change.action is Action.DELETE and change.after is None:
        return whole(change.address, change.before or {}, peers, Op.REMOVE)
    return _changed(change, peers)


def whole(address: Address, body: Mapping[str, Any], peers: Peers, op: Op | None) -> list[Line]:
    """Return every leaf of a body, with one sign (none for a record, which is not an action)."""
    listing = listing_of(address)
    skip = _IN_ADDRESS
    out: list[Line] = []
    if address.type == "peering" and isinstance(body.get("Names"), Mapping):
        out.append(_row(op, _ends(address, body)))
        skip |= _ENDS
    if listing is not None:
        items = sorted(items_of(body, listing.container).values(), key=_is_any)
        out += _item_rows([(op, listing.text(peers, address.cluster, item)) for item in items])
        skip |= {listing.container}
    rest = {key: peers.referenced(address.cluster, value) for key, value in body.items() if key not in skip}
    return out + _leaf_rows(op, rest)


def _leaf_rows(op: Op | None, body: Mapping[str, Any]) -> list[Line]:
    """Return every leaf on a line; the first lines of a text below its name."""
    out: list[Line] = []
    for (_, value), text in zip(named_leaves(body), leaf_texts(body), strict=True):
        if is_text(value):
            name = text[: text.index(" = ") + 3]
            out += [_row(op, f"{name}({text_size(value)})"), *text_rows(whole_text(value))]
        else:
            out.append(_row(op, shortened(text)))
    return out


def text_rows(rows: Iterable[Row]) -> list[Line]:
    """Return lines of a long text, set in below the field's own line."""
    signs: dict[str, Part] = {"+": SIGNS[Op.ADD], "-": SIGNS[Op.REMOVE], " ": " "}
    out: list[Line] = []
    for row in rows:
        if row.sign:
            out.append(["          ", signs[row.sign], " ", row.text])
        else:
            out.append(["            ", faint(row.text)])
    return out


def _is_any(item: Mapping[str, Any]) -> bool:
    """Say whether an item is for every service: those come last, as they count last."""
    return item.get("Name") == "*"


def _ends(address: Address, body: Mapping[str, Any]) -> str:
    """Return a peering with its two ends: each with its own name for the other, and which end dials."""
    names = body["Names"]
    one, other = address.cluster, address.name
    ends = f'{one} "{names.get(one, "")}"  <->  {other} "{names.get(other, "")}"'
    acceptor, dialer = body.get("Acceptor"), body.get("Dialer")
    return f"{ends}   {acceptor} accepts, {dialer} dials" if acceptor and dialer else ends


def _row(op: Op | None, text: str, *more: Span) -> Line:
    if op is None:
        return ["    ", text, *more]
    return ["  ", SIGNS[op], "   ", text, *more]


def _item_rows(items: Sequence[tuple[Op | None, ItemText]]) -> list[Line]:
    columns = max((len(text.label) for _, text in items if len(text.label) <= 48), default=0)
    out: list[Line] = []
    for op, text in items:
        out.append(_row(op, f"{text.label:<{columns}}   {text.summary}"))
        out += [["        ", shortened(detail)] for detail in text.details]
    return out


def _changed(change: Change, peers: Peers) -> list[Line]:
    listing = listing_of(change.address)
    container = listing.container if listing else None
    out = _changed_items(change, listing, peers) if listing else []
    plain = [item for item in change.fields if not item.path or item.path[0] != container]
    out += [line for item in plain for line in field_lines(item, change.address.cluster, peers)]
    return out + _hidden(change, listing, plain) + _of_others(change, listing)


def field_lines(item: FieldChange, cluster: str, peers: Peers) -> list[Line]:
    """Return one changed leaf: `~ path: old -> new`, and below it the lines of a text that change."""
    forces = [Span("   # forces replacement", Tone.REMOVE)] if item.forces_replacement else []
    text, rows = change_of(item, cluster, peers)
    return [_row(item.op, text, *forces), *text_rows(rows)]


def change_of(
    item: FieldChange, cluster: str, peers: Peers, path: Sequence[str | int] | None = None
) -> tuple[str, list[Row]]:
    """Return what a leaf's change says on its line, and the lines of a text below it. `path`: what it is
    called.
    """
    name = path_text(item.path if path is None else path)
    if item.op is not Op.CHANGE:
        return _leaf_text(name, peers.referenced(cluster, item.new if item.op is Op.ADD else item.old))
    if isinstance(item.old, str) and isinstance(item.new, str) and (is_text(item.old) or is_text(item.new)):
        words, rows = changed_lines(item.old, item.new)
        return f"{name}: {words}", rows
    if isinstance(item.old, str) and isinstance(item.new, str):
        old, new, where = around(item.old, item.new)
        return f"{name}: {value_text(old)} -> {value_text(new)}{where}", []
    old, new = (value_text(peers.referenced(cluster, value)) for value in (item.old, item.new))
    if old == new and not has_sensitive((item.old, item.new)):  # the same cluster under another name
        old, new = value_text(item.old), value_text(item.new)
    return changed_text(name, old, new), []


def _leaf_text(name: str, value: Any) -> tuple[str, list[Row]]:
    if is_text(value):
        return f"{name} = ({text_size(value)})", whole_text(value)
    return f"{name} = {shortened(value_text(value))}", []


def changed_text(path: str, old: str, new: str) -> str:
    """Return `path: old -> new`; where only a masked part differs, `path = new`, and the sign says that it
    changes.
    """
    if old != new:
        old, new, where = around(old, new)
        return f"{path}: {old} -> {new}{where}"
    return f"{path} = {new}" if new == MASK else f"{path} = {new}   (a sensitive value in it changes)"


def _changed_items(change: Change, listing: Listing, peers: Peers) -> list[Line]:
    before, after = items_of(change.before, listing.container), items_of(change.after, listing.container)
    cluster = change.address.cluster
    rows: list[tuple[Op | None, ItemText]] = []
    renamed = _renamed(listing, peers, cluster, before, after)
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new or key in renamed.values():
            continue
        old = before[renamed[key]] if key in renamed else old
        if old is None or new is None:
            op = Op.ADD if old is None else Op.REMOVE
            rows.append((op, listing.text(peers, cluster, new or old or {})))
        else:
            rows.append((Op.CHANGE, _changed_item(listing, peers, cluster, old, new)))
    return _item_rows(rows)


_Key = tuple[str, ...]


def _renamed(
    listing: Listing, peers: Peers, cluster: str, before: Mapping[_Key, Any], after: Mapping[_Key, Any]
) -> dict[_Key, _Key]:
    """Return the new items that differ from an old one in the name of the peer alone: new key -> old key."""
    gone = {listing.text(peers, cluster, before[key]).label: key for key in before.keys() - after.keys()}
    come = {key: listing.text(peers, cluster, after[key]).label for key in after.keys() - before.keys()}
    return {key: gone[label] for key, label in come.items() if label in gone}


def _changed_item(
    listing: Listing, peers: Peers, cluster: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> ItemText:
    was, now = listing.text(peers, cluster, old), listing.text(peers, cluster, new)
    if listing.container == "Services":
        return now._replace(summary=now.summary + _moved(peers, cluster, old, new))
    summary = now.summary if was.summary == now.summary else f"{was.summary} -> {now.summary}"
    summary += _called([old.get("Peer")], [new.get("Peer")])
    details = tuple(_detail_changes(was.details, now.details))
    if not details and was.summary == now.summary and has_sensitive((old, new)):
        details = (f"~ {MASK}",)
    return ItemText(now.label, summary, details)


def _moved(peers: Peers, cluster: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    had, has = set(consumers(peers, cluster, old)), set(consumers(peers, cluster, new))
    words = [f"{name} added" for name in sorted(has - had)] + [
        f"{name} removed" for name in sorted(had - has)
    ]
    return f"   ({', '.join(words)})" if words else _called(_named(old), _named(new))


def _named(service: Mapping[str, Any]) -> list[Any]:
    items = (item for item in service.get("Consumers") or () if isinstance(item, Mapping))
    return [item.get("Peer") or item.get("PeerName") for item in items]


def _called(old: Sequence[Any], new: Sequence[Any]) -> str:
    """Return which peers have another name: `   (peer "hub" -> "headquarters")`, or "" where none has."""
    gone, come = ([str(name) for name in a if name and name not in b] for a, b in ((old, new), (new, old)))
    shown = [", ".join(f'"{name}"' for name in sorted(names)) for names in (gone, come)]
    return f"   (peer {shown[0]} -> {shown[1]})" if gone and come else ""


def _detail_changes(was: Sequence[str], now: Sequence[str]) -> Iterable[str]:
    """Return lines that were removed and added; where only their order changed, all of them in the
    new order.
    """
    gone, come = [line for line in was if line not in now], [line for line in now if line not in was]
    if not gone and not come and was != now:
        return ["in this order now:", *now]
    if len(gone) == len(come):
        shown = [around(old, new)[:2] for old, new in zip(gone, come, strict=True)]
        gone, come = [old for old, _ in shown], [new for _, new in shown]
    return [*(f"- {line}" for line in gone), *(f"+ {line}" for line in come)]


def _hidden(change: Change, listing: Listing | None, plain: Sequence[FieldChange]) -> list[Line]:
    """Return how much of the object stays as it is and is not shown."""
    skip = _IN_ADDRESS | ({listing.container} if listing else set())
    total = sum(count_leaves(value) for key, value in (change.after or {}).items() if key not in skip)
    left = total - sum(count_leaves(item.new) for item in plain if item.op is not Op.REMOVE)
    out = [f"({count(left, 'unchanged attribute')} hidden)"] if left > 0 else []
    if listing is not None:
        before, after = items_of(change.before, listing.container), items_of(change.after, listing.container)
        same = sum(before.get(key) == item for key, item in after.items())
        same -= len(_foreign_items(change, listing))
        if same > 0:
            out.insert(0, f"({count(same, 'unchanged ' + listing.noun)} hidden)")
    return [["      ", faint(text)] for text in out]


def _foreign_items(change: Change, listing: Listing | None) -> list[str]:
    """Return the keys of whole items that belong to others."""
    container = listing.container if listing else None
    return [path[1] for path in change.unmanaged if len(path) == 2 and path[0] == container]


def _of_others(change: Change, listing: Listing | None) -> list[Line]:
    """Return what is live, unmanaged and left alone; named where it is little."""
    items = _foreign_items(change, listing)
    rest = len(change.unmanaged) - len(items)
    out: list[Line] = []
    if listing is not None and items:
        named = f": {', '.join(items)}" if len(items) <= 3 else ""
        out.append(["      ", faint(f"({count(len(items), listing.noun)} of other owners unchanged{named})")])
    if rest:
        out.append(["      ", faint(f"({count(rest, 'attribute')} of other owners unchanged)")])
    return out
