"""Interim steps: what they do to an object, until when, and what the object's own change is after them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.change import Action, Change, FieldChange, Interim, Op, Reason
from reconciler.render.text.lines import Line, Span, Tone, faint
from reconciler.sdk.foresight import Way

Path = tuple[str | int, ...]

DOING = {Way.WIDEN: "Widening", Way.NARROW: "Narrowing", Way.TAKE_DOWN: "Taking down"}
NOUN = {Way.WIDEN: "Widening", Way.NARROW: "Narrowing", Way.TAKE_DOWN: "Take-down"}
_FIRST = {Way.WIDEN: "will be widened first", Way.NARROW: "will be narrowed first"}


def first_will(change: Change, interim: Interim) -> str:
    """Return what the interim step does: `will be widened first`."""
    if change.before is None:
        return "will be created in part first"
    if interim.way is Way.TAKE_DOWN:
        return "will be taken down" if interim.after is None else "will be taken down in part"
    return _FIRST[interim.way]


def until(change: Change, interim: Interim) -> str:
    """Return where the object's own change comes: `until #3`."""
    if change.before is None:
        return f"completed by #{change.index}"
    verb = "put back by" if interim.way is Way.TAKE_DOWN else "until"
    return f"{verb} #{change.index}"


def then_will(change: Change) -> str:
    """Return what the object's own change does after an interim step; empty where that is nothing special."""
    interim = change.interim
    if interim is None:
        return ""
    if change.before is None:
        return "will be completed"
    if change.is_remade and interim.after is None:
        return "will be put back with changes" if change.fields else "will be put back"
    return "will be put back in full" if change.reason is Reason.TAKEN_DOWN else ""


def is_put_back_as_it_was(change: Change) -> bool:
    """Say whether all of it was shown where it was taken down."""
    away = change.interim is not None and change.interim.after is None
    return away and change.is_remade and not change.fields


def since(interim: Interim) -> str:
    """Return where the interim step was: `after #1`."""
    verb = "taken down by" if interim.way is Way.TAKE_DOWN and interim.after is None else "after"
    return f"{verb} #{interim.index}"


def first_action(change: Change, interim: Interim) -> Action:
    """Return what the interim step is for its object."""
    if change.before is None:
        return Action.CREATE
    return Action.DELETE if interim.after is None else Action.UPDATE


def first_view(change: Change, interim: Interim) -> Change:
    """Return the interim step as if it were a change of its own, to be shown."""
    action = first_action(change, interim)
    return replace(change, action=action, after=interim.after, fields=interim.fields, notes=(), interim=None)


def then_view(change: Change) -> Change:
    """Return the object's own change from what the interim step leaves, to be shown."""
    interim = change.interim
    if interim is None or interim.after is None:
        return change
    if change.before is None:
        fields = tuple(_added(interim.after, change.after or {}))
        return replace(change, action=Action.UPDATE, before=interim.after, fields=fields)
    return replace(change, before=interim.after, fields=(*_left(change, interim), *_back(change, interim)))


def _added(old: Mapping[str, Any], new: Mapping[str, Any], path: Path = ()) -> Iterator[FieldChange]:
    """Yield what completes an object that was created in part."""
    for name, value in new.items():
        here, was = (*path, name), old.get(name)
        if name not in old:
            yield FieldChange(here, Op.ADD, None, value)
        elif isinstance(was, Mapping) and isinstance(value, Mapping):
            yield from _added(was, value, here)
        elif was != value:
            yield FieldChange(here, Op.CHANGE, was, value)


def _left(change: Change, interim: Interim) -> list[FieldChange]:
    """Return what the interim step did not do yet."""
    return [item for item in change.fields if item not in interim.fields]


def _back(change: Change, interim: Interim) -> list[FieldChange]:
    """Return what the interim step did for a while only: it comes back."""
    return [
        FieldChange(item.path, _BACK[item.op], item.new, item.old)
        for item in interim.fields
        if not any(_overlap(item.path, other.path) for other in change.fields)
    ]


_BACK = {Op.ADD: Op.REMOVE, Op.CHANGE: Op.CHANGE, Op.REMOVE: Op.ADD}


def _overlap(one: Path, other: Path) -> bool:
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def meanwhile(interim: Interim) -> list[Line]:
    """Return `# meanwhile: ...`, marked where callers reach more or less until the object's own change is
    done.
    """
    does = access_words(interim)
    if not does and not interim.meanwhile:
        return []
    mark = Span(f"{does}: ", Tone.WARN) if does else faint("meanwhile: ")
    return [["  # ", mark, interim.meanwhile or "callers reach other services than before and after"]]


def access_words(interim: Interim) -> str:
    """Return `cuts access meanwhile`; empty where callers reach what they reach before or after."""
    does = [word for word, is_so in (("opens", interim.opens), ("cuts", interim.cuts)) if is_so]
    return f"{' and '.join(does)} access meanwhile" if does else ""
