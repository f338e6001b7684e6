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

from reconciler.model.change import Change, Drift, Reason
from reconciler.model.plan import Plan
from reconciler.model.plan_codec import encode, encode_change
from reconciler.sdk.secrets.sensitive import Seal

_NO_DRIFT = Drift()
_NOT_MEANT = ("requests", "digest", "fingerprint")
_SAID = (*("why", "fields", "drift", "unhealthy", "blocked", "marked_by", "notes"),)


def sealed(plan: Plan) -> Plan:
    """Return the plan with the digest and the fingerprint of its content."""
    found = digest(plan)
    return replace(plan, digest=found, fingerprint=fingerprint(found))


def digest(plan: Plan) -> str:
    """Return SHA-256 (hex) over the plan's content. Two plans with the same digest do and show the same."""
    text = json.dumps(_content(plan), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(found: str) -> str:
    """Return the short form of a digest, which people compare."""
    return f"{found[:4]}-{found[4:8]}-{found[8:12]}"


def _content(plan: Plan) -> dict[str, Any]:
    whole = encode(replace(plan, changes=()))
    content = {key: value for key, value in whole.items() if key not in _NOT_MEANT}
    content["changes"] = [_meant(change, plan.seal) for change in plan.changes]
    content["deferred"] = [[item["address"], item["code"]] for item in content["deferred"]]
    for rule in content["ignores"]:
        del rule["at"]
    for found in content["policies"]:
        del found["origin"], found["at"]
    content["clusters"] = [_seen(seen) for seen in content["clusters"].values()]
    return content


def _meant(change: Change, seal: Seal | None) -> object:
    """Return the content of a change for the digest. Of an object without a change, only what is shown
    anywhere.
    """
    if change.has_effect:
        places = ("origin", "protected_at")
        again = (*places, "owned") if change.owned == change.after else places
        value = {key: value for key, value in encode_change(change, seal).items() if key not in again}
        for item in value["ignored"]:
            del item["at"]
        return value
    names = (change.owned or {}).get("Names")  # by these the other changes name their peers
    # A forged plan may call lasting what never drifted.
    drifted = change.drift != _NO_DRIFT
    if drifted or change.reason is not Reason.NONE or any(getattr(change, name) for name in _SAID):
        said = encode_change(change, seal)
        return [str(change.address), names, change.reason.value, *(said[name] for name in _SAID)]
    return [str(change.address), names] if names else str(change.address)


def _seen(seen: Mapping[str, Any]) -> list[Any]:
    known = [seen[key] for key in ("name", "address", "identity", "version")]
    return [*known, bool(seen["problem"])]
