"""The yardstick: N config writes in a bare request loop. `python -m benchmarks.loop ADDRESS N`."""

from __future__ import annotations

import asyncio
import sys


async def main(address: str, size: int) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session:
        gate = asyncio.Semaphore(10)

        async def put(number: int) -> None:
            body = {"Kind": "service-intentions", "Name": f"svc-{number:05}", "Sources": _sources(number)}
            async with gate, session.put(f"{address}/v1/config?cas=0", json=body) as answer:
                assert (await answer.read()).strip() == b"true"

        await asyncio.gather(*(put(number) for number in range(size)))


def _sources(number: int) -> list[dict[str, str]]:
    return [
        {"Name": "web", "Action": "allow"},
        {"Name": f"job-{number % 97}", "Action": "allow", "Description": "nightly"},
        {"Name": "*", "Action": "deny"},
    ]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
