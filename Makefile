# Every task of a contributor. `make help` lists them.

.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
MODULES := . installer devcluster tools internal/eks/verifiertest internal/gitlabapi/clienttest internal/oidc/oidctest
TOOLS := .cache/tools
ARCHES := amd64 arm64

# The compiler's cache is keyed by these too: one setting for every command, so that nothing is compiled twice.
export CGO_ENABLED := 0
export GOFLAGS := -trimpath -buildvcs=false
export GOWORK := off

# SQLite's code, translated from C, would take several times as long, and keeps its data where the detector sees nothing.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false

##@ Use

.PHONY: build
build: bin/roadstead bin/roadstead-installer bin/devcluster ## Build the three programs into bin/

.PHONY: demo
demo: build .cache/demo ## Show the product on a cluster of its own until Ctrl-C
	.cache/demo -bin bin

.PHONY: demo-check
demo-check: build .cache/demo ## Run the demo, check every step of it, and end
	.cache/demo -bin bin -check

.PHONY: demo-eks
demo-eks: build .cache/demo ## Show a cluster on Amazon EKS, with a fake AWS on this machine, until Ctrl-C
	.cache/demo -bin bin -eks

.PHONY: demo-eks-check
demo-eks-check: build .cache/demo ## Run the demo of EKS, check every step of it, delete the cluster, and end
	.cache/demo -bin bin -eks -check

.PHONY: images
images: $(TOOLS)/ociimage ## Build dist/*.tar: OCI images for linux/amd64 and linux/arm64, without a container engine
	for arch in $(ARCHES); do \
		GOARCH=$$arch $(call go-build,.,./cmd/roadstead,dist/$$arch/roadstead); \
		GOARCH=$$arch $(call go-build,installer,.,dist/$$arch/roadstead-installer); \
	done
	for name in roadstead roadstead-installer; do \
		$(TOOLS)/ociimage -o dist/$$name.tar -name $$name -version $(VERSION) $(foreach arch,$(ARCHES),$(arch)=dist/$(arch)/$$name); \
	done

##@ Check

.PHONY: test
test: room setup build verify lint vet unit ## Check everything; of the longest loops only a sample

.PHONY: test-full
test-full: export ROADSTEAD_TEST_FULL := 1
test-full: test ## Check everything, the longest loops whole

.PHONY: unit
unit: $(TOOLS)/testrun ## Run the tests of every module with the race detector; vet has a task of its own
	CGO_ENABLED=1 $(TOOLS)/testrun $(MODULES) -- $(RACE) -vet=off -timeout 30m

.PHONY: bench
bench: build ## Measure what the design promises; prints figure, reference and ratio
	scripts/bench

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## Run the linters over every module
	for module in $(MODULES); do (cd $$module && $(CURDIR)/$(TOOLS)/golangci-lint run --config $(CURDIR)/.golangci.yaml); done

.PHONY: vet
vet: ## Run go vet over every module
	for module in $(MODULES); do go -C $$module vet ./...; done

.PHONY: verify
verify: $(TOOLS)/sqlc ## Check that generated code and go.mod files are current
	$(TOOLS)/sqlc diff
	for module in $(MODULES); do go -C $$module mod tidy -diff; done

##@ Work

.PHONY: room
room: ## Check that the disk has room for what the tests write
	scripts/room

.PHONY: setup
setup: ## Install what the tests need from outside: Postgres, Chromium, kubectl
	scripts/setup

.PHONY: generate
generate: $(TOOLS)/sqlc ## Write generated code anew
	$(TOOLS)/sqlc generate
	UPDATE_GOLDEN=1 go test -count=1 -run IsCurrent ./internal/api ./internal/auth ./internal/cli ./internal/gitlabapi ./internal/setting

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## Format every module
	for module in $(MODULES); do (cd $$module && $(CURDIR)/$(TOOLS)/golangci-lint fmt --config $(CURDIR)/.golangci.yaml); done

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin dist .cache

.PHONY: help
help: ## List the tasks
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Programs. The go command knows what is up to date.

# $(call go-build,MODULE,PACKAGE,PROGRAM)
go-build = go -C $(1) build -ldflags '-s -w -X main.version=$(VERSION)' -o $(CURDIR)/$(3) $(2)

.PHONY: bin/roadstead bin/roadstead-installer bin/devcluster .cache/demo
bin/roadstead:
	$(call go-build,.,./cmd/roadstead,$@)
bin/roadstead-installer:
	$(call go-build,installer,.,$@)
bin/devcluster:
	go -C devcluster build -ldflags "$$(sh devcluster/ldflags.sh)" -o $(CURDIR)/$@ .

.cache/demo:
	$(call go-build,.,./cmd/demo,$@)

# Tools, built once for each version of tools/go.mod.

$(TOOLS)/golangci-lint $(TOOLS)/sqlc: tools/go.mod tools/go.sum
	go -C tools build -ldflags '-s -w' -o ../$(TOOLS)/ $(filter %/$(@F),$(shell go -C tools tool))
	touch $@
$(TOOLS)/testrun $(TOOLS)/ociimage: tools/go.mod $(shell find tools -name '*.go')
	go -C tools build -o ../$(TOOLS)/ ./$(@F)
	touch $@
