"""The forms of peerings, and of what is exported through them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from reconciler.config.language.base import Listed, Name, Pair, Selector, Strict, shape


class Between(Strict):
    """One peering of two clusters."""

    between: Pair
    acceptor: Name | None = None
    names: dict[str, str] = Field(default_factory=dict)
    meta: dict[str, str] = Field(default_factory=dict)
    server_external_addresses: list[str] = Field(default_factory=list)
    protect: bool = False


class FullMesh(Strict):
    """A peering of each with each."""

    mesh: Selector
    meta: dict[str, str] = Field(default_factory=dict)
    protect: bool = False


class Hub(Strict):
    """A peering of one with each of the others; the hub accepts."""

    hub: Name
    spokes: Selector
    meta: dict[str, str] = Field(default_factory=dict)
    protect: bool = False


def _form(value: Any) -> str:
    keys = value if isinstance(value, dict) else ()
    return "<mesh>" if "mesh" in keys else "<hub>" if "hub" in keys or "spokes" in keys else "<between>"


Peering = Annotated[
    Annotated[Between, Tag("<between>")] | Annotated[FullMesh, Tag("<mesh>")] | Annotated[Hub, Tag("<hub>")],
    Discriminator(_form),
]


class ExportTo(Strict):
    """The long form of an exported service."""

    to: Selector
    namespace: Name | None = None


Export = Annotated[
    Annotated[Name, Tag("<text>")] | Annotated[Listed, Tag("<list>")] | Annotated[ExportTo, Tag("<map>")],
    Discriminator(shape),
]
