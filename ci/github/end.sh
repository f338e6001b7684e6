#!/usr/bin/env bash
# End the job as the command did. That a plan has changes is no failure: it is what is reviewed.
#   COMMAND, CODE, TEXT   what was run, its exit code, and how it ended in one sentence
set -euo pipefail

if [ -z "$CODE" ]; then
  exit 1
fi
if [ "$COMMAND" = plan ] && [ "$CODE" = 2 ]; then
  exit 0
fi
[ "$CODE" = 0 ] || echo "::error title=reconciler $COMMAND::exit code $CODE: ${TEXT:-see the log}"
exit "$CODE"
