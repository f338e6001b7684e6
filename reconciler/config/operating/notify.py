"""The section `notify` of `reconciler.yaml`: what is wrong with it beyond its form, and the receivers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from reconciler.config.clusters import addresses
from reconciler.config.text.document import Place, SourceDoc
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.notifying.hook import Hook, HookKind, Occasion

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_IN_VARIABLE = "write the address into a variable, and its name here: url_env: HOOK_URL"
_PLAIN = "use https, or set allow_plaintext: true for this receiver"

Problem = tuple[str, str, str]  # code, summary, hint


def read(entries: Sequence[Mapping[str, Any]]) -> tuple[Hook, ...]:
    """Return the receivers of a section without problems."""
    return tuple(_hook(number, entry) for number, entry in enumerate(entries, 1))


def _hook(number: int, entry: Mapping[str, Any]) -> Hook:
    given = entry.get("on")
    return Hook(
        number,
        entry.get("url"),
        entry.get("url_env"),
        HookKind(entry.get("kind") or HookKind.WEBHOOK.value),
        frozenset(map(Occasion, given)) if given else frozenset(Occasion),
        entry.get("secret_env"),
        bool(entry.get("allow_plaintext")),
    )


def problems(doc: SourceDoc) -> Iterator[Diagnostic]:
    """Yield what is wrong with values of `notify` whose form is right, each at its place."""
    place = Place(doc, doc.marks).inner("notify")
    for number, entry in enumerate(doc.value.get("notify") or ()):
        for key, problem in _of(entry):
            at = place.inner(number, key) if key else place.inner(number)
            yield replace(at.problem(*problem), source=None)  # the line may have a secret


def _of(entry: Mapping[str, Any]) -> Iterator[tuple[str, Problem]]:
    url = entry.get("url")
    if bool(url) == bool(entry.get("url_env")):
        yield "", ("bad-value", "a receiver needs url or url_env, and not both", _IN_VARIABLE)
    for key in ("url_env", "secret_env"):
        if entry.get(key) and not _VARIABLE.match(entry[key]):
            yield key, ("bad-value", f"{key} is the name of an environment variable", _IN_VARIABLE)
    if entry.get("secret_env") and entry.get("kind") == "slack":
        yield "secret_env", ("bad-value", "Slack takes no signature", "remove secret_env")
    if url:
        yield from (("url", problem) for problem in _of_url(url, entry))


def _of_url(url: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    from reconciler.sdk.http.origins import is_private  # not needed by a file without this section

    parts = _parts(url)
    found = addresses.problem(f"{parts[0]}://{parts[1]}" if parts else url)
    if found is not None:
        yield "bad-address", *found
    elif parts and parts[2]:
        yield "bad-address", "the address has a query, which may be a secret", _IN_VARIABLE
    elif not entry.get("allow_plaintext") and not is_private(url):
        yield "bad-address", "notifications would be sent in clear text", _PLAIN


def _parts(url: str) -> tuple[str, str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.scheme, parts.netloc, parts.query
