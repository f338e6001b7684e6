"""From permissions to the rules of a policy: the least that grants them, each with its reasons.

Consul ≥1.8: `acl/policy_authorizer.go`. A service rule without `intentions` grants no more than reading
them; writing intentions on `*` asks that every service rule of the token allows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.permissions import Grant
from reconciler.sdk.provider import Body
from reconciler.sdk.scope import DEFAULT
from reconciler_consul.acl.needs import Need, to_read, to_write
from reconciler_consul.kinds.policy_language import WHOLE, label, rule_for, service_rule

_SHOWN = 3  # reasons of one rule that are named
AGENT = Grant('agent_prefix "" { policy = "read" }', ("version and datacenter of the cluster",))


@dataclass(slots=True)
class _Service:
    """What one name takes: the services' own permission and that for the intentions on it."""

    policy: str = "read"
    intentions: str = "read"
    reasons: dict[str, None] = field(default_factory=dict)

    def text(self, resource: str, name: str) -> str:
        return service_rule(resource, name, self.policy, intentions=self.intentions == "write")


@dataclass(slots=True)
class Policy:
    """The permissions of one cluster, put together."""

    whole: dict[str, tuple[str, dict[str, None]]] = field(default_factory=dict)
    services: dict[str, _Service] = field(default_factory=dict)

    def add(self, need: Need, why: str) -> None:
        """Take in one permission and what it is for."""
        if need.resource in WHOLE:
            access, reasons = self.whole.get(need.resource, ("read", {}))
            stronger = "write" if "write" in (access, need.access) else "read"
            self.whole[need.resource] = (stronger, {**reasons, why: None})
            return
        rule = self.services.setdefault(need.name, _Service())
        rule.reasons[why] = None
        if need.access == "write":
            setattr(rule, "intentions" if need.resource == "intention" else "policy", "write")

    def grants(self) -> tuple[Grant, ...]:
        """Return the rules in order: those without names, the services, and the agent's."""
        whole = [
            Grant(rule_for(name, access, None), _shortened(reasons))
            for name, (access, reasons) in sorted(self.whole.items(), reverse=True)
        ]
        return (*whole, *self._of_services(), AGENT)

    def inside(self, namespace: str) -> Grant:
        """Return the rules as one block for a namespace: `*` is all of them (Consul Enterprise)."""
        block = label("namespace_prefix", "") if namespace == "*" else label("namespace", namespace)
        rules = [grant.rule for grant in self._of_services()]
        reasons = {reason: None for service in self.services.values() for reason in service.reasons}
        return Grant(f"{block} {{ {'  '.join(rules)} }}", _shortened(reasons))

    def _of_services(self) -> Iterable[Grant]:
        services = dict(self.services)
        every = services.pop("*", None)
        if every is not None:
            yield Grant(every.text("service_prefix", ""), _shortened(every.reasons))
        for name, rule in sorted(services.items()):
            if every is not None and rule.policy == "read":
                continue  # the prefix above reads it, and may write its intentions where that is needed
            if every is not None and every.intentions == "write":
                rule.intentions = "write"  # one rule without it would forbid the intentions on `*`
            yield Grant(rule.text("service", name), _shortened(rule.reasons))


def _shortened(reasons: Mapping[str, None]) -> tuple[str, ...]:
    """Return the reasons, shortened where a rule has very many."""
    given = sorted(reasons)
    more = len(given) - _SHOWN
    return (*given[:_SHOWN], f"and {more} more") if more > 1 else tuple(given)


def grants(
    clusters: Sequence[str], objects: Mapping[Address, Body | None], *, read_only: bool
) -> dict[str, tuple[Grant, ...]]:
    """Return the policy that each of these clusters needs for these objects; see
    `reconciler.sdk.permissions.Grants`.

    Of an Enterprise cluster it is one for its partition: rules for other namespaces are blocks inside it.
    """
    policies = {(name, DEFAULT): Policy() for name in clusters}
    for address in sorted(objects):
        body = objects[address]
        needs = [*to_read(address, body), *(() if read_only else to_write(address, body))]
        for need in needs:
            if need.cluster in clusters:
                namespace = DEFAULT if need.resource in WHOLE else address.namespace or DEFAULT
                policies.setdefault((need.cluster, namespace), Policy()).add(need, str(address))
    return {name: tuple(_of_cluster(name, policies)) for name in clusters}


def _of_cluster(name: str, policies: Mapping[tuple[str, str], Policy]) -> Iterable[Grant]:
    yield from policies[name, DEFAULT].grants()
    for (cluster, namespace), policy in sorted(policies.items(), key=lambda pair: pair[0]):
        if cluster == name and namespace != DEFAULT:
            yield policy.inside(namespace)
