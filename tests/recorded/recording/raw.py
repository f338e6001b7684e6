"""`python -m tests.recorded.recording.raw`: send bytes to real servers and keep what they answer.

Writes data/raw-http.jsonl. What differs from run to run (dates, indexes, hashes, addresses) is named.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import socket
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reconciler.emulator import SandboxOptions
from reconciler.emulator.serve.server import running
from tests.recorded.recording.raw_cases import GROUPS, get
from tests.recorded.recording.real import recorded_as
from tests.recorded.replay import DATA, Line, Result, group_versions, line_versions
from tests.support.agents import Agent, binaries

RAW = DATA / "raw-http.jsonl"
QUIET_S = 0.4
AT_ONCE = 8
PATIENCE_S = 20.0
MOVING = (
    (re.compile(r"127\.0\.0\.1:\d+"), "<addr>"),
    (re.compile(r'("(?:Create|Modify|Lock)?Index": ?)\d+'), r"\1<index>"),
    (re.compile(r'("Hash": ?)\d+'), r"\1<hash>"),
)
Answer = dict[str, Any]


def cases() -> Iterator[Line]:
    """Yield every request, without answers."""
    for group, made in GROUPS.items():
        for number, (name, sent) in enumerate(made(), 1):
            yield {
                "id": f"{group}-{number:03}",
                "group": group,
                "about": made.__doc__,
                "name": name,
                "sent": sent,
            }


def exchange(address: tuple[str, int], sent: str, wanted: Answer | None = None) -> Answer:
    """Send bytes; return the answers and whether the connection ends with them.

    Without `wanted` all that comes until the server is quiet, else as many answers as there.
    """
    with socket.create_connection(address, PATIENCE_S) as client:
        if wanted is None:
            client.settimeout(QUIET_S)
        with suppress(OSError):
            client.sendall(sent.encode("latin-1"))
        reader = Reader(client, head=sent.startswith("HEAD"))
        count = len(wanted["replies"]) if wanted else None
        found = list(reader.answers(count))
        if wanted is not None and not wanted["closed"]:
            client.sendall(get().encode())
            kept = list(reader.answers(1))
            reader.closed = not kept or kept[0]["line"] != "HTTP/1.1 200 OK"
        elif wanted is not None:
            reader.closed = reader.closed or not reader.more()
        return {"replies": found, "closed": reader.closed}


class Reader:
    """Takes answers apart."""

    def __init__(self, client: socket.socket, *, head: bool) -> None:
        self.client = client
        self.head = head
        self.data = b""
        self.closed = False

    def more(self) -> bool:
        """Receive more; False at the end, or where nothing comes."""
        try:
            got = self.client.recv(1 << 16)
        except TimeoutError:
            return False
        except OSError:
            got = b""
        self.closed = not got
        self.data += got
        return bool(got)

    def answers(self, count: int | None) -> Iterator[Answer]:
        """Yield so many answers, or all."""
        while count is None or count > 0:
            while b"\r\n\r\n" not in self.data:
                if not self.more():
                    return
            yield self._one()
            count = None if count is None else count - 1

    def _one(self) -> Answer:
        head, _, self.data = self.data.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        headers = dict(text.split(": ", 1) for text in rest)
        body = b"" if self.head or line.split()[1] == "100" else self._body(headers)
        return answer(line, headers, body)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "Content-Length" in headers:
            return self._take(int(headers["Content-Length"]))
        if headers.get("Transfer-Encoding") != "chunked":
            while self.more():
                pass
            return self._take(len(self.data))
        body = b""
        while size := int(self._line(), 16):
            body += self._take(size)
            self._line()
        self._line()
        return body

    def _line(self) -> bytes:
        while b"\r\n" not in self.data and self.more():
            pass
        line, _, self.data = self.data.partition(b"\r\n")
        return line

    def _take(self, size: int) -> bytes:
        while len(self.data) < size and self.more():
            pass
        taken, self.data = self.data[:size], self.data[size:]
        return taken


def answer(line: str, headers: dict[str, str], body: bytes) -> Answer:
    """Return one answer with names in place of what differs from run to run."""
    headers.pop("Date", None)
    if "X-Consul-Index" in headers:
        headers["X-Consul-Index"] = "<index>"
    if headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
        headers.pop("Content-Length", None)
        headers.pop("Transfer-Encoding", None)
    text = body.decode("latin-1")
    for pattern, name in MOVING[1:]:
        text = pattern.sub(name, text)
    if text != body.decode("latin-1"):
        headers.pop("Content-Length", None)
    text = MOVING[0][0].sub(MOVING[0][1], text)
    return {"line": line, "headers": dict(sorted(headers.items())), "body": text}


def load_raw() -> dict[str, list[Line]]:
    """Return the recorded answers by group."""
    groups: dict[str, list[Line]] = {}
    known = {line["id"]: line for line in map(json.loads, RAW.read_text(encoding="utf-8").splitlines()[1:])}
    for line in cases():
        groups.setdefault(line["group"], []).append({**line, **known.get(line["id"], {})})
    return groups


def run_raw(lines: list[Line], version: str, address: tuple[str, int]) -> Iterator[Result]:
    """Send every request of a group; yield how its answers compare."""
    for line in lines:
        if version not in line_versions(line):
            continue
        wanted = next(one for one in (line, *line.get("others", ())) if version in one["versions"])
        got = exchange(address, line["sent"], wanted)
        expected = {"replies": wanted["replies"], "closed": wanted["closed"]}
        problem = "" if got == expected else f"{line['name']}: expected {expected}, got {got}"
        yield Result(line["id"], version, problem)


async def play_sandbox(groups: dict[str, list[Line]], version: str) -> list[Result]:
    """Send every request to a sandbox of one version."""
    async with running(SandboxOptions(clusters=("dc1",), version=version)) as urls:
        place = urlsplit(urls["dc1"])
        address = (place.hostname or "", place.port or 0)
        return await asyncio.to_thread(
            lambda: [result for lines in groups.values() for result in run_raw(lines, version, address)]
        )


def raw_results(groups: dict[str, list[Line]]) -> Iterator[Result]:
    """Send every request to sandboxes of every version that was recorded."""
    for version in group_versions(line for lines in groups.values() for line in lines):
        yield from asyncio.run(play_sandbox(groups, version))


def started(version: str, folder: Path) -> Agent:
    """Start a server that is no dev agent: those indent everything and have a user interface."""
    agent = Agent("dc1-server", "dc1", binaries(every=True)[version], folder, durable=True)
    agent.start()
    agent.wait()
    return agent


def record(version: str) -> tuple[str, dict[str, Answer]]:
    """Return the full version of a server and its answers."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        agent = started(version, Path(folder))
        try:
            own: Any = agent.call("GET", "/v1/agent/self")
            address = ("127.0.0.1", agent.ports["http"])
            known = (
                group_versions(line for lines in load_raw().values() for line in lines)
                if RAW.exists()
                else []
            )
            name = recorded_as(version, known) or _named(own["Config"]["Version"])
            return name, _answers(address)
        finally:
            agent.stop()


def _answers(address: tuple[str, int]) -> dict[str, Answer]:
    """Send every request: first those that write what others read, then the rest, several at once."""
    lines = list(cases())
    first = [line for line in lines if line["name"].startswith(("value of", "characters of HTML"))]
    found = {line["id"]: exchange(address, line["sent"]) for line in first}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rest = [line for line in lines if line["id"] not in found]
        replies = pool.map(lambda line: exchange(address, line["sent"]), rest)
        return found | {line["id"]: reply for line, reply in zip(rest, replies, strict=True)}


def _named(reported: str) -> str:
    from tests.recorded.recording.record import transcript_version

    return transcript_version(reported)


def main() -> int:
    """Record every version found, the newest first."""
    from tests.recorded.recording.record import as_numbers, found_versions

    lines: dict[str, Line] = {line["id"]: {"id": line["id"], "name": line["name"]} for line in cases()}
    for version in sorted(found_versions(), key=as_numbers, reverse=True):
        name, found = record(version)
        print(name, len(found), "answers", flush=True)
        for identifier, got in found.items():
            _add(lines[identifier], name, got)
    about = {
        "format": "raw-http/1",
        "about": "Answers to the requests of raw_cases.py, as servers gave them.",
    }
    RAW.write_text("\n".join(json.dumps(line) for line in (about, *lines.values())) + "\n", encoding="utf-8")
    return 0


def _add(line: Line, version: str, got: Answer) -> None:
    if "versions" not in line:
        line.update({"versions": [version], **got})
        return
    for known in (line, *line.get("others", ())):
        if known["replies"] == got["replies"] and known["closed"] == got["closed"]:
            known["versions"].append(version)
            return
    line.setdefault("others", []).append({"versions": [version], **got})


if __name__ == "__main__":
    raise SystemExit(main())
