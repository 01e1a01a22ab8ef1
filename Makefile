# Two commands: `make demo` sets up and runs the main job, `make test` checks a change in minutes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
NEWEST := .venv-newest
AUDIT := .venv-audit
# [GB] of .venv and of what pip unpacks meanwhile.
SPACE_GB := 8
# One more than cores: tests of nodes wait for messages.
WORKERS := $(shell echo $$(($$(nproc) + 1)))
TESTS := -m pytest -n $(WORKERS) --dist worksteal
# Compiled code is kept whatever the user's shell says: the tests start many processes.
unexport PYTHONDONTWRITEBYTECODE
INPUT ?=
OUTPUT ?= out/demo

.PHONY: demo test test-slow test-newest constraints audit lint bench benchmarks docs gpu-check setup clean

demo: $(STAMP)
	@$(BIN)/lacdepth demo --output "$(OUTPUT)" $(if $(INPUT),--input "$(INPUT)")

test: $(STAMP) lint
	$(BIN)/python $(TESTS) -m 'not slow'

# What takes more than a few seconds a test: whole trainings, files of ONNX, long runs of nodes.
test-slow: $(STAMP)
	$(BIN)/python $(TESTS) -m slow

# The newest releases of everything, in an environment of its own: what users without our
# constraints get. When it is green, `make constraints` makes its versions the tested ones.
test-newest:
	$(PYTHON) -m venv --clear $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --editable '.[all,dev]'
	$(NEWEST)/bin/python $(TESTS)

constraints:
	$(NEWEST)/bin/python tools/write_constraints.py

# Known vulnerabilities of the locked versions, by PyPI's advisories; fails where it cannot ask.
audit:
	$(PYTHON) -m venv --clear $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet pip-audit
	$(AUDIT)/bin/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/lacdepth benchmark

# Measures what the documents quote and writes docs/benchmarks.md; DATA is a manifest, OPTIONS are
# such as '-- --peers --cameras 1 3'.
benchmarks: $(STAMP)
	$(BIN)/python tools/write_benchmarks.py --data "$(DATA)" $(OPTIONS)

# The documentation site, in out/site; a broken link ends it.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

# On a machine with an NVIDIA GPU, with the Python that has PyTorch there (no venv, no network).
gpu-check:
	PYTHONPATH="$(CURDIR)" $(PYTHON) test/gpu_check.py --output out/gpu_check.json

setup: $(STAMP)

# The ROS 2 wheels exist for CPython 3.10 to 3.14 on x86-64 Linux.
$(STAMP): setup.py setup.cfg constraints.txt
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@echo 'Installing into $(VENV) (the first time this takes one to two minutes) ...'
	@test -f $(VENV)/bin/ruff || df -Pk . | awk 'NR == 2 && $$4 < $(SPACE_GB) * 1048576 { \
		printf "%s has %.1f GB free; the packages (PyTorch with CUDA) need about $(SPACE_GB)\n", $$6, $$4 / 1048576 }' >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable '.[all,dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(NEWEST) $(AUDIT) out build install log *.egg-info
