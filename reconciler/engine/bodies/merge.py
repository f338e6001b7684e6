"""Three-way merge: declared, recorded and live bodies of one object give the body that should exist.

What is declared is set. What was recorded and is no longer declared goes. What only the live object has
is foreign: it stays and is named, except in lists whose declared unit is exact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from reconciler.engine.bodies.canonical import item_key, key_text
from reconciler.engine.bodies.same import same
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.kinds import Foreign, KeyedBy, Rule

_NO_RULE = Rule()
_ABSENT: Any = object()


@dataclass(slots=True)
class Merged:
    """`target` is the whole body to write; `foreign` are the paths and values of foreign parts that stay,
    keyed items by their key's text."""

    target: dict[str, Any]
    foreign: list[tuple[tuple[str, ...], Any]] = field(default_factory=list)

    @property
    def unmanaged(self) -> list[tuple[str, ...]]:
        """The paths of foreign parts that stay."""
        return [path for path, _ in self.foreign]


def merge(
    rule: Rule,
    declared: Mapping[str, Any],
    recorded: Mapping[str, Any] | None,
    live: Mapping[str, Any],
    *,
    shared: bool = False,
) -> Merged:
    """Merge three canonical bodies. With `recorded` `None` everything undeclared is foreign."""
    merger = _Merger(shared)
    target = merger.object(rule, declared, recorded or {}, live, ())
    return Merged(target, merger.foreign)


def remainder(
    rule: Rule, container: str | None, recorded: Mapping[str, Any], live: Mapping[str, Any], *, shared: bool
) -> dict[str, Any] | None:
    """Return what is left of a live body without our part; `None` where it has nothing of others."""
    if container is None:
        return None
    rest = merge(rule, {}, {container: recorded.get(container) or []}, live, shared=shared).target
    return rest if rest.get(container) else None


def project(rule: Rule, mine: Mapping[str, Any], live: Mapping[str, Any]) -> dict[str, Any]:
    """Return our part of a live body: the fields and keyed items that `mine` has, with their live values."""
    out: dict[str, Any] = {}
    for name in mine:
        if name in live:
            out[name] = _projected(_rule_of(rule, name), mine[name], live[name])
    return out


def _projected(rule: Rule, mine: Any, live: Any) -> Any:
    if rule.keyed is not None and isinstance(mine, list) and isinstance(live, list):
        keyed = rule.keyed
        known = {item_key(keyed, item) for item in mine}
        return [item for item in live if item_key(keyed, item) in known]
    if isinstance(mine, Mapping) and isinstance(live, Mapping) and not rule.opaque:
        return project(rule, mine, live)
    return live


class _Merger:
    def __init__(self, shared: bool) -> None:
        self.shared = shared
        self.foreign: list[tuple[tuple[str, ...], Any]] = []

    def object(
        self,
        rule: Rule,
        declared: Mapping[str, Any],
        recorded: Mapping[str, Any],
        live: Mapping[str, Any],
        path: tuple[str, ...],
    ) -> dict[str, Any]:
        dropped = _excluded(rule, declared)
        out: dict[str, Any] = {}
        for name in (*live, *(name for name in declared if name not in live)):
            if name in dropped:
                continue
            if rule.is_map and name not in live:
                out[name] = declared[name]  # every entry of a map counts, also an empty one
                continue
            if rule.is_map and name in recorded and name not in declared and same(_NO_RULE, live[name], None):
                continue  # ours, empty, and no longer wanted
            field_rule = _rule_of(rule, name)
            value = self.value(
                field_rule,
                declared.get(name, _ABSENT),
                recorded.get(name, _ABSENT),
                live.get(name, _ABSENT),
                (*path, name),
            )
            if value is not _ABSENT:
                out[name] = value
        return out

    def value(self, rule: Rule, declared: Any, recorded: Any, live: Any, path: tuple[str, ...]) -> Any:
        if declared is _ABSENT:
            return self._undeclared(rule, recorded, live, path)
        if live is not _ABSENT and same(rule, declared, live):
            return live
        if live is _ABSENT and same(rule, declared, None):
            return _ABSENT
        if rule.keyed is not None and isinstance(declared, list):
            return self.keyed(rule, rule.keyed, declared, _items(recorded), _items(live), path)
        if isinstance(declared, Mapping) and isinstance(live, Mapping) and not rule.opaque:
            return self.object(rule, declared, _object(recorded), live, path)
        return declared

    def _undeclared(self, rule: Rule, recorded: Any, live: Any, path: tuple[str, ...]) -> Any:
        if live is _ABSENT:
            return _ABSENT
        if same(rule, live, None):
            return live  # the server's default, even if it was written
        if recorded is _ABSENT:
            self._note(path, live)
            return live
        if rule.keyed is not None and isinstance(live, list):
            return self.keyed(rule, rule.keyed, [], _items(recorded), live, path) or _ABSENT
        if isinstance(recorded, Mapping) and isinstance(live, Mapping) and not rule.opaque:
            return self.object(rule, {}, recorded, live, path) or _ABSENT
        return _ABSENT

    def keyed(
        self,
        rule: Rule,
        keyed: KeyedBy,
        declared: Sequence[Any],
        recorded: Sequence[Any],
        live: Sequence[Any],
        path: tuple[str, ...],
    ) -> list[Any]:
        each = rule.each or _NO_RULE
        wanted = {item_key(keyed, item): item for item in declared}
        known = {item_key(keyed, item): item for item in recorded}
        keeps = keyed.foreign is Foreign.KEEP or (keyed.shareable and self.shared)
        out: list[Any] = []
        seen = set()
        for item in live:
            key = item_key(keyed, item)
            place = (*path, key_text(key))
            if key in wanted:
                if key not in seen:
                    out.append(self.value(each, wanted[key], known.get(key, _ABSENT), item, place))
            elif keeps and key not in known:
                self._note(place, item)
                out.append(item)
            seen.add(key)
        out.extend(item for key, item in wanted.items() if key not in seen)
        out.sort(key=lambda item: item_key(keyed, item))
        return out

    def _note(self, path: tuple[str, ...], value: Any) -> None:
        if not same(_NO_RULE, value, None):
            self.foreign.append((path, value))


def _excluded(rule: Rule, declared: Mapping[str, Any]) -> set[str]:
    """Return fields that must go because the declaration sets another field of their group."""
    out: set[str] = set()
    for group in rule.exclusive:
        chosen = {name for name in group if not same(_NO_RULE, declared.get(name), None)}
        if chosen:
            out |= set(group) - chosen
    return out


def _rule_of(rule: Rule, name: str) -> Rule:
    if rule.is_map:
        return rule.each or _NO_RULE
    return rule.fields.get(name, _NO_RULE)


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
