"""TLS towards a real server that also asks for a client certificate, on both transports."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import app
from reconciler.sdk.errors import Invalid, ProviderError
from reconciler.sdk.http.client import HttpClient
from reconciler.sdk.provider import ClusterConfig, Settings
from tests.live.conftest import chosen_versions
from tests.support.agents import Agent, binaries, free_ports

pytestmark = pytest.mark.live


def consul_tls(folder: Path, *args: str) -> None:
    binary = binaries()[chosen_versions()[0]]
    subprocess.run([binary, "tls", *args], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterConfig]:
    if not binaries():
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    folder = tmp_path_factory.mktemp("tls")
    consul_tls(folder, "ca", "create")
    consul_tls(folder, "cert", "create", "-server", "-dc", "dc1")
    consul_tls(folder, "cert", "create", "-client")
    other = folder / "other"
    other.mkdir()
    consul_tls(other, "ca", "create")
    port = free_ports(1)[0]
    https = {
        "ca_file": str(folder / "consul-agent-ca.pem"),
        "cert_file": str(folder / "dc1-server-consul-0.pem"),
        "key_file": str(folder / "dc1-server-consul-0-key.pem"),
        "verify_incoming": True,
    }
    agent = Agent("tls", "dc1", binaries()[chosen_versions()[0]], folder)
    agent.more = {"tls": {"https": https}, "ports": {"https": port}}
    agent.start()
    try:
        agent.wait()
        yield ClusterConfig(
            "dc1",
            f"https://127.0.0.1:{port}",
            ca_file=https["ca_file"],
            cert_file=str(folder / "dc1-client-consul-0.pem"),
            key_file=str(folder / "dc1-client-consul-0-key.pem"),
            server_name="server.dc1.consul",
            options={"other": str(other / "consul-agent-ca.pem")},
        )
    finally:
        agent.stop()


async def leader(cluster: ClusterConfig, *, bulk: bool) -> object:
    door = HttpClient(cluster, Settings())
    door.settings.traffic.begun = 1000 if bulk else 0
    try:
        return (await door.get("/v1/status/leader")).value
    finally:
        await door.close()


both = pytest.mark.parametrize("bulk", [False, True], ids=["httpx", "aiohttp"])


@both
async def test_with_the_right_certificates_the_server_answers(secured: ClusterConfig, bulk: bool) -> None:
    assert await leader(secured, bulk=bulk)
    assert await leader(replace(secured, server_name=None), bulk=bulk), "the address is in the certificate"


@both
async def test_a_certificate_that_does_not_fit_is_not_accepted(secured: ClusterConfig, bulk: bool) -> None:
    wrong = {
        "another CA": replace(secured, ca_file=secured.options["other"]),
        "the system's roots": replace(secured, ca_file=None),
        "another name": replace(secured, server_name="server.dc2.consul"),
    }
    for what, cluster in wrong.items():
        with pytest.raises(ProviderError, match="certificate not accepted") as caught:
            await leader(cluster, bulk=bulk)
        assert caught.value.code == "unreachable", what
        assert "ca_file" in caught.value.hint


@both
async def test_without_a_client_certificate(secured: ClusterConfig, bulk: bool) -> None:
    with pytest.raises(ProviderError) as caught:
        await leader(replace(secured, cert_file=None, key_file=None), bulk=bulk)
    assert "client certificate" in caught.value.hint


def credentials(cluster: ClusterConfig, **other: str | None) -> str:
    """An operator's file with the certificates of a cluster."""
    names = ("ca_file", "cert_file", "key_file", "server_name")
    given = {name: getattr(cluster, name) for name in names} | other
    return json.dumps({"credentials": {"dc1": {name: value for name, value in given.items() if value}}})


async def test_the_doctor_tells_certificates_from_a_server_that_is_down(
    secured: ClusterConfig, tmp_path: Path
) -> None:
    (tmp_path / "main.yaml").write_text(f'clusters: {{dc1: {{address: "{secured.address}"}}}}\n')
    for other, rules in (
        ({}, []),
        ({"ca_file": secured.options["other"]}, ["cluster-tls"]),
        ({"server_name": "server.dc2.consul"}, ["cluster-tls"]),
        ({"cert_file": None, "key_file": None}, ["cluster-tls"]),
    ):
        (tmp_path / "reconciler.yaml").write_text(credentials(secured, **other))
        found = await app.diagnose(app.Options(root=tmp_path, environ={}), app.WorldChoice(), ())
        assert [one.rule for one in found.findings] == rules, (other, found.findings)
    (tmp_path / "reconciler.yaml").write_text(credentials(secured))
    closed = f"https://127.0.0.1:{free_ports(1)[0]}"
    (tmp_path / "main.yaml").write_text(f'clusters: {{dc1: {{address: "{closed}"}}}}\n')
    found = await app.diagnose(app.Options(root=tmp_path, environ={}), app.WorldChoice(), ())
    assert [one.rule for one in found.findings] == ["cluster-silent"]


async def test_a_key_that_does_not_belong_to_its_certificate(secured: ClusterConfig) -> None:
    server_key = str(secured.key_file).replace("client", "server")
    with pytest.raises(Invalid, match="TLS files of dc1"):
        await leader(replace(secured, key_file=server_key), bulk=False)
