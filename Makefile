# Everything that is done with this repository. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

DATABASE ?= sqlite://./data/telemetrics.db
LISTEN ?= 127.0.0.1:8080
# Of fuzzing, for each target.
FUZZ_SECONDS ?= 10
# Of the databases that `make bench` reads from, in records.
SIZES ?= 250000,1000000,4000000
BINARY := target/release/telemetrics
# Inside make, one look at the tools' folder is enough.
ENV := source scripts/env.sh;

.PHONY: help setup setup-test run build dashboard test lint unit wasm-test e2e example scaffold new-view new-core-view fuzz bench screenshots package clean

help: ## Show what there is
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: ## Install what a build needs and this machine lacks
	@scripts/setup.sh build

setup-test:
	@scripts/setup.sh test

run: build ## Build and serve the dashboard at http://127.0.0.1:8080 with embedded SQLite
	@exec $(BINARY) serve --listen $(LISTEN) --database $(DATABASE)

build: setup dashboard ## Build target/release/telemetrics, the dashboard inside
	@cargo build --release --locked --package telemetrics-backend

dashboard:
	@scripts/build-dashboard.sh

test: setup-test lint unit wasm-test e2e example scaffold fuzz ## Check and test everything, browser included

lint: setup-test ## Check format, lints (native and wasm), documentation, the libraries' public API
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package telemetrics-frontend --target wasm32-unknown-unknown --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
	node scripts/public-api.mjs
	cd e2e && npx tsc --noEmit

unit: setup-test ## Test all crates, on SQLite and PostgreSQL
	scripts/with-postgres.sh cargo test --workspace --locked --quiet

wasm-test: setup-test ## Test the dashboard's components in a browser
	$(ENV) CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner CHROMEDRIVER="$$(command -v chromedriver)" \
	  cargo test --package telemetrics-frontend --target wasm32-unknown-unknown --test web --locked

# By the program that `unit` has compiled: it reads the dashboard from dist/, and says more of what goes wrong.
e2e: setup-test dashboard ## Use the dashboard in Chromium as a person does
	cargo test --workspace --locked --quiet --no-run
	$(ENV) cd e2e && TELEMETRICS_BINARY=../target/debug/telemetrics npx playwright test

example: setup-test ## Build and test the example of a view of one's own
	scripts/example.sh

scaffold: setup-test ## Begin a view of each kind as new-view and new-core-view do, and test it
	scripts/scaffold-test.sh

new-view: ## Write a workspace with a view of one's own: make new-view NAME=disk-health DIR=../my-telemetrics
	@scripts/new-view.sh "$(NAME)" "$(DIR)"

new-core-view: ## Write a view of the core to begin with: make new-core-view NAME=disk-health
	@scripts/new-core-view.sh "$(NAME)"

fuzz: setup-test ## Feed what reads other people's texts with made-up ones, some seconds each (FUZZ_SECONDS=60)
	scripts/fuzz.sh $(FUZZ_SECONDS)

bench: setup-test build ## Measure this program on this machine, its dashboard in Chromium
	FSYNC=on scripts/with-postgres.sh bash -c '$(BINARY) bench --sizes $(SIZES) --postgres "$$TEST_POSTGRES_URL" --json target/bench.json'
	$(ENV) cd e2e && npx playwright test --config bench.config.ts

screenshots: setup-test build ## Take the pictures of the documentation anew
	$(ENV) cd e2e && npx playwright test --config screenshots.config.ts

package: build ## Make a Debian package in target/debian (needs cargo-deb: cargo install cargo-deb --locked)
	@command -v cargo-deb >/dev/null || { echo "cargo-deb is missing: cargo install cargo-deb --locked" >&2; exit 1; }
	rm -rf target/package && mkdir -p target/package
	$(BINARY) man target/package/man
	$(BINARY) completions bash >target/package/telemetrics.bash
	$(BINARY) completions zsh >target/package/_telemetrics
	$(BINARY) completions fish >target/package/telemetrics.fish
	cargo deb --package telemetrics-backend --no-build --locked

clean: ## Remove what builds have made (not data/)
	rm -rf target dist e2e/report e2e/test-results fuzz/target fuzz/corpus fuzz/found
