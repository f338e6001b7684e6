"""A process that holds the lock of a state in Consul and writes to it until it cannot: tests stop it.

usage: python -m tests.backends.consul.holder ADDRESS PATH. Says `held`, then `wrote` for each line that it is
sent and for which a write was done; what ends it is its last line.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from reconciler.model.state_place import ConsulPlace
from reconciler.statestore.backends.consul import connect
from reconciler.statestore.shared.ports import LostLock
from tests.backends.suite import run_info


async def main(address: str, path: str) -> None:
    backend = connect(ConsulPlace(path, address), {}, Path())
    assert await backend.lock(run_info(1)) is None
    version = await backend.create("head", b"0")
    print("held", flush=True)
    try:
        while await asyncio.to_thread(sys.stdin.readline):
            version = await backend.replace("head", b"mine", version)
            print("wrote", flush=True)
    except LostLock as error:
        print(f"lost: {error}", flush=True)
    await backend.unlock()
    await backend.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
