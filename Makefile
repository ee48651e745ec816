# The one developer door. `make test` and `make run` set up what is missing first; everything else expects that.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.DEFAULT_GOAL := help

# Build output stays outside the clone, so that clones share it and nothing large is ever copied or committed.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/shanxun/target
BIN := $(CARGO_TARGET_DIR)/debug

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

.PHONY: setup
setup: ## install what is missing: system packages, tauri-driver, npm and Python packages
	@scripts/setup

.PHONY: test
test: setup lint ui-test build window-test console-test demo weak-link-short rust-test ## everything; the test runner's summary is the last line

.PHONY: run
run: setup build ## start the server with demo data of Miyun and open the app
	@scripts/run "$(BIN)"

.PHONY: build
build: ui-build ## the screens, then every program
	cargo build --workspace --bins

.PHONY: ui-build
ui-build:
	cd ui && npm run --silent build -- --logLevel warn
	cd ui/console && npm run --silent build -- --logLevel warn

.PHONY: ui-test
ui-test: ## types and unit tests of the screens
	cd ui && npm run --silent check && npm run --silent test
	cd ui/console && npm run --silent check && npm run --silent test

# The window embeds the built screens, so they must be there before any of its targets compiles.
.PHONY: lint
lint: ui-build ## formatting and lints; a warning is an error
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

.PHONY: types
types: ui-build ## write the TypeScript types of the commands
	SHANXUN_WRITE_TYPES=1 cargo test -p shanxun-app types_file

.PHONY: console-types
console-types: ui-build ## write the console's copy of the calls and the types of its client
	SHANXUN_WRITE_TYPES=1 cargo test -p shanxun-tests --test console_api the_consoles_copy
	cd ui/console && npm run --silent types

.PHONY: golden
golden: ## write the golden bytes of the protocol, after a change that is meant (docs/sync-protocol.md)
	SHANXUN_WRITE_GOLDEN=1 cargo test --workspace --test golden

.PHONY: fixtures
fixtures: build ## write the data of this format that later versions must open (tests/fixtures/data-*)
	SHANXUN_WRITE_FIXTURES=1 cargo test --workspace --test crash earlier_data

.PHONY: crash
crash: build ## kill -9, torn logs, full disks at length: make crash KILLS=1000 SEED=…
	SHANXUN_CRASH_KILLS="$(or $(KILLS),500)" $(if $(SEED),SHANXUN_CRASH_SEED="$(SEED)") \
	  cargo test --workspace --test crash -- --nocapture --test-threads=1

.PHONY: fmt
fmt: ## format the Rust sources
	cargo fmt --all

.PHONY: rust-test
rust-test: ## all Rust tests
	@if cargo nextest --version >/dev/null 2>&1; then \
	  cargo test --workspace --doc --quiet && cargo nextest run --workspace; \
	else cargo test --workspace; fi

.PHONY: fuzz
fuzz: ## try the decoders with broken input: TIME=60 (seconds for each) TARGET=name (default all)
	@TIME="$(TIME)" TARGET="$(TARGET)" scripts/fuzz

.PHONY: window-test
window-test: ## a real window, driven by WebDriver on a virtual display
	SHANXUN_BIN="$(BIN)" xvfb-run -a -s '-screen 0 1600x1200x24' dbus-run-session -- \
	  node --test --test-concurrency=1 --test-reporter=spec ui/e2e/*.test.mjs

.PHONY: console-test
console-test: ## the console in a real Chromium; PICTURES=DIR keeps what it looked like
	SHANXUN_BIN="$(BIN)" SHANXUN_PICTURES="$(PICTURES)" node --test --test-reporter=spec ui/console/e2e/*.test.mjs

.PHONY: demo
demo: build ## the story end to end, without a window
	"$(BIN)/shanxun-demo" run

# What `make weak-link` plays: the day of docs/weak-links.md, which takes about an hour.
WEAK_LINK ?= --records 300 --photos 600 --rate-kbit 64 --loss-percent 20 --cut-every-s 30 --cut-s 3
.PHONY: weak-link
weak-link: build ## a day over a weak link in network namespaces (root or sudo); WEAK_LINK='--records 30 …' for another
	"$(BIN)/shanxun-weak-link" $(WEAK_LINK)

# The same in less than a minute, for every run of the tests.
.PHONY: weak-link-short
weak-link-short: build
	"$(BIN)/shanxun-weak-link" --records 20 --photos 10 --rate-kbit 64 --loss-percent 20 --cut-every-s 10 --cut-s 2

# SEED=… RUNS=… EVENTS=… choose the schedules; FILE=… replays a kept one.
.PHONY: simulate
simulate: ## devices and a server in one process under seeded faults (SEED, RUNS, EVENTS, FILE)
	cargo run --quiet -p shanxun-tests --bin shanxun-simulate -- $(if $(FILE),--replay $(FILE),\
	  $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(if $(EVENTS),--events $(EVENTS)))

# PART=sync (scale, crowd, photos) measures one part; RUNS=1 is quicker and says less.
.PHONY: bench
bench: ## measure beside other libraries and write docs/benchmarks.md; takes half an hour
	@scripts/setup libvips-tools
	CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)" python3 tests/bench/run.py $(PART) --runs $(or $(RUNS),3)

.PHONY: clean
clean: ## remove build output
	rm -rf "$(CARGO_TARGET_DIR)" ui/dist ui/node_modules ui/console/node_modules
