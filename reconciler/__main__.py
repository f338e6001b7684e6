"""`reconciler` and `python -m reconciler`."""

from __future__ import annotations

import errno
import os
import sys

from reconciler.cli.terminal.signals import exit_code, leave_on_signals
from reconciler.cli.terminal.streams import open_standard_streams


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    leave_on_signals()  # before anything else is loaded
    open_standard_streams()
    sys.unraisablehook = lambda _: None  # what fails while something is thrown away is not worth a message
    try:
        from reconciler.cli.main import run

        code = run(sys.argv[1:])
    except OSError as error:  # while loading: nothing more may be loaded to report it
        if error.errno not in (errno.EMFILE, errno.ENFILE):
            raise
        limit = os.sysconf("SC_OPEN_MAX")
        sys.stderr.write(f"Error: too many open files: the limit of this process is {limit} (ulimit -n)\n")
        code = 1
    sys.exit(exit_code(code))


if __name__ == "__main__":
    main()
