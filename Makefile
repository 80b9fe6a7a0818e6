# Each target sets up what it needs in .venv and needs nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: crawl test lint docs outdated screenshots bench bench-exports torture browser clean

# The sandbox's graph, two steps deep, into output/. ARGS goes to `scrapy crawl user_graph`.
ARGS ?= -a user=forss -a depth=2 -a relations=followings,followers,likes,reposts
crawl: export SC_SANDBOX ?= 1
crawl: $(READY)
	$(BIN)/scrapy crawl user_graph $(ARGS)

# All tests, as CI runs them. Tests wait for half of their time: so there are twice as many processes as cores.
test: $(READY) browser lint
	$(BIN)/pytest --numprocesses 4 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The packages of .venv for which there is a newer version than the one that is pinned.
outdated: $(READY)
	$(BIN)/pip list --outdated --disable-pip-version-check

# The documentation, into docs/_build/html.
docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going docs docs/_build/html

# The pictures of the documentation and the README, into docs/images. The fonts have the signs that people's names have.
screenshots: $(READY) browser
	@fc-list | grep -qi emoji && fc-list | grep -qi droid || { apt-get update -qq \
		&& apt-get install -y -qq fonts-dejavu fonts-noto-color-emoji fonts-droid-fallback >/dev/null; }
	$(BIN)/python -m docs.screenshots

# The figures of docs/performance.md and docs/cluster.md, measured here.
bench: $(READY)
	$(BIN)/python -m bench.crawls $(ARGS_BENCH)
	$(BIN)/python -m bench.cluster
	$(BIN)/python -m bench.profile

# Memory and speed of every export at ten million edges: half an hour, and 17 GB of disk.
bench-exports: $(READY)
	$(BIN)/python -m bench.exports $(ARGS_BENCH)

# Crawls killed at random moments against a sandbox that fails in every way, until their output equals the truth.
torture: $(READY)
	$(BIN)/python -m bench.torture $(ARGS_TORTURE)

# Reports are tested in a real browser.
browser:
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null \
		|| { apt-get update -qq && apt-get install -y -qq chromium chromium-driver >/dev/null; }

$(READY): requirements.txt docs/requirements.txt
	@echo "Setting up $(VENV): some minutes, this once."
	$(PYTHON) -m venv $(VENV) || { apt-get update && apt-get install -y python3-venv && $(PYTHON) -m venv $(VENV); }
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
