"""Servers of the in-memory provider that judge writes by what else they hold.

An object may have a `Tone`, names that it `Has`, and `Uses` of others' names (object -> name): what it uses
must be there, and of the same tone. `Shows` lists what it shows to whom as `service@peer`; `Denies` whom it
turns away, in the same form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Access, Interim, Reach, Verdict, Way, Write
from reconciler.sdk.provider import Body


def at(name: str) -> Address:
    return Address("entry", "dc1", name)


class JudgedServers:
    """What the servers hold, as `reconciler.sdk.foresight.Standing`."""

    def __init__(self, bodies: Mapping[Address, Body], sure: bool = True) -> None:
        self.bodies = dict(bodies)
        self.sure = sure
        self.judged = 0

    def knows(self, address: Address) -> bool:
        return address.type == "entry"

    def body(self, address: Address) -> Body | None:
        return self.bodies.get(address)

    def put(self, write: Write) -> None:
        if write.body is None:
            self.bodies.pop(write.address, None)
        else:
            self.bodies[write.address] = write.body

    def judge(self, write: Write) -> Verdict:
        self.judged += 1
        after = {**self.bodies, write.address: write.body}
        users = {address for address, body in self.bodies.items() if write.address.name in _uses(body)}
        reads = set(users)
        refused = ""
        for user in sorted({write.address, *users}):
            for name, wanted in _uses(after.get(user)).items():
                reads.add(at(name))
                refused = refused or _refusal(user, after[user] or {}, name, wanted, after.get(at(name)))
        return Verdict(refused, self.sure, frozenset(reads - {write.address}))

    def interims(self, address: Address, after: Body | None, stuck: Sequence[Write]) -> Sequence[Interim]:
        return (
            Interim(Way.WIDEN, _widened),
            Interim(Way.NARROW, _narrowed),
            Interim(Way.TAKE_DOWN, _idle, "it uses nothing meanwhile"),
            Interim(Way.TAKE_DOWN, lambda before, after: None, "it is away meanwhile", cuts=True),
        )

    def access(self, write: Write) -> Access:
        before, after = self.bodies.get(write.address) or {}, write.body or {}
        shown, denied = _pairs(before, after, "Shows"), _pairs(before, after, "Denies")
        return Access(
            frozenset({*(shown[0] - shown[1]), *(denied[1] - denied[0])}),
            frozenset({*(shown[1] - shown[0]), *(denied[0] - denied[1])}),
        )

    def accesses(self, writes: Sequence[Write]) -> Mapping[Address, Access]:
        return {write.address: self.access(write) for write in writes}

    def arrives(self, reach: Reach) -> bool:
        return True

    def broken(self, near: Iterable[Address]) -> Mapping[str, str]:
        found = {at.name: self.judge(Write(at, body)).refused for at, body in self.bodies.items()}
        return {name: why for name, why in found.items() if why}


def _pairs(before: Body, after: Body, field: str) -> tuple[set[Reach], set[Reach]]:
    def read(body: Body) -> set[Reach]:
        return {Reach("dc1", *text.split("@")) for text in body.get(field, ())}

    return read(before), read(after)


def _uses(body: Body | None) -> Mapping[str, str]:
    return (body or {}).get("Uses") or {}


def _refusal(user: Address, body: Body, name: str, wanted: str, target: Body | None) -> str:
    if target is None or wanted not in target.get("Has", ()):
        return f"{name} has no {wanted}"
    if target.get("Tone") != body.get("Tone"):
        return f"{user.name} and {name} differ in tone"
    return ""


def _widened(before: Body | None, after: Body | None) -> Body | None:
    if before is None or after is None:
        return after if before is None else before
    return {**before, "Has": sorted({*before.get("Has", ()), *after.get("Has", ())})}


def _narrowed(before: Body | None, after: Body | None) -> Body | None:
    if before is None or after is None:
        return before
    kept: dict[str, Any] = dict(before)
    if "Shows" in before:
        kept["Shows"] = [text for text in before["Shows"] if text in after.get("Shows", ())]
    return kept


def _idle(before: Body | None, after: Body | None) -> Body | None:
    source = after if before is None else before
    return None if source is None else {name: value for name, value in source.items() if name != "Uses"}
