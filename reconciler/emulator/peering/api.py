"""GET and DELETE of /v1/peering/:name and GET /v1/peerings."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Peering
from reconciler.emulator.peering.checks import require_read, require_write
from reconciler.emulator.peering.read import show_peering
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json, empty

PREFIX = "/v1/peering/"
REMOVAL_S = 0.01
TERMINATED_REMOVAL_S = 0.2


def read(context: Context) -> Response | Block:
    """Return one peering; a row that vanishes while the query waits is answered with its last form."""
    name = context.rest(PREFIX)
    if not name:
        raise Refusal(400, "Must specify a name to fetch.")
    _begin_read(context)
    require_read(context)
    store = context.store
    row = store.peering_named(name)
    if row is None and context.block is not None and context.block.last is not None:
        return _indexed(context, context.block.last)
    answer = _one(context, name, row)
    block = _waits(
        context, lambda: (found.id, found.modify) if (found := store.peering_named(name)) else None
    )
    if block is not None:
        block.last = answer if row is not None else None
        return block
    return answer


def _one(context: Context, name: str, row: Peering | None) -> Response:
    if row is None:
        return Refusal(404, f'Peering not found for "{name.lower()}"').response()
    return _indexed(context, as_json(show_peering(context.world, context.cluster, row)))


def _begin_read(context: Context) -> None:
    context.refuse_enterprise(namespaces=False)
    try:
        context.parse_options(check_dc=False)
    except Refusal as refusal:
        # The handler ignores that parsing failed, so its normal output follows the text.
        rows = "[]" if not context.rest(PREFIX) else ""
        raise Refusal(refusal.status, refusal.text + rows) from None


def _waits(context: Context, marker: Callable[[], object]) -> Block | None:
    if not context.cluster.version.blocking_peerings:
        return None
    return context.waits(context.store.table_index("peering"), marker)


def _indexed(context: Context, response: Response) -> Response:
    if not context.cluster.version.blocking_peerings:
        return response
    return context.indexed(response, context.store.table_index("peering"))


def list_all(context: Context) -> Response | Block:
    """Return every peering, sorted by name."""
    _begin_read(context)
    require_read(context)
    block = _waits(context, lambda: context.store.tables.get("peering"))
    if block is not None:
        return block
    rows = context.store.peerings
    shown = [show_peering(context.world, context.cluster, rows[name]) for name in sorted(rows)]
    return _indexed(context, as_json(shown))


def delete(context: Context) -> Response:
    """Mark a row for deletion; the leader removes it a moment later. Missing rows are deleted already."""
    name = context.rest(PREFIX)
    if not name:
        raise Refusal(400, "Must specify a name to fetch.")
    context.refuse_enterprise(namespaces=False)
    require_write(context)
    row = context.store.peering_named(name)
    if row is not None and row.state != "DELETING":
        delay = TERMINATED_REMOVAL_S if row.state == "TERMINATED" else REMOVAL_S
        _mark(context, row)
        context.world.later(delay, lambda: _remove(context, row))
    return empty()


def _mark(context: Context, row: Peering) -> None:
    row.state, row.deleted_at = "DELETING", context.world.wall()
    row.meta, row.establishment, row.pending, row.active = {}, "", "", ""
    if context.cluster.strandings:
        context.cluster.strandings -= 1
        row.state = "TERMINATED"
    context.store.put_peering(row)


def _remove(context: Context, row: Peering) -> None:
    if context.store.peering_by_id(row.id) is row and row.state == "DELETING":
        context.store.drop_peering(row)
