# Every task of the project by name. `make help` lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
PORT ?= 8000
STRICT ?=
SOLUTIONS ?= 1
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FRAMEWORKS := $(VENV)/.frameworks

# One thread a process: sums come out the same on every machine, and two workers share two cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1
export STRICT

NBVAL := $(BIN)/python -m pytest -p no:cacheprovider --nbval-current-env --nbval-cell-timeout=60 \
	-n 2 --dist loadscope

.PHONY: help book links assets handout serve test lint unit coverage notebooks frameworks exercises mutants audit system bench screenshots lighthouse picture clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

# ---------------------------------------------------------------- installing, once

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; make PYTHON=python3.12 names another one."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "This Python cannot make virtual environments: make system"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt -e '.[torch,lab,book,notebooks,check,grade,dask,dev]'
	@touch $@

# Keras, Flax and JAX: another gigabyte, which the book does without.
$(FRAMEWORKS): $(STAMP)
	$(BIN)/pip install --quiet -c constraints.txt -e '.[frameworks]'
	@touch $@

# ---------------------------------------------------------------- reading

book: $(STAMP)  ## build the site into _build/html (makes .venv first; SOLUTIONS=0: without solution pages)
	$(BIN)/python -m tools.build $(if $(filter 0,$(SOLUTIONS)),--without-solutions)

links: book  ## ask every other host that the book links to whether the page is there (needs a web)
	$(BIN)/python -m tools.links

assets: $(STAMP)  ## fetch what the site needs of other projects into the user's cache, and say what is missing
	$(BIN)/python -m tools.assets

handout: $(STAMP)  ## pack notebooks, chapters and the library for a class, without solution pages
	$(BIN)/python -m tools.handout zip dist/handout.zip

pdf: book  ## print the whole book into one PDF in the site, and link it there (needs chromium)
	$(BIN)/python -m tools.pdf$(if $(filter 0,$(SOLUTIONS)), --site _build/handout/_build/html)

serve: book  ## serve the site on this machine only (PORT=8000)
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

screenshots: book  ## a picture of each page, for a telephone and a wide screen, light and dark (needs chromium)
	$(BIN)/python -m tools.screenshots

lighthouse: book  ## Lighthouse on every chapter (needs chromium, node and npm)
	$(BIN)/python -m tools.lighthouse

picture: book  ## take the README's picture and those of grading (needs chromium; MATHJAX=folder without a web)
	$(BIN)/python -m tools.picture $(if $(MATHJAX),--mathjax $(MATHJAX))
	$(BIN)/python -m tools.grading_pictures

# ---------------------------------------------------------------- testing

# Each stage runs, whatever became of the one before; the failed ones are named at the end.
test: $(STAMP) $(if $(filter-out 0,$(STRICT)),$(FRAMEWORKS))  ## everything: lint, the book, the notebooks, pytest (STRICT=1: anything not run is a failure)
	@failed=(); for stage in lint book notebooks unit; do \
		$(MAKE) --no-print-directory $$stage || failed+=($$stage); \
	done; \
	if [ $${#failed[@]} -gt 0 ]; then echo "FAILED: $${failed[*]}"; exit 1; fi

lint: $(STAMP)  ## ruff, codespell, and proselint on the text of the book
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python -m tools.prose

notebooks: $(STAMP)  ## run the notebooks and compare the stored outputs of the solutions
	@$(NBVAL) --nbval solutions && code=0 || code=1; $(NBVAL) --nbval-lax exercises && exit $$code

unit: $(STAMP)  ## pytest; the tests of the pages need the book
	$(BIN)/python -m pytest -n 2 tests

coverage: $(STAMP)  ## line coverage of the grader by its tests; a failure below 95 %
	rm -rf _build/coverage && mkdir -p _build/coverage
	$(BIN)/python -m coverage run -m pytest -n 2 tests/grader tests/commands
	$(BIN)/python -m coverage combine --quiet && $(BIN)/python -m coverage report

# ---------------------------------------------------------------- making

frameworks: $(FRAMEWORKS)  ## ask PyTorch, Keras and Flax what chapters 6 and 12 say of them, and write it down
	$(BIN)/python -m bnlib.lab.frameworks
	$(BIN)/python -m tools.snippets

exercises: $(STAMP)  ## write the notebooks of exercises/ and solutions/ from solutions/*.md
	$(BIN)/python -m tools.exercises

# The graders that ours is measured beside, each in an environment of its own, made once. torch
# comes in the same command, so that it is the build that constraints.txt means.
RIVALS := _build/rivals
$(RIVALS)/nbgrader/.installed: PACKAGE := nbgrader
$(RIVALS)/otter/.installed: PACKAGE := otter-grader
$(RIVALS)/%/.installed: benchmarks/rivals.txt constraints.txt pyproject.toml
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet -c constraints.txt -c benchmarks/rivals.txt \
		-e '.[torch]' ipykernel ipywidgets matplotlib $(PACKAGE)
	@touch $@

bench: $(STAMP) $(RIVALS)/nbgrader/.installed $(RIVALS)/otter/.installed  ## run every benchmark
	@# fuzz_protocol.py is no measurement: it runs for an hour, and needs atheris, which no extra has.
	@for script in $(filter-out benchmarks/fuzz_protocol.py,$(wildcard benchmarks/*.py)); do \
		echo "== $$script"; $(BIN)/python "$$script"; \
	done

mutants: $(STAMP)  ## change each solution in every small way and see the checks notice
	$(BIN)/python -m tools.mutants

audit: $(STAMP)  ## judge every known mistake and every honest alternative
	$(BIN)/bnlib checks audit

system:  ## install the Debian packages that some tests need
	@PYTHON=$(PYTHON) tools/system.sh

clean:  ## remove what was built; .venv stays
	rm -rf _build dist build .pytest_cache .ruff_cache .hypothesis *.egg-info
