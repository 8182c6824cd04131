# The two commands are `make demo` and `make test`; each sets up what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SEED ?= 1
HOURS ?= 24

.PHONY: setup demo test check written bench soak simulate mutate screenshots sbom lock clean

setup: $(READY)

# Only what changes the installed packages makes this run again.
$(READY): requirements.lock pyproject.toml
	@echo "1 of 3: an environment in $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "2 of 3: $$(grep -c '==' requirements.lock) packages from PyPI, some 700 MB on disk; a minute or more the first time"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@echo "3 of 3: fagnett itself"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: setup
	@$(BIN)/fagnett demo

# Style, types, architecture: what needs no running.
check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

# What follows from the code and is written beside it: golden bytes of new facts, tables of the documents.
written: setup
	@$(BIN)/python -m tests.support.written

test: check
	@$(BIN)/python -m tests.run

bench: setup
	@$(BIN)/python -m tests.bench

# Longer runs of the same tests: more seeds, more examples, more faults.
soak: setup
	@$(BIN)/python -m tests.run --soak

# Four nodes on a virtual clock; the same seed gives the same run. TELL=--tell prints all that happens.
simulate: setup
	@$(BIN)/python -m tests.simulation --seed $(SEED) --hours $(HOURS) $(TELL)

# Changes the domain's code in thousands of ways and asks that the unit tests notice; takes an hour or two.
mutate: setup
	@$(BIN)/python -m tests.mutate

# Every page and state that the tests of a browser come to: build/screenshots, in two widths and three languages; takes as long as these tests and half an hour.
screenshots: setup
	@mkdir -p build/screenshots
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests/browser --screenshots build/screenshots

# What is shipped and under which licences: build/sbom.json (CycloneDX) and build/licences.csv.
sbom: setup
	@$(BIN)/python -m tests.sbom build

lock:
	uv pip compile --quiet --generate-hashes --no-header --universal --python-version 3.11 \
		--group dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* mutants
