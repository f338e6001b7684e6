"""How large the body of a request about keys may be."""

from __future__ import annotations

from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.messages import Refusal

LARGEST = 524_288


def check_size(context: Context, setting: str) -> None:
    """Refuse a body that is too large; `setting` is the server's setting that says how large it may be."""
    size = len(context.request.body)
    if size > LARGEST:
        site = "developer.hashicorp.com" if context.cluster.version.at_least(22) else "www.consul.io"
        where = f"https://{site}/docs/agent/config/config-files#{setting}"
        raise Refusal(413, f"Request body({size} bytes) too large, max size: {LARGEST} bytes. See {where}.")
