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
setup: ## install what is missing: system packages, tauri-driver, npm packages
	@scripts/setup

.PHONY: test
test: setup lint ui-test build window-test demo rust-test ## everything; the test runner's summary is the last line

.PHONY: run
run: setup build ## start the server with demo data of Miyun and open the app
	@scripts/run "$(BIN)"

.PHONY: build
build: ui-build ## the screens, then every program
	cargo build --workspace --bins

.PHONY: ui-build
ui-build:
	cd ui && npm run --silent build -- --logLevel warn

.PHONY: ui-test
ui-test: ## types and unit tests of the screens
	cd ui && npm run --silent check && npm run --silent test

# The window embeds the built screens, so they must be there before any of its targets compiles.
.PHONY: lint
lint: ui-build ## formatting and lints; a warning is an error
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings

.PHONY: types
types: ui-build ## write the TypeScript types of the commands
	SHANXUN_WRITE_TYPES=1 cargo test -p shanxun-app types_file

.PHONY: fmt
fmt: ## format the Rust sources
	cargo fmt --all

.PHONY: rust-test
rust-test: ## all Rust tests
	@if cargo nextest --version >/dev/null 2>&1; then \
	  cargo test --workspace --doc --quiet && cargo nextest run --workspace; \
	else cargo test --workspace; fi

.PHONY: window-test
window-test: ## a real window, driven by WebDriver on a virtual display
	SHANXUN_BIN="$(BIN)" xvfb-run -a -s '-screen 0 1600x1200x24' dbus-run-session -- \
	  node --test --test-reporter=spec ui/e2e/window.test.mjs

.PHONY: demo
demo: build ## the story end to end, without a window
	"$(BIN)/shanxun-demo" run

# PART=sync (scale, crowd, photos) measures one part; RUNS=1 is quicker and says less.
.PHONY: bench
bench: setup ## measure beside other libraries and write docs/benchmarks.md; takes half an hour
	CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)" python3 tests/bench/run.py $(PART) --runs $(or $(RUNS),3)

.PHONY: clean
clean: ## remove build output
	rm -rf "$(CARGO_TARGET_DIR)" ui/dist ui/node_modules
