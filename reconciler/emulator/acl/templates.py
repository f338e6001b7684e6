"""Templated policies: which there are, and the rules that one gives."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.versions import Version

Row = dict[str, Any]
NEEDS_NAME = (
    '{\n\t"type": "object",\n\t"properties": {\n\t\t"name": { "type": "string", "$ref": '
    '"#/definitions/min-length-one" }\n\t},\n\t"required": ["name"],\n\t"definitions": {\n\t\t'
    '"min-length-one": {\n\t\t\t\t"type": "string",\n\t\t\t\t"minLength": 1\n\t\t}\n\t}\n}'
)
NAME = "{{.Name}}"
GIVES = "Gives the token or role permissions "


def _rule(resource: str, name: str, access: str, indent: str = "\t") -> str:
    return f'{resource} "{name}" {{\n{indent}policy = "{access}"\n}}'


def _nomad(service: str, *others: str) -> str:
    read = [_rule(name, "", "read", "  ") for name in ("agent_prefix", "node_prefix")]
    return "\n".join([*read, _rule("service_prefix", "", service, "  "), *others])


_DISCOVER = (_rule("service_prefix", "", "read"), _rule("node_prefix", "", "read"))
_ALL = (
    (
        "api-gateway",
        8,
        NEEDS_NAME,
        "\n".join(('mesh = "read"', *reversed(_DISCOVER), _rule("service", NAME, "write"))),
        "for a Consul api gateway",
    ),
    (
        "dns",
        5,
        "",
        "\n" + "\n".join((*reversed(_DISCOVER), _rule("query_prefix", "", "read"))),
        "for the Consul DNS to query services in the network.",
    ),
    (
        "node",
        4,
        NEEDS_NAME,
        "\n" + "\n".join((_rule("node", NAME, "write"), _DISCOVER[0])),
        "for a register an agent/node into the catalog. A node is typically a consul agent but can also be a "
        "physical server, cloud instance or a container.",
    ),
    (
        "nomad-client",
        9,
        "",
        _nomad("write", _rule("key_prefix", "", "read", "  ")),
        "required for integration with a nomad client.",
    ),
    (
        "nomad-server",
        6,
        "",
        '\nacl = "write"\n' + _nomad("write"),
        "required for integration with a nomad server.",
    ),
    (
        "service",
        3,
        NEEDS_NAME,
        "\n"
        + "\n".join(
            (_rule("service", NAME, "write"), _rule("service", f"{NAME}-sidecar-proxy", "write"), *_DISCOVER)
        ),
        "to register a service and discover services in the Consul catalog. It also gives the specified "
        "service's sidecar proxy the permission to discover and route traffic to other services.",
    ),
)
TEMPLATES: dict[str, Row] = {
    f"builtin/{name}": {
        "ID": f"00000000-0000-0000-0000-{number:012d}",
        "Schema": schema,
        "Template": template,
        "Description": f"{GIVES}{about}",
    }
    for name, number, schema, template, about in _ALL
}


# Consul 1.17 to 1.19 alone had this one; its schema is the others', spaced otherwise.
WORKLOAD = "builtin/workload-identity"
TEMPLATES[WORKLOAD] = {
    "ID": "00000000-0000-0000-0000-000000000007",
    "Schema": NEEDS_NAME.replace("\t\t\t\t", "\t\t\t").replace("\t", "  "),
    "Template": f'identity "{NAME}" {{\n\tpolicy = "write"\n}}',
    "Description": f"{GIVES}for a specific workload identity.",
}


def known(version: Version) -> list[str]:
    """Return the templates that a version knows."""
    return [name for name in TEMPLATES if name != WORKLOAD or version.minor < 20]


def render(name: str, value: str) -> str:
    """Return the rules that a template gives for a name."""
    return str(TEMPLATES[name]["Template"].replace(NAME, value))
