# Everything runs in .venv, which is made and kept up to date by itself: no target needs another one first.

VENV ?= .venv
BIN := $(VENV)/bin

# The first interpreter that is new enough and can make environments; name another with `make PYTHON=/path/to/python …`.
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell $(name) -c '$(SUITABLE)' >/dev/null 2>&1 && echo $(name))))

PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
# A lock names everything, so pip has nothing to choose: what was published since cannot get in the way.
LOCKED := $(PIP) install --no-deps --require-hashes --only-binary :all: -r
ITSELF := $(PIP) install --no-deps --no-build-isolation -e .

# `make lock UPGRADE=--upgrade` takes newer versions; without, only what pyproject.toml asks for changes.
UV ?= $(BIN)/uv
COMPILE = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate $(UPGRADE)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test unit check format docs bench proof fuzz lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: $(VENV)/.demo ## set up, start three Iris predictors and the proxy, ask them (ARGS=--once: and stop)
	@$(BIN)/plait demo $(ARGS)

# The fast ones on all cores; those that start processes, or take their time, one after the other.
test: $(VENV)/.dev ## run the tests, with coverage (ARGS='-k name': some of them)
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@$(BIN)/python -m pytest -m 'not slow and not e2e' -n auto --cov --cov-fail-under=0 --cov-report=
	@$(BIN)/python -m pytest -m 'slow or e2e' --cov --cov-append --cov-report=term
endif

unit: $(VENV)/.dev ## run those tests that need no socket, in seconds (ARGS='tests/graph -x': some of them)
	@$(BIN)/python -m pytest -q -m 'not slow and not e2e and not sockets' -n auto $(ARGS)

check: $(VENV)/.dev ## format, lint, types, import rules, locks, compose files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@! grep -n '://' requirements*.lock || { echo 'A lock names no index: run `make lock`.' >&2; exit 1; }
	@for file in $(wildcard examples/*/docker-compose.yml); do \
		echo "check-jsonschema $$file"; $(BIN)/check-jsonschema --builtin-schema vendor.compose-spec "$$file" || exit 1; done

format: $(VENV)/.dev ## format, and mend what the linter can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: $(VENV)/.dev ## write the generated halves of docs/nodes anew
	@$(BIN)/python docs/reference.py

bench: $(VENV)/.bench ## measure plait beside nginx and beside FastAPI with httpx
	@$(BIN)/python bench/run.py $(ARGS)

fuzz: $(VENV)/.fuzz ## look for inputs that break promises, a minute each target (ARGS='json_text --seconds 600')
	@$(BIN)/python fuzz/run.py $(ARGS)

proof: $(VENV)/.dev ## measure what plait promises under load and faults, and write docs/proof.md (ARGS='late kills': some rows)
	@$(BIN)/python -m proof $(ARGS) --write docs/proof.md

lock: $(if $(filter $(BIN)/uv,$(UV)),$(VENV)/.dev) ## write the locks anew (UPGRADE=--upgrade: with newer versions)
	$(COMPILE) --extra control --extra jobs --extra onnx --group dev -o requirements.lock
	$(COMPILE) --extra control --extra jobs --extra onnx --group build -c requirements.lock -o requirements-demo.lock
	$(COMPILE) --extra onnx --group bench -c requirements.lock -o requirements-bench.lock
	$(COMPILE) --group fuzz -c requirements.lock -o requirements-fuzz.lock

clean: ## remove the environment and everything that tools left
	rm -rf $(VENV) build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find src tests examples bench proof docs fuzz -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# One stamp per set of packages, older than its lock when there is something to install.

$(BIN)/pip:
	@"$(or $(PYTHON),false)" -c '$(SUITABLE)' 2>/dev/null || { \
		echo 'plait needs Python 3.11 or newer with its venv module (on Debian and Ubuntu: python3-venv).' >&2; \
		echo 'None of python3.13, python3.12, python3.11, python3 is. Name one: make PYTHON=/path/to/python …' >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: requirements-demo.lock pyproject.toml | $(BIN)/pip
	@echo 'Installing what plait needs, once …'
	@$(LOCKED) $<
	@$(ITSELF)
	@touch $@

$(VENV)/.dev: requirements.lock pyproject.toml | $(BIN)/pip
	@echo 'Installing plait and its tools, once …'
	@$(LOCKED) $<
	@$(ITSELF)
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: requirements-bench.lock pyproject.toml | $(BIN)/pip
	@echo 'Installing plait and what it is measured against, once …'
	@$(LOCKED) $<
	@$(ITSELF)
	@touch $@

$(VENV)/.fuzz: requirements-fuzz.lock pyproject.toml | $(BIN)/pip
	@echo 'Installing plait and what fuzzes it, once …'
	@$(LOCKED) $<
	@$(ITSELF)
	@touch $@
