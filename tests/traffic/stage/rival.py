"""Somebody else who writes a cluster's exports: by hand, or a script that does so all the time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from tests.support.agents import Agent

Services = Mapping[str, Sequence[str]]  # service -> the peers that may use it
BREATH = 0.05  # seconds at most from one of a script's writes to its next read
_ENTRY = "/v1/config/exported-services/default"


def read(agent: Agent) -> tuple[dict[str, list[str]], int]:
    """What is exported to whom, peers in order, and the entry's ModifyIndex; 0 where there is none."""
    try:
        entry: Any = agent.call("GET", _ENTRY)
    except HTTPError as error:
        with error:
            if error.code == 404:
                return {}, 0
            raise
    found = {
        service["Name"]: sorted(consumer["Peer"] for consumer in service["Consumers"])
        for service in entry["Services"]
    }
    return found, entry["ModifyIndex"]


def consumers(agent: Agent) -> dict[str, list[str]]:
    """What is exported to whom."""
    return read(agent)[0]


def write(agent: Agent, services: Services, index: int | None = None) -> bool:
    """Replace the entry, with `index` by check-and-set; says whether it was written."""
    cas = "" if index is None else f"?cas={index}"
    if not services:
        return agent.call("DELETE", _ENTRY + cas) is not False
    listed = [
        {"Name": name, "Consumers": [{"Peer": peer} for peer in peers]} for name, peers in services.items()
    ]
    body = {"Kind": "exported-services", "Name": "default", "Services": listed}
    return agent.call("PUT", f"/v1/config{cas}", body) is True


class Rival:
    """A script in a process of its own that writes all the time: it adds its services one by one, removes
    them all, and begins again.

    Once it has ended, `mine` is what it last wrote of its own, and `lost` what it found changed though nobody
    else may touch it.
    """

    def __init__(self, agent: Agent, name: str, most: int) -> None:
        self.agent, self.name = agent, name
        self.mine: dict[str, list[str]] = {}
        self.lost: list[str] = []
        self.wrote = self.refused = 0
        self._argv = [sys.executable, "-m", __name__, str(agent.ports["http"]), name, str(most)]

    def __enter__(self) -> Rival:
        self._process = subprocess.Popen(self._argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"writing\n"
        return self

    def __exit__(self, *_: object) -> None:
        told = json.loads(self._process.communicate()[0])  # it ends with its standard input
        self.mine, self.lost, self.wrote, self.refused = (
            told[name] for name in ("mine", "lost", "wrote", "refused")
        )


class _Script:
    def __init__(self, agent: Agent, name: str, most: int) -> None:
        self.agent, self.name, self.most = agent, name, most
        self.mine: dict[str, list[str]] = {}
        self.lost: list[str] = []
        self.wrote = self.refused = 0

    def once(self) -> None:
        """Read, see to it that its own services are as it left them, and write the next."""
        found, index = read(self.agent)
        seen = {name: to for name, to in found.items() if name.startswith(self.name)}
        if seen != self.mine:
            self.lost.append(f"write {self.wrote}: {len(self.mine)} were written, {len(seen)} are there")
        wanted = self._next()
        others = {name: to for name, to in found.items() if name not in seen}
        if write(self.agent, {**others, **wanted}, index):
            self.mine, self.wrote = wanted, self.wrote + 1
            time.sleep(random.uniform(0, BREATH))
        else:
            self.refused += 1

    def _next(self) -> dict[str, list[str]]:
        if len(self.mine) >= self.most:
            return {}
        return {**self.mine, f"{self.name}-{len(self.mine)}": ["elsewhere"]}


def main(port: str, name: str, most: str) -> None:
    """Write until standard input ends, and tell what came of it."""
    script = _Script(Agent("", "", "", Path(), ports={"http": int(port)}), name, int(most))
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    script.once()
    print("writing", flush=True)
    while not over.is_set():
        script.once()
    told = {"mine": script.mine, "lost": script.lost, "wrote": script.wrote, "refused": script.refused}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
