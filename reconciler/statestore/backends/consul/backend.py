"""The documents of a state as keys of Consul, and their lock as a key that a session holds.

- A session with a TTL and no checks: it ends when it is not renewed, and not with the node of its agent.
  Servers end it between one and two TTLs after the last renewal; a new leader starts the TTL again.
- A lock whose session *ended* stays free for the lock delay: no other session gets it while calls to clusters
  that its former holder made may still arrive. A lock that was *released* can be taken at once.
- A lock does not keep others from writing keys. So each write is one transaction: check that our session
  holds the lock, and set the key if its index is the expected one. All of it happens, or nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from reconciler.sdk.errors import Denied, Invalid, ProviderError
from reconciler.sdk.http.client import HttpClient
from reconciler.sdk.http.messages import Answer
from reconciler.sdk.provider import Settings
from reconciler.statestore.backends.calling import meaning, settings
from reconciler.statestore.backends.consul import answers
from reconciler.statestore.backends.consul.access import NAME, Access
from reconciler.statestore.holder import LockInfo
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure

TTL = 15  # seconds
LOCK_DELAY = 5  # seconds
# A transaction may have 512 KiB, in which a value is base64: four bytes for each three.
LARGEST = 380 * 1024
LOCK = ".lock"
UNKNOWN = LockInfo("", "", "", "", 0, "", "", "")
_DELAYED = "its session ended a moment ago; Consul keeps its lock for some seconds"


class ConsulBackend:
    """Implements `Backend` with the KV store of one Consul. `limits` replaces those of its calls."""

    largest = LARGEST
    renew_every = TTL / 3
    asks_by_locking = False

    def __init__(self, access: Access, limits: Settings | None = None) -> None:
        self._access = access
        judge = answers.judging(f"{access.path}/", has_token=access.cluster.token is not None)
        self._http = HttpClient(access.cluster, limits or settings(), judge=judge, once=True)
        self._session: str | None = None

    @property
    def place(self) -> str:
        """Where the state is, for people."""
        return self._access.place

    async def get(self, key: str) -> Document | None:
        """Return a document as all servers have it."""
        row = await self._row(key)
        return Document(_value(row), str(row["ModifyIndex"])) if row is not None else None

    async def create(self, key: str, data: bytes) -> str:
        """Write a key that must not exist: index 0 of a transaction's `cas` means that."""
        return await self._set(key, data, 0)

    async def replace(self, key: str, data: bytes, version: str) -> str:
        """Write a key that must still have this index."""
        return await self._set(key, data, int(version))

    async def delete(self, key: str) -> None:
        """Remove a key. Raises `LostLock` where the lock was taken here and is lost."""
        await self._transact(*self._guard(), self._operation("delete", key))

    async def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that begin with this text; the lock's is none of them."""
        try:
            answer = await self._http.get(self._path(prefix), self._consistent("keys"))
        except answers.Absent:
            return ()
        except ProviderError as error:
            raise meaning(error, self.place, reads=True) from None
        self._check_consul(answer, ok=isinstance(answer.value, list))
        start = len(self._access.path) + 1
        found = sorted(str(name)[start:] for name in answer.value)
        return tuple(key for key in found if key != LOCK)

    async def lock(self, run: LockInfo) -> LockInfo | None:
        """Try to take the lock. A session is made only where it is free."""
        if self._session is not None:
            await self.unlock()
        holder = await self.holder()
        if holder is not None:
            return holder
        session = await self._new_session(run)
        try:
            if await self._acquire(session, run):
                self._session = session
                return None
        finally:
            if self._session is None:
                await self._free(session)
        row = await self._row(LOCK)
        held = _holder(row) if row is not None else None
        return held or replace(_info(row), info=_DELAYED)

    async def renew(self) -> None:
        """Renew the session, and see that it holds the lock: somebody may have taken it away."""
        if self._session is None:
            raise LostLock("it is not held")
        path = f"/v1/session/renew/{self._session}"
        try:
            await self._http.send("PUT", path, query=self._access.query)
            await self._transact(*self._guard())
        except answers.SessionGone as error:
            raise LostLock(error.message) from None
        except ProviderError as error:
            raise meaning(error, self.place, reads=False) from None

    async def unlock(self) -> None:
        """Release the key first: a session that ends while it holds it would start the lock delay."""
        session, self._session = self._session, None
        if session is not None:
            await self._free(session)

    async def holder(self) -> LockInfo | None:
        """Return whose session holds the lock."""
        row = await self._row(LOCK)
        return _holder(row) if row is not None else None

    async def break_lock(self, run_id: str) -> bool:
        """Release the lock of that run, and end its session."""
        row = await self._row(LOCK)
        session = row.get("Session") if row is not None else None
        if not session or _info(row).id != run_id:
            return False
        try:
            await self._transact(self._operation("unlock", LOCK, b"", Session=session))
        except Conflict:
            return False  # it was free before
        await self._destroy(session)
        return True

    async def close(self) -> None:
        """Close connections."""
        await self._http.close()

    # requests

    async def _row(self, key: str) -> Mapping[str, Any] | None:
        try:
            answer = await self._http.get(self._path(key), self._consistent())
        except answers.Absent:
            return None
        except ProviderError as error:
            raise meaning(error, self.place, reads=True) from None
        row = answers.row_in(answer.value)
        self._check_consul(answer, ok=row is not None)
        return row

    async def _set(self, key: str, data: bytes, index: int) -> str:
        operation = self._operation("cas", key, data, Index=index)
        value = await self._transact(*self._guard(), operation)
        version = answers.index_in(value, operation["KV"]["Key"])
        if version is None:
            raise Unsure(f"{NAME} does not say which index {key} has now")
        return version

    async def _transact(self, *operations: Mapping[str, Any]) -> Any:
        """Do all operations or none. Raises `Conflict`, `LostLock`, `Unsure` and `Failure`."""
        try:
            answer = await self._http.send("PUT", "/v1/txn", list(operations), self._access.query)
        except (answers.Stale, answers.LockTaken) as error:
            raise Conflict(error.message) from None
        except answers.SessionGone as error:
            raise LostLock(error.message) from None
        except ProviderError as error:
            raise meaning(error, self.place, reads=False) from None
        return answer.value

    async def _new_session(self, run: LockInfo) -> str:
        body = {
            "Name": f"reconciler {run.operation} {self._access.path}",
            "TTL": f"{TTL}s",
            "LockDelay": f"{LOCK_DELAY}s",
            "Behavior": "release",
            "NodeChecks": [],
        }
        try:
            answer = await self._http.send("PUT", "/v1/session/create", body, self._access.query)
        except ProviderError as error:
            raise meaning(error, self.place, reads=False) from None
        session = answer.value.get("ID") if isinstance(answer.value, Mapping) else None
        if not isinstance(session, str):
            raise Unsure(f"{NAME} does not say which session it made")
        return session

    async def _acquire(self, session: str, run: LockInfo) -> bool:
        operation = self._operation("lock", LOCK, run.document(), Session=session)
        try:
            await self._transact(operation)
        except (Conflict, LostLock):
            return False
        except Unsure:
            row = await self._row(LOCK)
            if row is None or row.get("Session") != session:
                raise
        return True

    async def _free(self, session: str) -> None:
        """Release the lock where this session holds it, and end the session."""
        try:
            await self._transact(self._operation("unlock", LOCK, b"", Session=session))
        except (Conflict, LostLock):
            pass  # it does not hold it
        finally:
            await self._destroy(session)

    async def _destroy(self, session: str) -> None:
        """End a session; where that cannot be done now, its TTL ends it."""
        with suppress(ProviderError):
            await self._http.send("PUT", f"/v1/session/destroy/{session}", query=self._access.query)

    # parts of requests

    def _guard(self) -> tuple[Mapping[str, Any], ...]:
        """Return what ties a write to the lock, where it was taken here."""
        held = self._session
        return (self._operation("check-session", LOCK, Session=held),) if held is not None else ()

    def _operation(self, verb: str, key: str, data: bytes | None = None, **more: Any) -> Mapping[str, Any]:
        fields = {"Verb": verb, "Key": f"{self._access.path}/{key}", **self._access.scope, **more}
        if data is not None:
            fields["Value"] = base64.b64encode(data).decode()
        return {"KV": fields}

    def _path(self, key: str) -> str:
        return f"/v1/kv/{quote(f'{self._access.path}/{key}', safe='/')}"

    def _consistent(self, *flags: str) -> Mapping[str, str | int]:
        return {**self._access.query, **dict.fromkeys((*flags, "consistent"), "")}

    def _check_consul(self, answer: Answer, *, ok: bool) -> None:
        """Raise `Failure` where an answer is not one of Consul's, or not a whole one."""
        if answer.headers.get(answers.FILTERED) == "true":
            hint = answers.needed(f"{self._access.path}/", has_token=True)
            raise meaning(Denied(answers.HIDDEN, hint=hint), self.place, reads=True)
        if not ok or answers.INDEX not in answer.headers:
            said = f"{self._access.cluster.address} does not answer as Consul does"
            raise meaning(Invalid(said, hint=answers.NOT_CONSUL), self.place, reads=True)


def _value(row: Mapping[str, Any]) -> bytes:
    return base64.b64decode(row.get("Value") or "")


def _info(row: Mapping[str, Any] | None) -> LockInfo:
    return (LockInfo.parse(_value(row)) if row is not None else None) or UNKNOWN


def _holder(row: Mapping[str, Any]) -> LockInfo | None:
    return _info(row) if row.get("Session") else None
