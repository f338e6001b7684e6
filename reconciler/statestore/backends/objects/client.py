"""The door to obstore: a bucket's objects, and what its errors mean for a state.

Writes on a condition are sent once. The library would repeat them, and then report the first one's success as
somebody else's: their answers are settled by who wrote, by reading back.

Calls block in threads of Python's. The library's own coroutines end the process with SIGABRT now and then
(11 of 60 runs, obstore 0.12.1): its threads still ask for the interpreter when that ends.
"""

from __future__ import annotations

import json
from asyncio import sleep, to_thread
from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import obstore
from obstore import exceptions
from obstore.store import AzureStore, GCSStore, S3Store

from reconciler.model.failure import Cause, Failure
from reconciler.statestore.backends.objects import failures, reasons
from reconciler.statestore.backends.objects.failures import Bucket
from reconciler.statestore.backends.objects.wholeness import PAUSES, Wholeness
from reconciler.statestore.shared.ports import Conflict, Document, Unsure

_T = TypeVar("_T")
_STORES: Mapping[str, Any] = {"s3": S3Store, "gcs": GCSStore, "azure": AzureStore}
_ONCE = {"max_retries": 0}
_PATIENT = {
    "max_retries": 5,
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=2)},
    "retry_timeout": timedelta(seconds=15),
}
_CONFLICTS = (exceptions.AlreadyExistsError, exceptions.PreconditionError, FileNotFoundError)
_MAY_BE_DONE = frozenset({404, 408, 409, 412, 429})  # of the statuses from 400 to 499: read back, and see


class Client:
    """Objects below a prefix. Raises `Failure`, `Conflict`, `Unsure`, and nothing of the library's own."""

    def __init__(self, bucket: Bucket, prefix: str, arguments: Mapping[str, Any]) -> None:
        """Connect to nothing yet. `arguments` are those of the library's store. Raises `Failure`."""
        self.bucket = bucket
        self._prefix = prefix
        self._wholeness = Wholeness()
        try:
            make = _STORES[bucket.cloud]
            self._reads: Any = make(bucket.name, retry_config=_PATIENT, **arguments)
            self._writes: Any = make(bucket.name, retry_config=_ONCE, **arguments)
        except (exceptions.BaseError, ValueError, OSError) as error:
            raise failures.unusable(bucket, error) from error

    async def prove(self) -> None:
        """Raise `Failure` where the bucket is not there or cannot be read: it would look empty."""
        try:
            await to_thread(obstore.list_with_delimiter, self._reads, prefix=self._prefix or None)
        except (exceptions.BaseError, OSError) as error:
            is_missing = isinstance(error, FileNotFoundError) or reasons.status(error) == 404
            if is_missing and not reasons.is_denied(error):
                raise failures.no_bucket(self.bucket) from error
            raise self._unread(error) from error

    async def get(self, key: str) -> Document | None:
        """Return an object, or `None`. One whose content and ETag do not belong together is read again."""
        read: list[Document] = []
        for pause in (0, *PAUSES):
            await sleep(pause)
            found = await self._got_once(key)
            if found is None or self._wholeness.is_whole([*read, found]):
                return found
            read.append(found)
        raise self._unread(OSError(f"content and ETag of {self._path(key)} do not belong together"))

    async def _got_once(self, key: str) -> Document | None:
        try:
            data, meta = await to_thread(self._got, self._path(key))
        except FileNotFoundError:
            return None
        except (exceptions.BaseError, OSError) as error:
            raise self._unread(error) from error
        return Document(data, self._version(meta))

    async def put(self, key: str, data: bytes, version: str | None) -> str:
        """Write an object that has this version, or none; return its new version."""
        mode: Any = "create" if version is None else json.loads(version)
        put = to_thread(obstore.put, self._writes, self._path(key), data, mode=mode, use_multipart=False)
        made = self._version(await self._written(put))
        self._wholeness.wrote(Document(data, made))
        return made

    async def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        try:
            await to_thread(obstore.delete, self._reads, self._path(key))
        except FileNotFoundError:
            return
        except (exceptions.BaseError, OSError) as error:
            raise self._refused(error) from error

    async def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that begin with this text. The library lists by whole segments only."""
        folder = self._path(prefix.rpartition("/")[0])
        try:
            found = await to_thread(self._listed, folder.rstrip("/") or None)
        except (exceptions.BaseError, OSError) as error:
            raise self._unread(error) from error
        start = len(self._path(""))
        return sorted(path[start:] for path in found if path[start:].startswith(prefix))

    def _got(self, path: str) -> tuple[bytes, Any]:
        answer = obstore.get(self._reads, path)
        return bytes(answer.bytes()), answer.meta

    def _listed(self, folder: str | None) -> list[str]:
        return [str(one["path"]) for page in obstore.list(self._reads, prefix=folder) for one in page]

    def _path(self, key: str) -> str:
        return f"{self._prefix}/{key}" if self._prefix else key

    async def _written(self, put: Awaitable[_T]) -> _T:
        try:
            return await put
        except _CONFLICTS as error:
            raise Conflict(reasons.reason(error)) from error
        except (exceptions.BaseError, OSError) as error:
            if _is_denied(error) or _is_final(error):
                raise self._refused(error) from error
            raise Unsure(reasons.reason(error)) from error

    def _unread(self, error: Exception) -> Failure:
        if _is_denied(error):
            return failures.denied(self.bucket, error, Cause.STATE_UNREADABLE)
        return failures.unreachable(self.bucket, error)

    def _refused(self, error: Exception) -> Failure:
        if _is_denied(error):
            return failures.denied(self.bucket, error, Cause.STATE_UNWRITABLE)
        return failures.refused(self.bucket, error)

    def _version(self, meta: Any) -> str:
        """Return what a later write is conditional on: S3 and Azure compare one part, GCS the other."""
        known = {name: meta[name] for name in ("e_tag", "version") if meta.get(name) is not None}
        if not known:
            raise failures.unconditional(self.bucket, "its answers have no ETag")
        return json.dumps(known)


def _is_denied(error: Exception) -> bool:
    """Say whether the credentials are not accepted, or do not suffice."""
    known = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
    is_denied = isinstance(error, known) or reasons.is_denied(error)
    return is_denied and not reasons.has_no_credentials(error)


def _is_final(error: Exception) -> bool:
    """Say whether the server did nothing, and will do nothing the next time."""
    number = reasons.status(error)
    final = number == 501 or (number is not None and 400 <= number < 500 and number not in _MAY_BE_DONE)
    return final or isinstance(error, exceptions.NotSupportedError)
