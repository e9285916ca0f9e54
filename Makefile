# Every target works from a bare clone: the first one makes .venv from the lock files, later ones find it done.
PYTHON ?= python3
SET_UP = $(PYTHON) deploy/bootstrap.py
VENV = .venv/bin/python
ARGS ?=
AT_ONCE ?= -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo up test test-long test-api test-postgres test-faults bench bench-marks bench-quality screenshots lint format

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-13s %s\n", $$1, $$2 }'
	@echo "  PYTHON=python3.12 names the Python (3.11 or newer), ARGS=... goes to pytest or to the benchmarks,"
	@echo "  AT_ONCE= runs the tests one after the other"

setup: ## environment, keys, database, first user
	@$(SET_UP)

demo: ## the whole story over REST, from data to a verified picture; writes var/demo/
	@exec $(SET_UP) --run demo

up: ## web and workers under one supervisor, until Ctrl-C
	@exec $(SET_UP) --run up

test: ## all tests but the minutes-long ones and most faults
	@$(SET_UP) --dev --packages-only
	@$(VENV) -m pytest $(AT_ONCE) -m "not slow and not faults and not api_long" $(ARGS)

test-long: ## the minutes-long tests
	@$(SET_UP) --dev --packages-only
	@$(VENV) -m pytest -m slow $(ARGS)

test-api: ## REST held against its OpenAPI document, for many minutes
	@$(SET_UP) --dev --packages-only
	@$(VENV) -m pytest -s -m api_long $(ARGS)

test-postgres: ## the tests that have a database, on PostgreSQL, whose server (postgres, initdb) must be installed
	@$(SET_UP) --dev --packages-only
	@KILNMARK_TEST_DATABASE=postgresql $(VENV) -m pytest $(AT_ONCE) -m "not slow and not faults and not api_long" $(ARGS)

test-faults: ## processes, broker and database killed amid their work, for many minutes; writes docs/faults.md
	@$(SET_UP) --dev --packages-only
	@$(VENV) -m pytest -s -m faults $(ARGS)

bench: ## how fast it is beside its peers; writes var/bench/, docs/benchmarks/ and docs/benchmarks.md
	@$(SET_UP) --dev --packages-only
	@$(VENV) -m benchmarks.peers
	@OMP_WAIT_POLICY=PASSIVE OPENBLAS_NUM_THREADS=1 $(VENV) -m benchmarks $(ARGS)

bench-marks: ## what each watermark survives and costs, in about ten minutes; writes docs/marks.md
	@$(SET_UP) --dev --packages-only
	@OMP_WAIT_POLICY=PASSIVE OPENBLAS_NUM_THREADS=1 $(VENV) -m benchmarks.marks $(ARGS)

bench-quality: ## how good the image families are on ../shared/data, in hours; writes docs/quality/ and docs/quality.md
	@$(SET_UP) --dev --packages-only
	@OMP_WAIT_POLICY=PASSIVE OPENBLAS_NUM_THREADS=1 $(VENV) -m benchmarks.quality $(ARGS)

screenshots: ## every page in light, dark, on a phone and in Chinese, in some minutes; writes docs/screenshots/
	@$(SET_UP) --dev --packages-only
	@$(VENV) -m deploy.screenshots $(ARGS)

lint: ## style, formatting, import walls, types, Compose files
	@$(SET_UP) --dev --packages-only
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@PYTHONPATH=platform:.:client .venv/bin/lint-imports --no-cache
	@$(VENV) -m mypy deploy models_store client/kilnmark
	@.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml deploy/containers/gpu.yml

format: ## format the code in place
	@$(SET_UP) --dev --packages-only
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix-only .
