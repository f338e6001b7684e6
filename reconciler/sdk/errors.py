"""The errors of providers. Whether to retry is a property of the type, decided by what is known.

ProviderError
├── NotSent         nothing left this machine (DNS, connect, TLS): any call may be repeated
├── Refused         the server says that it did nothing (429, no leader): repeat after a pause
├── Ambiguous       sent, and no trustworthy answer: read again before deciding anything
├── Conflict        compare-and-set failed: another write in between
├── TokenSpent      the peering token was used or replaced: generate once more
├── Denied          the credentials do not allow it: stop this cluster, go on with others
├── Invalid         the server will never accept this: report
│   ├── DoesNotFit  the server refuses it because of what else it holds: it may take it when that changed
│   └── Unsendable  it must not leave this machine: it would destroy something, or arrive as something else
├── NotSupported    this server's version or edition cannot do it
├── TimedOut        a wait for a remote condition ended without it
├── Interrupted     stopped on request before the call was made
└── PluginFault     the plugin itself failed: a defect of it, not an answer of a server
"""

from __future__ import annotations

import errno
from collections.abc import Iterator


class ProviderError(Exception):
    """What went wrong, where, and what to do about it.

    `message` is one line for people, already cut, escaped and free of secrets. `hint` says what to do.
    `cluster` is the cluster that answered (or did not), `status` the HTTP status where there was one.
    `retry_after` is in seconds where the server or a proxy gave one.
    """

    def __init__(
        self,
        message: str,
        *,
        cluster: str = "",
        hint: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.cluster = cluster
        self.hint = hint
        self.status = status
        self.retry_after = retry_after

    @property
    def code(self) -> str:
        """The kind of failure as a stable word for machines, for example `denied`."""
        return next(_CODES[type_] for type_ in type(self).__mro__ if type_ in _CODES)


class NotSent(ProviderError):
    """Nothing left this machine: name resolution, connecting or TLS failed."""


class Refused(ProviderError):
    """The server says that it did nothing."""


class Ambiguous(ProviderError):
    """Bytes were sent and no trustworthy answer came back."""


class Conflict(ProviderError):
    """A compare-and-set write was refused because the object changed."""


class TokenSpent(ProviderError):
    """The peering token was already used, replaced, or its peering is gone."""


class Denied(ProviderError):
    """The credentials are unknown or lack a permission."""


class Invalid(ProviderError):
    """The server will never accept this request."""


class DoesNotFit(Invalid):
    """The server refuses this write because of what else it holds, and may take it once that changed."""


class Unsendable(Invalid):
    """A body with a value that would destroy a cluster or arrive as something else; nothing left this
    machine."""


class NotSupported(ProviderError):
    """This server's version or edition cannot do it."""


class TimedOut(ProviderError):
    """A remote condition did not come true before the deadline."""


class Interrupted(ProviderError):
    """The run was asked to stop before this call was made."""


class PluginFault(ProviderError):
    """A plugin raised something else than a `ProviderError`, or did not keep to its protocol."""


_CODES: dict[type[ProviderError], str] = {
    ProviderError: "error",
    NotSent: "unreachable",
    Refused: "refused",
    Ambiguous: "ambiguous",
    Conflict: "conflict",
    TokenSpent: "token-spent",
    Denied: "denied",
    Invalid: "invalid",
    DoesNotFit: "does-not-fit",
    Unsendable: "unsendable",
    NotSupported: "not-supported",
    TimedOut: "timed-out",
    Interrupted: "interrupted",
    PluginFault: "plugin",
}


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and all that it wraps, each once."""
    todo, seen = [error], set()
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        inner = [item.__cause__, item.__context__, getattr(item, "os_error", None)]
        inner += getattr(item, "exceptions", ())
        todo += [nested for nested in inner if isinstance(nested, BaseException)]


def innermost(error: BaseException) -> BaseException:
    """Return the exception that a group of exceptions is about: its first one; of any other, itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def errors_of_files(error: BaseException) -> set[int]:
    """Return which limits on open files stopped this: `EMFILE` (the process), `ENFILE` (the machine)."""
    found = {item.errno for item in chain(error) if isinstance(item, OSError)}
    return {number for number in (errno.EMFILE, errno.ENFILE) if number in found}
