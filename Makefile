# make demo | run CONFIG=yeast | rerun CRATE=results/yeast | test | faults | bench STAGE=tracks | mutants | lint | docs | lock: each sets itself up in .venv.
CONFIG ?= config
CORES ?= $(shell nproc)
DIRECTORY ?= .
INTO ?= rerun
ROUNDS ?= 5
PYTHON ?= python3.11

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# uv does not read pip's own settings: a folder of wheels known to pip alone is made known to uv.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)

bin := .venv/bin
ready := .venv/ready
peers := .venv/peers

.PHONY: demo run rerun test faults bench mutants lint docs lock

demo: run

# The Snakefile holds the folder by a lock that ends with its run, even a killed one; Snakemake's own would stay.
run: export PYTHONPATH := $(CURDIR)/workflow_scripts/terminal:$(CURDIR)$(if $(PYTHONPATH),:$(PYTHONPATH))
run: $(ready)
	@$(bin)/python -m workflow_scripts.settings.validation config/$(CONFIG).yaml
	@$(bin)/snakemake --logger genelm --nolock --configfile config/$(CONFIG).yaml --directory "$(DIRECTORY)" \
		--cores $(CORES) --report results/$(CONFIG)/report/report.html --report-after-run
	@$(bin)/python -m workflow_scripts.terminal.headline config/$(CONFIG).yaml --directory "$(DIRECTORY)"

# A run again from its crate, into the empty folder INTO; what comes out is held against the checksums of the crate.
rerun: $(ready)
	$(bin)/python -m workflow_scripts.report.repeat_crate "$(CRATE)" "$(INTO)" --cores $(CORES)

test: $(ready)
	tests/support/debian_packages.sh
	$(bin)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 15

# Many faults of every kind, and the table of them in README.md.
faults: $(ready)
	FAULTS=large $(bin)/python -m pytest --durations 5 --timeout 7200 tests/workflow/test_faults.py
	$(bin)/python -m tests.support.faults

# Ours beside its peers, in results/bench/: of all stages, or of STAGE alone.
bench: $(peers)
	$(bin)/python -m tests.bench.runner $(STAGE) --rounds $(ROUNDS)

# MUTANTS takes the options of tests/support/mutants.py: make mutants MUTANTS="--rooms bulk --number 50"
mutants: $(ready)
	$(bin)/python -m tests.support.mutants $(MUTANTS)

lint: $(ready)
	$(bin)/ruff check . && $(bin)/ruff format --check .
	$(bin)/snakefmt --check Snakefile rules
	$(bin)/snakemake --lint

docs: $(ready)
	$(bin)/python -m workflow_scripts.docs.readmes

lock: $(ready)
	$(bin)/uv pip compile -q --no-annotate --no-header --no-emit-find-links requirements.in | sed 's/+cpu$$//' > requirements.lock
	$(bin)/uv pip compile -q --no-annotate --no-header --no-emit-find-links requirements.bench.in > requirements.bench.lock

$(ready): requirements.lock
	test -x $(bin)/python || $(PYTHON) -m venv .venv
	$(bin)/python -m pip install -q "$$(grep '^uv==' requirements.lock)"
	VIRTUAL_ENV=.venv $(bin)/uv pip install -q --compile-bytecode -r requirements.lock
	touch $(ready)

$(peers): requirements.bench.lock $(ready)
	VIRTUAL_ENV=.venv $(bin)/uv pip install -q -r requirements.bench.lock
	touch $(peers)
