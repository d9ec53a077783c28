#!/bin/sh
# The environment of pipecat for `make bench-gap`, built once from its lock; the last line printed is its Python.
# Apart from .venv because it wants other versions of many packages, and because piper-tts is GPL-3.
set -eu
root="$(cd "$(dirname "$0")/.." && pwd)"
for python in "${PYTHON:-python3}" python3.12 python3.11; do
  if "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    exec "$python" - "$root" "$@" <<'PY'
import sys
from pathlib import Path

root = Path(sys.argv[1])
sys.path.insert(0, str(root / "scripts"))
sys.dont_write_bytecode = True
import bootstrap

lock = root / "requirements" / "pipecat.txt"
what = "pipecat (about 260 MB to download, 760 MB on disk)"
try:
    env = bootstrap.make_env(bootstrap.cache_root(), "pipecat", lock, what, "--offline" in sys.argv)
except bootstrap.Problem as problem:
    sys.exit(f"bench-gap: {problem}")
print(env / "bin" / "python")
PY
  fi
done
echo "bench-gap: pipecat needs Python 3.11 or later, and there is none.
  Install one (sudo apt install python3.11 python3.11-venv), or leave pipecat out: --arms ours,ours_no_speculation,sequence" >&2
exit 1
