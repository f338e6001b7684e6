"""The `state` section of `reconciler.yaml`: what is wrong with it beyond its form, and the place it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from reconciler.config.clusters import addresses
from reconciler.config.text.document import Place, SourceDoc
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.state_place import PLACES, LocalPlace, StatePlace
from reconciler.sdk.text import one_line

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")
_METHOD = re.compile(r"[A-Z]+\Z")
_SEGMENT = re.compile(r"[!-~]+\Z")
_SECRET = re.compile(r"sig|token|secret|password|credential|(^|[^a-z])key$", re.IGNORECASE)
_NO_CREDENTIALS = "remove user and password: credentials are never written here"

Problem = tuple[str, str, str]  # code, summary, hint


def read(value: Mapping[str, Any]) -> StatePlace:
    """Return the place that a `state` section without problems names."""
    backend = value.get("backend", LocalPlace.backend)
    (kind,) = (kind for kind in PLACES if kind.backend == backend)
    return kind(**{key: entry for key, entry in value.items() if key != "backend" and entry is not None})


def problems(doc: SourceDoc) -> list[Diagnostic]:
    """Return what is wrong with values of `state` whose form is right, each at its place."""
    section = doc.value.get("state")
    if not section:
        return []
    place = Place(doc, doc.marks).inner("state")
    found = ((key, problem) for key, value in section.items() for problem in _of_value(section, key, value))
    # Without the text of the line, which may have a credential.
    return [replace(place.inner(key).problem(*problem), source=None) for key, problem in found]


def _of_value(section: Mapping[str, Any], key: str, value: object) -> Iterator[Problem]:
    if not isinstance(value, str) or section.get("backend", "local") == "local":
        return
    if key in ("address", "lock_address", "unlock_address", "endpoint"):
        yield from _of_address(value, is_origin=section["backend"] == "consul")
    elif key in ("path", "prefix"):
        yield from _of_prefix(value)
    elif key == "schema" and not _SCHEMA.match(value):
        hint = "use lower-case letters, digits and _, at most 63 of them, for example reconciler"
        yield "bad-value", f'"{one_line(value)}" cannot be the schema of a state', hint
    elif key == "dsn_env" and not _VARIABLE.match(value):
        hint = "write the connection string into a variable, and its name here: dsn_env: STATE_DSN"
        yield "bad-value", "dsn_env is the name of an environment variable", hint
    elif key.endswith("_method") and not _METHOD.match(value):
        yield "bad-value", f'"{value}" is not a method of HTTP', "for example PUT"


def _of_address(value: str, *, is_origin: bool) -> Iterator[Problem]:
    parts = _parts(value)
    bare = f"{parts.scheme}://{parts.netloc}" if parts is not None and not is_origin else value
    found = addresses.problem(bare)
    if found is not None:
        what, hint = found
        yield "bad-address", what, _NO_CREDENTIALS if "credentials" in what else hint
    elif parts is not None and any(_SECRET.search(name) for name, _ in parse_qsl(parts.query)):
        yield "bad-address", "the query of the address has a credential", "credentials are never written here"


def _parts(value: str) -> Any:
    try:
        return urlsplit(value)
    except ValueError:
        return None


def _of_prefix(value: str) -> Iterator[Problem]:
    segments = value.split("/")
    if "" in segments:
        hint = f"write {'/'.join(filter(None, segments)) or 'reconciler/production'}"
        yield "bad-value", "a part of the path is empty", hint
    elif any(not _SEGMENT.match(part) or part.strip(".") == "" for part in segments):
        hint = "use letters, digits, hyphens and dots, for example reconciler/production"
        yield "bad-value", "the path has a part that servers do not keep as it is", hint
