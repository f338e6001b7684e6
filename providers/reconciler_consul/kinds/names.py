"""Addresses to Consul's kinds and names."""

from __future__ import annotations

from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import CONFIG_ENTRY, entry_kinds, type_of
from reconciler.sdk.errors import Invalid

Ref = tuple[str, str]  # kind and name, as Consul has them


def entry_ref(address: Address) -> Ref:
    """Return kind and name of a config entry: `service_intentions.dc1/api` is `service-intentions`, `api`.

    `config_entry.dc1/<kind>/<name>` names any other kind; its name may hold further slashes.
    """
    if address.type == CONFIG_ENTRY:
        kind, _, name = address.name.partition("/")
        return kind, name
    return address.type.replace("_", "-"), address.name


def entry_address(
    ref: Ref, cluster: str, partition: str | None = None, namespace: str | None = None
) -> Address:
    """Return the address of a config entry: `service-intentions`, `api` is `service_intentions.dc1/api`.

    >>> str(entry_address(("jwt-provider", "okta"), "dc1"))
    'config_entry.dc1/jwt-provider/okta'
    """
    kind, name = ref
    type_ = type_of(kind)
    whole = f"{kind}/{name}" if type_ == CONFIG_ENTRY else name
    return Address(type_, cluster, whole, partition, namespace)


def check_ref(address: Address, *, enterprise: bool) -> Ref:
    """Return kind and name for a write. Raises `Invalid` for a name that the kind cannot have.

    Consul: DELETE of `mesh/<anything>` removes the mesh entry, so a wrong name must not leave here.
    """
    kind, name = entry_ref(address)
    single = single_name(kind, address.partition if enterprise else None)
    if not kind or not name:
        raise Invalid(f"{address} does not say kind and name", hint="write config_entry.CLUSTER/KIND/NAME")
    if single is not None and name != single:
        scope = f"{address.cluster}:{address.partition}" if address.partition else address.cluster
        hint = f"write {address.type}.{scope}/{single}"
        raise Invalid(f"{kind} has one entry only, {single}: not {name}", cluster=address.cluster, hint=hint)
    return kind, name


def folded(name: str) -> str:
    """Return what all spellings of one object's name have in common: Consul looks entries, ACL policies and
    peerings up by their name in lower case (live 1.14 to 1.22).
    """
    return name.lower()


def single_name(kind: str, partition: str | None = None) -> str | None:
    """Return the one name that Consul knows for an entry of a kind, `None` where names are free."""
    facts = entry_kinds().get(kind)
    return facts.single_name(partition) if facts is not None else None
