"""The parts of a State as JSON text: a cluster, a resource, the owner, each on one line.

No `default` is given to the encoder: a `Secret`, or anything else that is not plain data, raises `TypeError`.
Of a sensitive value only its digest is written, under the State's key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.model.state import Owner, Recorded, RecordedCluster, Saved
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import Seal, leaves, sealed

dumps = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False).encode


class NoSeal(TypeError):
    """A sensitive value was to be written without a seal."""


def owner_text(owner: Owner, *, key: str = "name") -> str:
    """Return the owner as compact JSON, with its name under `key`."""
    former = {"former": owner.former} if owner.former else {}
    return dumps({key: owner.name, "files": owner.files, **former})


def saved_text(saved: Saved) -> str:
    """Return when and by whom a snapshot was saved, as compact JSON."""
    revision, audit = saved.revision, saved.audit
    return dumps(
        {
            "at": saved.at,
            "by": saved.by,
            "operation": saved.operation,
            **({"revision": asdict(revision)} if revision is not None else {}),
            **({"audit": asdict(audit)} if audit is not None else {}),
        }
    )


def cluster_text(cluster: RecordedCluster) -> str:
    """Return one cluster as compact JSON, without its name."""
    return dumps(
        {
            **cluster.extra,
            "address": cluster.address,
            "provider": cluster.provider,
            "identity": cluster.identity,
            "version": cluster.version,
            "partition": cluster.partition,
            "namespace": cluster.namespace,
            "options": cluster.options,
        }
    )


def resource_text(recorded: Recorded, seal: Seal | None = None) -> str:
    """Return one resource as compact JSON, without its address. Raises `NoSeal` where something in it is
    sensitive and there is no seal to make its digest.
    """
    try:
        return _resource_text(recorded, recorded.body)
    except TypeError:  # seldom: something in it is not plain
        if seal is None and any(leaf.known for leaf in leaves(recorded.body)):
            raise NoSeal(f"{recorded.address} holds a sensitive value, and there is no seal") from None
        return _resource_text(recorded, sealed(recorded.body, seal))


def _resource_text(recorded: Recorded, body: Mapping[str, Any]) -> str:
    return dumps(
        {
            **recorded.extra,
            "body": body,
            "provider": recorded.provider,
            "version": recorded.version,
            "remote_ids": recorded.remote_ids,
            "depends_on": [address_text(address) for address in recorded.depends_on],
            "shared": recorded.shared,
            "protect": recorded.protect,
            "pending": recorded.pending,
            **({"adopted": True} if recorded.adopted else {}),
        }
    )


def address_text(address: Address) -> str:
    """Return the address as text. Raises `ValueError` where that text would not be read as the
    same address.
    """
    text = str(address)
    if Address.parse(text) != address:
        raise ValueError(f"the address {address!r} cannot be written: {text!r} means another one")
    return text
