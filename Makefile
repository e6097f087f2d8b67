# The commands of a contributor; CI runs the same ones (.ci/run).
# `make play ARGS="--choruses 0 --tempo 180"` hands options on.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
SHARED ?= $(or $(JAZZ_IMPROV_SHARED),../shared)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help play test check format bench torture data model leanings etudes page-assets clean

help: ## Show this
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing: apt install python3-venv" >&2; exit 1; }

$(VENV)/.base: pyproject.toml | $(VENV)/bin/python
	@$(PIP) --editable .
	@touch $@

$(VENV)/.full: pyproject.toml | $(VENV)/bin/python
	@$(PIP) --editable '.[train,audio,link,dev]'
	@touch $@ $(VENV)/.base

play: $(VENV)/.base ## Play the built-in cell over the built-in blues, four choruses
	@$(BIN)/jazz-improv page --choruses 4 $(ARGS)

test: $(VENV)/.full ## Run the tests (real MIDI ports too where JACK is installed)
	$(BIN)/python -m pytest -m "not jack" -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder $(ARGS) \
	  || [ $$? -eq 5 ]
	$(BIN)/python -m pytest -m jack $(ARGS) || [ $$? -eq 5 ] # alone: what else runs makes JACK late, and it loses messages then

check: $(VENV)/.full ## Formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.full ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.full ## Run every benchmark (hours: one trains, one soaks): a table and a JSON line each
	@failed=; for program in $(filter-out benchmarks/torture.py benchmarks/jam.py,$(wildcard benchmarks/[a-z]*.py)); do \
	  echo "== $$program"; JAZZ_IMPROV_SHARED=$(SHARED) $(BIN)/python $$program; status=$$?; \
	  [ $$status -lt 128 ] || exit $$status; [ $$status -eq 0 ] || failed="$$failed $$program"; \
	done; [ -z "$$failed" ] || { echo "These failed:$$failed" >&2; exit 1; }

torture: $(VENV)/.full ## Attack it for ten minutes (docs/robustness.md)
	@$(BIN)/python benchmarks/torture.py $(ARGS)

data: $(VENV)/.base ## Compose the built-in corpus again, byte for byte
	$(BIN)/python data/compose.py

model: $(VENV)/.full ## Train the default cell again, from the solos in $(SHARED)/eval (half an hour)
	$(BIN)/jazz-improv train $(SHARED)/eval/train.jsonl.gz --valid $(SHARED)/eval/valid.jsonl.gz \
	  --card models/bebop.card.json --seed 1 --out models/bebop --force
	$(BIN)/python -c "from pathlib import Path; from improv.training.feel import write_feel; \
	  write_feel(Path('$(SHARED)/corpora/wjazzd'), Path('models/bebop'))"
	$(BIN)/python -c "from pathlib import Path; from improv.grammar.line.habits import write_habits; \
	  from improv.corpus.events import read_events; \
	  write_habits(read_events(Path('$(SHARED)/eval/train.jsonl.gz')), Path('models/bebop'))"
	$(MAKE) leanings

leanings: $(VENV)/.full ## Learn again what the default cell leans to, and what judges its rehearsals (five minutes)
	$(BIN)/python -c "from pathlib import Path; from improv.corpus.events import read_events; \
	  from improv.training.leanings import write_leanings; from improv.training.rehearsal import write_judge; \
	  solos = read_events(Path('$(SHARED)/eval/train.jsonl.gz')); folder = Path('models/bebop'); \
	  write_leanings(folder, solos); write_judge(folder, solos)"

etudes: $(VENV)/.full ## Train the cell of the built-in corpus again
	$(BIN)/jazz-improv train --out models/etudes --force

page-assets: ## Make the page's synth and sounds again (npm, apt: docs/make_page_assets.mjs)
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && cd "$$work" && \
	  npm install --silent --no-audit --no-fund --prefix . spessasynth_core@4.3.22 stb-vorbis@0.0.6 esbuild@0.28.2 \
	    @fontsource-variable/jost@5.3.0 @fontsource-variable/inter@5.3.0 && \
	  apt-get download -qq fluidr3mono-gm-soundfont=2.315-7 && dpkg -x fluidr3mono-gm-soundfont_*.deb font && \
	  node $(CURDIR)/docs/make_page_assets.mjs node_modules font/usr/share/fluidr3mono-gm-soundfont/FluidR3Mono_GM.sf3 \
	    font/usr/share/doc/fluidr3mono-gm-soundfont/copyright

clean: ## Remove the environment and what tools leave behind
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info
