#!/usr/bin/env bash
# What a plan says of access: paths that open and close, what hinders a change that breaks a policy, and what a
# peering carries.
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
change() { # change FROM TO: in the configuration
  sed -i.bak "s|$1|$2|" "$work/team/main.yaml"
  rm "$work/team/main.yaml.bak"
}

start_sandbox dc1,dc2,dc3
export RECONCILER_VAR_dc1=$(address dc1) RECONCILER_VAR_dc2=$(address dc2) RECONCILER_VAR_dc3=$(address dc3)
mkdir "$work/team"
cp "$here"/*.yaml "$work/team"

say "the plan says who can call whom after it"
run 0 apply --auto-approve

say "somebody lets the lab call payments: the policy is named, and the change is blocked"
change 'payments: \[shop\]' 'payments: [shop, lab]'
change 'from: checkout@shop, action: allow' 'from: [checkout@shop, tests@lab], action: allow'
run 4 validate
run 4 plan

say "a probe may look at more: that opens something, and breaks nothing"
cp "$here"/*.yaml "$work/team"
change 'path_prefix: /health' 'path_prefix: /status'
run 0 plan

say "the peering of the lab goes: the plan names what depends on it"
change 'spokes: \[lab, shop\]' 'spokes: [shop]'
change 'catalog: \[lab, shop\]' 'catalog: [shop]'
sed -i.bak '/from: probe@lab$/,/path_prefix: \/}}/d' "$work/team/main.yaml"
rm "$work/team/main.yaml.bak"
run 0 plan
