"""The section `policies`: rules about access, each side bound to the clusters that it means.

A rule is `CALLER -> DESTINATION`, each `NAME` or `NAME@WHERE`: a name or a glob of one, and a cluster, a
group, a glob of clusters, `*`, or a selector `{label: value}`. Without `@WHERE` every cluster is meant.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.clusters.spec import Item, Spec
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.text.document import Place
from reconciler.model.reaching.policy import Party, Policy, Rule, Undecided
from reconciler.model.service_patterns import ServicePattern
from reconciler.sdk.access.question import Request
from reconciler.sdk.globs import matches

_ARROW = re.compile(r"\s*->\s*")
_FORM = "write CALLER -> DESTINATION, for example: '*@{env: dev} -> payments@dc1'"


def resolve_policies(spec: Spec, drafts: Drafts) -> tuple[Policy, ...]:
    """Return the policies. What is not one, or names what is not declared, is a problem."""
    found = (_policy(item, drafts) for item in spec.policies)
    return tuple(policy for policy in found if policy is not None)


def _policy(item: Item[dict[str, Any]], drafts: Drafts) -> Policy | None:
    value = item.value
    rule = Rule.REQUIRE if "require" in value else Rule.DENY
    text, place = value[rule.value], item.place.inner(rule.value)
    sides = _ARROW.split(text.strip())
    if len(sides) != 2:
        drafts.problem(place, "bad-policy", f'"{text}" is not a rule about access', _FORM)
        return None
    caller, to = (_party(side, place, drafts) for side in sides)
    listed = value.get("except") or ()
    excepted = [_party(text, item.place.inner("except", n), drafts) for n, text in enumerate(listed)]
    if caller is None or to is None or None in excepted:
        return None
    return Policy(
        rule,
        " -> ".join(sides),
        caller,
        to,
        tuple(party for party in excepted if party is not None),
        value.get("reason") or "",
        Undecided(value.get("undecided") or "warn"),
        Request(value.get("method"), value.get("path")),
        item.key.position,
    )


def _party(text: str, place: Place, drafts: Drafts) -> Party | None:
    """Return one side of a rule, or `None` where it is none, which is noted."""
    try:
        pattern = ServicePattern.parse(text)
    except ValueError as error:
        drafts.problem(place, "bad-policy", str(error), _FORM)
        return None
    namespace, slash, name = pattern.service.rpartition("/")
    clusters = _clusters(pattern, place, drafts)
    return Party(name, clusters, namespace if slash else None)


def _clusters(pattern: ServicePattern, place: Place, drafts: Drafts) -> frozenset[str] | None:
    """Return the clusters that a side means; `None`: all of them. Unknown ones are noted."""
    cluster_set, where = drafts.cluster_set, pattern.cluster
    if where == "*":
        return None
    if pattern.labels is not None:
        labels = {key: list(values) for key, values in pattern.labels.items()}
        return frozenset(chosen.name for chosen in cluster_set.select(labels, place))
    if any(sign in where for sign in "*?["):
        found = frozenset(name for name in cluster_set.clusters if matches(where, name))
        if not found and cluster_set.sure:
            hint = did_you_mean(where, cluster_set.clusters)
            drafts.problem(place, "unknown-cluster", f'no cluster is called "{where}"', hint)
        return found
    return frozenset(chosen.name for chosen in cluster_set.select(where, place))
