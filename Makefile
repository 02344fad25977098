# Each target sets itself up in .venv. `make help` lists what stands here after `##`, and the variables after `#=`.
#= CONFIG=config      run: the configuration config/CONFIG.yaml
CONFIG ?= config
#= CORES=all          run, rerun: how many cores
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
#= DIRECTORY=.        run: where resources/ and results/ go
DIRECTORY ?= .
#= RUN=, COUNTS=, SAMPLES=   predict: a run of CONFIG, files of counts, and their sample sheet
#= FORMAT=table, SCALE=, STRANDEDNESS=, NAME=new   predict: as in prebulk/corpora/NAME, and the name of the results
#= GENES=, CONDITION=, SCALE=tpm, OUTPUT=   query: of RUN: some values (JSON or a table), a label, where the answer goes
#= SAMPLE=           perturb: of COUNTS, or of RUN's own; without it, the mean profile of CONDITION; GENES holds folds
#= ACCESSION=, SAMPLES=   resolve: such as TCGA-CHOL, and where its sample sheet goes
#= CRATE=, INTO=rerun rerun: the folder of results that is repeated, and an empty one for the repetition
INTO ?= rerun
#= STAGE=, ROUNDS=5   bench: one stage instead of all, and how often each case is measured
ROUNDS ?= 5
#= MUTANTS=           mutants: options of tests/support/mutants.py
#= PYTHON=python3.11  the Python that .venv is made of
PYTHON ?= python3.11

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# uv does not read pip's own settings: a folder of wheels known to pip alone is made known to uv.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)

bin := .venv/bin
ready := .venv/ready
peers := .venv/peers

.PHONY: help demo run predict query perturb resolve rerun test faults bench mutants lint docs site lock

help: ## this list
	@echo "make TARGET [VARIABLE=value ...]"; echo
	@sed -n 's/^\([a-z]*\):.*## /  \1 /p' $(MAKEFILE_LIST) | while read -r name what; do printf '  %-8s %s\n' $$name "$$what"; done
	@echo; sed -n 's/^#= /  /p' $(MAKEFILE_LIST)

demo: run ## every stage on a simulated organism, without a network; then the report to open

# The Snakefile holds the folder by a lock that ends with its run, even a killed one; Snakemake's own would stay.
run predict: export PYTHONPATH := $(CURDIR)/workflow_scripts/terminal:$(CURDIR)$(if $(PYTHONPATH),:$(PYTHONPATH))
run: $(ready) ## the workflow by the configuration CONFIG
	@$(bin)/python -m workflow_scripts.settings.validation config/$(CONFIG).yaml
	@$(bin)/snakemake --logger genelm --nolock --configfile config/$(CONFIG).yaml --directory "$(DIRECTORY)" \
		--cores $(CORES) --report results/$(CONFIG)/report/report.html --report-after-run
	@$(bin)/python -m workflow_scripts.terminal.headline config/$(CONFIG).yaml --directory "$(DIRECTORY)"

predict: $(ready) ## new samples through a trained run: RUN=small COUNTS=new.tsv SAMPLES=new_samples.tsv
	@$(bin)/python -m workflow_scripts.settings.validation config/$(CONFIG).yaml
	@$(bin)/python -m workflow_scripts.terminal.predict --config config/$(CONFIG).yaml --directory "$(DIRECTORY)" \
		--cores $(CORES) $(foreach name,run counts samples format scale strandedness name,$(call given,$(name)))

query: $(ready) ## the rest of a profile, from some genes and a label: RUN=small GENES=genes.tsv CONDITION=liver
	@$(bin)/python -m workflow_scripts.terminal.query --config config/$(CONFIG).yaml --directory "$(DIRECTORY)" \
		$(foreach name,run genes scale condition output,$(call given,$(name)))

perturb: $(ready) ## other genes, were some another value: RUN=small GENES=folds.tsv CONDITION=liver (or SAMPLE=, COUNTS=)
	@$(bin)/python -m workflow_scripts.terminal.perturb --config config/$(CONFIG).yaml --directory "$(DIRECTORY)" \
		$(foreach name,run genes counts scale sample condition output,$(call given,$(name)))

# --name VALUE of the variable NAME, if it is set
given = $(if $($(call upper,$(1))),--$(1) $($(call upper,$(1))))
upper = $(shell echo $(1) | tr a-z A-Z)

# Nothing is downloaded by it: its lines are for config/datasets.tsv.
resolve: $(ready) ## what an archive has under ACCESSION, as declared files and a sample sheet
	@$(bin)/python -m workflow_scripts.terminal.resolve "$(ACCESSION)" $(call given,samples) $(call given,server)

# A run again from its crate, into the empty folder INTO; what comes out is held against the checksums of the crate.
rerun: $(ready) ## a run again from its crate, each file held against the checksums of the first
	$(bin)/python -m workflow_scripts.report.repeat_crate "$(CRATE)" "$(INTO)" --cores $(CORES)

# Each process of pytest has one thread: more, of three processes on two cores, wait for one another.
test: $(ready) ## all tests
	tests/support/debian_packages.sh
	OMP_NUM_THREADS=1 $(bin)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 15

# Many faults of every kind, and the table of them in README.md.
faults: $(ready) ## many faults of every kind, and the table of them in README.md
	FAULTS=large $(bin)/python -m pytest --durations 5 --timeout 7200 tests/workflow/test_faults.py
	$(bin)/python -m tests.support.faults

# Ours beside its peers, in results/bench/: of all stages, or of STAGE alone.
bench: $(peers) ## speed beside that of other tools, in results/bench/
	$(bin)/python -m tests.bench.runner $(STAGE) --rounds $(ROUNDS)

# MUTANTS takes the options of tests/support/mutants.py: make mutants MUTANTS="--rooms bulk --number 50"
mutants: $(ready) ## faults planted in the code, and how many the tests find
	$(bin)/python -m tests.support.mutants $(MUTANTS)

lint: $(ready) ## ruff, snakefmt and the linter of Snakemake
	$(bin)/ruff check . && $(bin)/ruff format --check .
	$(bin)/snakefmt --check Snakefile rules
	$(bin)/snakemake --lint

# A container is described by Snakemake, which asks conda for its version alone.
docs: $(ready) ## what the READMEs and the Dockerfile hold of the code, made anew
	$(bin)/python -m workflow_scripts.docs.readmes
	PATH="$(CURDIR)/tests/support/conda_stand_in/bin:$$PATH" $(bin)/snakemake --containerize > Dockerfile

site: $(ready) ## the Markdown of this project as a site, site/index.html
	$(bin)/python -m workflow_scripts.docs.site site

lock: $(ready) ## requirements*.lock of requirements*.in
	$(bin)/uv pip compile -q --no-annotate --no-header --no-emit-find-links requirements.in | sed 's/+cpu$$//' > requirements.lock
	$(bin)/uv pip compile -q --no-annotate --no-header --no-emit-find-links requirements.bench.in | sed 's/+cpu$$//' > requirements.bench.lock

$(ready): requirements.lock
	test -x $(bin)/python || $(PYTHON) -m venv .venv
	$(bin)/python -m pip install -q "$$(grep '^uv==' requirements.lock)"
	VIRTUAL_ENV=.venv $(bin)/uv pip install -q --compile-bytecode -r requirements.lock
	touch $(ready)

$(peers): requirements.bench.lock $(ready)
	VIRTUAL_ENV=.venv $(bin)/uv pip install -q -r requirements.bench.lock
	touch $(peers)
