"""`reconciler` without foresight: the provider does not say how its servers judge a write.

`python -m benchmarks.blind ARGUMENTS`, the yardstick of `benchmarks.order`.
"""

from __future__ import annotations

from reconciler.__main__ import main


def forget() -> None:
    """Take `foresee` from the provider."""
    from reconciler_consul import ConsulProvider

    for part in ConsulProvider.__mro__:
        if "foresee" in vars(part):
            del part.foresee


if __name__ == "__main__":
    forget()
    main()
