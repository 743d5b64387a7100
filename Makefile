# Everything a developer or a CI runs. The first target that needs it builds .venv from
# requirements.lock; later runs find it ready. Nothing but make and Python 3.11 or later is assumed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

BIN := .venv/bin
READY := .venv/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check
# Arguments for the command behind a target: make up ARGS="--endpoints 5", make test ARGS="-k mcs"
ARGS ?=
# One benchmark of `make bench`: make bench ONLY=poll
ONLY ?=
# Of `make torture`: kills, damaged inputs and requests, courses, agents, and seconds of soak
TIMES ?= 1000
INPUTS ?= 1000000
REQUESTS ?= 50000
EXAMPLES ?= 200
AGENTS ?= 2000
DURATION ?= 3600

.PHONY: help demo up test test-core check bench bench-long torture lock clean

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(READY)  ## tell the whole story once, on real parts, and exit
	@exec $(BIN)/utmlab demo $(ARGS)

up: $(READY)  ## run the stack until Ctrl-C
	@exec $(BIN)/utmlab up $(ARGS)

test: $(READY)  ## run all tests on two cores
	@tools/need curl openssl
	@PATH="$$PATH:/usr/sbin" command -v rsyslogd >/dev/null || tools/need --package rsyslog
	@command -v systemd-analyze >/dev/null || tools/need --package systemd
	@tools/peers
	@tools/ansible
	@tools/locust
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

test-core: $(READY)  ## run the tests that need nothing but Python
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not peer" $(ARGS)

check: $(READY)  ## formatting, lint, types, import arrows, documents
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_imports.py tests/test_docs.py

bench: $(READY)  ## run the benchmarks; results in bench/results.json
	@exec $(BIN)/python -m bench $(if $(ONLY),--only $(ONLY)) $(ARGS)

bench-long: $(READY)  ## run the soak, the large fleet and the simulated week
	@exec $(BIN)/python -m bench --long $(ARGS)

torture: $(READY)  ## fuzz every parser and service, soak, kill -9 at every point (ONLY=fuzz|http|model|kills|soak)
	@exec $(BIN)/python -m bench.torture $(if $(ONLY),--only $(ONLY)) --times $(TIMES) \
		--inputs $(INPUTS) --requests $(REQUESTS) --examples $(EXAMPLES) \
		--agents $(AGENTS) --duration $(DURATION) $(ARGS)

lock: $(READY)  ## pin what is installed in .venv, with hashes
	@$(BIN)/python tools/lock.py

clean:  ## remove what make made; data folders and logs stay
	@rm -rf .venv .venv-ansible .venv-locust build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml tools/venv
	@tools/venv .venv
	@$(PIP) install -qq --require-hashes --no-deps -r requirements.lock
	@$(PIP) install -qq --no-deps --no-build-isolation -e .
	@touch $@
