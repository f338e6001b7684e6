"""`reconciler` and `python -m reconciler`."""

from __future__ import annotations

import sys

from reconciler.cli.signals import exit_code, leave_on_signals
from reconciler.cli.streams import open_standard_streams


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    leave_on_signals()  # before anything else is loaded
    open_standard_streams()
    from reconciler.cli.main import run

    sys.exit(exit_code(run(sys.argv[1:])))


if __name__ == "__main__":
    main()
