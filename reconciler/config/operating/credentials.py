"""The `credentials` section of `reconciler.yaml`: where tokens and TLS files come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.config.clusters import addresses
from reconciler.config.operating.settings import Credential
from reconciler.config.text.document import Place, SourceDoc
from reconciler.model.diagnostic import Diagnostic


def read(entry: Mapping[str, Any]) -> Credential:
    """Return the credential of a section without problems."""
    command = entry.get("token_command")
    rest = {key: value for key, value in entry.items() if key != "token_command"}
    return Credential(**rest, token_command=tuple(command) if command else None)


def problems(doc: SourceDoc) -> list[Diagnostic]:
    """Return what is wrong with values of `credentials` whose form is right, each at its place."""
    out = []
    for name, entry in (doc.value.get("credentials") or {}).items():
        place = Place(doc, doc.marks).inner("credentials", name)
        sources = [key for key in ("token_env", "token_file", "token_command") if (entry or {}).get(key)]
        if len(sources) > 1:
            summary = f"the token of {name} has {len(sources)} sources: {', '.join(sources)}"
            out.append(place.key(sources[1]).problem("bad-value", summary, "keep one"))
        address = (entry or {}).get("address")
        found = addresses.problem(address) if address is not None else None
        if found is not None:
            out.append(place.inner("address").problem("bad-address", *found))
    return out
