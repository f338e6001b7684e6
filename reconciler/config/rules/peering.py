"""Rules for peerings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.model.diagnostic import Diagnostic

_HOST_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s\[\]:/@]+):([0-9]{1,5})\Z")


def peering_problems(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report ends of different providers, and addresses that the dialer would refuse."""
    first, second = draft.address.cluster, draft.address.name
    one, other = (drafts.cluster_set.clusters[name].provider for name in (first, second))
    if one != other:
        summary = f'"{first}" ({one}) and "{second}" ({other}) have different providers'
        yield draft.key.problem("mixed-providers", summary, "a peering has one provider")
    for number, text in enumerate(draft.body.get("ServerExternalAddresses", ())):
        match = _HOST_PORT.match(text)
        if match is None or not 0 < int(match.group(2)) < 65536:
            place = draft.place.inner("server_external_addresses", number)
            hint = "as in gateway.example.com:8443 or [2001:db8::1]:8443"
            yield place.problem("bad-address", f'"{text}" is not host:port', hint)
