"""The section `approvals` of `reconciler.yaml`: what it asks for, and what is wrong with it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.text.document import Place, SourceDoc
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.guarding.approvals import ApprovalSettings, Signer

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]*\Z")
_KEY = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[A-Za-z0-9@.-]+ ([A-Za-z0-9+/]+=*)(?: [^\n]*)?\Z")
_HINT = "copy one line of a .pub file: ssh-ed25519 AAAA…"


def read(value: Mapping[str, Any]) -> ApprovalSettings:
    """Return what a section without problems asks for."""
    signers = tuple(
        Signer(entry["name"], " ".join(entry["key"].split(" ")[:2])) for entry in value.get("signers") or ()
    )
    return ApprovalSettings(value.get("required") or 0, signers, value.get("signers_file"))


def problems(doc: SourceDoc) -> Iterator[Diagnostic]:
    """Yield what is wrong with values of `approvals` whose form is right, each at its place."""
    section = doc.value.get("approvals") or {}
    place = Place(doc, doc.marks).inner("approvals")
    listed = section.get("signers") or []
    if listed and section.get("signers_file"):
        yield place.key("signers_file").problem(
            "bad-value", "signers and signers_file exclude each other", "keep one"
        )
    names: dict[str, int] = {}
    keys: dict[str, str] = {}
    for number, entry in enumerate(listed):
        yield from _of_signer(entry, place.inner("signers", number), keys)
        names[entry["name"]] = number
    required = section.get("required") or 0
    if required and not listed and not section.get("signers_file"):
        yield place.key("required").problem("bad-value", "approvals are required of no one", "name signers")
    elif listed and required > len(names):
        summary = f"{required} approvals are required, and {len(names)} signers are named"
        yield place.inner("required").problem("bad-value", summary, "each signer counts once")


def _of_signer(entry: Mapping[str, Any], place: Place, keys: dict[str, str]) -> Iterator[Diagnostic]:
    if not _NAME.match(entry["name"]):
        summary = f'"{entry["name"]}" is no name of a signer'
        yield place.inner("name").problem("bad-value", summary, "letters, digits and . _ @ + -")
    found = _KEY.match(entry["key"])
    if found is None or not _is_base64(found[1]):
        yield place.inner("key").problem("bad-value", "this is no public SSH key", _HINT)
        return
    other = keys.setdefault(found[1], entry["name"])
    if other != entry["name"]:
        yield place.inner("key").problem("bad-value", f"{other} has the same key", "a key counts once")


def _is_base64(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) > 16
    except binascii.Error:
        return False
