"""The parts of a plan's document that are about safety checks."""

from __future__ import annotations

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12


class Limit(TypedDict, total=False):
    """A limit of the operator."""

    max_delete: str
    max_change: str


class Breach(TypedDict):
    """A limit that the plan does not keep."""

    cluster: str | None
    type: str | None
    limit: Limit
    counted: int
    of: int
    flag: str
    addresses: list[str]
    text: str


class Freeze(TypedDict):
    """The freeze that is on."""

    reason: str
    until: str | None


class Confirmation(TypedDict):
    """A resource that a person is asked to confirm by its address."""

    address: str
    listed: bool
    covered_by: list[str]


class LeftOut(TypedDict):
    """A resource that an option leaves alone."""

    address: str
    action: str
    option: str
    because: str
