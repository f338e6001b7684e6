"""The options that describe one HTTP request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.access.question import ANOTHER, Request

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # names of headers and methods: RFC 9110, 5.6.2
_USUAL = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_BLANK = re.compile(r"[\x00-\x20\x7f]")
_BREAK = re.compile(r"[\x00\r\n]")


def request_of(method: str | None, path: str | None, headers: Sequence[str]) -> Request:
    """Return the request that is asked about. One with a method and a path is whole: it has no more headers
    than those that are given. Raise `Failure` for what no request has.
    """
    method, path = _method(method), _path(path)
    if not headers and (method is None or path is None):
        return Request(method, path)
    return Request(method, path, _headers(headers))


def _method(text: str | None) -> str | None:
    """Return a method; the usual ones in upper case, as clients send them."""
    if text is None:
        return None
    if not _TOKEN.fullmatch(text):
        raise Failure(
            Cause.USAGE, f"--method {text!r}: not a method of HTTP", hint="for example: --method GET"
        )
    return text.upper() if text.upper() in _USUAL else text


def _path(text: str | None) -> str | None:
    if text is None:
        return None
    if not text.startswith("/"):
        hint = "write the path alone, as in /v1/items: no scheme and no host"
        raise Failure(Cause.USAGE, f"--path {text!r}: a path begins with /", hint=hint)
    blank = _BLANK.search(text)
    if blank is not None:
        hint = f"write %{ord(blank[0]):02X} for it"
        raise Failure(Cause.USAGE, f"--path {text!r}: a path has no {blank[0]!r} in it", hint=hint)
    return text


def _headers(given: Sequence[str]) -> dict[str, str]:
    """Return the headers by their names in lower case; several of one name as one."""
    found: dict[str, str] = {}
    for name, value in map(_header, given):
        found[name] = f"{found[name]}{ANOTHER}{value}" if name in found else value
    return found


def _header(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    name = name.strip().lower()
    if not equals or not _TOKEN.fullmatch(name):
        raise Failure(Cause.USAGE, f"--header {text!r}: expected NAME=VALUE, for example x-version=2")
    if _BREAK.search(value):
        raise Failure(Cause.USAGE, f"--header {text!r}: a value has one line")
    return name, value.strip(" \t")
