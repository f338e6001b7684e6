"""Plans with interim steps, written by hand: only what decides is said of each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.change import Action, Change, Interim, Reason
from reconciler.model.plan import Mode, Plan
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way
from tests.support.memory import MemoryServers

Body = Mapping[str, Any]


def at(text: str) -> Address:
    return Address.parse(text)


def interim(
    way: Way,
    index: int,
    after: Body | None,
    *,
    waits: tuple[str, ...] = (),
    waits_interim: tuple[str, ...] = (),
    **more: Any,
) -> Interim:
    """An interim step that leaves `after`, all of it ours."""
    return Interim(
        way,
        index,
        after,
        after,
        waits_for=tuple(map(at, waits)),
        waits_for_interim=tuple(map(at, waits_interim)),
        was=more.pop("was", None),
        **more,
    )


def change(
    world: MemoryServers,
    text: str,
    index: int,
    after: Body | None,
    *,
    waits: tuple[str, ...] = (),
    waits_interim: tuple[str, ...] = (),
    **more: Any,
) -> Change:
    """A change from what stands in this world to `after`."""
    address = at(text)
    before = world.objects.get(address)
    action = Action.DELETE if after is None else Action.CREATE if before is None else Action.UPDATE
    return Change(
        address,
        more.pop("action", action),
        more.pop("reason", Reason.CHANGED),
        provider="memory",
        before=None if before is None else dict(before),
        after=after,
        owned=after,
        observed_version=world.versions.get(address),
        index=index,
        waits_for=tuple(map(at, waits)),
        waits_for_interim=tuple(map(at, waits_interim)),
        **more,
    )


def hand_made(*changes: Change) -> Plan:
    """A plan of just these changes."""
    return Plan(Mode.NORMAL, changes)
