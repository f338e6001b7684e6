"""The endpoints of Consul's ACL system that this provider uses. Every function raises `ProviderError`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.sdk.errors import Ambiguous, ProviderError
from reconciler.sdk.http.messages import segment
from reconciler_consul.kinds.names import folded
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.values import Scope

AT_ONCE = 64  # Consul: "Refusing to process more than 64 authorizations at once"

Policy = dict[str, Any]


async def authorize(api: ConsulApi, asked: Sequence[Mapping[str, str]], scope: Scope) -> list[bool]:
    """Ask whether the token allows each of these (`Resource`, `Access`, `Segment`), at most 64.

    What Consul's own pages ask; answered alike from 1.14 to 1.22, for every token.
    """
    answer = await api.http.send("POST", "/v1/internal/acl/authorize", asked, scope.query())
    rows = answer.value
    if (
        not isinstance(rows, list)
        or len(rows) != len(asked)
        or not all(_fits(*pair) for pair in zip(asked, rows, strict=True))
    ):
        raise _broken(api, "/v1/internal/acl/authorize", "an answer to each question")
    return [row["Allow"] for row in rows]


def _fits(asked: Mapping[str, str], row: Any) -> bool:
    same = isinstance(row, dict) and all(row.get(key, "") == value for key, value in asked.items())
    return same and isinstance(row.get("Allow"), bool)


async def list_policies(api: ConsulApi, scope: Scope) -> dict[str, Policy]:
    """Return all policies by folded name, without their rules."""
    answer = await api.http.get("/v1/acl/policies", scope.query())
    if not isinstance(answer.value, list) or not all(map(_is_policy, answer.value)):
        raise _broken(api, "/v1/acl/policies", "a list of policies")
    return {folded(row["Name"]): row for row in answer.value}


async def get_policy(api: ConsulApi, identifier: str, scope: Scope) -> Policy | None:
    """Return one policy with its rules, or `None` where there is none.

    Consul before 1.15 answers 403 `ACL not found` here and for an unknown token: list first to
    distinguish them.
    """
    path = f"/v1/acl/policy/{segment(identifier)}"
    try:
        answer = await api.http.get(path, scope.query())
    except ProviderError as error:
        if "Requested policy does not exist" in error.message or "ACL not found" in error.message:
            return None
        raise
    if not _is_policy(answer.value) or not isinstance(answer.value.get("Rules", ""), str):
        raise _broken(api, path, "a policy")
    return dict(answer.value)


async def put_policy(api: ConsulApi, policy: Mapping[str, Any], scope: Scope) -> Policy:
    """Make a policy or, where it has an ID, change that one; gives it as it is then."""
    path = f"/v1/acl/policy/{segment(policy['ID'])}" if policy.get("ID") else "/v1/acl/policy"
    answer = await api.http.send("PUT", path, policy, scope.query())
    if not _is_policy(answer.value):
        raise _broken(api, path, "a policy")
    return dict(answer.value)


async def delete_policy(api: ConsulApi, identifier: str, scope: Scope) -> None:
    """Remove a policy; also where there is none. Tokens that hold it lose it."""
    await api.http.send("DELETE", f"/v1/acl/policy/{segment(identifier)}", None, scope.query())


def _is_policy(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("ID"), str) and isinstance(value.get("Name"), str)


def _broken(api: ConsulApi, path: str, wanted: str) -> Ambiguous:
    said = f"{api.name} ({api.http.shown}) answered {path} without {wanted}"
    return Ambiguous(said, cluster=api.name, hint="check that this address is a Consul's")
