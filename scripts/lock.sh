#!/bin/sh
# Make the requirement locks anew from the *.in files. Needs the network and uv (`make setup` brings it).
set -eu
cd "$(dirname "$0")/../requirements"
lock() {
  out="$1"; shift
  # No header, no index lines: a lock holds names, versions and hashes, never an address.
  uv pip compile --quiet --universal --python-version "${LOCK_PYTHON:-3.10}" --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} "$@" -o "$out" 2>&1 | grep -v '^warning: \|^  cause: ' || true
  echo "$out: $(grep -c '==' "$out") packages"
}
lock bootstrap.txt bootstrap.in
lock wheels.txt ros.in engines.in report.in dev.in
lock engines.txt engines.in report.in dev.in
lock robot.txt robot.in
LOCK_PYTHON=3.11 lock pipecat.txt pipecat.in  # it needs 3.11
