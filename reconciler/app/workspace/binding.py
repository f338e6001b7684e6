"""To which address a cluster's token may be sent.

A pull request may edit a cluster's address; it must not thereby receive the cluster's token. What binds a
token, strongest first: `RECONCILER_ADDRESS_<CLUSTER>` in the environment, `credentials.<cluster>.address` in
`reconciler.yaml`, the address under which the state has known the cluster since its first use.

In strict mode only the first two count. It is on where the state, or its lack, says nothing that can be
trusted: in CI, whose checkout is what a pull request made of it, and for a cluster that no state knows,
unless its address is on this machine. `strict_credentials` in `reconciler.yaml`, or
`RECONCILER_STRICT_CREDENTIALS`, turns it on or off for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.config.clusters import addresses
from reconciler.config.operating.settings import Credential
from reconciler.model.desired import Cluster
from reconciler.model.failure import Cause, Failure
from reconciler.sdk.http.origins import is_loopback

_NO = frozenset({"", "0", "false", "no", "off"})
SWITCH = "RECONCILER_STRICT_CREDENTIALS"


class Unbound(Failure):
    """A token that is bound to no address may not be sent; `why` says what makes this strict."""

    def __init__(self, clusters: Sequence[Cluster], why: str) -> None:
        self.clusters, self.why = tuple(clusters), why
        names = ", ".join(cluster.name for cluster in clusters)
        places = [
            f"\n  {item.name}: {item.address}{f'   ({item.origin})' if item.origin else ''}"
            for item in clusters
        ]
        one = len(clusters) == 1
        super().__init__(
            Cause.CREDENTIALS,
            f"{'the token' if one else 'the tokens'} of {names} may not be sent: no address is bound to "
            f"{'it' if one else 'them'}",
            detail=f"The configuration says:{''.join(places)}\nAnyone who changes it can write any "
            f"other address, and {why}.",
            hint=_what_to_write(clusters),
        )


def _what_to_write(clusters: Sequence[Cluster]) -> str:
    lines = [f'  {item.name}: {{address: "{item.address}"}}' for item in clusters]
    variables = [f"  {variable(item.name)}={item.address}" for item in clusters]
    return "\n".join(
        [
            "If these addresses are right, write this into reconciler.yaml:",
            "  credentials:",
            *(f"  {line}" for line in lines),
            "or set in the environment, where the token is set:",
            *variables,
        ]
    )


def together(unbound: Sequence[Unbound]) -> Unbound:
    """Return one failure for all clusters that lack the same."""
    if len(unbound) == 1:
        return unbound[0]
    clusters = [cluster for item in unbound for cluster in item.clusters]
    return Unbound(clusters, " and ".join(dict.fromkeys(item.why for item in unbound)))


def variable(name: str) -> str:
    """Return the environment variable that binds the token of a cluster."""
    return f"RECONCILER_ADDRESS_{name.upper().replace('-', '_')}"


def check_binding(
    cluster: Cluster,
    credential: Credential | None,
    environ: Mapping[str, str],
    known: str | None,
    strict: bool | None,
) -> None:
    """Raise `Failure` where the token of this cluster may not go to the address that it has now.

    `known` is where the state last saw the cluster; `strict` what `reconciler.yaml` says.
    """
    given = environ.get(variable(cluster.name)) or None
    if given is not None and addresses.problem(given) is not None:
        what, hint = addresses.problem(given) or ("", "")
        raise Failure(Cause.CREDENTIALS, f"{variable(cluster.name)} cannot be used: {what}", hint=hint)
    own = credential.address if credential is not None else None
    bound = [address for address in (given, own) if address]
    why = "" if bound else _strict_because(cluster, environ, known, strict)
    if why:
        raise Unbound([cluster], why)
    for address in bound or filter(None, [known]):
        if addresses.origin(address) != addresses.origin(cluster.address):
            raise _moved(cluster, address)


def _strict_because(
    cluster: Cluster, environ: Mapping[str, str], known: str | None, strict: bool | None
) -> str:
    """Return why only an operator's address counts; empty where the state's does, or none is needed."""
    switch = environ.get(SWITCH)
    if switch:
        return "" if switch.lower() in _NO else f"{SWITCH} is set"
    if strict is not None:
        return "strict_credentials is set in reconciler.yaml" if strict else ""
    if environ.get("CI", "").lower() not in _NO:
        return "this is a CI run (CI is set)"
    if known is None and not is_loopback(cluster.address):
        return "the state does not know where the cluster is"
    return ""


def _moved(cluster: Cluster, bound: str) -> Failure:
    return Failure(
        Cause.CREDENTIALS,
        f"the token of {cluster.name} is bound to {bound}, and the configuration now says {cluster.address}",
        detail=f"declared at {cluster.origin}" if cluster.origin else "",
        hint=f"if the move is meant, set credentials.{cluster.name}.address in reconciler.yaml, or "
        f"{variable(cluster.name)}, to the new address",
    )
