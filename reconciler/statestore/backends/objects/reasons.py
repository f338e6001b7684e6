"""What the library says of a failed call, as one line, and what follows from it.

Its errors have no fields: what happened is in their text, and for connections in the part for developers.
"""

from __future__ import annotations

import re

from reconciler.sdk.text import one_line

_QUERY = re.compile(r"\?[^\s'\"<>)]+")  # a signature or a SAS token may be in it
_STATUS = re.compile(r"status code: (\d{3})|HTTP status \w+ error \((\d{3})|\((\d{3}) [A-Z]")
_PREAMBLE = re.compile(r"^Generic \w+ error: (?:.*Error performing .*? - )?", re.DOTALL)
_ADDRESS = re.compile(r"Error performing \w+ \w+://(?:[^/\s@]*@)?([^/\s?]+)")
_CODE = re.compile(r"<Code>([^<]*)</Code>(?:\s*<Message>([^<]*)</Message>)?")
_ASKED_THE_MACHINE = ("/latest/api/token", "/latest/meta-data", "token request", "/metadata/identity")
_DENIALS = re.compile(
    "Access.?Denied|AccessKey|SignatureDoesNotMatch|User|Token|Authori[sz]|Authenticat|RequestTimeTooSkewed"
)
_CERTIFICATE = re.compile(r"InvalidCertificate\(\s*(?:Other\(\s*OtherError\(\s*)?(\w+)")
_UNSENT = "error sending request"
_OF_CONNECTIONS = (
    (re.compile(r"failed to lookup address"), "name not found"),
    (re.compile(r"InvalidContentType|InvalidMessage"), "TLS failed: this port does not speak TLS (https)"),
    (_CERTIFICATE, "certificate not accepted: {}"),
    (re.compile(r'message: "([^"]+)"'), "{}"),
    (re.compile(r"TimedOut|deadline has elapsed|operation timed out"), "no answer in time"),
)


def reason(error: BaseException) -> str:
    """Return what the library says, on one line, without what it was asked with."""
    text, _, details = str(error).partition("\n\nDebug source")
    code = _CODE.search(text)
    if code:
        text = ": ".join(part for part in code.groups() if part)
    if _UNSENT in text:
        text = _connecting(text, details)
    return one_line(_QUERY.sub("", _PREAMBLE.sub("", text)))


def _connecting(text: str, details: str) -> str:
    """Return why there was no connection, and to where."""
    address = _ADDRESS.search(text)
    for pattern, words in _OF_CONNECTIONS:
        found = pattern.search(details)
        if found:
            said = words.format(*found.groups())
            return f"{said} ({address[1]})" if address else said
    return text


def is_unconnected(error: BaseException) -> bool:
    """Say whether there was no connection, or it broke: the address may be wrong."""
    return _UNSENT in str(error)


def is_denied(error: BaseException) -> bool:
    """Say whether the server names the credentials as the reason; its status may be any."""
    code = _CODE.search(str(error))
    return status(error) in (401, 403) or (code is not None and _DENIALS.search(code[1]) is not None)


def has_no_credentials(error: BaseException) -> bool:
    """Say whether none were found: the library asked the machine itself for some, in vain."""
    return any(part in str(error) for part in _ASKED_THE_MACHINE)


def status(error: BaseException) -> int | None:
    """Return the HTTP status that the error speaks of, if any."""
    found = _STATUS.search(str(error))
    return int(next(filter(None, found.groups()))) if found else None
