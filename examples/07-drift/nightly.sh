#!/usr/bin/env bash
# What a nightly job finds: changes by hand by what they mean, what counts, what is ignored, and what is new since yesterday.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../sandbox.sh"

run() { # run CODE ARGUMENTS...: the exit code is part of what is shown
  local want=$1 got=0
  shift
  printf '\033[2m$ reconciler %s\033[0m\n' "$*"
  reconciler -C "$work/team" "$@" || got=$?
  [ "$got" -eq "$want" ] || { echo "expected exit $want, got $got"; exit 1; }
}
by_hand() { # by_hand CLUSTER JSON: somebody writes a config entry
  curl -sf -X PUT "$(address "$1")/v1/config" -d "$2" >/dev/null
}

start_sandbox dc1,dc2
export RECONCILER_VAR_dc1=$(address dc1) RECONCILER_VAR_dc2=$(address dc2)
mkdir "$work/team"
cp "$here/main.yaml" "$work/team"
run 0 apply --auto-approve

say "the scaler and the mesh team write what is theirs: no drift, and nothing to apply"
by_hand dc1 '{"Kind": "service-defaults", "Name": "catalog", "Protocol": "http", "Meta": {"owner": "shop", "scale": "5"}}'
by_hand dc1 '{"Kind": "service-intentions", "Name": "catalog", "Sources": [{"Name": "shop", "Peer": "dc2", "Action": "allow"}, {"Name": "probe", "Action": "allow"}]}'
run 0 drift
run 0 plan --detailed-exitcode

say "somebody lets a stranger in, exports what is not theirs to export, and leaves an object behind"
by_hand dc1 '{"Kind": "service-intentions", "Name": "catalog", "Sources": [{"Name": "shop", "Peer": "dc2", "Action": "allow"}, {"Name": "stranger", "Action": "allow"}]}'
by_hand dc1 '{"Kind": "exported-services", "Name": "default", "Services": [{"Name": "catalog", "Consumers": [{"Peer": "dc2"}]}, {"Name": "payments", "Consumers": [{"Peer": "dc2"}]}]}'
by_hand dc2 '{"Kind": "service-defaults", "Name": "forgotten", "Protocol": "tcp"}'
run 2 drift --unmanaged
run 2 drift --only unmanaged-addition,unmanaged-object

say "what is known stays quiet, what is new does not"
reconciler -C "$work/team" drift --json >"$work/yesterday.json" || true
run 0 drift --baseline "$work/yesterday.json"
by_hand dc1 '{"Kind": "service-defaults", "Name": "catalog", "Protocol": "tcp", "Meta": {"owner": "shop", "scale": "5"}}'
run 2 drift --baseline "$work/yesterday.json"

say "apply repairs what is ours; the scale stays as the scaler set it"
run 0 apply --auto-approve
curl -sf "$(address dc1)/v1/config/service-defaults/catalog"
