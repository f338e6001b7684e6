"""Paths of fields as the configuration writes them, and as plans show them."""

from __future__ import annotations

import re

from reconciler.config.text.document import Step

_STEP = re.compile(r"""\.?([A-Za-z_][\w-]*|\*)|\[(?:(\d+)|"([^"]*)"|'([^']*)'|(\*))\]""", re.ASCII)
PATHS = 'paths are as plan shows them: PrivateKey, Config.password, Meta["a.b"], Listeners[*].TLS'


def parse_path(text: str) -> tuple[Step, ...] | None:
    """Return the steps of a path as plans write it; `None` where it is none.

    >>> parse_path('Failover["*"].Targets[0].Peer')
    ('Failover', '*', 'Targets', 0, 'Peer')
    """
    steps: list[Step] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or (at == 0) != (text[at] not in ".[") or not match[0]:
            return None
        name = next(part for part in match.groups() if part is not None)
        steps.append(int(name) if match[2] is not None else name)
        at = match.end()
    return tuple(steps) or None
