# The only place that knows the order of the stages. `make` alone prints this help.
PYTHON ?= python3
BIN := .venv/bin
export TOKENIZERS_PARALLELISM := true
# make train CONFIG=mine.yaml   the same chain for labels and rows of your own (docs/own-labels.md)
# make train EXTRA=news.jsonl   labelled rows (text, label) to be measured beside the test split
CONFIG ?=
EXTRA ?=
OPTIONS := $(if $(CONFIG),--config $(CONFIG))
MEASURE := -m train.evaluate $(OPTIONS) $(if $(EXTRA),--extra $(EXTRA))

.DEFAULT_GOAL := help
.PHONY: help setup data audit audit-dependencies train curve eval bench bench-inference test test-all test-oldest smoke lint docs wheels image-constraints clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,dev]'
	@touch $@

setup: .venv/ready  ## make .venv with everything that training and tests need

data: setup  ## seeds/, or the rows of CONFIG, -> data/: check, split, write
	$(BIN)/python -m train.build $(OPTIONS)

audit: setup  ## slow checks of the corpus: paraphrases across splits, shortcuts, likely label errors, diversity
	$(BIN)/python -m train.build --audit

audit-dependencies: setup  ## known vulnerabilities of the versions in constraints.txt; says so where the advisory service cannot be reached
	@said=$$($(BIN)/pip-audit --no-deps --disable-pip --progress-spinner off --timeout 15 --requirement constraints.txt 2>&1) \
	  && echo "$$said" \
	  || { echo "$$said" | tail -n 20; echo "$$said" | grep -qE "ConnectionError|Max retries|ServiceError|Connection refused" \
	    && echo "NOT AUDITED: the advisory service cannot be reached"; }

train: data  ## build, fit (or go on where a killed run stopped), calibrate, export and measure the default model, or that of CONFIG=mine.yaml
	$(BIN)/python -m train.fit $(OPTIONS) --resume auto --force
	$(BIN)/python -m train.calibrate $(OPTIONS)
	$(BIN)/python -m train.export $(OPTIONS)
	$(BIN)/python $(MEASURE) --measure.gate null

curve: setup  ## the default recipe on a quarter and a half of the training articles; the default run's report then draws a learning curve
	for part in quarter:0.25 half:0.5; do \
	  options="--run default-$${part%:*} --engine.train_share $${part#*:}"; \
	  $(BIN)/python -m train.fit $$options --force && $(BIN)/python -m train.calibrate $$options && $(BIN)/python $(MEASURE) --measure.gate null $$options || exit 1; \
	done

eval: setup  ## measure the default model, or that of CONFIG, on test and hold it to its gate (configs/gates); exit 1 if it falls short
	$(BIN)/python $(MEASURE)

bench: setup  ## speed of training against transformers' Trainer on the same rows, and memory at ten thousand, a hundred thousand and a million rows
	$(BIN)/python -m bench.training
	$(BIN)/python -m bench.memory

bench-inference: setup  ## speed, start-up and memory of predicting against transformers and others; wants an idle machine
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	$(BIN)/python -m bench.inference $(OPTIONS)

test: setup  ## all tests but the slow ones, no network
	$(BIN)/pytest -m "not slow"

test-all: setup  ## all tests
	$(BIN)/pytest

test-oldest: setup  ## the tests of `make test` on the oldest dependencies that pyproject.toml allows
	@mkdir -p build
	$(BIN)/uv pip compile --quiet pyproject.toml --extra train --extra dev --resolution lowest-direct \
	  --python-version 3.11 --no-header --no-annotate --no-emit-index-url --output-file build/oldest.txt
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python build/oldest
	$(BIN)/uv pip sync --quiet --python build/oldest build/oldest.txt
	$(BIN)/uv pip install --quiet --python build/oldest --no-deps -e .
	build/oldest/bin/python -m pytest -m "not slow"

smoke:  ## the whole chain with a tiny random model in under a minute: do the parts fit?
	$(MAKE) train CONFIG=configs/smoke.yaml

lint: setup  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: setup  ## docs/reference-*.md anew, from docstrings and --help; then the site in build/site, its links checked
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build

wheels: setup  ## dist/: the code, and the trained models as wheels of data (base where runs/base is); the same bytes each time
	$(BIN)/python -m train.wheels $(if $(wildcard runs/base/metrics.json),--base runs/base)

image-constraints: setup  ## constraints-image.txt anew: what the container image installs, at the versions of constraints.txt, with digests
	$(BIN)/uv pip compile --quiet pyproject.toml --extra serve --extra html --extra diary --constraints constraints.txt \
	  --generate-hashes --python-version 3.11 --no-header --no-annotate --no-emit-index-url --output-file constraints-image.txt

clean:  ## delete runs and caches; data/ and .venv stay
	rm -rf runs dist .pytest_cache .mypy_cache .ruff_cache build *.egg-info
