"""Rules for the routes of API gateways."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps, path_of
from reconciler.model.diagnostic import Diagnostic


def route_problems(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report a path without a kind of match: Consul drops it and matches every path.

    Seen on 1.20, and in `config_entry_routes.go` of every version with routes.
    """
    if not draft.address.name.startswith("http-route/"):
        return
    for number, rule in maps(get(draft.body, "Rules")):
        for place, match in maps(get(rule, "Matches")):
            path = get(match, "Path")
            if get(path, "Value") not in (None, "", "/") and not get(path, "Match"):
                where = path_of(draft.body, "Rules", number, "Matches", place, "Path", "Value")
                summary = f'the path "{get(path, "Value")}" has no Match: Consul would match every path'
                yield draft.place_of(*where).problem(
                    "bad-value", summary, "add Match: exact, prefix or regex"
                )
