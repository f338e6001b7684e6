"""The place of a reason: where it is declared, else the cluster and the entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.app.reaching.world import AskedWorld, Part
from reconciler.config.drafts.declared_places import path_in
from reconciler.model.access import on_cluster
from reconciler.model.diagnostic import Position
from reconciler.sdk.access.answer import Origin
from reconciler.sdk.address import Address


class Places:
    """Finds places, each once."""

    def __init__(self, world: AskedWorld) -> None:
        self._parts = world.parts
        configuration = world.configuration
        self._declared = configuration.places if configuration is not None else None
        self._known: dict[Origin, str] = {}

    def of(self, origin: Origin) -> str:
        """Return `FILE:LINE:COL` of what is declared as it is in this world; for anything else the cluster,
        the entry and the path in it.
        """
        if origin not in self._known:
            found = self._position(origin)
            self._known[origin] = str(found) if found is not None else on_cluster(origin)
        return self._known[origin]

    def _position(self, origin: Origin) -> Position | None:
        if self._declared is None or origin.address is None:
            return None
        for part in self._parts:
            body = part.declared.get(origin.address)
            if body is not None:
                return self._declared_at(part, origin.address, origin.path, body)
        return None

    def _declared_at(
        self, part: Part, address: Address, path: tuple[str | int, ...], declared: Mapping[str, Any]
    ) -> Position | None:
        """Return where a part of an object is declared; `None` where it is not, or is another in this
        world.
        """
        assert self._declared is not None
        there = part.provider.body(part.world, address)
        if not path or there is None:
            return self._declared.of(address)
        steps = path_in(declared, path, there)
        if steps is None or not _says(_at(declared, steps), _at(there, path)):
            return None
        return self._declared.of(address, path, there)


def _at(body: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


def _says(declared: Any, there: Any) -> bool:
    """Say whether all that is declared is there: servers add what is not set."""
    if isinstance(declared, Mapping):
        live = there if isinstance(there, Mapping) else {}
        return all(_says(value, live.get(key)) for key, value in declared.items())
    if isinstance(declared, list | tuple):
        items = there if isinstance(there, list | tuple) else ()
        return len(declared) == len(items) and all(
            any(_says(one, item) for item in items) for one in declared
        )
    return bool(declared == there) or (not declared and not there)
