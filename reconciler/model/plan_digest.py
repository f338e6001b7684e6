"""The digest of a plan: one hash over everything that it says will be done, and the short text made of it.

Left out is what may differ between two runs that plan the same: the number of requests, places in files, the
wording of errors of clusters that did not answer, and what others own in objects that need no action.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.change import Action
from reconciler.model.plan import Plan
from reconciler.model.plan_codec import encode

_NOT_MEANT = ("requests", "digest", "fingerprint")
_OF_OTHERS = frozenset({"before", "after", "observed_version", "remote_ids", "unmanaged"})


def sealed(plan: Plan) -> Plan:
    """The plan with the digest and the fingerprint of its content."""
    found = digest(plan)
    return replace(plan, digest=found, fingerprint=fingerprint(found))


def digest(plan: Plan) -> str:
    """SHA-256 (hex) over the plan's content. Two plans with the same digest do and show the same."""
    text = json.dumps(_content(plan), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(found: str) -> str:
    """The short text that people compare, of a digest."""
    return f"{found[:4]}-{found[4:8]}-{found[8:12]}"


def _content(plan: Plan) -> dict[str, Any]:
    content = {key: value for key, value in encode(plan).items() if key not in _NOT_MEANT}
    content["changes"] = [_meant(change) for change in content["changes"]]
    content["deferred"] = [[item["address"], item["code"]] for item in content["deferred"]]
    content["clusters"] = [_seen(seen) for seen in content["clusters"].values()]
    return content


def _meant(change: Mapping[str, Any]) -> dict[str, Any]:
    quiet = change["action"] == Action.NO_OP.value and not change["adopt"]
    left_out = {"origin", *(_OF_OTHERS if quiet else ())}
    return {key: value for key, value in change.items() if key not in left_out}


def _seen(seen: Mapping[str, Any]) -> list[Any]:
    known = [seen[key] for key in ("name", "address", "identity", "version")]
    return [*known, bool(seen["problem"])]
