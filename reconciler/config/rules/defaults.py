"""Rules for service-defaults and proxy-defaults beside other entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.exposure import Exposure
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps, path_of
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

_TYPES = ("service_defaults", "proxy_defaults")


def default_problems(draft: Draft, drafts: Drafts) -> Iterator[Diagnostic]:
    """Report what Consul refuses in one entry with defaults, or for what others say."""
    if draft.address.type not in _TYPES:
        return
    yield from _permissive(draft, drafts)
    if draft.address.type == "service_defaults":
        yield from _destination(draft)
        yield from _external(draft, drafts)


def _destination(draft: Draft) -> Iterator[Diagnostic]:
    if get(draft.body, "UpstreamConfig") and get(draft.body, "Destination"):
        summary = f'"{draft.address.name}" has settings for upstreams and a destination'
        hint = "a destination outside of the mesh has no upstreams: remove one of the two"
        yield _at(draft, "Destination").problem("upstreams-of-destination", summary, hint)


def _external(draft: Draft, drafts: Drafts) -> Iterator[Diagnostic]:
    """Consul: `service "x" has an external SNI set; cannot define subsets for external services`."""
    resolver = drafts.by_address.get(drafts.beside(draft.address, "service_resolver", draft.address.name))
    what = next((name for name in ("Subsets", "Failover") if resolver and get(resolver.body, name)), None)
    if get(draft.body, "ExternalSNI") and resolver is not None and what is not None:
        summary = (
            f'"{draft.address.name}" has an external SNI, and its resolver has {what}: Consul refuses that'
        )
        related = ((resolver.key.position, "the resolver is declared here"),)
        place = _at(draft, "ExternalSNI")
        yield place.problem("external-sni", summary, "remove one of the two", related=related)


def _permissive(draft: Draft, drafts: Drafts) -> Iterator[Diagnostic]:
    """Consul: `cannot set MutualTLSMode=permissive because AllowEnablingPermissiveMutualTLS=false`."""
    if get(draft.body, "MutualTLSMode") != "permissive":
        return
    mesh = drafts.by_address.get(drafts.beside(draft.address, "mesh", "mesh"))
    if mesh is None or get(mesh.body, "AllowEnablingPermissiveMutualTLS") is not True:
        here = draft.address.cluster
        summary = f"the mesh entry of {here} does not allow mutual TLS to be permissive"
        hint = f"add  mesh: {{{here}: {{allow_enabling_permissive_mutual_tls: true}}}}"
        yield _at(draft, "MutualTLSMode").problem("permissive-mtls", summary, hint, warning=mesh is None)


def unexported_overrides(drafts: Drafts, links: Links, exposure: Exposure) -> Iterator[Diagnostic]:
    """Report upstream settings for a peer's service that the peer does not export to this cluster."""
    for draft in drafts:
        here = draft.address.cluster
        overrides = get(get(draft.body, "UpstreamConfig"), "Overrides")
        for number, override in maps(overrides) if draft.address.type == "service_defaults" else ():
            name, peer = get(override, "Name"), get(override, "Peer")
            found = links.named(here, peer) if isinstance(peer, str) else None
            there = found[0] if found is not None else None
            if there is None or there not in exposure.entries or exposure.sees(here, str(name), there):
                continue
            summary = f'{there} does not export "{name}" to {here}: this override has no effect'
            hint = f"add  exports: {{{there}: {{{name}: [{here}]}}}}"
            place = _at(draft, "UpstreamConfig", "Overrides", number)
            yield place.problem("override-not-imported", summary, hint, warning=True)


def _at(draft: Draft, *path: str | int) -> Place:
    """Return where a part of the entry is declared, in Consul's form or in the language's."""
    if draft.raw:
        return draft.place.inner(*path_of(draft.body, *path))
    return draft.place.inner(*(_SPELLED.get(step, step) if isinstance(step, str) else step for step in path))


_SPELLED: Mapping[str, str] = {
    "ExternalSNI": "external_sni",
    "MutualTLSMode": "mutual_tls_mode",
    "Destination": "destination",
    "UpstreamConfig": "upstream_config",
    "Overrides": "overrides",
}
