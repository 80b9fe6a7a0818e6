# Each target sets up what it needs in .venv and needs nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
AXE := node_modules/axe-core/axe.min.js

# Images of containers often forbid Python to keep what it has compiled. Then each process would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

# Python compiles modules when they are first imported. If pip compiled all of them, it took twice as long, and 90 MB more.
# pip says much; of that, the names of packages show how far it is, and a line that they are there.
INSTALL := $(BIN)/pip install --disable-pip-version-check --no-compile
NAMES := sed -nuE 's/^Collecting ([^ ;]+).*/  \1/p; s/^Installing collected packages.*/Installing them./p'

.PHONY: crawl test lint docs lock licences readthedocs outdated screenshots bench bench-exports torture browser shells clients axe clean

# The sandbox's graph, two steps deep, into output/. ARGS goes to `scrapy crawl user_graph`.
ARGS ?= -a user=forss -a depth=2 -a relations=followings,followers,likes,reposts
crawl: export SC_SANDBOX ?= 1
crawl: $(READY)
	@echo "Crawling:"
	$(BIN)/scrapy crawl user_graph $(ARGS)

# All tests, as CI runs them. They wait for much of their time: five processes keep two cores busy, four do not.
test: $(READY_DEV) browser axe shells clients lint
	$(BIN)/pytest --numprocesses 5 --dist worksteal

lint: $(READY_DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The packages of .venv for which there is a newer version than the one that is pinned.
outdated: $(READY_DEV)
	$(BIN)/pip list --outdated --disable-pip-version-check

# The requirements, from pyproject.toml. ARGS_LOCK=--upgrade takes newer versions.
lock: $(READY_DEV)
	$(BIN)/python deploy/lock.py $(ARGS_LOCK)

# docs/packages.md: what each installed package weighs, and its licence.
licences: $(READY_DEV)
	$(BIN)/python -m docs.packages

# The documentation, into docs/_build/html.
docs: $(READY_DEV)
	$(BIN)/python -m sphinx -W --keep-going docs docs/_build/html

# The same as Read the Docs builds it: .readthedocs.yaml, in a fresh clone and a fresh environment.
readthedocs: $(READY_DEV)
	$(BIN)/python -m docs.readthedocs

# The pictures of the documentation and the README, into docs/images. The fonts have the signs that people's names have.
screenshots: $(READY_DEV) browser
	@fc-list | grep -qi emoji && fc-list | grep -qi droid || { apt-get update -qq \
		&& apt-get install -y -qq fonts-dejavu fonts-noto-color-emoji fonts-droid-fallback >/dev/null; }
	$(BIN)/python -m docs.screenshots

# The figures of docs/performance.md and docs/cluster.md, measured here.
bench: $(READY_DEV)
	$(BIN)/python -m bench.crawls $(ARGS_BENCH)
	$(BIN)/python -m bench.cluster
	$(BIN)/python -m bench.startup
	$(BIN)/python -m bench.profile
	$(BIN)/python -m bench.report

# Memory and speed of every export at ten million edges: half an hour, and 17 GB of disk.
bench-exports: $(READY_DEV)
	$(BIN)/python -m bench.exports $(ARGS_BENCH)

# Crawls killed at random moments against a sandbox that fails in every way, until their output equals the truth.
torture: $(READY_DEV)
	$(BIN)/python -m bench.torture $(ARGS_TORTURE)

# Reports are tested in a real browser. Without it, those tests are skipped; in CI they fail then.
browser:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null || { $(APT) chromium chromium-driver; } \
		|| echo "No Chromium, and no right to install it (sudo make browser): tests that need a browser are left out."

# The accessibility of reports is tested by axe-core, which npm brings.
axe: $(AXE)
$(AXE):
	@command -v npm >/dev/null || { $(APT) npm; } || true
	@npm install --silent --no-save --no-package-lock axe-core@4.14.1 >/dev/null \
		|| echo "No axe-core, since npm could not install it: its test is left out."

# Completion is tested in fish and zsh as well as in bash.
shells:
	@{ command -v fish && command -v zsh; } >/dev/null || { $(APT) fish zsh; } \
		|| echo "No fish or zsh, and no right to install them (sudo make shells): their tests are left out."

# Other clients of the public API write to the sandbox: one in JavaScript, one in Python. Their digests are beside them.
CLIENTS := tests/sandbox/javascript
MCP := $(VENV)-mcp
clients: $(CLIENTS)/node_modules/.ready $(MCP)/.ready
$(MCP)/.ready: tests/sandbox/python/requirements.txt
	@{ $(PYTHON) -m venv $(MCP) \
		&& $(MCP)/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $< \
		&& touch $@; } || { rm -rf $(MCP); \
		echo "No way to the registry of Python: tests that need soundcloud-mcp are left out."; }
$(CLIENTS)/node_modules/.ready: $(CLIENTS)/package-lock.json
	@command -v npm >/dev/null || { $(APT) npm; } || true
	@{ command -v npm >/dev/null && npm ci --prefix $(CLIENTS) --silent --no-audit --no-fund && touch $@; } \
		|| echo "No npm, or no way to its registry: tests that need soundcloud-api-ts are left out."

APT := test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq >/dev/null

$(READY): requirements.txt
	@echo "Setting up $(VENV), this once: the $$(grep -c == requirements.txt) packages of requirements.txt, about 1 minute."
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV) || { $(APT) python3-venv && $(PYTHON) -m venv $(VENV); }
	@$(INSTALL) --requirement requirements.txt | $(NAMES)
	@echo "The command sc-spiders, in $(BIN)."
	@$(INSTALL) --quiet --no-deps --editable .
	@touch $@

$(READY_DEV): requirements-dev.txt $(READY)
	@echo "What tests, bench and documentation need besides: the packages of requirements-dev.txt, some minutes, this once."
	@$(INSTALL) --requirement requirements-dev.txt | $(NAMES)
	@touch $@

clean:
	rm -rf $(VENV) $(MCP) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
