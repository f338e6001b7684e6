#!/usr/bin/env bash
# Two checkouts of one configuration share a state in Consul's KV store: they take turns, and see each other's work.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../sandbox.sh"

as() { # as CHECKOUT CODE ARGUMENTS...: the exit code is part of what is shown
  local who=$1 want=$2 got=0
  shift 2
  printf '\033[2m%s$ reconciler %s\033[0m\n' "$who" "$*"
  reconciler -C "$work/$who" "$@" || got=$?
  [ "$got" -eq "$want" ] || { echo "expected exit $want, got $got"; exit 1; }
}

start_sandbox dc1,dc2,ops
export RECONCILER_VAR_dc1=$(address dc1) RECONCILER_VAR_dc2=$(address dc2) CONSUL_HTTP_ADDR=$(address ops)

for who in laptop ci; do
  mkdir "$work/$who"
  cp "$here"/*.yaml "$work/$who"
done

say "the laptop applies; the state is on the third cluster"
as laptop 0 apply --auto-approve
say "CI has another checkout and the same state: nothing is left to do"
as ci 0 plan --detailed-exitcode

say "CI changes something; the laptop has not pulled that yet, and its plan would take it back"
sed -i.bak 's/{from: web@dc2, action: allow}/{from: web@dc2, action: allow}\n      - {from: cron@dc2, action: allow}/' "$work/ci/main.yaml"
rm "$work/ci/main.yaml.bak"
as ci 0 apply --auto-approve
as laptop 2 plan --detailed-exitcode
say "with the same files there is nothing to do"
cp "$work/ci/main.yaml" "$work/laptop"
as laptop 0 plan --detailed-exitcode

say "who did what; and going back by one"
as laptop 0 state history
as laptop 2 plan --undo --detailed-exitcode

say "both at once: one waits for the other"
(as laptop 0 --lock-timeout 60s destroy --auto-approve >"$work/laptop.log") &
as ci 0 --lock-timeout 60s destroy --auto-approve
wait $!
cat "$work/laptop.log"
as ci 0 state list
