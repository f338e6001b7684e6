"""What Consul refuses about a service-resolver."""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.core.versions import Version
from reconciler.emulator.filters.language import filter_refused, nesting
from reconciler.emulator.forms.weak import NeverAnswers
from reconciler.emulator.wire.durations import format_duration
from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]
ENDLESS = 10  # levels of brackets: 20 s on a machine at rest, and four times as long for each further one
SUBSET = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
POLICIES = ("", "random", "round_robin", "least_request", "ring_hash", "maglev")
HASHED = ("ring_hash", "maglev")
FAILOVER_PARTS = ("Service", "ServiceSubset", "Namespace", "Targets", "SamenessGroup", "Datacenters")


def validate_resolver(name: str, value: Value, version: Version) -> None:
    """Raise the Refusal for a resolver, if any."""
    subsets = value.get("Subsets") or {}
    for subset, definition in subsets.items():
        _check_subset_name(subset)
        _check_filter(subset, definition.get("Filter", ""))
    default = value.get("DefaultSubset", "")
    if default and default not in subsets:
        raise Refusal(500, f'DefaultSubset "{default}" is not a valid subset')
    if (value.get("PrioritizeByLocality") or {}).get("Mode") and not version.enterprise:
        raise Refusal(500, "Prioritize-by-locality requires Consul Enterprise")
    if "Redirect" in value:
        _check_redirect(name, value["Redirect"], value, version)
    for subset, failover in (value.get("Failover") or {}).items():
        _check_failover(name, subset, failover, value, version)
    for key in ("ConnectTimeout", "RequestTimeout"):
        if value.get(key, 0) < 0:
            raise Refusal(500, f"Bad {key} '{format_duration(value[key])}', must be >= 0")
    if value.get("LoadBalancer"):
        _check_balancer(value["LoadBalancer"])


def _check_subset_name(subset: str) -> None:
    if not subset:
        raise Refusal(500, "Subset defined with empty name")
    if not SUBSET.fullmatch(subset) or len(subset) > 63:
        raise Refusal(
            500,
            f'Subset "{subset}" is invalid: must be 63 characters or fewer, begin or end with lower case'
            " alphanumeric characters, and contain lower case alphanumeric characters or '-' in between",
        )


def _check_filter(subset: str, text: str) -> None:
    if nesting(text) >= ENDLESS:
        raise NeverAnswers
    refused = filter_refused(text) if text else None
    if refused is not None:
        raise Refusal(500, f'Filter for subset "{subset}" is not a valid expression: {refused}')


def _check_enterprise(version: Version, part: Value, prefix: str, *keys: str) -> None:
    for key in () if version.enterprise else keys:
        if part.get(key):
            raise Refusal(500, f"{prefix}Setting {key} requires Consul Enterprise")


def _check_redirect(name: str, redirect: Value, value: Value, version: Version) -> None:
    _check_enterprise(version, redirect, "Redirect: ", "Partition", "Namespace", "SamenessGroup")
    if value.get("Failover"):
        raise Refusal(500, "Redirect and Failover cannot both be set")
    if not any(redirect.values()):
        raise Refusal(500, "Redirect is empty")
    if redirect.get("Peer"):
        for key in ("ServiceSubset", "Datacenter"):
            if redirect.get(key):
                raise Refusal(500, f"Redirect.Peer cannot be set with Redirect.{key}")
    if redirect.get("Partition"):
        for key in ("SamenessGroup", "Peer"):
            if redirect.get(key):
                raise Refusal(500, f"Redirect.Partition cannot be set with Redirect.{key}")
    subset = redirect.get("ServiceSubset", "")
    if not redirect.get("Service"):
        for key in ("ServiceSubset", "Namespace", "Partition", "Peer"):
            if redirect.get(key):
                raise Refusal(500, f"Redirect.{key} defined without Redirect.Service")
    elif subset and redirect["Service"] == name and subset not in (value.get("Subsets") or {}):
        raise Refusal(500, f'Redirect.ServiceSubset "{subset}" is not a valid subset of "{name}"')


def _check_failover(name: str, subset: str, failover: Value, value: Value, version: Version) -> None:
    prefix = f'Bad Failover["{subset}"]'
    _check_enterprise(version, failover, f"{prefix}: ", "Namespace", "SamenessGroup")
    subsets = value.get("Subsets") or {}
    if subset != "*" and subset not in subsets:
        raise Refusal(500, f"{prefix}: not a valid subset subset")
    if not any(failover.get(part) for part in FAILOVER_PARTS):
        known = "Service, ServiceSubset, Namespace, Targets, SamenessGroup, or Datacenters"
        if not version.at_least(16):
            known = "Service, ServiceSubset, Namespace, Targets, or Datacenters"
        raise Refusal(500, f"{prefix}: one of {known} is required")
    if any((failover.get("Policy") or {}).values()) and not version.enterprise:
        raise Refusal(500, f"{prefix}: Setting failover policies requires Consul Enterprise")
    own = failover.get("Service", "") in ("", name)
    if failover.get("ServiceSubset") and own and failover["ServiceSubset"] not in subsets:
        raise Refusal(
            500,
            f'{prefix}: ServiceSubset "{failover["ServiceSubset"]}" is not a valid subset of '
            f'"{failover.get("Service", "")}"',
        )
    if failover.get("Targets"):
        for key in ("Datacenters", "ServiceSubset", "Service"):
            if failover.get(key):
                raise Refusal(500, f"{prefix}: Targets cannot be set with {key}")
    for place, target in enumerate(failover.get("Targets") or ()):
        _check_target(name, f"{prefix}.Targets[{place}]: ", target, subsets, version)
    if "" in (failover.get("Datacenters") or ()):
        raise Refusal(500, f"{prefix}.Datacenters: found empty datacenter")


def _check_target(name: str, prefix: str, target: Value, subsets: Value, version: Version) -> None:
    _check_enterprise(version, target, prefix, "Partition", "Namespace")
    if target.get("Peer"):
        for key in ("ServiceSubset", "Datacenter"):
            if target.get(key):
                raise Refusal(500, f"{prefix}Peer cannot be set with {key}")
    if target.get("Partition"):
        for key in ("Peer", "Datacenter"):
            if target.get(key):
                raise Refusal(500, f"{prefix}Partition cannot be set with {key}")
    subset = target.get("ServiceSubset", "")
    if subset and target.get("Service", "") in ("", name) and subset not in subsets:
        raise Refusal(500, f'{prefix}ServiceSubset "{subset}" is not a valid subset of "{name}"')


def _check_balancer(balancer: Value) -> None:
    policy = balancer.get("Policy", "")
    if policy not in POLICIES:
        raise Refusal(500, f'Bad LoadBalancer policy: "{policy}" is not supported')
    for key, needed in (("RingHashConfig", "ring_hash"), ("LeastRequestConfig", "least_request")):
        if balancer.get(key) is not None and policy != needed:
            raise Refusal(
                500,
                f"Bad LoadBalancer configuration. {key} specified for incompatible load balancing policy "
                f'"{policy}"',
            )
    if balancer.get("HashPolicies") and policy not in HASHED:
        raise Refusal(
            500,
            f'Bad LoadBalancer configuration: HashPolicies specified for non-hash-based Policy: "{policy}"',
        )
    for place, hashing in enumerate(balancer.get("HashPolicies") or ()):
        _check_hashing(f"Bad LoadBalancer HashPolicy[{place}]: ", hashing)


def _check_hashing(prefix: str, hashing: Value) -> None:
    field, value = hashing.get("Field", ""), hashing.get("FieldValue", "")
    if field not in ("", "header", "cookie", "query_parameter"):
        raise Refusal(500, f'{prefix}"{field}" is not a supported field')
    if hashing.get("SourceIP") and field:
        raise Refusal(500, f'{prefix}A single hash policy cannot hash both a source address and a "{field}"')
    if field and not value:
        raise Refusal(500, f'{prefix}Field "{field}" was specified without a FieldValue')
    if value and not field:
        raise Refusal(500, f"{prefix}FieldValue requires a Field to apply to")
    cookie = hashing.get("CookieConfig")
    if cookie is not None and field != "cookie":
        raise Refusal(500, f'{prefix}cookie_config provided for "{field}"')
    if cookie and cookie.get("Session") and cookie.get("TTL"):
        raise Refusal(500, f"{prefix}a session cookie cannot have an associated TTL")
