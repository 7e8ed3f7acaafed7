# Everything a contributor runs. `make test` is what CI runs; `make demo` is what a newcomer runs.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -X main.version=$(VERSION)
# The tag leaves out a writer of manual pages, which takes time at every start.
TAGS     = -tags urfave_cli_no_docs
LIBS     = jsengine/libraries
BUNDLES  = $(LIBS)/dist/chai.js
PEER     = cmd/offscope/testdata/scimmy
READERS  = report/testdata/readers
PEERS    = $(PEER)/node_modules/.package-lock.json $(READERS)/node_modules/.package-lock.json

FUZZTIME ?= 10s

.PHONY: demo test build libraries peers lint check-format tidy race golden fuzz soak bench bench-compare cover dist clean

build: libraries ## build bin/offscope
	$(GO) build -trimpath $(TAGS) -ldflags '$(LDFLAGS)' -o bin/offscope ./cmd/offscope

demo: build ## run the shipped tests on the embedded servers
	bin/offscope demo

test: libraries peers lint race ## format, vet, staticcheck, tidiness, arrows, and all tests with the race detector

libraries: $(BUNDLES) ## fetch and bundle the script libraries

$(BUNDLES): $(LIBS)/package-lock.json $(LIBS)/build.mjs
	cd $(LIBS) && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build
	@touch $@

peers: $(PEERS) ## install what nobody here wrote for the tests: a SCIM server, and readers of the report formats

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

lint: check-format tidy
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

check-format:
	@files=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; }

tidy:
	$(GO) mod tidy -diff

race:
	$(GO) test -race -shuffle=on ./...

golden: libraries peers ## rewrite the golden files; read the difference before committing it
	UPDATE_GOLDEN=1 $(GO) test ./...

fuzz: libraries ## each fuzz target for FUZZTIME
	scripts/fuzz $(FUZZTIME)

soak: ## what takes too long for every change
	OFFSCOPE_SOAK=1 $(GO) test -race -run 'Killed|Interrupted|OutputOrder' ./cmd/offscope
	$(MAKE) fuzz FUZZTIME=60s

bench: libraries ## benchmarks of the packages, then whole processes against a bare loop
	$(GO) test -run '^$$' -bench . -benchmem ./...
	scripts/bench-process

bench-compare: libraries ## benchmarks of this tree against BASE (default: the last commit), with benchstat
	scripts/bench-compare $(or $(BASE),HEAD)

cover: libraries peers
	$(GO) test -coverprofile=coverage.out ./... && $(GO) tool cover -func=coverage.out | tail -1

dist: libraries ## release binaries
	@mkdir -p dist
	@for target in linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64; do \
	  os=$${target%/*}; arch=$${target#*/}; ext=; test $$os = windows && ext=.exe; \
	  echo dist/offscope-$$os-$$arch$$ext; \
	  CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath $(TAGS) -ldflags '-s -w $(LDFLAGS)' -o dist/offscope-$$os-$$arch$$ext ./cmd/offscope || exit 1; \
	done

clean:
	rm -rf bin dist coverage.out $(LIBS)/node_modules
	find $(LIBS)/dist -mindepth 1 ! -name README.md -delete
