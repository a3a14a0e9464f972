# make demo and make test set up everything; the rest is for working on tsattn.
# On a machine whose package index offers only CUDA builds of torch, add the CPU index:
#   make demo PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP_ARGS ?=
BIN := .venv/bin
# each has one half of the tests, then what the other has left: kernels and fixtures are seldom made by both
WORKERS := -n 2 --dist worksteal
# one thread a process: two test workers on two cores do not fight; numba's would become OpenMP's
export OMP_NUM_THREADS ?= 1
export NUMBA_NUM_THREADS ?= $(OMP_NUM_THREADS)

.PHONY: demo test check lint types fast wheel docs hashes audit versions guard clean help

help:
	@echo "make demo    the main job on embedded data: a table, a report, pictures (demo/)"
	@echo "make test    every test (with TSATTN_DATA=folder also those on real data)"
	@echo "make docs    the user guide and the reference (build/docs); warnings are errors"
	@echo "make check   lint, types and the fast tests, before a commit"
	@echo "make audit   known weaknesses of what constraints.txt pins, and the hashes of its archives"
	@echo "make guard   five seeds on two data sets beside the figures of this repository"
	@echo "make versions  every test with the oldest and with the newest versions of what tsattn needs"

.venv/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e ".[dev]"
	touch $@

demo: .venv/.installed
	$(BIN)/tsattn bench --suite demo --output demo --jobs 2

test: .venv/.installed
	$(BIN)/pytest $(WORKERS)

check: lint types fast

lint: .venv/.installed
	$(BIN)/ruff check .

types: .venv/.installed
	$(BIN)/mypy

fast: .venv/.installed
	$(BIN)/pytest $(WORKERS) -m "not slow and not data"

# the wheel, in an environment of its own, runs the README's quick start away from the checkout
wheel: .venv/.installed
	rm -rf dist build/clean build/lib build/bdist*
	$(BIN)/python -m build --wheel --outdir dist
	$(PYTHON) -m venv build/clean
	build/clean/bin/pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt dist/*.whl
	$(BIN)/python tests/quickstart.py > build/quickstart.py
	cd build && clean/bin/python quickstart.py

build/.docs: .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt -e ".[docs]"
	mkdir -p build && touch $@

docs: build/.docs
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

# what pip takes for constraints.txt here, archive by archive; after each change of that file
hashes: .venv/.installed
	mkdir -p build
	$(BIN)/pip install --dry-run --quiet --ignore-installed --disable-pip-version-check $(PIP_ARGS) \
		--report build/pins.json -c constraints.txt ".[dev,docs]"
	$(BIN)/python tests/hashes.py build/pins.json > hashes.txt

# fails where an advisory is known, or where it cannot be asked for; then where an archive is another than its hash says
audit:
	$(PYTHON) -m venv build/audit
	build/audit/bin/pip install --quiet --disable-pip-version-check $(PIP_ARGS) pip-audit
	build/audit/bin/pip download --quiet --disable-pip-version-check $(PIP_ARGS) --no-deps --require-hashes \
		-r hashes.txt -d build/archives
	build/audit/bin/pip-audit --strict --disable-pip --no-deps -r constraints.txt

# an environment of its own each; the oldest are the lower bounds of pyproject.toml
versions:
	mkdir -p build
	$(PYTHON) -m venv build/newest
	build/newest/bin/pip install --quiet --disable-pip-version-check $(PIP_ARGS) --upgrade -e ".[dev]"
	build/newest/bin/python tests/oldest.py > build/oldest.txt
	build/newest/bin/pytest $(WORKERS)
	$(PYTHON) -m venv build/oldest
	build/oldest/bin/pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c build/oldest.txt -e ".[dev]"
	build/oldest/bin/pytest $(WORKERS)

# accuracy and fit time beside those that the repository holds; for every night (TSATTN_DATA=folder)
guard: .venv/.installed
	$(BIN)/tsattn bench --suite clean --only auslan --only spoken_arabic_digits --estimator sdma \
		--estimator scale-space-ridge --estimator xm2a --seeds 5 --jobs 2 --output runs/guard
	$(BIN)/python benchmarks/guard.py runs/guard

clean:
	rm -rf build dist demo .venv
