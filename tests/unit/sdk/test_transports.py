"""Which transport carries a request, and what a request must not pay for."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from reconciler.sdk.http.client import HttpClient
from reconciler.sdk.http.transport import BULK, Transports
from reconciler.sdk.provider import ClusterConfig, Settings

HUNT = """
import importlib.abc, sys
from reconciler.sdk.http.transport import load_httpx

class Looks(importlib.abc.MetaPathFinder):
    def find_spec(self, name, *_):
        print(name)

load_httpx()
from httpcore._synchronization import current_async_library
sys.meta_path.insert(0, Looks())
current_async_library(), current_async_library()
"""


@pytest.mark.parametrize(("begun", "made"), [(1, "AsyncHTTPTransport"), (BULK + 1, "AiohttpTransport")])
async def test_few_calls_go_through_httpx_and_many_through_aiohttp(begun: int, made: str) -> None:
    transports = Transports(ClusterConfig("dc1", "http://127.0.0.1:9"), 1)
    assert type(transports.pick(begun)).__name__ == made
    await transports.close()


async def test_calls_to_all_clusters_of_a_run_count_together() -> None:
    given = httpx.MockTransport(lambda _: httpx.Response(200, json=[]))
    settings = Settings(transports={"dc1": given, "dc2": given})
    for name in ("dc1", "dc2", "dc1"):
        await HttpClient(ClusterConfig(name, "http://127.0.0.1:9"), settings).get("/v1/x")
    assert settings.traffic.begun == 3


def test_no_request_searches_for_a_module_that_is_not_installed() -> None:
    ended = subprocess.run([sys.executable, "-c", HUNT], capture_output=True, text=True, check=True)
    assert ended.stdout == ""
