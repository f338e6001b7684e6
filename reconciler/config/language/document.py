"""The language as data: one pydantic model per form. Unknown keys are errors; nothing is coerced.

The models check form only. Whether names exist and things fit together is asked in `rules*`. The same
models give the JSON Schema that editors use. Those of a section are imported and built where a file has it.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.config.language.base import ConfigurationName, Name, Pair, Selector, Strict
    from reconciler.config.language.clusters import Cluster, Ignore, Moved, Removed, Variable
    from reconciler.config.language.entries import AclPolicy, Mesh, ProxyDefaults
    from reconciler.config.language.intentions import Intentions, Policy
    from reconciler.config.language.peerings import Export, Peering
    from reconciler.config.language.service import ServiceDefaults
    from reconciler.config.language.traffic import Failover, Routes, Splits, Target

_MODULES = {
    "base": ("ConfigurationName", "Name", "Pair", "Selector", "Strict"),
    "clusters": ("Cluster", "Ignore", "Moved", "Removed", "Variable"),
    "entries": ("AclPolicy", "Mesh", "ProxyDefaults"),
    "intentions": ("Intentions", "Policy"),
    "peerings": ("Export", "Peering"),
    "service": ("ServiceDefaults",),
    "traffic": ("Failover", "Routes", "Splits", "Target"),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


class Sections:
    """One file. Sections of several files are one configuration."""

    name: ConfigurationName
    estate: ConfigurationName  # what `name` was called
    variables: dict[str, Variable | None]
    clusters: dict[str, Cluster]
    groups: dict[str, Selector]
    peerings: list[Peering]
    exports: dict[str, dict[str, Export] | None]
    intentions: dict[str, dict[str, Intentions] | None]
    failover: dict[str, dict[str, Failover] | None]
    redirects: dict[str, dict[str, Target] | None]
    splits: dict[str, dict[str, Splits] | None]
    routes: dict[str, dict[str, Routes] | None]
    mesh: dict[str, Mesh | None]
    proxy_defaults: dict[str, ProxyDefaults | None]
    service_defaults: dict[str, dict[str, ServiceDefaults | None] | None]
    config_entries: dict[str, list[dict[str, Any]] | None]
    acl_policies: dict[str, dict[str, AclPolicy] | None]
    resources: dict[str, dict[str, dict[str, dict[str, Any] | None] | None] | None]
    policies: list[Policy]
    protect: list[Name]
    sensitive: list[Pair]
    moved: list[Moved]
    removed: list[Removed]
    ignore: list[Ignore]


_TYPES: dict[str, str] = Sections.__annotations__


class _Names(dict[str, Any]):
    """The names in the types of sections, imported when one is read. Raises `KeyError` for any other."""

    def __missing__(self, name: str) -> Any:
        module = import_module(f"reconciler.config.language.{_MODULE_OF[name]}")
        return getattr(module, name)


def document(keys: Collection[Any] = tuple(_TYPES)) -> type[Strict]:
    """Return the model of a file with these sections, each of them optional. Other keys are left out."""
    return _model(tuple(name for name in _TYPES if name in keys))


@lru_cache(maxsize=32)
def _model(sections: tuple[str, ...]) -> type[Strict]:
    from pydantic import create_model

    from reconciler.config.language.base import Strict

    types = {name: eval(f"{_TYPES[name]} | None", globals(), _Names()) for name in sections}  # noqa: S307 - ours
    fields: dict[str, Any] = {name: (found, None) for name, found in types.items()}
    return create_model("Document", __base__=Strict, __doc__=Sections.__doc__, **fields)


def json_schema() -> dict[str, Any]:
    """Return the language as JSON Schema, for editors."""
    return document().model_json_schema(by_alias=True)
