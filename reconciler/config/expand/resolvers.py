"""Failover and redirects: the shorthands -> service-resolvers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.clusters.names import service_hint, service_problem
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import Draft, ShorthandDraft
from reconciler.config.drafts.refs import Binder, Ref
from reconciler.config.fields.casing import consul_name

_SECTIONS = {"failover": "redirects", "redirects": "failover"}


def resolve_resolvers(spec: Spec, binder: Binder) -> None:
    """Add drafts of all declared failovers and redirects."""
    made: dict[tuple[str, str], tuple[str, Item[Any]]] = {}
    for section in _SECTIONS:
        for item in spec.sections[section]:
            for chosen in binder.drafts.cluster_set.above(item):
                _resolver(section, item, chosen.name, made, binder)


def _resolver(
    section: str,
    item: Item[Any],
    here: str,
    made: dict[tuple[str, str], tuple[str, Item[Any]]],
    binder: Binder,
) -> None:
    problem = service_problem(item.name)
    if problem is None and item.name == "*":
        problem = "a resolver is for one service"
    if problem is not None:
        binder.drafts.problem(item.key, "bad-name", problem, service_hint(item.name))
        return
    other, first = made.setdefault((here, item.name), (section, item))
    if other != section:
        related = ((first.key.position, f"under {other} here"),)
        summary = f'"{item.name}" of {here} has both a failover and a redirect'
        hint = "Consul takes one of the two; a redirect to several places is a failover"
        binder.drafts.problem(item.key, "redirect-and-failover", summary, hint, related=related)
        return
    draft = _failover(item, here, binder) if section == "failover" else _redirect(item, here, binder)
    if draft is not None:
        binder.drafts.add(draft)


def _failover(item: Item[Any], here: str, binder: Binder) -> Draft:
    refs = list(_targets(item, here, binder))
    body: dict[str, Any] = {"Kind": "service-resolver", "Name": item.name}
    if isinstance(item.value, dict):
        more = {key: value for key, value in item.value.items() if key != "targets" and value is not None}
        body.update((consul_name(key), value) for key, value in more.items())
    body["Failover"] = {"*": {"Targets": [target(ref) for ref in refs]}}
    if not refs and not item.value:
        binder.drafts.problem(
            item.key, "no-targets", "a failover needs a target", "list one, as in [api@dc1]"
        )
    return ShorthandDraft(
        binder.drafts.address("service_resolver", here, item.name),
        body,
        item.key,
        item.place,
        parts={("Failover", "*", "Targets", number): ref.place for number, ref in enumerate(refs)},
    )


def _targets(item: Item[Any], here: str, binder: Binder) -> Iterator[Ref]:
    value, place = item.value, item.place
    if isinstance(value, dict):
        value, place = value["targets"], place.inner("targets")
    if isinstance(value, str):
        value = [value]
    for number, text in enumerate(value):
        for ref in binder.bind(text, here, place.inner(number)):
            if ref.service == "*":
                binder.drafts.problem(ref.place, "bad-reference", "a target is one service, not *")
            elif ref.is_local and ref.service == item.name:
                hint = "the service itself is tried first anyway; remove it"
                binder.drafts.problem(
                    ref.place, "self-failover", "a service cannot fail over to itself", hint
                )
            else:
                yield ref


def _redirect(item: Item[Any], here: str, binder: Binder) -> Draft | None:
    ref = binder.one(item.value, here, item.place)
    if ref is None:
        return None
    if ref.service == "*" or (ref.is_local and ref.service == item.name):
        summary = f'"{item.name}" cannot be redirected to "{item.value}"'
        binder.drafts.problem(item.place, "bad-reference", summary, "name another service")
        return None
    body = {"Kind": "service-resolver", "Name": item.name, "Redirect": target(ref)}
    address = binder.drafts.address("service_resolver", here, item.name)
    return ShorthandDraft(address, body, item.key, item.place, parts={("Redirect",): item.place})


def target(ref: Ref) -> Mapping[str, str]:
    """Return a reference in a resolver's form."""
    return {"Service": ref.service, **ref.scope()}
