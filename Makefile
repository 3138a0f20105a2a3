# The platform on one machine. `make demo` and `make test` need nothing but Python 3.11, git and make.

SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .outbound/venv
BIN := $(VENV)/bin
unexport PYTHONDONTWRITEBYTECODE
export XDG_RUNTIME_DIR ?= /tmp

.PHONY: help setup demo demo-kill up down test torture fuzz fuzz-files exhaustive exhaustive-money bench-dispatch bench-rate bench-intake bench-scan \
	bench-turnaround bench-dbt bench-portal screenshots docs-dbt check format lock

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:  ## the environment from the hashed lock, in .outbound/venv
	@local/setup.sh

demo: setup  ## the main job, end to end, against a simulated carrier
	@$(BIN)/outbound demo

demo-kill: setup  ## the same with the dispatch worker killed while it sends
	@$(BIN)/outbound demo --kill

up: setup  ## the platform, until Ctrl-C
	@$(BIN)/outbound up

down: setup  ## ends what commands started
	@$(BIN)/outbound down

test: setup  ## all tests
	@$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder

torture: setup  ## 200 random rounds of kills and faults (ROUNDS=200, SEED=any)
	@PROTOCOL_STEPS=10000 $(BIN)/pytest -q tests/unit/dispatch/test_protocol.py
	@$(BIN)/python -m tests.acceptance.crash 2>/dev/null

fuzz: setup  ## a million inputs for the protocol: no crash, no hang, no growth of memory
	@$(BIN)/python -m tests.fuzz

exhaustive: setup  ## the number kernel against phonenumbers: a million strings, every edge of every region
	@$(BIN)/python -m tests.exhaustive

exhaustive-money: setup  ## the money of 2,000 random accounts, dbt beside a second implementation (ACCOUNTS=, SEED=)
	@$(BIN)/python -W ignore -m tests.exhaustive_money

fuzz-files: setup  ## 10,000 spoilt files through the intake: each answered, nothing by halves (COUNT=, SEED=)
	@$(BIN)/python -W ignore -m tests.fuzz_files 2>/dev/null

bench-dispatch: setup  ## durable submissions a second of one dispatch worker
	@$(BIN)/python benchmarks/dispatch.py

bench-rate: setup  ## whether a contracted rate is kept in every second, and used
	@$(BIN)/python benchmarks/rate.py

bench-intake: setup  ## campaign files of 1M and 10M rows beside a raw COPY of what lands
	@$(BIN)/python benchmarks/intake.py

bench-scan: setup  ## a look into 100 landing zones of 10,000 files each
	@$(BIN)/python benchmarks/scan.py

bench-turnaround: setup  ## from complete to answered: 20 files of 50,000 rows of 5 accounts, through the DAGs and SFTP
	@$(BIN)/python benchmarks/turnaround.py

bench-dbt: setup  ## a day's build after one day and after thirty, of 10M and 50M segments; a month's close; the prepaid fold
	@$(BIN)/python benchmarks/dbt.py

bench-portal: setup  ## every page of the portal with 50M submissions behind it, 20 people at once; the SLA page beside the log itself
	@$(BIN)/python benchmarks/portal.py

screenshots: setup  ## the pictures of docs/images: the real portal with the demo's data in Chromium
	@$(BIN)/python -m tests.acceptance.portal.screenshots

docs-dbt: setup  ## the models' documentation, one page without a network, in .outbound/dbt-docs
	@$(BIN)/python -W ignore -m billing.model_docs .outbound/dbt-docs

check: setup  ## lint, types, import contracts
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --quiet --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache | tail -n 4
	@if [ -d dbt/models ]; then $(BIN)/sqlfluff lint --nocolor -q dbt/models dbt/tests; fi

format: setup  ## rewrites the code in the project's form
	@$(BIN)/ruff check --quiet --fix-only
	@$(BIN)/ruff format --quiet

lock: setup  ## resolves the dependencies anew, with hashes and without any host
	@PATH="$$PATH:.outbound/uv/bin" uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --extra dev pyproject.toml --output-file requirements.lock
