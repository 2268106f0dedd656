# Jaanch: every command of a developer's day. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

JAANCH_SAMPLES ?= $(abspath ../shared/samples)
export JAANCH_SAMPLES
GO ?= go
export GOFLAGS := -mod=readonly
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD := CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
GOFILES := $(shell find cmd internal web -name '*.go' -not -path '*/node_modules/*' 2>/dev/null) go.mod go.sum
# What goes into the screens; the journeys and the checks beside them do not.
WEBFILES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path 'web/e2e/*' -not -name '*.test.ts*' 2>/dev/null)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# --- building -------------------------------------------------------------------------------------------------------

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/edge/dist/index.html web/hub/dist/index.html &: web/node_modules/.package-lock.json $(WEBFILES)
	cd web && npm run --silent build
	@touch web/edge/dist/index.html web/hub/dist/index.html

bin/edge: $(GOFILES) web/edge/dist/index.html
	$(BUILD) -o $@ ./cmd/edge

bin/hub: $(GOFILES) web/hub/dist/index.html
	$(BUILD) -o $@ ./cmd/hub

bin/sqlc: tools/sqlc/go.mod tools/sqlc/go.sum
bin/golangci-lint: tools/lint/go.mod tools/lint/go.sum
bin/gofumpt: tools/fmt/go.mod tools/fmt/go.sum
bin/sqlc bin/golangci-lint bin/gofumpt:
	cd $(dir $<) && GOFLAGS= $(GO) build -trimpath -o $(abspath bin)/ tool
	@touch $@

# --- running --------------------------------------------------------------------------------------------------------

.PHONY: run
run: ## build everything and start the demonstration: hub, node, simulated analyzers
	packaging/dev/prepare.sh postgres
	$(MAKE) --no-print-directory bin/edge bin/hub
	packaging/dev/demo.sh

.PHONY: edge-run
edge-run: bin/edge ## start a node alone, with the demo lab, data in .run/edge
	bin/edge serve --data .run/edge --listen 127.0.0.1:8080 --listen-tls :8443 --hl7 :6661 --astm :6662 --demo

.PHONY: hub-run
hub-run: bin/hub ## start a hub alone on a private Postgres, data in .run/hub
	packaging/dev/prepare.sh postgres
	bin/hub serve --private .run/hub --listen 127.0.0.1:8000

# --- proving --------------------------------------------------------------------------------------------------------

.PHONY: test
test: ## every test: Go with the race detector, UI units, browser journeys, conformance
	packaging/dev/prepare.sh postgres chromium gcc pdftotext
	$(MAKE) --no-print-directory bin/edge bin/hub
	CGO_ENABLED=1 JAANCH_BIN=$(abspath bin) $(GO) test -race -timeout 15m ./...
	cd web && npm run --silent test
	cd web && JAANCH_BIN=$(abspath bin) npm run --silent e2e
	$(MAKE) --no-print-directory conformance

.PHONY: conformance
conformance: bin/edge ## the scores over the captures and vectors in JAANCH_SAMPLES
	@if [ ! -d "$(JAANCH_SAMPLES)" ]; then echo "conformance: JAANCH_SAMPLES=$(JAANCH_SAMPLES) is not there; nothing was scored"; \
	else JAANCH_BIN=$(abspath bin) $(GO) test -count=1 -run Conformance ./internal/... ./cmd/...; fi

bench/node_modules/.package-lock.json: bench/package-lock.json
	cd bench && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: bench
bench: bench/node_modules/.package-lock.json ## the figures, each beside its reference in the same run
	@mkdir -p .run && rm -f .run/figures.md
	JAANCH_BENCH=1 JAANCH_BENCH_OUT=$(abspath .run/figures.md) $(GO) test -count=1 -p 1 -timeout 30m -run '^TestFigures' \
	  $$(grep -rl --include='*_test.go' 'func TestFigures' internal cmd | xargs -n 1 dirname | sort -u | sed 's|^|./|')
	@cat .run/figures.md

.PHONY: sim
sim: ## the deterministic simulation of sync: 4,000 seeds, every planted mistake; SEED=n plays one history again
	JAANCH_SIM_SEED=$(SEED) JAANCH_SIM_SEEDS=4000 JAANCH_SIM_BUGS=10000 $(GO) test -count=1 -v -timeout 60m ./internal/sync/simulation/...

.PHONY: sim-deep
sim-deep: ## 200,000 seeds of the same simulation, one after the other: nodes and hub as models in memory, no database
	JAANCH_SIM_SEEDS=200000 JAANCH_SIM_BUGS=10000 $(GO) test -count=1 -v -timeout 600m ./internal/sync/simulation/...

.PHONY: soak
soak: bin/edge bin/hub ## the long fault tests: 500 kill rounds, every transcript cut at every byte
	JAANCH_ALL_OFFSETS=1 $(GO) test -count=1 -timeout 20m -run Row06 ./internal/instruments/session/
	JAANCH_BIN=$(abspath bin) JAANCH_KILL_ROUNDS=500 $(GO) test -count=1 -timeout 60m -v -run Kill ./cmd/edge/ ./internal/hub/outside/

.PHONY: fuzz
fuzz: ## every fuzz target, FUZZTIME each (default 30s)
	packaging/dev/fuzz.sh $${FUZZTIME:-30s}

# --- keeping order --------------------------------------------------------------------------------------------------

.PHONY: lint
lint: bin/golangci-lint web/node_modules/.package-lock.json ## golangci-lint (with the import direction), eslint, prettier
	bin/golangci-lint run ./...
	cd web && npm run --silent lint

.PHONY: fmt
fmt: bin/gofumpt web/node_modules/.package-lock.json ## format Go and web sources
	bin/gofumpt -w $$(git ls-files '*.go' ':!*.gen.go')
	cd web && npm run --silent fmt

.PHONY: generate
generate: bin/sqlc bin/gofumpt web/node_modules/.package-lock.json ## sqlc, OpenAPI documents, TypeScript clients
	packaging/dev/generate.sh

.PHONY: verify
verify: generate ## generate again and fail when anything differs from what is committed; the node builds for Windows, serial ports included
	$(GO) mod tidy -diff
	GOOS=windows GOARCH=amd64 CGO_ENABLED=0 $(GO) vet ./cmd/edge ./internal/instruments/...
	git diff --exit-code

.PHONY: package
package: bin/edge bin/hub ## cross-build for linux amd64, arm64 and windows amd64 with checksums
	packaging/dev/package.sh $(VERSION)
