"""Rules for JSON web tokens: intentions name providers, which are entries of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.fields.lookup import get, maps
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

_PREFIX = "jwt-provider/"


def unknown_providers(drafts: Drafts) -> Iterator[Diagnostic]:
    """Report JWT providers that are not declared beside the intentions that need them.

    Consul: `Referenced JWT Provider does not exist`. Somebody else may declare them.
    """
    known: dict[str, set[str]] = {}
    for draft in drafts:
        if draft.address.name.startswith(_PREFIX):
            known.setdefault(draft.address.cluster, set()).add(draft.address.name.removeprefix(_PREFIX))
    for draft in drafts:
        if draft.address.type == "service_intentions":
            here = draft.address.cluster
            for place, name in _named(draft):
                if name not in known.get(here, ()):
                    summary = f'no jwt-provider "{name}" is declared for {here}'
                    hint = did_you_mean(name, known.get(here, ())) or "declare it under config_entries"
                    yield place.problem("unknown-jwt-provider", summary, hint, warning=True)


def _named(draft: Draft) -> Iterator[tuple[Place, str]]:
    """Yield every provider that intentions name, once for each place."""
    parts: list[tuple[Place, Any]] = [(draft.key, get(draft.body, "JWT"))]
    for number, source in maps(get(draft.body, "Sources")):
        for _, permission in maps(get(source, "Permissions")):
            parts.append((draft.place_of("Sources", number), get(permission, "JWT")))
    seen: set[tuple[int, str]] = set()
    for place, token in parts:
        for _, provider in maps(get(token, "Providers")) if isinstance(token, Mapping) else ():
            name, key = get(provider, "Name"), (id(place.mark), str(get(provider, "Name")))
            if isinstance(name, str) and key not in seen:
                seen.add(key)
                yield place, name
