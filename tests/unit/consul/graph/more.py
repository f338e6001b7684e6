"""Random entries as tests/recorded/recording/chains.py draws them, and the kinds that are judged for other
reasons: JWT providers and who refers to them, permissive TLS and the mesh, gateways of one name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.recorded.recording.chains import GATEWAYS, Chains, Value

PROVIDERS = ("okta", "auth0")
KEYS = {"Local": {"JWKS": "eyJrZXlzIjogW119"}}


class More(Chains):
    """Draws writes from one seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        more = (self.provider, self.checked, self.mesh, self.permissive, self.terminating)
        self.makers = (*self.makers, *more, *more)

    def writes(self, count: int) -> Iterator[Value]:
        """Writes and deletions of entries."""
        for step in self.steps(count, asked_each=count + 1):
            if step["path"].startswith("/v1/config"):
                yield step

    def provider(self) -> Value:
        """A JWT provider."""
        return {"Kind": "jwt-provider", "Name": self.one(PROVIDERS), "JSONWebKeySet": KEYS}

    def checked(self) -> Value:
        """Intentions that ask for a token, altogether or for a path."""
        entry = self.intentions()
        jwt: dict[str, Any] = {"Providers": [{"Name": self.one(PROVIDERS)}]}
        permissions = entry["Sources"][0].get("Permissions")
        if permissions and self.chance(0.5):
            permissions[0]["JWT"] = jwt
        else:
            entry["JWT"] = jwt
        return entry

    def mesh(self) -> Value:
        """Whether services may become permissive."""
        return {"Kind": "mesh", "AllowEnablingPermissiveMutualTLS": self.chance(0.5)}

    def permissive(self) -> Value:
        """Defaults that say which TLS they want."""
        entry = self.everywhere() if self.chance(0.3) else self.defaults()
        return {**entry, "MutualTLSMode": self.one(("permissive", "strict"))}

    def terminating(self) -> Value:
        """A terminating gateway under the name of an ingress gateway."""
        return {"Kind": "terminating-gateway", "Name": self.one(GATEWAYS), "Services": [{"Name": "x"}]}

    def write(self) -> Value:
        """One entry put, or one deleted; a mesh entry has no name of its own."""
        entry = self.one(self.makers)()
        if self.chance(0.15):
            name = entry.get("Name", "mesh")
            return {"method": "DELETE", "path": f"/v1/config/{entry['Kind']}/{name}"}
        return {"method": "PUT", "path": "/v1/config", "body": entry}
