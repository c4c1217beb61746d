# Two commands do everything on a machine with Python 3.11+ and make: `make demo` and `make test`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test check dialogues understand bench format clean

$(VENV)/run.stamp: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/dev.stamp: pyproject.toml $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: $(VENV)/run.stamp            ## a month of a sample programme, in a browser and a terminal
	$(BIN)/kumbusha demo $(ARGS)

test: $(VENV)/dev.stamp            ## all tests
	$(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

check: $(VENV)/dev.stamp           ## what CI runs: format, lint, types, catalogues, migrations, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy kumbusha.py
	$(BIN)/python -m locales.catalogues check
	$(MAKE) test

dialogues: $(VENV)/dev.stamp       ## rewrite what the bot says in tests/dialogues, to be read as a diff
	-$(BIN)/python -m pytest -q tests/test_dialogues.py -k "sqlite and says" --update
	git diff --stat -- tests/dialogues

understand: $(VENV)/dev.stamp      ## how much of a corpus of messages is understood
	$(BIN)/python -m benchmarks.understand $(ARGS)

bench: $(VENV)/dev.stamp           ## turns per second beside a peer, in the same run
	$(BIN)/python -m benchmarks.turns $(ARGS)

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .demo .pytest_cache .mypy_cache .ruff_cache
