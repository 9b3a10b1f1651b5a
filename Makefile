# SMovie's commands. `make run` and `make test` are all a newcomer needs; both install what they need.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
FOLDERS := smovie handlers hub bench tests run.py settings.py

.DEFAULT_GOAL := help
.PHONY: help setup run test conformance lint faults fuzz bench bench-rooms clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.server $(VENV)/.tools  ## only install

run: $(VENV)/.server  ## serve the demo catalogue on http://127.0.0.1:8888
	@$(PY) run.py demo

test: $(VENV)/.tools lint  ## lint, then all tests; the JavaScript client's need Node
	@command -v node >/dev/null || { echo "node (20 or newer) is missing: apt-get install nodejs"; exit 1; }
	@$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile

conformance: $(VENV)/.tools  ## the tests of rooms against the server at SMOVIE_ROOMS_URL
	@$(PY) -m pytest tests/rooms -rs

lint: $(VENV)/.tools
	@$(PY) -m ruff check $(FOLDERS)
	@$(PY) -m ruff format --check $(FOLDERS)
	@$(PY) -m mypy

faults: $(VENV)/.tools  ## the long fault runs: servers, MongoDB and Redis killed and stopped in full talk, bad crowds, nginx
	@$(PY) -m bench.faults

fuzz: $(VENV)/.tools  ## a million bad frames from clients of every kind, in some three minutes
	@$(PY) -m bench.fuzz

bench: $(VENV)/.tools  ## requests/s, search, watching, views and rooms beside a bare handler on the same machine; a login storm
	@$(PY) -m bench.rest
	@$(PY) -m bench.search
	@$(PY) -m bench.home
	@$(PY) -m bench.watching
	@$(PY) -m bench.views
	@$(PY) -m bench.rooms
	@$(PY) -m bench.logins

bench-rooms: $(VENV)/.tools  ## rooms under load against their floors; needs a C compiler
	@$(PY) -m bench.rooms_peers

clean:  ## remove the virtual environment and the demo data
	rm -rf $(VENV) .smovie

$(VENV)/.server: requirements.txt
	@PYTHON="$(PYTHON)" sh deploy/venv.sh $(VENV) requirements.txt
	@touch $@

$(VENV)/.tools: tests/requirements.txt requirements.txt
	@PYTHON="$(PYTHON)" sh deploy/venv.sh $(VENV) tests/requirements.txt
	@touch $@ $(VENV)/.server
