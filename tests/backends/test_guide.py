"""The guide for shared state: what it says to write into reconciler.yaml works on a server of each kind."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from tests.backends.servers import azure, s3
from tests.backends.servers.postgres import installations, running
from tests.support.lab import Lab

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "shared-state.md"


@dataclass
class Server:
    """Where the guide's server really is: keys of `state` to replace, and variables of the environment."""

    keys: dict[str, str] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)


def section(heading: str) -> dict[str, str]:
    """The keys of `state` in the first YAML of a section."""
    text = GUIDE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None, f"no YAML below {heading}"
    state: dict[str, str] = yaml.safe_load(found[1])["state"]
    return state


@contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    places = installations()
    if not places:
        pytest.skip("no PostgreSQL")
    with running(next(iter(places.values()))) as server:
        yield Server({}, {"STATE_DSN": server.dsn})


@contextmanager
def bucket(folder: Path) -> Iterator[Server]:
    with s3.moto(folder) as server:
        create = ["curl", "-sf", "-X", "PUT", f"{server.endpoint}/my-states"]
        subprocess.run(create, check=True, capture_output=True)
        yield Server({"endpoint": server.endpoint}, s3.CREDENTIALS)


@contextmanager
def container(folder: Path) -> Iterator[Server]:
    with azure.azurite(folder) as port:
        endpoint = f"http://127.0.0.1:{port}/{azure.ACCOUNT}"
        yield Server(
            {"account": azure.ACCOUNT, "endpoint": endpoint}, {"AZURE_STORAGE_ACCOUNT_KEY": azure.KEY}
        )


SECTIONS = {
    "PostgreSQL": postgres,
    "S3, and servers that speak its API": bucket,
    "Azure Blob Storage": container,
}


@pytest.mark.parametrize("heading", SECTIONS)
async def test_two_checkouts_share_one_state(
    heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SECTIONS[heading](tmp_path) as server:
        for name in [name for name in os.environ if name.startswith(("AWS_", "AZURE_", "PG"))]:
            monkeypatch.delenv(name)
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        checkouts = [tmp_path / name for name in ("laptop", "ci")]
        lab = Lab(checkouts[0], 1)
        lab.environ = dict(os.environ)
        for folder in checkouts:
            folder.mkdir()
            lab.folder = folder
            lab.write(lab.clusters_yaml() + "service_defaults:\n  dc1: {api: {protocol: http}}\n")
            lab.write(yaml.safe_dump({"state": section(heading) | server.keys}), "reconciler.yaml")
        lab.folder = checkouts[0]
        await lab.apply()
        lab.folder = checkouts[1]
        assert [str(address) for address in (await lab.state()).resources] == ["service_defaults.dc1/api"]
        assert not (await lab.plan()).actions
