"""The texts of the catalogue with names in them: commands that work when they are pasted.

Names come from servers, and snapshots from anybody: in a command each is one word of the shell, in an address
of the API one segment.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.access.diagnosis import Diagnosis
from reconciler.sdk.address import Address
from reconciler.sdk.provider import ClusterConfig
from reconciler.sdk.text import escaped
from reconciler_consul.doctor.catalogue import COMPLAINTS, UNDECLARED, WORKAROUND
from reconciler_consul.doctor.finding import Symptom

_WHERE = "$CONSUL_HTTP_ADDR"  # in a text: the address of the cluster that is asked
_CURL = "curl "
_FLAG = f"-http-addr={_WHERE}"


class Contact(NamedTuple):
    """How a cluster is asked: its address, and the options that `curl` and `consul` need for it. `url`: its
    address for `curl`, where that is another one.
    """

    address: str
    curl: str = ""
    consul: str = ""
    url: str = ""


def contact(cluster: ClusterConfig) -> Contact:
    """Return how a cluster is asked: with its certificates, and with the token of the environment, which
    `consul` takes by itself.
    """
    files = {"--cacert": cluster.ca_file, "--cert": cluster.cert_file, "--key": cluster.key_file}
    options = [f"{option} {shlex.quote(path)}" for option, path in files.items() if path]
    url, way = _as_named(cluster)
    token = ['-H "X-Consul-Token: $CONSUL_HTTP_TOKEN"'] if cluster.token is not None else []
    return Contact(cluster.address, " ".join([*options, *way, *token]), _flags(cluster), url)


def _flags(cluster: ClusterConfig) -> str:
    flags = {
        "-ca-file": cluster.ca_file,
        "-client-cert": cluster.cert_file,
        "-client-key": cluster.key_file,
        "-tls-server-name": cluster.server_name,
    }
    return " ".join(f"{flag}={shlex.quote(value)}" for flag, value in flags.items() if value)


def _as_named(cluster: ClusterConfig) -> tuple[str, list[str]]:
    """Return the address with the name that the certificate has, for `curl`, and how it gets there."""
    there = urlsplit(cluster.address)
    if not cluster.server_name or there.scheme != "https":
        return "", []
    port = there.port or 443
    host = f"[{there.hostname}]" if ":" in (there.hostname or "") else there.hostname
    way = shlex.quote(f"{cluster.server_name}:{port}:{host}:{port}")
    return f"https://{cluster.server_name}:{port}{there.path.rstrip('/')}", [f"--connect-to {way}"]


class Word(str):
    """A name in a text. `{service}` is a word of the shell, `{service:url}` a segment of an address,
    `{service:said}` the name as it is.
    """

    __slots__ = ()

    def __format__(self, how: str) -> str:
        if how == "url":
            return quote(self, safe="")
        return escaped(self) if how == "said" else shlex.quote(escaped(self))


def told(
    symptom: Symptom, contacts: Mapping[str, Contact], peerings: Mapping[frozenset[str], Address]
) -> Diagnosis:
    """Return the finding and what follows from it, with cause and next command. `peerings`: the declared ones
    by their ends; `contacts`: the clusters whose address is known.
    """
    diagnosis, kind = symptom.diagnosis, COMPLAINTS[symptom.diagnosis.rule]
    words, origin, fix = dict(symptom.words), diagnosis.origin, kind.fix
    if "peering" in words and (peerings or "peer:" in words["peering"]):
        declared = peerings.get(frozenset(words["peering"].removeprefix("peering.").split("/")))
        origin = _at(origin, declared)
        words["peering"] = str(declared or "")
        fix = fix if declared else UNDECLARED.get(diagnosis.rule, fix)
    texts = {name: Word(word) for name, word in words.items()}
    asked = contacts.get(words.get("asked", words["cluster"]))
    follow = tuple(told(one, contacts, peerings) for one in symptom.follow)
    return replace(
        diagnosis,
        cause=kind.cause.format_map(texts),
        next=_with_workaround(_asking(fix.format_map(texts), asked), follow),
        origin=origin,
        consequences=follow,
    )


def _with_workaround(text: str, follow: Iterable[Diagnosis]) -> str:
    """Return what to do, with what helps until it is done."""
    helps = next((one.next for one in follow if one.rule == WORKAROUND), "")
    return f"{text}; until then {helps}" if helps else text


def _at(origin: Origin | None, declared: Address | None) -> Origin | None:
    if origin is None or declared is None:
        return origin
    return Origin(origin.cluster, declared, origin.path)


def _asking(text: str, asked: Contact | None) -> str:
    if asked is None:
        return text
    curl = f"{_CURL}{asked.curl} " if asked.curl else _CURL
    flags = f" {asked.consul}" if asked.consul else ""
    with_flags = text.replace(_FLAG, f"-http-addr={shlex.quote(asked.address)}{flags}")
    return with_flags.replace(_CURL, curl).replace(_WHERE, shlex.quote(asked.url or asked.address))
