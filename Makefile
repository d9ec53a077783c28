# Thin names for scripts/ and commands; `make` alone lists them.
SHELL := /bin/bash
PYTHON ?= python3
# A folder of recordings with a manifest.csv, for demo, bench and eval.
AUDIO ?=
# One recording for the demo.
WAV ?=
# Environments that hold other releases of the robot's daemon, for test-daemons.
DAEMONS ?=
# What `record:=true` kept, for eval.
BAG ?=
CASES ?=
MODELS ?= demo
# Processes that share the tests; empty for one, which shows what a test prints with ARGS=-s.
WORKERS ?= 2
ARGS ?=

ENV = . scripts/env.sh &&
RUN = $(ENV) exec python -m voice_pipeline.commands
# Once everything is there, setup takes a second and no network.
SETUP = $(PYTHON) scripts/bootstrap.py

.PHONY: help setup demo talk latency test test-distil test-daemons test-pictures test-script lint format models robot bench bench-gap bench-barge-in bench-own-voice bench-motion play-moves eval eval-tools eval-windows docs lock clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:  ## environment and messages (what the other targets do first)
	@$(SETUP)

demo:  ## a person's speech goes in, the robot answers and moves (WAV=file.wav, AUDIO=dir)
	@$(SETUP) --robot --models demo
	@$(RUN).demo $(if $(WAV),--wav $(WAV)) $(if $(AUDIO),--audio $(AUDIO)) $(ARGS)

talk:  ## talk to the simulated robot with this machine's microphone and speaker (Ctrl-C ends)
	@$(SETUP) --robot --models demo
	@$(RUN).talk $(ARGS)

test:  ## all tests (ARGS="-k name" for some)
	@$(SETUP) --robot --models test
	@sh scripts/sound_server.sh
	@$(ENV) exec python -m pytest $(if $(WORKERS),-n $(WORKERS) --dist loadfile --no-loadscope-reorder) $(ARGS)

test-distil:  ## the distil_whisper engine on real weights, in an environment with PyTorch
	@$(SETUP) --models whisper-tiny.en-ct2
	@PYTHON=$(PYTHON) scripts/test_distil.sh $(ARGS)

test-script:  ## forty sentences with a real model server that is killed, frozen and started again (minutes)
	@$(SETUP) --models qwen2.5-coder-0.5b-instruct
	@$(ENV) exec python -m pytest -s -m script test/node/test_dialogue_script.py $(ARGS)

test-daemons:  ## the motion node on other releases of the robot's daemon (DAEMONS="folder ...": environments with reachy-mini)
	@$(ENV) for env in $(DAEMONS); do echo "== $$env"; VOICE_PIPELINE_ROBOT_ENV="$$env" python -m pytest -q \
	  test/node/test_motion_node_moves.py test/node/test_motion_faults.py test/unit/test_motion_simulator.py $(ARGS) || exit 1; done

test-pictures:  ## what `moves --picture` renders, where MuJoCo has an OpenGL without a window (a minute)
	@$(SETUP) --robot
	@$(ENV) exec python -m pytest test/unit/moves_rendered.py $(ARGS)

lint:  ## ruff and mypy
	@$(SETUP)
	@$(ENV) ruff check . && ruff format --check . && mypy

format:  ## let ruff put the code in order
	@$(ENV) ruff check --fix . ; ruff format .

models:  ## fetch and check model files (MODELS="desktop"; ARGS=--list shows them)
	@$(SETUP)
	@$(RUN).models $(MODELS) $(ARGS)

robot:  ## the simulated Reachy Mini only
	@$(SETUP) --robot

bench:  ## start-up, memory, CPU, response gap of ten turns -> build/bench/summary.json
	@$(SETUP) --robot --models demo
	@$(RUN).bench $(if $(AUDIO),--audio $(AUDIO)) $(ARGS)

latency:  ## where the time of each turn goes, live; report with pictures at the end (ARGS="--from turns.json")
	@$(SETUP)
	@$(RUN).latency $(ARGS)

bench-gap:  ## the response gap beside the plain sequence and pipecat (AUDIO=dir, ARGS="--models demo")
	@$(SETUP) --models demo smollm2-135m-instruct piper-en-us-joe smart-turn-v3.2
	@$(ENV) exec python -m bench.gap $(if $(AUDIO),--audio $(AUDIO)) $(ARGS)

play-moves:  ## every gesture at twice its speed on the simulated robot, judged by its joints (150 s)
	@$(SETUP) --robot
	@$(ENV) exec python -m pytest -s test/node/moves_on_robot.py $(ARGS)

bench-motion:  ## random orders, stops, faults, CPU of the body (ARGS=--help) -> build/bench-motion/summary.json
	@$(SETUP) --robot
	@$(ENV) exec python -m bench.motion $(ARGS)

bench-own-voice:  ## how often the robot is ended by its own voice, with the canceller, on a sound server (prints counts)
	@$(ENV) exec python -m pytest -s test/system/test_own_voice.py test/system/bench_own_voice.py -k "takes_its_voice_out or gets_through or stalls" $(ARGS)

bench-barge-in:  ## how soon speech over the answer silences it, and for how long noise does (prints milliseconds)
	@$(SETUP) --models test
	@$(ENV) exec python -m pytest -s test/system/test_barge_in.py -k "speech_over or stop_over or noise" $(ARGS)

eval:  ## what the pipeline hears: errors, latency, report (AUDIO=dir, BAG=file.mcap, ARGS=--live) -> build/eval/
	@$(SETUP) --models demo
	@$(RUN).eval $(if $(AUDIO),--audio $(AUDIO)) $(if $(BAG),--bag $(BAG)) $(ARGS)

eval-windows:  ## what shorter encoder windows of the recogniser cost in words and save in time
	@$(SETUP) --models demo
	@$(RUN).eval_windows $(if $(AUDIO),--audio $(AUDIO)) $(ARGS)

eval-tools:  ## commands to tools: right, wrong, false actions (CASES=file) -> build/eval-tools/summary.json
	@$(SETUP) --models demo
	@$(RUN).eval_tools $(if $(CASES),--cases $(CASES)) $(ARGS)

docs:  ## write docs/nodes.md anew from the code
	@$(ENV) python scripts/node_tables.py > docs/nodes.md.new && mv docs/nodes.md.new docs/nodes.md

lock:  ## make the requirement locks anew (UPGRADE=1 takes newer versions)
	@$(ENV) scripts/lock.sh

clean:  ## delete what was built in the checkout (the cache folder stays)
	rm -rf build .colcon .venv .venv-robot .pytest_cache .mypy_cache .ruff_cache .hypothesis
