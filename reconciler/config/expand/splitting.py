"""Splits and routes: the shorthands -> splitters and routers, with the generated resolver for a peer.

Neither a splitter nor a router can name a peer. For each peered destination a supplementary name is made:
a service-resolver that redirects to the peer, and service-defaults of the same protocol as the local
service, without which Consul answers "inconsistent protocols".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.config.clusters.names import service_hint, service_problem
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.draft import Draft, ShorthandDraft, parts_of
from reconciler.config.drafts.protocols import HTTP, protocol
from reconciler.config.drafts.refs import Binder, Ref
from reconciler.config.expand.resolvers import target
from reconciler.config.fields.casing import consul_name, to_consul
from reconciler.config.text.document import Place
from reconciler.sdk.address import Address


def resolve_splitting(spec: Spec, binder: Binder) -> None:
    """Add drafts of all declared splits and routes. Comes after all entries, whose protocols it looks up."""
    maker = _Maker(binder)
    for section, make in (("splits", maker.splitter), ("routes", maker.router)):
        for item in spec.sections[section]:
            for chosen in binder.drafts.cluster_set.above(item):
                problem = "one service, not *" if item.name == "*" else service_problem(item.name)
                if problem is not None:
                    binder.drafts.problem(item.key, "bad-name", problem, service_hint(item.name))
                else:
                    make(item, chosen.name)


class _Maker:
    def __init__(self, binder: Binder) -> None:
        self.binder = binder
        self.drafts = binder.drafts
        self._made: dict[tuple[str, str], list[Draft]] = {}
        self._told: set[tuple[str, str]] = set()

    def splitter(self, item: Item[Any], here: str) -> None:
        draft = self._draft("service_splitter", "service-splitter", item, here)
        draft.body["Splits"] = splits = []
        for to, split, place in _parts(item):
            ref = self._ref(to, split, here, place)
            # A destination that is not understood keeps its weight, or the sum would be wrong as well.
            name = self._local_name(ref, here, item, draft) if ref is not None else to
            more = {key: value for key, value in split.items() if key not in ("to", "weight")}
            scope = ref.scope() if ref is not None and ref.peer is None else {}
            splits.append({"Weight": split["weight"], "Service": name, **scope, **to_consul(more)})
            draft.scoped = draft.scoped or bool(split.get("namespace") or split.get("partition"))
            draft.parts["Splits", len(splits) - 1] = place
        self._check_protocol(here, item)
        self.drafts.add(draft)

    def router(self, item: Item[Any], here: str) -> None:
        draft = self._draft("service_router", "service-router", item, here)
        draft.body["Routes"] = [
            self._route(route, here, item, draft, item.place.inner(number))
            for number, route in enumerate(item.value)
        ]
        draft.parts = parts_of("Routes", [item.place.inner(number) for number in range(len(item.value))])
        self._check_protocol(here, item)
        self.drafts.add(draft)

    def _route(
        self, route: Mapping[str, Any], here: str, item: Item[Any], draft: Draft, place: Place
    ) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if route.get("match"):
            out["Match"] = {"HTTP": to_consul(route["match"])}
        destination: dict[str, Any] = {}
        if route.get("to"):
            ref = self._ref(route["to"], route, here, place.inner("to"))
            if ref is not None:
                destination["Service"] = self._local_name(ref, here, item, draft)
                destination |= ref.scope() if ref.peer is None else {}
        draft.scoped = draft.scoped or bool(route.get("namespace") or route.get("partition"))
        for key, value in route.items():
            if key not in ("match", "to") and value is not None:
                destination[consul_name(key)] = to_consul(value)
        if destination:
            out["Destination"] = destination
        return out

    def _draft(self, type_: str, kind: str, item: Item[Any], here: str) -> ShorthandDraft:
        address = self.drafts.address(type_, here, item.name)
        return ShorthandDraft(address, {"Kind": kind, "Name": item.name}, item.key, item.place)

    def _ref(self, text: str, more: Mapping[str, Any], here: str, place: Place) -> Ref | None:
        ref = self.binder.one(text, here, place)
        if ref is None:
            return None
        if ref.service == "*":
            self.drafts.problem(place, "bad-reference", "a destination is one service, not *")
            return None
        for key in ("service_subset", "namespace", "partition"):
            if ref.peer is not None and more.get(key):
                hint = "let the exporting cluster choose: a resolver or splitter there"
                self.drafts.problem(place, "bad-reference", f"{key} cannot be chosen at a peer", hint)
                return None
        return ref

    def _local_name(self, ref: Ref, here: str, item: Item[Any], draft: Draft) -> str:
        """Return the name to write for a destination: one at a peer has a name of its own, created once a
        cluster.
        """
        if ref.peer is None:
            return ref.service
        name = f"{ref.service}-{ref.cluster}"
        made = self._made.get((here, name))
        if made is None:
            made = self._made[here, name] = self._supplement(name, ref, here, item)
        for supplement in made:
            if draft.address not in supplement.required_by:
                supplement.required_by.append(draft.address)
        return name

    def _supplement(self, name: str, ref: Ref, here: str, item: Item[Any]) -> list[Draft]:
        resolver = {"Kind": "service-resolver", "Name": name, "Redirect": target(ref)}
        defaults = {"Kind": "service-defaults", "Name": name}
        found = protocol(self.drafts, self._own(here, item), item.name)
        if found is not None:
            defaults["Protocol"] = found
        out: list[Draft] = []
        for type_, body in (("service_resolver", resolver), ("service_defaults", defaults)):
            address = self.drafts.address(type_, here, name)
            draft = ShorthandDraft(address, body, ref.place, ref.place)
            if self._free(draft.address, name, ref):
                self.drafts.add(draft)
                out.append(draft)
        return out

    def _own(self, here: str, item: Item[Any]) -> Address:
        return self.drafts.address("service_defaults", here, item.name)

    def _free(self, address: Address, name: str, ref: Ref) -> bool:
        taken = self.drafts.by_address.get(address)
        if taken is None:
            return True
        summary = f'"{name}" is needed to reach {ref.service}@{ref.cluster}, and it is declared already'
        related = ((taken.key.position, f"{address} is declared here"),)
        hint = "remove or rename that one; this name is made for you"
        self.drafts.problem(ref.place, "name-collision", summary, hint, related=related)
        return False

    def _check_protocol(self, here: str, item: Item[Any]) -> None:
        """Report splitters and routers of services that do not speak HTTP: Consul refuses them."""
        found = protocol(self.drafts, self._own(here, item), item.name)
        if found in HTTP or (here, item.name) in self._told:
            return
        self._told.add((here, item.name))
        what = f'speaks "{found}"' if found else "has no declared protocol"
        hint = f"add  service_defaults: {{{here}: {{{item.name}: {{protocol: http}}}}}}  (or grpc, http2)"
        summary = f'"{item.name}" of {here} {what}; splits and routes need HTTP'
        self.drafts.problem(item.key, "no-protocol", summary, hint)


def _parts(item: Item[Any]) -> list[tuple[str, Mapping[str, Any], Place]]:
    """Return the parts of a split: destination, fields, and place."""
    if isinstance(item.value, dict):
        return [(to, {"weight": weight}, item.place.key(to)) for to, weight in item.value.items()]
    return [(split["to"], split, item.place.inner(number, "to")) for number, split in enumerate(item.value)]
