"""Steps on peerings: which of making and removing each takes."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Invalid, NotSupported
from reconciler.sdk.provider import Applied, Present, Report, Step, Verb
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.peering.link import Link
from reconciler_consul.peering.make import PeeringSetup
from reconciler_consul.peering.remove import remove
from reconciler_consul.peering.rotate import Rotation
from reconciler_consul.peering.watch import Watch
from reconciler_consul.server.api import ConsulApi


@dataclass(frozen=True, slots=True)
class Peerings:
    """What a peering step reaches: each cluster's API and its watch, and how long a wait may be."""

    apis: Mapping[str, ConsulApi]
    watches: Mapping[str, Watch]
    wait_timeout: float

    async def perform(self, step: Step, report: Report) -> Applied:
        """Do one step on a peering. Raises `ProviderError`."""
        if step.verb is Verb.UPDATE:
            hint = f'plan with --replace "{step.address}" to recreate it'
            raise NotSupported(f"{step.address} cannot be changed in place", hint=hint)
        after = PeeringSpec.of(step.address, step.after) if step.after is not None else None
        if after is not None:
            _check_names(after)
        if step.before is not None and step.verb in (Verb.DELETE, Verb.REPLACE):
            before = PeeringSpec.of(step.address, step.before.body)
            await remove(self._link(before, report), step.before.remote_ids)
        if after is None:
            return Applied(status="gone on both ends")
        # What existed when the plan was made may be removed; what was created since may not.
        return await PeeringSetup(self._link(after, report), may_clear=step.before is not None).make()

    async def rotate(self, address: Address, seen: Present, report: Report) -> Applied:
        """Renew the secret of a peering that is up. Raises `ProviderError`."""
        return await Rotation(
            self._link(PeeringSpec.of(address, seen.body), report), seen.remote_ids
        ).rotate()

    def _link(self, spec: PeeringSpec, report: Report) -> Link:
        return Link(self.apis, self.watches, self.wait_timeout, spec, report)


def _check_names(spec: PeeringSpec) -> None:
    """Refuse `token` and `establish` as names: Consul takes them, and its own routes then hide the row."""
    for cluster, name in spec.names.items():
        if name.lower() in ("token", "establish"):
            message = f'"{name}" cannot name a peering on {cluster}: Consul could not show it again'
            raise Invalid(message, cluster=cluster, hint="choose another name for this end")
