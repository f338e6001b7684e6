"""What a plugin foresees, asked while a plan is made: an exception in it names the plugin, the call and the
address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.model.failure import Failure
from reconciler.plugin_calls import failure_of
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Access, Interim, Reach, Standing, Verdict, Write
from reconciler.sdk.provider import Body


class Attributed:
    """The `Standing` of a provider. Each method raises `Failure` (plugin) for an exception of the plugin."""

    def __init__(self, provider: str, standing: Standing) -> None:
        self._provider = provider
        self._standing = standing

    def knows(self, address: Address) -> bool:
        """Say whether writes to this object are judged here."""
        try:
            return self._standing.knows(address)
        except Exception as error:
            raise self._failure("knows", error, address) from error

    def body(self, address: Address) -> Body | None:
        """Return what would exist there now."""
        try:
            return self._standing.body(address)
        except Exception as error:
            raise self._failure("body", error, address) from error

    def judge(self, write: Write) -> Verdict:
        """Return what the servers would say to this write."""
        try:
            return self._standing.judge(write)
        except Exception as error:
            raise self._failure("judge", error, write.address) from error

    def put(self, write: Write) -> None:
        """Record this write as what exists from now on."""
        try:
            self._standing.put(write)
        except Exception as error:
            raise self._failure("put", error, write.address) from error

    def interims(self, address: Address, after: Body | None, stuck: Sequence[Write]) -> Sequence[Interim]:
        """Return the interim steps that an object could take; their `remake` is attributed, too."""
        try:
            found = self._standing.interims(address, after, stuck)
            return [replace(one, remake=self._remake(one.remake, address)) for one in found]
        except Exception as error:
            raise self._failure("interims", error, address) from error

    def access(self, write: Write) -> Access:
        """Return whose access this write would change."""
        try:
            return self._standing.access(write)
        except Exception as error:
            raise self._failure("access", error, write.address) from error

    def accesses(self, writes: Sequence[Write]) -> Mapping[Address, Access]:
        """Return whose access each of these writes may change."""
        try:
            return self._standing.accesses(writes)
        except Exception as error:
            raise self._failure("accesses", error, *(write.address for write in writes)) from error

    def arrives(self, reach: Reach) -> bool:
        """Say whether such callers get as far as the service."""
        try:
            return self._standing.arrives(reach)
        except Exception as error:
            raise self._failure(f"arrives({reach.service!r} of {reach.cluster})", error) from error

    def broken(self, near: Iterable[Address]) -> Mapping[str, str]:
        """Return what does not work on what would exist now."""
        near = tuple(near)
        try:
            return self._standing.broken(near)
        except Exception as error:
            raise self._failure("broken", error, *near) from error

    def _remake(
        self, remake: Callable[[Body | None, Body | None], Body | None], address: Address
    ) -> Callable[[Body | None, Body | None], Body | None]:
        def attributed(before: Body | None, after: Body | None) -> Body | None:
            try:
                return remake(before, after)
            except Exception as error:
                raise self._failure("remake", error, address) from error

        return attributed

    def _failure(self, call: str, error: Exception, *about: Address) -> Failure:
        return error if isinstance(error, Failure) else failure_of(self._provider, call, error, *about)
