"""Real servers with ACLs as the walks in `tests.support.acl_lab` need them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.acl_lab import AclLab
from tests.support.agents import Agent


def guarded_by(agents: Sequence[Agent], folder: Path) -> AclLab:
    """A configuration in a folder on these servers, each called after its datacenter."""
    by_name = {agent.datacenter: agent for agent in agents}

    def call(cluster: str, method: str, path: str, body: object) -> Any:
        return by_name[cluster].call(method, path, body)

    return AclLab(folder, {name: agent.address for name, agent in by_name.items()}, call)
