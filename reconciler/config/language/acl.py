"""The form of an ACL policy."""

from __future__ import annotations

from reconciler.config.language.base import Strict


class AclPolicy(Strict):
    """A policy. `rules` are in Consul's policy language, HCL or JSON; no `datacenters`: valid in all."""

    rules: str
    description: str | None = None
    datacenters: list[str] | None = None
    protect: bool = False
