#!/usr/bin/env bash
# Put reconciler on the PATH of the job: into an environment of its own, so that it meets no other package.
#   INSTALL   what pip installs; empty: the source that this action came with; none: it is there already
set -euo pipefail

if [ "$INSTALL" = none ]; then
  reconciler version
  exit
fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error title=reconciler::it needs Python 3.11 or newer, and this runner has $(python3 --version)"
  exit 1
fi
source=$(cd "$(dirname "$0")/../.." && pwd)
environment=$RUNNER_TEMP/reconciler-environment
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check -- "${INSTALL:-$source}"
echo "$environment/bin" >>"$GITHUB_PATH"
"$environment/bin/reconciler" version
