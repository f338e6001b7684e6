"""Calls into plugins: what one of them raises becomes an error that names the plugin and the call."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.address import Address
from reconciler.sdk.errors import PluginFault, ProviderError, errors_of_files
from reconciler.sdk.secrets.quoting import quoted

_LOG = logging.getLogger("reconciler.plugin")


def fault(provider: str, call: str, error: Exception, address: Address | None = None) -> PluginFault:
    """Return the error for an exception of a plugin in `call`, and log its traceback (shown with -v).

    Where the process has no more files the exception is not the plugin's: it is raised again.
    """
    if errors_of_files(error):
        raise error
    about = f" of {address}" if address is not None else ""
    if _LOG.isEnabledFor(logging.INFO):
        trace = "".join(traceback.format_exception(error)).rstrip()
        _LOG.info('the provider "%s" failed in %s%s\n%s', provider, call, about, trace)
    return wrong(provider, call, quoted(f"{type(error).__name__}: {error}"), address)


def wrong(provider: str, call: str, what: str, address: Address | None = None) -> PluginFault:
    """Return the error for a plugin that does not keep to its protocol: `what` says how."""
    about = f" of {address}" if address is not None else ""
    return PluginFault(
        f'the provider "{provider}" failed in {call}{about}: {what}',
        cluster=address.cluster if address is not None else "",
        hint=f'this is a defect of the plugin "{provider}"; run again with -v to see where it is',
    )


@contextmanager
def plugin_call(provider: str, call: str) -> Iterator[None]:
    """Raise `Failure` (plugin) for an exception inside; failures and provider errors pass as they are."""
    try:
        yield
    except (Failure, ProviderError):
        raise
    except Exception as error:
        raise failure_of(provider, call, error) from error


def failure_of(provider: str, call: str, error: Exception, *about: Address) -> Failure:
    """Return the failure for an exception of a plugin that ends the run; it names the first of several
    addresses, and how many more the call was about.
    """
    more = f" (and {len(about) - 1} more)" if len(about) > 1 else ""
    found = fault(provider, f"{call}{more}", error, about[0] if about else None)
    return Failure(Cause.PLUGIN, found.message, hint=found.hint)
