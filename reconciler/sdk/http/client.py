"""The door to HTTP: one client for each cluster, over httpx, with retries by the type of error.

What every call can rely on: redirects and proxies from the environment are never followed, the token goes
to the cluster's own address only, answers are bounded in size and time, calls in flight are bounded, and
no error carries a secret or an unescaped byte of a server.

Importing this module is cheap: httpx, aiohttp and tenacity are loaded when the first call needs them.
`wire` sends one request; this module decides which requests are sent, and when one is sent again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from reconciler.sdk import sendable
from reconciler.sdk.errors import NotSent, ProviderError, Refused
from reconciler.sdk.http import log as http_log
from reconciler.sdk.http.answers import Asked, taken
from reconciler.sdk.http.circuit import Circuit, ProbeRequired, affects_whole_cluster
from reconciler.sdk.http.errors import Judge, by_status
from reconciler.sdk.http.messages import Answer, Call, Received
from reconciler.sdk.http.retry import RetryPolicy
from reconciler.sdk.http.wire import Wire
from reconciler.sdk.process.awaiting import Awaited
from reconciler.sdk.process.writing import may_write
from reconciler.sdk.provider import ClusterConfig, Settings
from reconciler.sdk.secrets.scrub import Credentials
from reconciler.sdk.secrets.secret import Secret

QUICK = 1.0  # seconds: who takes longer to fail at first contact is not tried a second time


class HttpClient:
    """Calls to one cluster. `requests` counts what was sent (or tried to), retries included; `shown` is the
    cluster's host and port for messages.

    `judge` turns an unsuccessful answer into an error by what this kind of server is known to say. With
    `once` no call is sent a second time: its caller knows when it may be.
    """

    def __init__(
        self,
        cluster: ClusterConfig,
        settings: Settings,
        *,
        judge: Judge = by_status,
        token_header: str = "X-Consul-Token",  # noqa: S107 - a header's name
        once: bool = False,
    ) -> None:
        self.cluster = cluster
        self.settings = settings
        self.requests = 0
        self._judge = judge
        self._once = once
        self._wire = Wire(cluster, settings, token_header, once=once)
        self.shown = self._wire.shown
        self._slots = asyncio.Semaphore(settings.parallelism)
        self._circuit = Circuit()
        self._credentials = Credentials()
        self.beware(cluster.token)

    def beware(self, *secrets: Secret | None) -> None:
        """Take these secrets, which this server knows: an answer with one of them among its data
        is not used.
        """
        for secret in secrets:
            if secret is not None:
                self._credentials.learn(secret.reveal())

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Answer:
        """Read. Repeats what may pass: unreachable (briefly), refused, and ambiguous answers."""
        return await self._run(Call("GET", path, query or {}, None, (), True, self.settings.read_timeout))

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, str | int] | None = None,
        *,
        secrets: Sequence[Secret] = (),
        expects_json: bool = True,
        gives_secret: bool = False,
        looks_first: bool = False,
    ) -> Answer:
        """Write. Repeats only where it is certain that nothing was done (`NotSent`, `Refused`).

        `body` is JSON values; a `Secret` in it is revealed as it leaves. `secrets` are further texts that
        must not come back out of an error. A body that no server may get raises `Unsendable`. With
        `gives_secret` the answer is itself a secret, asked for as one. With `looks_first` a refusal is raised
        at once: a proxy in between may say so of a request that was done, and the caller looks first.
        """
        sendable.check(body, cluster=self.cluster.name, subject=f"{method} {path} for {self.cluster.name}")
        content = (
            None if body is None else json.dumps(body, default=_revealed, separators=(",", ":")).encode()
        )
        self.beware(*secrets)
        timeout = self.settings.write_timeout
        return await self._run(
            Call(
                method,
                path,
                query or {},
                content,
                tuple(secrets),
                expects_json,
                timeout,
                gives_secret=gives_secret,
                looks_first=looks_first,
            )
        )

    async def exchange(
        self,
        method: str,
        path: str,
        content: bytes | None = None,
        *,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send bytes, and return those of a successful answer, of whichever type. Repeats as `send`, or for
        `GET` as `get` does.
        """
        settings = self.settings
        timeout = settings.read_timeout if method == "GET" else settings.write_timeout
        call = Call(method, path, query or {}, content, (), False, timeout, headers=headers or {}, raw=True)
        return await self._run(call)

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    async def _run(self, call: Call) -> Answer:
        self.settings.traffic.begun += 1
        self._wire.prepare()
        while True:
            self._check(call)
            if self._circuit.connected:
                with suppress(ProbeRequired):
                    return await self._tried(call, probing=False)
            async with self._circuit.turn:
                self._check(call)
                if not self._circuit.connected:
                    return await self._tried(call, probing=True)

    def _check(self, call: Call) -> None:
        try:
            self._circuit.check()
        except ProviderError as error:
            http_log.not_sent(self.cluster.name, call, error)
            raise

    async def _tried(self, call: Call, *, probing: bool) -> Answer:
        answers = self._circuit.answers
        try:
            return await self._attempts(call, probing)
        except ProviderError as error:
            if not (call.looks_first and isinstance(error, Refused)):  # not given up: the caller reads first
                self._circuit.gave_up(error, answers, is_write=call.is_write)
            raise
        finally:
            self.settings.awaiting.end(id(call))

    async def _attempts(self, call: Call, probing: bool) -> Answer:
        try:
            return await self._attempt(call, probing)
        except ProviderError as error:
            took = asyncio.get_running_loop().time() - (call.deadline - call.timeout)
            known, tried = self._circuit.ever_answered, self._circuit.marked_down
            policy = RetryPolicy(call.is_write, call.deadline, known, took < QUICK, tried, call.looks_first)
            if self._once or not policy.allows(error):
                raise
            first = error
        if isinstance(first, NotSent) and not probing:
            self._circuit.connected = False
            raise ProbeRequired
        from reconciler.sdk.http.repeating import repeated

        report = partial(http_log.repeating, self.cluster.name, call)
        return await repeated(lambda: self._attempt(call, probing), first, policy, report)

    async def _attempt(self, call: Call, probing: bool) -> Answer:
        clock = asyncio.get_running_loop().time
        trail, asked = http_log.Trail(), clock()
        async with self._slots:
            if not (probing or self._circuit.connected):
                raise ProbeRequired
            if call.is_write and not call.raw:
                await may_write()
            begun = clock()
            call.deadline = call.deadline or begun + call.timeout
            waits = Awaited(self.cluster.name, self.shown, call.deadline - call.timeout)
            self.settings.awaiting.begin(id(call), waits)
            self.requests += 1
            call.attempts += 1
            received = await self._wire.exchange(call, trail)
        trail.queued, trail.took = begun - asked, clock() - begun
        return self._heard(call, received, trail)

    def _heard(self, call: Call, received: Received | ProviderError, trail: http_log.Trail) -> Answer:
        try:
            answer = self._taken(call, received, trail)
        except ProviderError as error:
            http_log.ended(self.cluster.name, call, trail, error)
            raise
        http_log.ended(self.cluster.name, call, trail, None)
        return answer

    def _taken(self, call: Call, received: Received | ProviderError, trail: http_log.Trail) -> Answer:
        if isinstance(received, ProviderError):
            raise received
        trail.received = received
        try:
            answer = taken(Asked(self.cluster, self.shown, call, self._credentials), received, self._judge)
        except ProviderError as error:
            if not affects_whole_cluster(error, is_write=False):
                self._circuit.answered()
            raise
        self._circuit.answered()
        return answer


def _revealed(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"not a JSON value: {type(value).__name__}")
