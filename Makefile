# The commands; what they do is in scripts/.

.PHONY: help run build dev format check test prove bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build it for a first look, and serve it on http://localhost:3000
	@exec scripts/run

build: ## Build the release: target/release/taskwire
	@scripts/build

dev: ## Serve a debug build, rebuilt and reloaded at every change
	@scripts/dev

format: ## Format the code
	@scripts/format

check: ## The quick checks: formatting, lints, quick Rust tests
	@scripts/test format lint-server lint-browser rust-quick

test: ## Every check, quick ones first (some only: make test only="lint-server e2e")
	@scripts/test $(only)

prove: ## Try the release under faults and check every promise (make prove seed=7 minutes=10)
	@scripts/prove $(if $(seed),--seed $(seed)) $(if $(minutes),--minutes $(minutes))

bench: build ## Measure the release build
	@scripts/bench

clean: ## Remove everything that was built
	rm -rf target scripts/node_modules packaging/node_modules end2end/node_modules end2end/test-results end2end/playwright-report
