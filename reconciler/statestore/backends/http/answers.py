"""What the answers of a server mean that speaks the protocol of Terraform's `http` backend."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.errors import Conflict, Denied, Invalid, ProviderError
from reconciler.sdk.http.errors import Reply, by_status


class Absent(ProviderError):
    """There is no state at the address."""


class NotModified(ProviderError):
    """The state is still the one with the ETag that was named."""


class Stale(Conflict):
    """The state is another one than the request was made for."""


class Locked(ProviderError):
    """The lock is held; `text` is what the server says of its holder."""

    text = ""


_METHODS = (
    "the server does not take this method here: see lock_address, lock_method and the like in reconciler.yaml"
)
_LARGE = "the server takes less than this state needs: raise its limit, or use another backend"
_KINDS: Mapping[int, tuple[type[ProviderError], str]] = {
    304: (NotModified, ""),
    401: (Denied, ""),
    403: (Denied, ""),
    404: (Invalid, _METHODS),
    405: (Invalid, _METHODS),
    412: (Stale, ""),
    413: (Invalid, _LARGE),
    501: (Invalid, _METHODS),
}


def judge(reply: Reply, denied: str = "") -> ProviderError:
    """Return the error that an unsuccessful answer stands for. `denied` is what to do about a refusal of the
    credentials.
    """
    if reply.status == 404 and reply.method == "GET":
        return reply.error(Absent)
    if reply.status in (409, 423):
        return _locked(reply)
    if reply.status in _KINDS:
        kind, hint = _KINDS[reply.status]
        return reply.error(kind, hint=denied if kind is Denied else hint)
    return by_status(reply)


def _locked(reply: Reply) -> Locked:
    message = reply.error(Invalid).message
    locked = Locked(message, cluster=reply.cluster, status=reply.status)
    locked.text = reply.text
    return locked
