"""Marks in Consul's KV: `reconciler/<lineage>/serial` has the serial of the newest state, as JSON.

Reading takes `key_prefix "reconciler/" { policy = "read" }`, writing the same with `write`. One request for
each cluster to read, one to write.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sdk.errors import Conflict, ProviderError
from reconciler.sdk.http.messages import segment
from reconciler.sdk.marks.serials import SeenMarks, SerialMark
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.values import mapping

PREFIX = "reconciler/"
Indexes = dict[tuple[str, str], int]
"""Cluster and lineage -> the ModifyIndex of the key as it was read; absent where there was none."""


async def read(apis: Mapping[str, ConsulApi], lineage: str | None, indexes: Indexes) -> SeenMarks:
    """Return the marks on these clusters; their versions are put into `indexes`."""
    found = await asyncio.gather(*(_rows(api, lineage) for api in apis.values()), return_exceptions=True)
    marks: dict[str, tuple[SerialMark, ...]] = {}
    problems: dict[str, ProviderError] = {}
    for name, rows in zip(apis, found, strict=True):
        if isinstance(rows, ProviderError):
            problems[name] = rows
        elif isinstance(rows, BaseException):
            raise rows
        else:
            pairs = list(_marks(rows))
            marks[name] = tuple(mark for mark, _ in pairs)
            indexes.update({(name, mark.lineage): index for mark, index in pairs})
    return SeenMarks(marks, problems)


async def write(api: ConsulApi, mark: SerialMark, indexes: Indexes) -> None:
    """Keep a mark, if the key is as it was read. Raises `ProviderError`."""
    body = {"serial": mark.serial, "at": mark.at, "configuration": mark.configuration}
    cas = indexes.get((api.name, mark.lineage), 0)
    answer = await api.http.send("PUT", _path(mark.lineage), body, {"cas": cas, **_scope(api)})
    if answer.value is not True:
        raise Conflict(f"another run marked {api.name} meanwhile", cluster=api.name)


async def _rows(api: ConsulApi, lineage: str | None) -> list[Mapping[str, Any]]:
    query: dict[str, str | int] = {**_scope(api), **({"recurse": ""} if lineage is None else {})}
    try:
        answer = await api.http.get(f"/v1/kv/{PREFIX}" if lineage is None else _path(lineage), query)
    except ProviderError as error:
        if error.status == 404:
            return []
        raise
    return [mapping(row) for row in answer.value] if isinstance(answer.value, list) else []


def _marks(rows: list[Mapping[str, Any]]) -> Iterator[tuple[SerialMark, int]]:
    """Yield what can be read as a mark; anything else below the prefix is not ours."""
    for row in rows:
        parts = str(row.get("Key")).split("/")
        if len(parts) != 3 or parts[2] != "serial":
            continue
        try:
            value = mapping(json.loads(base64.b64decode(str(row.get("Value") or ""), validate=True)))
        except (ValueError, binascii.Error, RecursionError):
            continue
        if type(value.get("serial")) is int:
            texts = (str(value.get(key) or "") for key in ("at", "configuration"))
            yield SerialMark(parts[1], value["serial"], *texts), int(row.get("ModifyIndex") or 0)


def _path(lineage: str) -> str:
    return f"/v1/kv/{PREFIX}{segment(lineage)}/serial"


def _scope(api: ConsulApi) -> dict[str, str | int]:
    return {"partition": api.cluster.partition} if api.cluster.partition else {}
