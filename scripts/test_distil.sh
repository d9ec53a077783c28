#!/usr/bin/env bash
# The distil_whisper engine on real weights: Whisper tiny.en, converted, in an environment of its own with PyTorch.
# Not part of `make test`: PyTorch alone is 200 MB (CPU build) to 5 GB (CUDA build).
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${VOICE_PIPELINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/voice_pipeline}"
env="$cache/envs/distil"
if [ ! -e "$env/.complete" ]; then
  echo "installing PyTorch and distil-whisper-fastrtc into $env"
  "${PYTHON:-python3}" -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check torch==2.13.0
  "$env/bin/pip" install --quiet --disable-pip-version-check distil-whisper-fastrtc==0.1.0.post1 accelerate \
    pytest pytest-timeout soundfile soxr pyyaml
  touch "$env/.complete"
fi
models="${VOICE_PIPELINE_MODELS:-$cache/models}"
PYTHONPATH=src "$env/bin/python" scripts/ct2_to_hf.py "$models/whisper-tiny.en-ct2" build/tiny.en-hf
PYTHONPATH=src HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 VOICE_PIPELINE_DISTIL_MODEL=build/tiny.en-hf \
  exec "$env/bin/python" -m pytest test/unit/test_asr_distil_real.py "$@"
