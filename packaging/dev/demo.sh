#!/usr/bin/env bash
# The demonstration: a hub on a private Postgres, a node enrolled at it with the demo lab, and simulated analyzers that
# take their tubes from the labels which the node prints. Everything is kept in .run (JAANCH_RUN) and goes on there the
# next time. Ctrl-C ends it all. Only what is started here is stopped.
set -euo pipefail
cd "$(dirname "$0")/../.."

run=${JAANCH_RUN:-.run}
hub_address=${JAANCH_DEMO_HUB:-127.0.0.1:8000}
edge_address=${JAANCH_DEMO_EDGE:-127.0.0.1:8080}
edge_tls=${JAANCH_DEMO_EDGE_TLS:-:8443}
hl7=${JAANCH_DEMO_HL7:-127.0.0.1:6661}
astm=${JAANCH_DEMO_ASTM:-127.0.0.1:6662}
printer=${JAANCH_DEMO_PRINTER:-127.0.0.1:9100}
owner_password=${JAANCH_DEMO_OWNER_PASSWORD:-owner-sees-all-labs}
mkdir -p "$run"
hub() { bin/hub --private "$run/hub" "$@"; }

started=()
stop_all() {
  trap - EXIT INT TERM
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    kill "${started[$i]}" 2>/dev/null || true
    wait "${started[$i]}" 2>/dev/null || true
  done
}
trap stop_all EXIT
trap 'exit 0' INT TERM

# A program that somebody else left at one of the addresses would be taken for ours.
for address in "$hub_address" "$edge_address"; do
  if curl -sS -o /dev/null "http://$address/" 2>/dev/null; then
    echo "demo: something answers at $address already; end it, or choose another with JAANCH_DEMO_HUB and JAANCH_DEMO_EDGE" >&2
    exit 1
  fi
done

# wait_for NAME URL PID LOG: until the address answers "ready"
wait_for() {
  for _ in $(seq 300); do
    if curl -fsS -o /dev/null "$2" 2>/dev/null; then return; fi
    if ! kill -0 "$3" 2>/dev/null; then echo "demo: the $1 did not start:" >&2; tail -n 20 "$4" >&2; exit 1; fi
    sleep 0.1
  done
  echo "demo: the $1 is not ready after 30 s; see $4" >&2
  exit 1
}

echo "demo: starting the hub"
bin/hub serve --private "$run/hub" --listen "$hub_address" >"$run/hub.log" 2>&1 &
started+=($!)
wait_for hub "http://$hub_address/api/v1/ready" $! "$run/hub.log"

# Each step of the first start is done once; a start that was broken off goes on where it stood.
if [ ! -f "$run/tenant" ]; then
  org=$(hub tenant add-org "Nirmal Diagnostics")
  lab=$(hub tenant add-lab --org "$org" "College Road")
  printf '%s\n' "$owner_password" | hub user add --org "$org" --login owner --name "Lab owner" --role owner >/dev/null
  printf 'org=%s lab=%s\n' "$org" "$lab" >"$run/tenant"
fi
if [ ! -f "$run/enrolled" ]; then
  # shellcheck disable=SC1091
  . "$run/tenant"
  [ -f "$run/node/lab.db" ] || bin/edge demo --data "$run/node" >"$run/node.log" 2>&1 || { tail -n 20 "$run/node.log" >&2; exit 1; }
  code=$(hub enroll-code --org "$org" --lab "$lab")
  bin/edge enroll --data "$run/node" --hub "http://$hub_address" "$code" >"$run/enroll.log" 2>&1 || { cat "$run/enroll.log" >&2; exit 1; }
  touch "$run/enrolled"
fi

echo "demo: starting the node"
bin/edge serve --data "$run/node" --listen "$edge_address" --listen-tls "$edge_tls" --hl7 "$hl7" --astm "$astm" \
  --hub "http://$hub_address" --demo --demo-printer "$printer" >"$run/node.log" 2>&1 &
started+=($!)
wait_for node "http://$edge_address/api/v1/ready" $! "$run/node.log"

echo "demo: starting the analyzers and the label printer"
bin/edge simulate --rack "$printer" --every 3s --target "cbc=$astm" --target "chemistry=$hl7" >"$run/analyzers.log" 2>&1 &
started+=($!)

cat <<EOF

  Node   http://$edge_address     other PCs: https://<this PC>$edge_tls
$(grep -A 6 '^Demonstration lab' "$run/node.log" | sed 's/^/         /')

  Hub    http://$hub_address     owner, password $owner_password

Register a patient with a CBC and a KFT, collect and receive the tubes: the printed labels put them on the simulated
analyzers, and the results arrive by themselves. Ctrl-C ends everything; the data stays in $run.
EOF
wait -n "${started[@]}"
echo "demo: one of the programs ended; see the logs in $run" >&2
exit 1
