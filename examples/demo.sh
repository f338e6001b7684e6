#!/usr/bin/env bash
# The main job, shown: three sandbox clusters, a configuration applied, changed by hand, repaired and destroyed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/sandbox.sh"

run() { printf '\033[2m$ reconciler %s\033[0m\n' "$*"; reconciler -C "$work" "$@"; }
expect() { # expect CODE COMMAND...: the exit code is part of what is shown
  local want=$1 got=0
  shift
  run "$@" || got=$?
  printf '\033[2m(exit %s)\033[0m\n' "$got"
  [ "$got" -eq "$want" ] || { echo "expected exit $want"; exit 1; }
}

cp "$here"/01-three-clusters/*.yaml "$work"

say "three sandbox clusters, speaking Consul's HTTP API on loopback ports"
start_sandbox dc1,dc2,dc3
cat "$work/ready.json"
for dc in dc1 dc2 dc3; do
  export "RECONCILER_VAR_$dc=$(address "$dc")"
done

say "check the configuration; no cluster is asked"
run validate
say "what would happen?"
expect 2 plan --detailed-exitcode
say "make it so"
run apply --auto-approve
say "again: nothing is left to do"
expect 0 plan --detailed-exitcode

say "somebody changes an intention by hand, behind the tool's back"
curl_put() { python3 - "$1" <<'PY'
import json, sys, urllib.request
body = {"Kind": "service-intentions", "Name": "billing", "Sources": [
    {"Name": "web", "Peer": "us-prod", "Action": "allow"}, {"Name": "intruder", "Action": "allow"}]}
request = urllib.request.Request(sys.argv[1] + "/v1/config", json.dumps(body).encode(), method="PUT")
print("PUT /v1/config ->", urllib.request.urlopen(request).read().decode().strip())
PY
}
curl_put "$RECONCILER_VAR_dc1"
say "drift finds it (exit 2), for people and for CI"
expect 2 drift
say "apply repairs it"
run apply --auto-approve
expect 0 drift

say "and away with everything"
run destroy --auto-approve
say "what is left: a plan would create all of it again, the clusters are empty"
expect 2 plan --detailed-exitcode --summary
say "done"
