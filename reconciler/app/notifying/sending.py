"""Sending one notification: signed, repeated where that may help, and never for long."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from reconciler.app.notifying.bodies import NotDelivered, signature
from reconciler.model.notifying.hook import Hook, HookKind
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.http.client import HttpClient
from reconciler.sdk.http.origins import is_private
from reconciler.sdk.http.retry import RetryPolicy
from reconciler.sdk.provider import ClusterConfig, Settings
from reconciler.sdk.secrets.secret import Secret

PATIENCE = 15.0  # seconds for one receiver, every attempt included
ATTEMPT = 5.0  # seconds of one attempt


async def send(
    hook: Hook, body: bytes, headers: Mapping[str, str], environ: Mapping[str, str], now: int
) -> None:
    """Send a body to a receiver. Redirects are not followed. Raises `NotDelivered`."""
    url = _address(hook, environ)
    signed = dict(headers)
    if hook.secret_env is not None:
        secret = Secret(_variable(hook.secret_env, environ))
        signed["X-Reconciler-Signature"] = signature(secret, body, now)
    try:
        async with asyncio.timeout(PATIENCE):
            await _repeated(url, body, signed, knows_ids=hook.kind is not HookKind.SLACK)
    except TimeoutError:
        raise NotDelivered(f"no success within {PATIENCE:.0f} s") from None
    except ProviderError as error:
        raise NotDelivered(error.message) from None


async def _repeated(url: str, body: bytes, headers: Mapping[str, str], *, knows_ids: bool) -> None:
    """Send, and send again while that may help. What may have arrived is sent again only where the receiver
    `knows_ids`: a webhook knows a notification by its ID, Slack would show it twice.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE
    policy = RetryPolicy(is_write=not knows_ids, deadline=deadline, known=True)
    try:
        await _attempt(url, body, headers)
    except ProviderError as error:
        if not policy.allows(error):
            raise
        from reconciler.sdk.http.repeating import repeated

        await repeated(lambda: _attempt(url, body, headers), error, policy)


async def _attempt(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    server = ClusterConfig("the receiver", f"{parts.scheme}://{parts.netloc}")
    client = HttpClient(server, Settings(read_timeout=ATTEMPT, write_timeout=ATTEMPT), once=True)
    try:
        await client.exchange("POST", path, body, headers=headers)
    finally:
        await client.close()


def _address(hook: Hook, environ: Mapping[str, str]) -> str:
    """Return the address of a receiver. Raises `NotDelivered` where it cannot be used."""
    if hook.url_env is None:
        return hook.url or ""
    url = _variable(hook.url_env, environ)
    parts = _split(url, hook.url_env)
    for part in (url, parts.path, parts.query):
        if len(part) > 1:
            Secret(part)  # from here on no output and no log shows it
    if not hook.allow_plaintext and not is_private(url):
        raise NotDelivered(f"{hook.url_env} is no https address, and allow_plaintext is not set")
    return url


def _split(url: str, name: str) -> SplitResult:
    unusable = NotDelivered(f"{name} has no address that can be called")
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        raise unusable from None
    if not right or "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
        raise unusable
    return parts


def _variable(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise NotDelivered(f"the variable {name} is not set")
    return value
