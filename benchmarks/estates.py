"""Estates of any size, as files."""

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


def write_estate(folder: Path, size: int, address: str) -> None:
    """`size` intentions on one cluster, three sources each, as a user would write them."""
    lines = [f'clusters: {{dc1: {{address: "{address}"}}}}', "intentions:", "  dc1:"]
    for number in range(size):
        lines += [
            f"    svc-{number:05}:",
            "      - {from: web, action: allow}",
            f"      - {{from: job-{number % 97}, action: allow, description: nightly}}",
            '      - {from: "*", action: deny}',
        ]
    (folder / "estate.yaml").write_text("\n".join(lines) + "\n")


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
