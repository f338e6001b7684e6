"""The endpoints of one cluster that this provider uses, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.errors import NotSupported, ProviderError
from reconciler.sdk.http.messages import Answer, segment
from reconciler.sdk.secrets.secret import Secret
from reconciler_consul.server.identity import AgentApi
from reconciler_consul.server.tokens import inner_secrets
from reconciler_consul.server.values import Entry, EntryList, Row, Scope, is_list_of, mapping


class ConsulApi(AgentApi):
    """One cluster's API. Every method raises `ProviderError`."""

    def here(self, partition: str | None, namespace: str | None, dc: str | None = None) -> Scope:
        """Return a scope of this cluster. The namespace is the address's alone: what a partition shares has
        none.
        """
        return Scope(partition or self.cluster.partition, namespace, dc or None)

    # Config entries

    async def list_entries(self, kind: str, scope: Scope) -> EntryList:
        """Read all entries of a kind."""
        answer = await self.http.get(f"/v1/config/{segment(kind)}", scope.query())
        if not is_list_of(answer.value, "Kind"):
            raise self.broken(f"/v1/config/{kind}", "a list of entries")
        cut, said = self.may_be_cut(answer), _says_cut(answer)
        return EntryList(tuple(answer.value), cut, cut and not said)

    def may_be_cut(self, answer: Answer) -> bool:
        """Say whether a list may lack what the token may not see."""
        # The header stays away for the anonymous token, which may be filtered just the same.
        anonymous = not self.cluster.token and answer.headers.get("x-consul-default-acl-policy") == "deny"
        return _says_cut(answer) or anonymous

    async def get_entry(self, kind: str, name: str, scope: Scope) -> Entry | None:
        """Read one entry; return `None` where there is none."""
        try:
            answer = await self.http.get(f"/v1/config/{segment(kind)}/{segment(name)}", scope.query())
        except ProviderError as error:
            if error.status == 404 and "Config entry not found" in error.message:
                return None
            raise
        return dict(mapping(answer.value))

    async def put_entry(self, entry: Mapping[str, Any], cas: int, scope: Scope) -> bool:
        """Write a whole entry if its ModifyIndex still is `cas` (0: if it does not exist).

        Consul answers `false` with status 200, so nothing but `true` counts as written.
        """
        answer = await self.http.send("PUT", "/v1/config", entry, {"cas": cas, **scope.query()})
        return answer.value is True

    async def delete_entry(self, kind: str, name: str, cas: int, scope: Scope) -> bool:
        """Remove an entry if its ModifyIndex still is `cas`; `true` also where there is none."""
        path = f"/v1/config/{segment(kind)}/{segment(name)}"
        answer = await self.http.send("DELETE", path, None, {"cas": cas, **scope.query()})
        return answer.value is True

    # Partitions and namespaces

    async def list_names(self, path: str, partition: str | None) -> frozenset[str]:
        """Read the names in `/v1/partitions`, or in `/v1/namespaces` of a partition (Consul Enterprise)."""
        answer = await self.http.get(path, Scope(partition).query())
        if not is_list_of(answer.value, "Name"):
            raise self.broken(path, "a list of names")
        return frozenset(row["Name"] for row in answer.value)

    # Catalog

    async def has_service_of_kind(self, kind: str) -> bool | None:
        """Say whether a service of this kind is registered; `None` where that is not known.

        Consul before 1.14, and patch levels before GH-18322, ignore the filter and list every service; so
        `consul`, which is registered everywhere, shows that the filter was not applied.
        """
        listed = await self.http.get("/v1/catalog/services", {"filter": f'ServiceKind == "{kind}"'})
        if not isinstance(listed.value, dict) or "consul" in listed.value:
            return None
        return True if listed.value else None if self.may_be_cut(listed) else False

    async def services(self) -> frozenset[str]:
        """Read the names of all services that are registered and may be seen."""
        listed = await self.http.get("/v1/catalog/services")
        return frozenset(listed.value if isinstance(listed.value, dict) else ())

    async def known_services(self) -> frozenset[str] | None:
        """Read the names of all registered services; `None` where the token may not see all of them."""
        listed = await self.http.get("/v1/catalog/services")
        names = frozenset(listed.value if isinstance(listed.value, dict) else ())
        return names if "consul" in names and not self.may_be_cut(listed) else None

    # Peerings

    async def list_peerings(self) -> dict[str, Row]:
        """Read all rows by name in lower case: Consul looks names up that way. They come from the leader.

        Raises `NotSupported` where peering is switched off: the agent says so at once, and the list only
        after 2 to 9 seconds of a server's own retries (Consul 1.20).
        """
        await self._check_peering_enabled()
        answer = await self.http.get("/v1/peerings", self._partition())
        if not is_list_of(answer.value, "Name"):
            raise self.broken("/v1/peerings", "a list of peerings")
        return {row["Name"].lower(): row for row in answer.value}

    async def _check_peering_enabled(self) -> None:
        debug = mapping((await self.agent()).get("DebugConfig"))  # none without agent:read
        if debug.get("PeeringEnabled") is False:
            raise NotSupported(
                f"{self.name} ({self.http.shown}) has peering switched off",
                cluster=self.name,
                hint="set peering { enabled = true } on the servers of this cluster",
            )

    async def generate_token(self, name: str, meta: Mapping[str, Any], addresses: list[Any]) -> Secret:
        """Make a peering's accepting end, or a new token for it. Every earlier unused token dies.

        This and the two below raise `Refused` at once: look before asking again.
        """
        body: dict[str, Any] = {"PeerName": name}
        if meta:
            body["Meta"] = dict(meta)
        if addresses:
            body["ServerExternalAddresses"] = addresses
        answer = await self.http.send(
            "POST", "/v1/peering/token", body, self._partition(), gives_secret=True, looks_first=True
        )
        token = mapping(answer.value).get("PeeringToken")
        if not isinstance(token, str) or not token:
            raise self.broken("/v1/peering/token", "a token")
        made = Secret(token, passing=True)
        self.http.beware(*inner_secrets(made))
        return made

    async def establish(self, name: str, token: Secret, meta: Mapping[str, Any]) -> None:
        """Dial with a token. The token is spent by it, also where the answer is lost."""
        body: dict[str, Any] = {"PeerName": name, "PeeringToken": token}
        if meta:
            body["Meta"] = dict(meta)
        secrets = (token, *inner_secrets(token))
        await self.http.send(
            "POST",
            "/v1/peering/establish",
            body,
            self._partition(),
            secrets=secrets,
            expects_json=False,
            looks_first=True,
        )

    async def delete_peering(self, name: str) -> None:
        """Ask for the removal of a row; it goes on in the background. Repeating it is harmless."""
        # Consul's own routes hide two names, but routes mind the letter case and lookups do not.
        shown = name.upper() if name in ("token", "establish") else name
        path = f"/v1/peering/{segment(shown)}"
        await self.http.send("DELETE", path, None, self._partition(), expects_json=False, looks_first=True)

    def _partition(self) -> dict[str, str | int]:
        return {"partition": self.cluster.partition} if self.cluster.partition else {}


def _says_cut(answer: Answer) -> bool:
    return answer.headers.get("x-consul-results-filtered-by-acls") == "true"
