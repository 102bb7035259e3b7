# Every command a person needs. Go 1.26 and make are all it takes, but for the
# stacks on AWS, which need Node and npm besides.

DATA ?= sample-data
STAGE ?= dev
GOARCH ?= arm64
OUT ?= bin/functions

# What npm installs for the stacks: the CDK's command, Node for it, the checks.
TOOLS = infra/node_modules/.package-lock.json
BIN = $(CURDIR)/infra/node_modules/.bin
CDK = PATH="$(BIN):$$PATH" cdk

# A function as it is shipped, with the same bytes every time.
LAMBDA = CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags "-s -w -buildid="

.PHONY: run sample build test browser lint bench bench-lambda invoke fuzz lambda lambda-twice synth deploy infra-test clean help

run: sample ## build, make the sample data, migrate and evaluate it
	bin/screentest --data $(DATA) migrate
	bin/screentest --data $(DATA) evaluate --all --judge offline || test $$? -eq 3
	@echo "How often that is right: bin/screentest --data $(DATA) score --truth $(DATA)/truth.json"
	@echo "To look at it:           bin/screentest --data $(DATA) serve --judge offline"
	@echo "With your own actors:    bin/screentest --help, and README.md"

sample: build
	@test -e $(DATA)/actorsData.json || bin/screentest sample $(DATA)

build: ## leave bin/screentest
	go build -trimpath -o bin/screentest ./cmd/screentest

test: ## every test, and with the race detector, where a C compiler is there, all but the longest
	@test -n "$$SCREENTEST_ROSTER" || echo "SKIP the tests on the real roster: SCREENTEST_ROSTER does not name its directory"
	@command -v chromium >/dev/null && test -d $(AXE)/node_modules || echo "SKIP the pages in a browser: Chromium or axe-core is missing; make browser installs them"
	@test $(CGO) = 1 || echo "SKIP the race detector: there is no C compiler"
	test $(CGO) = 0 || CGO_ENABLED=1 go test -timeout 20m -race -short $(RACED)
	CGO_ENABLED=0 go test -timeout 20m ./...

browser: ## install what the tests of the pages need: Debian's Chromium, and axe-core from npm
	command -v chromium >/dev/null || apt-get install -y --no-install-recommends chromium fonts-dejavu-core
	npm ci --prefix $(AXE) --no-audit --no-fund

lint: ## gofmt, vet, staticcheck, and govulncheck where its database is reached
	@unformatted=$$(gofmt -l cmd functions internal pkg infra/*.go infra/house infra/setting infra/stack *.go); test -z "$$unformatted" || { echo "not gofmt-clean: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	@go tool govulncheck ./... || { test $$? -ne 3 && echo "SKIP govulncheck: its database cannot be reached"; }

bench: sample ## the figures of DESIGN.md: Go benchmarks, then whole runs
	go test -run '^$$' -bench . -benchtime 1s ./pkg/...
	go run ./cmd/bench -data $(DATA)

fuzz: ## each fuzz test for 20 seconds
	@for f in $$(grep -rlE '^func Fuzz' --include=*_test.go pkg); do \
		for name in $$(grep -oE '^func Fuzz[A-Za-z0-9_]+' $$f | cut -c6-); do \
			echo "$$name"; go test -run '^$$' -fuzz "^$$name$$" -fuzztime 20s ./$$(dirname $$f) || exit 1; \
		done; \
	done

lambda: ## leave bin/functions/NAME/bootstrap for Lambda; GOARCH=amd64 OUT=DIR for elsewhere
	@for name in $(patsubst functions/%/main.go,%,$(wildcard functions/*/main.go)); do \
		GOOS=linux GOARCH=$(GOARCH) $(LAMBDA) -o $(OUT)/$$name/bootstrap ./functions/$$name || exit 1; \
	done

lambda-twice: lambda ## build the functions again elsewhere: the bytes must be the same
	@again=$$(mktemp -d); trap 'rm -rf "$$again"' EXIT; $(MAKE) -s lambda OUT="$$again" && diff -r $(OUT) "$$again" && echo "same bytes"

# What is deployed runs on arm64, whatever the command line says of other builds.
synth deploy: override GOARCH = arm64
synth deploy: override OUT = bin/functions

synth: lambda $(TOOLS) ## write the stacks of STAGE to cdk.out; needs no account
	$(CDK) synth --quiet -c stage=$(STAGE)

deploy: lambda $(TOOLS) ## deploy the stacks of STAGE, see docs/deployment.md
	$(CDK) deploy --all -c stage=$(STAGE)

infra-test: ## the tests of the stacks
ifeq ($(shell command -v npm),)
	@echo "SKIP the tests of the stacks: they need Node and npm"
else
	@$(MAKE) --no-print-directory $(TOOLS)
	@command -v cfn-lint >/dev/null || echo "SKIP cfn-lint: it is not there"
	go build -o bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	cd infra && go vet ./... && ../bin/staticcheck ./... && go test -timeout 10m ./...
endif

$(TOOLS): infra/package-lock.json
	npm ci --prefix infra

FN ?= upload
EVENT ?= events/upload/bridge-created.json

invoke: sample ## call a function with an event: make invoke FN=evaluator EVENT=events/evaluator/batch.json
	$(LAMBDA) -o bin/here/$(FN)/bootstrap ./functions/$(FN)
	@go run ./cmd/invoke -function bin/here/$(FN)/bootstrap -event $(EVENT) -data $(DATA)

bench-lambda: sample ## what the functions weigh, take and cost
	go run ./cmd/bench-lambda -data $(DATA)

clean: ## remove what was built and the sample data
	rm -rf bin cdk.out $(DATA)

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Where the tests look for axe-core.
AXE = pkg/web/browser

# The race detector needs cgo, and that a C compiler.
CGO = $(if $(shell command -v $${CC:-cc}),1,0)

# What takes many times as long under the race detector, and is made of parts that
# are tested with it: whole programs and pages in a browser.
RACED = $(shell go list ./... | grep -vE '/(functions|cmd/screentest|pkg/web|pkg/generate/offline|pkg/judge/offline|pkg/sample.*|pkg/inspect)$$')
