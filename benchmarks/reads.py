"""N reads of one small list through the HTTP client: `python benchmarks/reads.py STACK N ADDRESS`.

`httpx` and `aiohttp` are one transport alone, `chosen` is what the client makes of it.
"""

from __future__ import annotations

import asyncio
import sys

AFTER = {"httpx": sys.maxsize, "aiohttp": 0}  # the number of calls after which it is aiohttp


async def main(stack: str, number: int, address: str) -> None:
    from reconciler.sdk.http import transport
    from reconciler.sdk.http.client import HttpClient
    from reconciler.sdk.provider import ClusterConfig, Settings

    transport.BULK = AFTER.get(stack, transport.BULK)
    client = HttpClient(ClusterConfig("dc1", address), Settings())
    await asyncio.gather(*(client.get("/v1/agent/services") for _ in range(number)))
    await client.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
