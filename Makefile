# Each target sets up what it needs. `make demo` and `make test` are the README's two.

PYTHON ?= python3
BIN := .venv/bin
.DELETE_ON_ERROR:

.PHONY: help demo test replay swarm bench interop compiled types lint package clean

help:
	@echo "make demo      a fake radio on a bad network, and a client that uses it"
	@echo "make test      the test suite"
	@echo "make replay    20 real sessions on a lossy network, recorded and replayed"
	@echo "make swarm     500 whole sessions on a bad network, in simulated time"
	@echo "make bench     every figure the project claims, measured here"
	@echo "make interop   other people's programs against ours (installs them)"
	@echo "make compiled  a wheel with the core compiled, in dist/ (needs gcc)"
	@echo "make types     mypy --strict        (tox -e types)"
	@echo "make lint      ruff check, format   (tox -e lint)"
	@echo "make package   build, install, run  (tox -e package)"
	@echo "make clean     remove what these made"

demo: .venv/installed
	@$(BIN)/python examples/demo.py

test: .venv/installed
	@$(BIN)/python -m pytest -q -n auto --dist loadfile

replay: .venv/installed
	@REPLAY_SEEDS=20 $(BIN)/python -m pytest -q tests/sim/test_replay_log.py

swarm: .venv/installed
	@$(BIN)/python -m icom_sim.virtual.swarm --seeds 500

bench: .venv/installed
	@$(BIN)/python -m benchmarks

interop: .venv/installed
	@$(BIN)/python -m interop

compiled: .venv/installed
	@$(BIN)/python tools/compile_wheel.py dist

types lint package: .venv/installed
	@$(BIN)/tox run -q -e $@

.venv/installed: pyproject.toml tools/set-up tools/system-packages
	@tools/set-up "$(PYTHON)" .venv
	@touch $@

clean:
	rm -rf .venv .tox .bench .interop .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist out
