"""Changing one leaf of a declared entry to another value that its server should take."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.engine.bodies.forms import parse_duration
from tests.support.entries.corpus import Sample

Path = tuple[str | int, ...]

# Other values for fields that take one of a few, by field name without case and underscores.
_TURNS: dict[str, tuple[Any, ...]] = {
    "action": ("allow", "deny"),
    "pathwithescapedslashesaction": ("REJECT_REQUEST", "UNESCAPE_AND_FORWARD"),
    "headerswithunderscoresaction": ("REJECT_REQUEST", "DROP_HEADER"),
    "mutualtlsmode": ("strict", "permissive"),
    "balanceinboundconnections": ("exact_balance", ""),
    "balanceoutboundconnections": ("exact_balance", ""),
    "tlsminversion": ("TLSv1_1", "TLSv1_2"),
    "minversion": ("TLSv1_1", "TLSv1_2"),
    "policy": ("random", "round_robin"),
    "proxytype": ("connect-proxy", "api-gateway"),
    "listener": ("inbound", "outbound"),
    "discoverytype": ("STATIC", "STRICT_DNS"),
}
_MODES = {"meshgateway": ("local", "remote"), "failoverpolicy": ("sequential", "order-by-locality")}
# References, closed lists and structured texts: no other value is right without the rest of the entry.
_FIXED = {
    "kind", "name", "servicesubset", "defaultsubset", "weight", "filter", "tlsmaxversion", "maxversion",
    "ciphersuites", "retryon", "jwks", "certificate", "privatekey", "jsonformat", "textformat", "type",
    "envoylistenerjson", "envoyclusterjson", "protocol", "field", "methods", "method", "session",
    "sourceip", "certificatename", "match", "inlinebytes", "precedence", "namespace", "partition",
    "legacyid", "legacycreatetime", "legacyupdatetime",
}  # fmt: skip
# Whole branches that only their owner understands; a sample may name them.
_BRANCHES = {"arguments"}
_KEYED = {"sources", "consumers"}
_KEYS = {"name", "peer", "peername", "namespace", "partition", "samenessgroup"}


@dataclass(frozen=True)
class Mutation:
    """One leaf with another value."""

    path: Path
    old: Any
    new: Any

    def of(self, entry: Any) -> Any:
        """A copy of an entry, changed."""
        out = copy.deepcopy(entry)
        place = out
        for part in self.path[:-1]:
            place = place[part]
        place[self.path[-1]] = self.new
        return out


def mutations(sample: Sample, limit: int = 6) -> list[Mutation]:
    """Up to `limit` changes of single leaves, always the same ones."""
    found = [
        Mutation(path, value, new)
        for path, value in leaves(sample.entry)
        if not _is_fixed(path, sample) and (new := _other(path, value)) is not None
    ]
    random.Random(sample.name).shuffle(found)
    return found[:limit]


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every scalar with its path."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves(item, (*path, place))
    else:
        yield path, value


def plain(name: object) -> str:
    """A field name without letter case and underscores."""
    return str(name).lower().replace("_", "")


def _words(path: Path) -> list[str]:
    return [plain(part) for part in path if isinstance(part, str)]


def _is_fixed(path: Path, sample: Sample) -> bool:
    words = _words(path)
    if words[0] == "meta":
        return False
    fixed = _FIXED | {plain(name) for name in sample.fixed}
    is_key = len(words) > 1 and words[-2] in _KEYED and words[-1] in _KEYS
    return is_key or words[-1] in fixed or bool(fixed & set(words) & _BRANCHES)


def _other(path: Path, value: Any) -> Any:
    words = _words(path)
    if words[0] != "meta" and words[-1] == "mode":
        turns = _MODES.get(words[-2] if len(words) > 1 else "", ())
    else:
        turns = _TURNS.get(words[-1], ())
        if not turns and value is not None:
            return _generic(value)
    return next((turn for turn in turns if turn != value), None)


def _generic(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return int(not value) if value in (0, 1) else value + 1
    if value in ("true", "false"):
        return "false" if value == "true" else "true"
    if re.fullmatch(r"\d+", value):
        return str(int(value) + 1)
    nanoseconds = parse_duration(value) if value else None
    return f"{value}x" if nanoseconds is None else f"{nanoseconds // 10**6 + 1000}ms"
