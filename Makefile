# The first of these that is a Python which TensorFlow supports.
SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in .venv/bin/python python3.11 python3.12 python3.13 python3; do \
	$$python -c '$(SUPPORTED)' 2>/dev/null && command -v $$python && break; done)
BIN := .venv/bin
READY := .venv/ready
# Two processes test at once, so each gets one thread.
PYTEST := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

# What JupyterLab does not list: it is there to make notebooks.
NOT_LISTED := ['*.py', '__pycache__', 'course', 'figures', 'site', 'source']

.DEFAULT_GOAL := help
.PHONY: help notebooks solutions going-further porting browser-test check test test-unit lint bench
.PHONY: archives by-hand-test constraints course dist lab site site-test test-lowest test-newest

help: ## list all commands
	@sed -n 's/^\([a-z-]*\):.*## /\1:/p' $(MAKEFILE_LIST) | awk -F: '{printf "make %-13s %s\n", $$1, $$2}'

notebooks: $(READY) ## write all notebooks from their sources, without executing them
	$(BIN)/python notebooks/build.py write

solutions: $(READY) ## execute the solution notebooks and save their outputs
	$(BIN)/python notebooks/build.py execute solution

going-further: $(READY) ## execute the going-further notebooks and save their outputs
	$(BIN)/python notebooks/build.py execute going_further

course: $(READY) ## make the assignments for nbgrader, in build/course
	$(BIN)/python -m notebooks.course make

porting: $(READY) ## execute the porting notebook and save its outputs
	$(BIN)/python notebooks/build.py execute porting

test: $(READY) ## run all tests
	$(PYTEST)

test-unit: $(READY) ## run only the fast tests, in under a minute
	$(PYTEST) tests/unit

test-lowest: $(READY) ## run the tests with the lowest versions that pyproject.toml allows
	mkdir -p build
	$(BIN)/python tests/by_hand/lowest_versions.py > build/lowest.txt
	$(call test_in,build/lowest,--constraint build/lowest.txt,-o filterwarnings=default)

test-newest: $(READY) ## run the tests with the newest versions available
	$(call test_in,build/newest)

# Run the tests in a fresh virtual environment. Arguments: its folder, options of pip, options of
# pytest. With the lowest versions, warnings are not errors: old libraries warn about each other.
define test_in
	$(PYTHON) -m venv --clear $(1)
	$(1)/bin/python -m pip install --quiet --disable-pip-version-check $(2) --editable '.[dev]'
	$(subst $(BIN),$(1)/bin,$(PYTEST)) $(3)
endef

browser-test: $(READY) ## run the exercises in JupyterLab in headless Chromium
	$(BIN)/python -m pytest tests/by_hand/browser.py

check: $(READY) ## fail if a notebook or a translation is out of date
	$(BIN)/python notebooks/build.py check

lint: $(READY) ## check style, spelling and types
	$(BIN)/ruff check .
	$(BIN)/codespell
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY) ## measure speed and memory
	$(BIN)/python tests/benchmarks/benchmark.py

site: $(READY) ## build the site from the saved notebooks, in build/site
	$(BIN)/python -m notebooks.site.build

site-test: $(READY) ## test the site and its pages in headless Chromium
	$(BIN)/python -m pytest tests/by_hand/test_site.py tests/by_hand/test_live.py tests/by_hand/test_train.py

by-hand-test: site ## test the course with nbgrader, the live page, the site and the workflows
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable ".[dev,class]"
	$(BIN)/python -m pytest tests/by_hand --ignore tests/by_hand/test_services.py
	$(BIN)/python -m pytest tests/slow -m weekly
	PHOTOS=50 $(BIN)/python -m pytest tests/slow/test_photos.py

dist: $(READY) ## build the package, in build/dist, and check it
	rm -rf build/dist
	$(BIN)/python -m hatchling build -d build/dist
	$(BIN)/python -m twine check --strict build/dist/*

# The zip files have the folders en, ko, … and site.
archives: site ## pack notebooks, site and the newest changes for a release, in build/archives
	rm -rf build/archives
	mkdir -p build/archives
	$(BIN)/python -m zipfile -c build/archives/mnist_nn-notebooks.zip \
		$(patsubst %/exercise.ipynb,%,$(wildcard notebooks/*/exercise.ipynb))
	$(BIN)/python -m zipfile -c build/archives/mnist_nn-site.zip build/site
	awk '/^## /{n++; next} n == 1' .github/CHANGELOG.md > build/archives/CHANGES.md

constraints: ## renew constraints.txt with the newest versions
	$(PYTHON) -m venv --clear build/constraints
	build/constraints/bin/python -m pip install --quiet --disable-pip-version-check uv
	(grep '^#' constraints.txt; build/constraints/bin/uv pip compile pyproject.toml --upgrade --quiet \
		--all-extras --universal --python-version 3.11.0 --fork-strategy fewest \
		--no-header --no-annotate) > build/constraints.txt
	mv build/constraints.txt constraints.txt

lab: $(READY) ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab --LabApp.news_url=None --ContentsManager.hide_globs="$(NOT_LISTED)" notebooks

# Set up once, and again only when the requirements have changed. If another make does so just now,
# wait for it (where there is flock).
LOCK := $(shell command -v flock >/dev/null && echo flock build/set-up.lock)
$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "There is no Python 3.11, 3.12 or 3.13, which TensorFlow needs." \
		"Name one (make PYTHON=/path/to/python3.12), or let uv bring one into .venv:" \
		"uv venv --seed --python 3.13"; exit 1; }
	@mkdir -p build
	@echo "Setting up .venv: TensorFlow, Jupyter and others, 3 GB on disk. It takes a few minutes, once."
	@$(LOCK) sh -c 'test $@ -nt pyproject.toml -a $@ -nt constraints.txt || { \
		"$(PYTHON)" -m venv .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check \
			--constraint constraints.txt --editable ".[dev]" && touch $@; }'
