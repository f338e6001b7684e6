"""One request to the API of a code host. Redirects are not followed: the token is for one address only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.http.origins import is_private
from reconciler.sdk.secrets.secret import Secret
from reconciler.sdk.text import one_line

TIMEOUT = 30.0  # seconds of one request
LARGEST = 32 << 20  # bytes of an answer
_ATTEMPTS = 3  # of a read
_PASSING = frozenset({0, 429, 502, 503, 504})


class MayNot(Exception):
    """The token may not do this, or there is none; the text says what the host answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status (0: there was none), headers in lower case, JSON value, or what went wrong."""

    status: int
    headers: Mapping[str, str]
    value: Any
    problem: str = ""


class Api:
    """The API at one address. Proxies are those of the environment, as for git."""

    def __init__(self, host: str, header: str, token: Secret, scheme: str = "") -> None:
        """Take the host's name for messages, and the header that carries the token."""
        self._host = host
        self._header, self._token, self._scheme = header, token, scheme
        self._opener: OpenerDirector = build_opener(_Stay())

    def read(self, method: str, url: str, body: object = None) -> Answer:
        """Return the answer to a request that changes nothing; what may pass is tried three times."""
        for _ in range(_ATTEMPTS - 1):
            answer = self._send(method, url, body)
            if answer.status not in _PASSING:
                return self._checked(answer)
        return self._checked(self._send(method, url, body))

    def write(self, method: str, url: str, body: object) -> Answer:
        """Return the answer to a request that may change something; it is sent once."""
        return self._checked(self._send(method, url, body))

    def _checked(self, answer: Answer) -> Answer:
        """Raise `MayNot` where the token is not enough, `Failure` for any other answer than a success."""
        if answer.status in (401, 403, 404):
            raise MayNot(f"{self._host} answered {answer.status}: {_said(answer.value)}")
        if answer.problem or not 200 <= answer.status < 300:
            why = answer.problem or f"it answered {answer.status}: {_said(answer.value)}"
            raise Failure(Cause.CODE_HOST, f"cannot comment on {self._host}", detail=why, hint="run it again")
        return answer

    def _send(self, method: str, url: str, body: object) -> Answer:
        if not is_private(url):
            hint = "use its https address"
            raise Failure(
                Cause.CREDENTIALS, f"{self._host} would be sent a token in clear text: {url}", hint=hint
            )
        content = None if body is None else json.dumps(body).encode()
        request = Request(url, content, self._headers(), method=method)  # noqa: S310 - https, or this machine
        try:
            with self._opener.open(request, timeout=TIMEOUT) as reply:
                return _read(reply.status, reply)
        except HTTPError as error:
            with error:
                return _read(error.code, error)
        except (URLError, OSError, ValueError) as error:
            return Answer(0, {}, None, one_line(str(getattr(error, "reason", error))))

    def _headers(self) -> dict[str, str]:
        given = f"{self._scheme} {self._token.reveal()}".strip()
        return {self._header: given, "Content-Type": "application/json", "User-Agent": "reconciler"}


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: urllib would send the token along, to any address."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _read(status: int, reply: Any) -> Answer:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    body = reply.read(LARGEST + 1)
    if len(body) > LARGEST:
        return Answer(status, headers, None, "its answer is too long")
    try:
        return Answer(status, headers, json.loads(body))
    except ValueError:
        text = body[:400].decode("utf-8", "replace")
        return Answer(status, headers, text, "its answer is no JSON" if status < 300 else "")


def _said(value: Any) -> str:
    """Return what an error says, on one line."""
    if isinstance(value, dict):
        value = value.get("message") or value.get("error") or value
    return one_line(str(value)) or "(empty body)"
