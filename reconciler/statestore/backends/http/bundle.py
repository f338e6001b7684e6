"""All documents of a state in one JSON document, with what servers of Terraform's states look for around it.

`serial` rises with every write, because such servers (GitLab) keep each serial once. `resources` is empty:
what reconciler records is in `documents`. Terraform does not write over it: its lineage is another one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.shared.ports import Document

FORMAT = 1
_KEPT = 20  # runs that are remembered because their lock was broken
_SHOWN = 12  # digits of a digest in a version


class NotOurs(ValueError):
    """What is at the address was not written by reconciler, or is damaged; says which."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The documents by key. A new one has serial 0, and was never written. `broken` are the runs whose lock
    was broken, the latest last: they write no more.
    """

    lineage: str
    serial: int
    documents: Mapping[str, Document]
    broken: tuple[str, ...] = ()

    @classmethod
    def new(cls) -> Bundle:
        """Return the bundle of a place that has none."""
        return cls(str(uuid.uuid4()), 0, {})

    def with_(self, key: str, data: bytes) -> Bundle:
        """Return the next bundle, in which a document has this content and a version of its own."""
        version = f"{self.serial + 1}-{hashlib.sha256(data).hexdigest()[:_SHOWN]}"
        documents = {**self.documents, key: Document(data, version)}
        return replace(self, serial=self.serial + 1, documents=documents)

    def without(self, key: str) -> Bundle:
        """Return the next bundle, without a document."""
        rest = {name: kept for name, kept in self.documents.items() if name != key}
        return replace(self, serial=self.serial + 1, documents=rest)

    def fencing(self, run_id: str) -> Bundle:
        """Return the next bundle, to which that run must not write."""
        return replace(self, serial=self.serial + 1, broken=(*self.broken, run_id)[-_KEPT:])

    def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that begin with this text, in order."""
        return sorted(key for key in self.documents if key.startswith(prefix))

    def text(self) -> bytes:
        """Return it as it is sent."""
        documents = {
            key: {"version": found.version, "data": base64.b64encode(found.data).decode()}
            for key, found in sorted(self.documents.items())
        }
        value = {
            "version": 4,
            "terraform_version": "1.0.0",
            "serial": self.serial,
            "lineage": self.lineage,
            "outputs": {},
            "resources": [],
            "reconciler": {"format": FORMAT, "broken": list(self.broken), "documents": documents},
        }
        return json.dumps(value, separators=(",", ":")).encode()


def parse(data: bytes) -> Bundle:
    """Read a bundle back. Raises `NotOurs`."""
    if not data.strip():
        raise NotOurs("the answer is empty; a server answers 404 or 204 where there is no state")
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        raise NotOurs("it is not JSON") from None
    ours = raw.get("reconciler") if isinstance(raw, dict) else None
    if not isinstance(ours, dict):
        terraform = isinstance(raw, dict) and "terraform_version" in raw
        raise NotOurs("it is a state of Terraform" if terraform else "it is no state of reconciler")
    if ours.get("format") != FORMAT:
        raise NotOurs(f"it has format {ours.get('format')}, and this reconciler knows format {FORMAT}")
    try:
        documents = {key: _document(value) for key, value in ours["documents"].items()}
        broken = tuple(str(run) for run in ours.get("broken", ()))
        return Bundle(str(raw["lineage"]), int(raw["serial"]), documents, broken)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error):
        raise NotOurs("it is damaged") from None


def _document(value: Any) -> Document:
    return Document(base64.b64decode(value["data"], validate=True), str(value["version"]))
