"""The mesh's certificate authority: roots, configuration, leaf certificates, and .../connect/authorize.

Certificates and keys are texts of the right form only: there is no cryptography in the sandbox.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.connect.intentions_match import allows_by_default, matching
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Store
from reconciler.emulator.core.versions import Version
from reconciler.emulator.wire.durations import parse_duration
from reconciler.emulator.wire.gojson import GoJSONError, loads, struct
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json, empty

Value = dict[str, Any]
LEAF = "/v1/agent/connect/ca/leaf/"
MADE_AT, CONFIGURED_AT = 11, 10
HOUR = 3600 * 10**9
SHORTEST, LONGEST = HOUR, 8760 * HOUR
LEAF_S, ROOT_S = 72 * 3600.0, 87600 * 3600.0
DEFAULTS = {"IntermediateCertTTL": "8760h", "LeafCertTTL": "72h", "RootCertTTL": "87600h"}
SERVICE = re.compile(r"spiffe://[^/]+(?:/ap/[^/]+)?/ns/([^/]+)/dc/[^/]+/svc/([^/]+)")
ELSE = re.compile(r"spiffe://[^/]+(?:/(?:ap/[^/]+/)?(?:agent|gateway|server)/.+)?")
FIELDS: dict[str, type | str] = {
    "Target": str,
    "ClientCertURI": str,
    "ClientCertSerial": str,
    "Namespace": str,
    "Partition": str,
}
NOT_ONE = "ClientCertURI not a valid Connect identifier"


def roots(context: Context) -> Response | Block:
    """Return the authority's roots; `?pem` as certificates alone. Anybody may read them."""
    context.index_of_refusals = True
    context.parse_options()
    if context.query.get("pem", ""):
        return _as_pem(context)
    return _roots(context)


def agent_roots(context: Context) -> Response | Block:
    """Return the roots as an agent keeps them for its services."""
    context.parse_options()
    reply = _roots(context)
    if isinstance(reply, Response):
        reply.headers |= {"X-Cache": "HIT", "Age": "0"}
    return reply


def _roots(context: Context) -> Response | Block:
    index = max(MADE_AT, context.store.table_index("connect"))
    block = context.waits(index, lambda: context.store.tables.get("connect"))
    return block or context.indexed(as_json(_shown_roots(context)), index)


def _shown_roots(context: Context) -> Value:
    cluster = context.cluster
    identifier = _fingerprint(cluster.ca_pem, 20)
    root = {
        "ID": identifier,
        "Name": "Consul CA Primary Cert",
        "SerialNumber": 7,
        "SigningKeyID": _fingerprint(cluster.ca_pem, 32),
        "ExternalTrustDomain": cluster.trust_domain.removesuffix(".consul"),
        "NotBefore": context.world.wall(0.0),
        "NotAfter": context.world.wall(ROOT_S),
        "RootCert": cluster.ca_pem,
        "IntermediateCerts": None,
        "Active": True,
        "PrivateKeyType": "ec",
        "PrivateKeyBits": 256,
        "CreateIndex": MADE_AT,
        "ModifyIndex": MADE_AT,
    }
    return {"ActiveRootID": identifier, "TrustDomain": cluster.trust_domain, "Roots": [root]}


def _fingerprint(pem: str, size: int) -> str:
    return blake2b(pem.encode(), digest_size=size).digest().hex(":")


def _as_pem(context: Context) -> Response:
    text = context.query["pem"]
    if text not in ("1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False"):
        context.index_of_refusals = False
        raise Refusal(400, "The 'pem' query parameter must be a boolean value", local=True)
    if text.lower() in ("0", "f", "false"):
        reply = _roots(context)
        assert isinstance(reply, Response)
        return reply
    headers = {"Content-Type": "application/pem-certificate-chain"}
    return Response(200, headers, context.cluster.ca_pem.encode())


def read_configuration(context: Context) -> Response:
    """Return how the authority is configured."""
    context.parse_options()
    require(authorizer(context), "operator", "write")
    kept = context.store.authority
    configuration = {
        "Provider": "consul",
        "Config": kept.get("Config", DEFAULTS),
        "State": kept.get("Config", {}).get("test_state"),  # what a provider keeps; Consul's own for tests
        "ForceWithoutCrossSigning": bool(kept.get("ForceWithoutCrossSigning")),
        "CreateIndex": CONFIGURED_AT,
        "ModifyIndex": kept.get("ModifyIndex", MADE_AT),
    }
    return as_json(configuration)


def write_configuration(context: Context) -> Response:
    """Configure the authority; only Consul's own provider is emulated."""
    context.ask(context.query.get("dc", ""))
    try:
        body = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}", local=True) from None
    body = body if isinstance(body, dict) else {}
    require(authorizer(context), "operator", "write")
    provider, config = body.get("Provider", ""), body.get("Config") or {}
    if provider in ("vault", "aws-pca"):
        raise Refusal(501, f"the CA provider {provider} is not emulated")
    if provider != "consul":
        raise Refusal(500, f'could not initialize provider: unknown CA provider "{provider}"')
    _check_lifetime(config.get("LeafCertTTL", "72h"))
    index = context.store.bump("connect-config")
    context.store.authority = {**body, "Config": config, "ModifyIndex": index}
    return empty()


def _check_lifetime(text: Any) -> None:
    failed = "error configuring provider: "
    try:
        lifetime = parse_duration(str(text))
    except ValueError:
        problem = f"* error decoding 'LeafCertTTL': time: invalid duration \"{text}\""
        raise Refusal(500, f"{failed}error decoding config: 1 error(s) decoding:\n\n{problem}") from None
    if lifetime < SHORTEST:
        raise Refusal(500, f"{failed}leaf cert TTL must be greater or equal than 1h0m0s")
    if lifetime >= LONGEST:
        raise Refusal(500, f"{failed}leaf cert TTL must be less than 8760h0m0s")


def leaf(context: Context) -> Response | Block:
    """Return a service's certificate. From Consul 1.16 on one that was issued is given to any token."""
    name = context.rest(LEAF)
    kept = context.store.leaves.get(name)
    if kept is None or not context.cluster.version.at_least(16):
        context.parse_options()
        kept = _issued(context, name)
    else:
        context.parse_options(check_dc=False)
    index = int(kept["ModifyIndex"])
    block = context.waits(index, lambda: context.store.leaves.get(name))
    if block is not None:
        return block
    reply = as_json(kept)
    reply.headers |= {"X-Consul-Index": str(index), "X-Cache": "MISS"}
    return reply


def _issued(context: Context, name: str) -> Value:
    who = authorizer(context)
    if not name:
        raise Refusal(500, f"URI must be either {_kinds(context.cluster.version)}, or kind")
    require(who, "service", "write", name)
    if name not in context.store.leaves:
        context.store.leaves[name] = _new_leaf(context, context.cluster, context.store, name)
    return context.store.leaves[name]


def _kinds(version: Version) -> str:
    """Return what certificates are for, as its versions say it."""
    if version.minor == 18:
        return "workload identity, service, agent, server"
    return "service, agent, server" if version.at_least(14) else "service, agent"


def _new_leaf(context: Context, cluster: Cluster, store: Store, name: str) -> Value:
    index = store.bump("connect-leaf")
    place = f"ns/{store.namespace}/dc/{cluster.datacenter}/svc/{name}"
    if store.partition != "default":
        place = f"ap/{store.partition}/{place}"
    certificate = context.world.pem()
    return {
        "SerialNumber": f"{8 + len(store.leaves) + 1:02x}",
        "CertPEM": certificate,
        "PrivateKeyPEM": context.world.pem().replace("CERTIFICATE", "EC PRIVATE KEY"),
        "Service": name,
        "ServiceURI": f"spiffe://{cluster.trust_domain}/{place}",
        "ValidAfter": context.world.wall(),
        "ValidBefore": context.world.wall(context.world.clock() + LEAF_S),
        "CreateIndex": index,
        "ModifyIndex": index,
    }


def authorize(context: Context) -> Response:
    """Say whether a client with a certificate may connect to a service here."""
    try:
        body = struct(context.request.body, "ConnectAuthorizeRequest", FIELDS)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}", local=True) from None
    if not body.get("Target"):
        raise Refusal(400, "Target service must be specified", local=True)
    source = _source(body.get("ClientCertURI", ""))
    try:
        who = authorizer(context)
    except Refusal as refusal:
        words = "Could not resolve token to authorizer: " if context.cluster.version.at_least(17) else ""
        raise Refusal(refusal.status, f"{words}{refusal.text}") from None
    require(who, "service", "write", body["Target"])
    found = _strongest(context.store, source, body["Target"])
    if found is None:
        reason = "Default behavior configured by ACLs"
        return as_json({"Authorized": allows_by_default(context, who), "Reason": reason})
    layer = 7 if found.get("Permissions") else 4
    return as_json(
        {
            "Authorized": found.get("Action") == "allow",
            "Reason": f"Matched L{layer} intention: {_told(found)}",
        }
    )


def _source(uri: str) -> tuple[str, str]:
    """Return namespace and service of a certificate's URI."""
    found = SERVICE.fullmatch(uri)
    if found is not None:
        return found[1], found[2]
    known = ELSE.fullmatch(uri) is not None and uri.endswith(".consul")
    raise Refusal(400, "ClientCertURI not a valid Service identifier" if known else NOT_ONE, local=True)


def _strongest(store: Store, source: tuple[str, str], target: str) -> Value | None:
    namespace, name = source
    for one in matching(store, "destination", target):
        if one["SourceName"] in (name, "*") and one["SourceNS"] == namespace and "SourcePeer" not in one:
            return one
    return None


def _told(intention: Value) -> str:
    identifier = f"ID: {intention['ID']}, " if "ID" in intention else ""
    ends = [f"{intention[f'{end}NS']}/{intention[f'{end}Name']}" for end in ("Source", "Destination")]
    permissions = intention.get("Permissions")
    what = f"Permissions: {len(permissions)}" if permissions else f"Action: {intention['Action'].upper()}"
    return f"{ends[0]} => {ends[1]} ({identifier}Precedence: {intention['Precedence']}, {what})"
