"""Rule for the size of an entry."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reconciler.config.drafts.draft import Draft
from reconciler.model.diagnostic import Diagnostic

LIMIT = 512 * 1024  # bytes of JSON: what Raft recommends for one log entry (raft.SuggestedMaxDataSize)
_ENCODER = json.JSONEncoder(default=str, separators=(",", ":"), check_circular=False)


def size_problems(draft: Draft) -> Iterator[Diagnostic]:
    """Report an entry that is larger than servers are made for: they write it as one Raft log entry."""
    if draft.address.type == "peering":
        return
    size = len(_ENCODER.encode(draft.body))
    if size > LIMIT:
        shown = f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size // 1024} KiB"
        summary = f"{draft.address} is {shown} of JSON: servers write it as one Raft log entry"
        yield draft.key.problem("large-entry", summary, f"keep it below {LIMIT // 1024} KiB", warning=True)
