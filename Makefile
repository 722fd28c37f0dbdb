# Every target first makes .venv if it is missing, stale, broken, or was made in another folder.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON := $(firstword $(foreach name,python3 python3.13 python3.12 python3.11 python3.14,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder
# Random lives of an order for each county.
test: export JIESU_LIVES ?= 2000
check: export JIESU_LIVES ?= 50
BIN := .venv/bin
STAMP := .venv/made-in
JUNIT := .pytest_cache/junit.xml
# `make test MEASURE=` runs the tests without coverage, in less time.
MEASURE ?= -m coverage run
COVERAGE := build/coverage/coverage.json
SBOM := build/sbom.cdx.json

# A virtual environment holds absolute paths: one that was moved, or whose Python is gone, is made again.
ifneq ($(shell [ -f $(STAMP) ] && [ "$$(cat $(STAMP))" = "$(CURDIR)" ] && $(BIN)/python -c 'print("runs")' 2>/dev/null),runs)
.PHONY: $(STAMP)
endif

.PHONY: help up test check lint fmt bench sbom clean

help:
	@echo 'make up      在这台机器上启动全部服务 / run everything on this machine'
	@echo 'make test    全部检查和测试 / every check and test'
	@echo 'make check   一分钟内的检查 / what takes less than a minute'
	@echo 'make fmt     整理格式 / format the code'
	@echo 'make bench   测量速度 / measure'
	@echo 'make sbom    软件物料清单 / what all this is made of (CycloneDX)'
	@echo 'make clean   删除 .venv 和缓存，数据保留 / remove .venv and caches, keep the data'

up: $(STAMP)
	@exec $(BIN)/jiesu up

test: lint
	@mkdir -p $(dir $(JUNIT)) $(dir $(COVERAGE)); rm -f $(JUNIT) $(dir $(COVERAGE))*; \
	status=0; $(BIN)/python $(MEASURE) -m pytest $(PYTEST_ARGS) --junitxml=$(JUNIT) || status=$$?; \
	if [ -n '$(MEASURE)' ] && $(BIN)/coverage combine -q && $(BIN)/coverage json -q -o $(COVERAGE); then \
		$(BIN)/python .ci/coverage_table.py $(COVERAGE); fi; \
	[ ! -f $(JUNIT) ] || $(BIN)/python .ci/counts.py $(JUNIT); \
	exit $$status

check: lint
	$(BIN)/python -m pytest -q $(PYTEST_ARGS) -m 'not slow' tests/domain tests/architecture

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(STAMP)
	@exec $(BIN)/jiesu bench

# Offline, and the same each time: no moments and no random numbers are in it.
sbom: $(STAMP)
	@mkdir -p $(dir $(SBOM))
	@PYTHONWARNINGS=ignore $(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --mc-type application \
		--spec-version 1.6 --output-reproducible --output-file $(SBOM) $(SBOM_FLAGS)
	@echo '$(SBOM)'

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.jiesu/*' -prune -exec rm -rf {} +

$(STAMP): requirements.lock pyproject.toml
	@[ -n '$(PYTHON)' ] || { echo '需要 Python 3.11 或更新的版本，没有找到（可用 make PYTHON=… 指定）。'; \
		echo 'Python 3.11 or newer is needed and was not found (make PYTHON=... names one).'; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "需要 Python 3.11 或更新的版本，$(PYTHON) 是 $$($(PYTHON) -V)。"; \
		echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V)."; exit 1; } >&2
	rm -rf .venv
	$(PYTHON) -m venv .venv
	@echo '正在安装软件包，第一次要几分钟。 / Fetching packages; the first time takes some minutes.'
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@printf %s '$(CURDIR)' > $@
