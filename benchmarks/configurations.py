"""Configurations of any size, as files."""

from __future__ import annotations

from pathlib import Path

PROVIDER = """terraform {{
  required_providers {{
    consul = {{ source = "hashicorp/consul" }}
  }}
}}
provider "consul" {{
  address = "{address}"
}}"""


def write_configuration(folder: Path, size: int, address: str, action: str = "allow") -> None:
    """`size` intentions on one cluster, three sources each, as a user would write them."""
    lines = [f'clusters: {{dc1: {{address: "{address}"}}}}', "intentions:", "  dc1:"]
    for number in range(size):
        lines += [
            f"    svc-{number:05}:",
            f"      - {{from: web, action: {action}}}",
            f"      - {{from: job-{number % 97}, action: allow, description: nightly}}",
            '      - {from: "*", action: deny}',
        ]
    (folder / "main.yaml").write_text("\n".join(lines) + "\n")


def write_shared(folder: Path, size: int, addresses: dict[str, str], action: str = "allow") -> None:
    """`size` intentions for callers of a peer, and exports of every tenth service."""
    clusters = ", ".join(f'{name}: {{address: "{address}"}}' for name, address in addresses.items())
    lines = [f"clusters: {{{clusters}}}", "peerings: [{between: [dc1, dc2]}]", "exports:", "  dc1:"]
    lines += [f"    svc-{number:05}: [dc2]" for number in range(0, size, 10 if action == "allow" else 11)]
    lines += ["intentions:", "  dc1:"]
    for number in range(size):
        lines += [
            f"    svc-{number:05}:",
            f"      - {{from: web, action: {action}}}",
            f"      - {{from: job-{number % 97}@dc2, action: {action}}}",
            '      - {from: "*@*", action: deny}',
        ]
    (folder / "main.yaml").write_text("\n".join(lines) + "\n")


def write_chain(folder: Path, size: int, address: str, protocol: str) -> None:
    """`size` services of one protocol: one splits to the next, which routes to the next, and so on."""
    names = [f"svc-{number:04}" for number in range(size)]
    lines = [f'clusters: {{dc1: {{address: "{address}"}}}}', "service_defaults:", "  dc1:"]
    lines += [f"    {name}: {{protocol: {protocol}}}" for name in names]
    lines += ["splits:", "  dc1:"]
    lines += [
        f"    {one}: {{{one}: 90, {other}: 10}}" for one, other in zip(names[::2], names[1::2], strict=True)
    ]
    lines += ["routes:", "  dc1:"]
    lines += [
        f"    {one}: [{{match: {{path_prefix: /next}}, to: {other}}}]"
        for one, other in zip(names[1::2], names[2::2], strict=False)
    ]
    (folder / "main.yaml").write_text("\n".join(lines) + "\n")


def write_terraform(folder: Path, size: int, address: str) -> None:
    """The same intentions for Terraform's Consul provider."""
    blocks = [PROVIDER.format(address=address.removeprefix("http://"))]
    blocks += [_block(number) for number in range(size)]
    (folder / "main.tf").write_text("\n".join(blocks) + "\n")


def _block(number: int) -> str:
    sources = [
        {"Name": "web", "Action": "allow"},
        {"Name": f"job-{number % 97}", "Action": "allow", "Description": "nightly"},
        {"Name": "*", "Action": "deny"},
    ]
    body = ", ".join("{" + ", ".join(f'{k} = "{v}"' for k, v in source.items()) + "}" for source in sources)
    name = f"svc-{number:05}"
    return f"""resource "consul_config_entry" "i{number}" {{
  kind        = "service-intentions"
  name        = "{name}"
  config_json = jsonencode({{ Sources = [{body}] }})
}}"""
