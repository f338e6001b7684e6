"""The section `ignore`: parts of objects that others look after, neither reported nor written back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.expand.ignored_fields import unknown_fields
from reconciler.config.fields.lookup import plain
from reconciler.config.fields.paths import PATHS, parse_path
from reconciler.config.text.document import Place, Step
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.ignoring.rules import IgnoreRule
from reconciler.sdk.globs import matches

# What objects are known by: without them it is not known which object is meant.
_IDENTITY = frozenset({"kind", "name", "namespace", "partition", "names", "acceptor", "dialer"})


def ignore_rules(spec: Spec, drafts: Drafts) -> tuple[IgnoreRule, ...]:
    """Return the rules. A path or a date that is none is a problem, and so is a rule about nothing."""
    return tuple(_rule(item, spec, drafts) for item in spec.ignore)


def _rule(item: Item[dict[str, Any]], spec: Spec, drafts: Drafts) -> IgnoreRule:
    value = item.value
    addresses, fields = _texts(value["address"]), tuple(_fields(item, drafts))
    classes = frozenset(DriftClass(word) for word in value.get("classes") or ())
    if not value.get("fields") and not classes:
        summary = "this rule ignores nothing: it has neither fields nor classes"
        drafts.problem(item.place, "bad-ignore-rule", summary, "name the fields that others write")
    if not spec.incomplete:
        texts = {str(draft.address): draft for draft in drafts}
        if DriftClass.OBJECT not in classes:
            _check_addresses(item, addresses, texts, drafts)
        drafts.problems.extend(unknown_fields(item, addresses, texts, drafts.cluster_set))
    until = _until(item, drafts)
    return IgnoreRule(addresses, fields, classes, value["reason"], until, item.place.position)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _fields(item: Item[dict[str, Any]], drafts: Drafts) -> Iterator[tuple[Step, ...]]:
    for number, text in enumerate(item.value.get("fields") or ()):
        place = item.place.inner("fields").inner(number)
        path = parse_path(text)
        if path is None:
            drafts.problem(place, "bad-path", f"not the path of a field: {text!a}", PATHS)
        elif len(path) == 1 and isinstance(path[0], str) and plain(path[0]) in _IDENTITY:
            summary = f"{text} cannot be ignored: it identifies the object"
            drafts.problem(place, "bad-path", summary, "name another field")
        elif path == ("*",):
            hint = "name its fields, or remove the object from the configuration"
            drafts.problem(place, "bad-path", "everything of an object cannot be ignored", hint)
        else:
            yield path


def _check_addresses(
    item: Item[dict[str, Any]], addresses: tuple[str, ...], texts: Mapping[str, Draft], drafts: Drafts
) -> None:
    for glob in addresses:
        if not any(matches(glob, text) for text in texts):
            hint = did_you_mean(glob, texts) or "addresses are as plan shows them: service_defaults.dc1/api"
            summary = f'no resource is called "{glob}": this ignores nothing'
            drafts.problem(_address_place(item, glob), "ignore-unused", summary, hint, warning=True)


def _address_place(item: Item[dict[str, Any]], glob: str) -> Place:
    place, value = item.place.inner("address"), item.value["address"]
    return place.inner(value.index(glob)) if isinstance(value, list) else place


def _until(item: Item[dict[str, Any]], drafts: Drafts) -> date | None:
    text = item.value.get("until")
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        hint = "write the last day on which it holds: 2026-12-31"
        drafts.problem(item.place.inner("until"), "bad-ignore-rule", f"not a date: {text!a}", hint)
        return None
