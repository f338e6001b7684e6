"""Who reaches what of an HTTP service: permissions, and what decides where none matches."""

from __future__ import annotations

from tests.traffic.stage.client import DENIED, UNREACHABLE, Client
from tests.traffic.stage.configured import Configured
from tests.traffic.stage.lab import TrafficLab

HTTP = """
service_defaults: {dc1: {api: {protocol: http}, db: {protocol: http}}}
exports: {dc1: {"*": [dc2, dc3]}}
"""


def test_permissions_open_a_path_and_a_method(configured: Configured, client: Client) -> None:
    configured.apply(
        HTTP,
        """
intentions:
  dc1:
    api:
      - from: web@dc2
        permissions:
          - {action: allow, http: {path_prefix: /v1, methods: [GET]}}
          - {action: deny, http: {path_prefix: /}}
      - {from: "*@*", action: deny}
""",
    )

    assert configured.warnings() == []
    client.expect(
        {
            "web@dc2 -> api@dc1 /v1/items": "api@dc1",
            "web@dc2 -> api@dc1 POST /v1/items": DENIED,
            "web@dc2 -> api@dc1 /admin": DENIED,
            "cli@dc2 -> api@dc1 /v1/items": DENIED,
            "web@dc3 -> api@dc1 /v1/items": DENIED,
        }
    )


def test_where_no_permission_matches_the_default_decides_and_not_a_deny_of_everyone(
    configured: Configured, client: Client
) -> None:
    configured.apply(
        HTTP,
        """
intentions:
  dc1:
    api:
      - {from: web@dc2, permissions: [{action: allow, http: {path_prefix: /v1}}]}
      - {from: "*@*", action: deny}
""",
    )

    assert configured.warnings() == ["open-remainder"]
    client.expect({"web@dc2 -> api@dc1 /admin": "api@dc1", "cli@dc2 -> api@dc1 /v1": DENIED})


def test_the_first_permission_that_matches_decides(configured: Configured, client: Client) -> None:
    def rules(*permissions: str) -> str:
        listed = "".join(f"\n          - {text}" for text in permissions)
        return f"{HTTP}\nintentions:\n  dc1:\n    api:\n      - from: web@dc2\n        permissions:{listed}\n"

    deny, allow = "{action: deny, http: {path_prefix: /admin}}", "{action: allow, http: {path_prefix: /}}"

    configured.apply(rules(deny, allow))
    client.expect({"web@dc2 -> api@dc1 /admin": DENIED, "web@dc2 -> api@dc1 /ok": "api@dc1"})
    assert configured.warnings() == ["evadable-deny"]

    configured.apply(rules(allow, deny))
    client.expect({"web@dc2 -> api@dc1 /admin": "api@dc1", "web@dc2 -> api@dc1 /ok": "api@dc1"})
    assert configured.warnings() == ["unreachable-permission"]


def test_routes_of_the_exporter_apply_and_so_do_intentions_of_the_service_that_is_reached(
    configured: Configured, client: Client
) -> None:
    configured.apply(
        HTTP,
        """
routes: {dc1: {api: [{match: {path_prefix: /db}, to: db}]}}
intentions:
  dc1:
    api: [{from: cli@dc2, action: deny}]
    db: [{from: web@dc2, action: deny}]
""",
    )

    client.expect(
        {
            "web@dc2 -> api@dc1 /": "api@dc1",
            "web@dc2 -> api@dc1 /db": DENIED,
            "cli@dc2 -> api@dc1 /": DENIED,
            "cli@dc2 -> api@dc1 /db": "db@dc1",
        }
    )


def test_destroy_takes_splits_and_permissions_and_leaves_what_is_local(
    configured: Configured, client: Client, world: TrafficLab
) -> None:
    configured.apply()
    world.renew("shop@dc2")
    configured.apply(
        """
        service_defaults: {dc1: {api: {protocol: http}}, dc2: {api: {protocol: http}}}
        exports: {dc1: {api: [dc2]}}
        splits: {dc2: {api: {api: 0, api@dc1: 100}}}
        intentions:
          dc1:
            api:
              - from: "*@dc2"
                permissions:
                  - {action: allow, http: {path_prefix: /v1}}
                  - {action: deny, http: {path_prefix: /}}
        """
    )
    client.expect({"shop@dc2 -> api /v1": "api@dc1", "shop@dc2 -> api /admin": DENIED})

    configured.destroy()

    client.expect({"shop@dc2 -> api /v1": "api@dc2", "shop@dc2 -> api /admin": "api@dc2"})
    client.expect({"web@dc2 -> api@dc1 /v1": UNREACHABLE})


def test_the_protocol_is_the_exporters(configured: Configured, client: Client) -> None:
    configured.apply(
        """
        service_defaults: {dc2: {api: {protocol: http}}}
        exports: {dc1: {api: [dc2]}}
        intentions: {dc1: {api: [{from: web@dc2, action: deny}]}}
        """
    )

    client.expect({"web@dc2 -> api@dc1": DENIED, "cli@dc2 -> api@dc1": "api@dc1"})
    assert client.answer("web@dc2 -> api@dc1") == "reset"  # tcp: nobody there who could say 403
