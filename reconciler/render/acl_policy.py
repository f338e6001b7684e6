"""Policies as text in Consul's policy language, each rule below what it is there for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.render.text.lines import BLANK, Line, faint
from reconciler.sdk.permissions import Grant


def policies_lines(policies: Mapping[str, Sequence[Grant]], *, read_only: bool = False) -> list[Line]:
    """Return the policies one below the other; text that a server takes as it is."""
    out: list[Line] = []
    for name, grants in policies.items():
        out += [BLANK] if out else []
        out += policy_lines(name, grants, read_only=read_only)
    return out


def policy_lines(cluster: str, grants: Sequence[Grant], *, read_only: bool = False) -> list[Line]:
    """Return one cluster's policy."""
    doing = "planning" if read_only else "planning, applying and destroying"
    out: list[Line] = [[faint(f"# {cluster}: the least that {doing} this configuration needs.")]]
    for grant in grants:
        out += [[faint(f"# {', '.join(grant.reasons)}")], [grant.rule]]
    return out


def policies_value(policies: Mapping[str, Sequence[Grant]]) -> dict[str, list[dict[str, object]]]:
    """Return the policies as JSON values: by cluster the rules, each with its reasons."""
    return {
        name: [{"rule": grant.rule, "reasons": list(grant.reasons)} for grant in grants]
        for name, grants in policies.items()
    }
