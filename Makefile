# make run     builds the optimised program and serves a demo at http://localhost:3000
# make test    builds and runs all tests
# make test-cluster          runs the cluster suite against containers;  TOPOLOGY=standalone, sentinel or redis-cluster for one
# make test-nodes            runs the cluster suite on processes over loopback (a part of make test)
# make bench   measures, on this machine;  make bench-redis  only the Redis client;  make bench-cluster  only a cluster
# make sanitize              runs the tests of the Redis protocol under AddressSanitizer (a part of make test)
# make redis-instructions    counts instructions and allocations of the Redis client, for each command
# make lint    checks the format of the sources;  make format  mends it

.PHONY: run test test-nodes test-cluster sanitize bench bench-redis bench-cluster redis-instructions build lint format packages clean
.DEFAULT_GOAL := build

PORT ?= 3000

# The libraries that the package links against, as Debian and Ubuntu name their packages.
PACKAGES := libssl-dev libsqlite3-dev zlib1g-dev libhiredis-dev libcurl4-openssl-dev
# What the tests of the Redis client start, and the maker of their certificates.
test: PACKAGES += redis-server redis-sentinel redis-tools openssl
# The tests run real OpenID providers: two in Python, which pip installs below .build/peers, and one in C. (It wants a
# database to be set up; dbconfig-sqlite3 is the smallest of those that can. The tests use databases of their own.)
test: PACKAGES += glewlwyd dbconfig-sqlite3
test: PACKAGES += $(shell python3 -c 'import venv, ensurepip' 2>/dev/null || echo python3-venv)

# The optimised build. On Linux the Swift runtime goes into the program, so that it runs where no Swift is installed, and
# it is linked so that little of it has to be in memory (Docs/decisions/0012-less-to-map.md).
RELEASE := -c release
ifeq ($(shell uname),Linux)
RELEASE += --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker --no-export-dynamic
RELEASE += $(shell getconf GNU_LIBC_VERSION | awk '$$2 >= 2.36 { print "-Xlinker -z -Xlinker pack-relative-relocs" }')
endif

run: build
	@echo "Serving a demo at http://localhost:$(PORT) (stop with Ctrl-C)"
	@exec "$$(swift build $(RELEASE) --show-bin-path)/tessera" serve --demo --port $(PORT)

build: packages
	@echo "Building the optimised program; the first time this takes some minutes."
	swift build $(RELEASE) --product tessera

# The tests run a mail server of Python's.
test: PACKAGES += python3-venv
test: packages
	@echo "Building the tests; the first time this takes some minutes."
	swift build --build-tests
	@echo "Running the tests."
	@# One after the other: some take all of a core for a while, others have limits of time.
	swift test --skip-build --no-parallel
	@$(MAKE) --no-print-directory sanitize

# The cluster suite alone, on processes over loopback: several nodes, real Redis servers, faults. Three to five minutes.
test-nodes: PACKAGES += redis-server redis-sentinel redis-tools openssl
test-nodes: packages
	swift build --build-tests
	swift test --skip-build --no-parallel --filter '^ClusterTests\.'

# A package of its own and a build of its own: see Tests/RESPSanitized/Package.swift.
sanitize: packages
	@echo "Running the tests of the Redis protocol under AddressSanitizer."
	swift test --package-path Tests/RESPSanitized --scratch-path .build-sanitized --sanitize address --disable-xctest

# Clusters in Docker: see cluster/test. cluster/engine installs and starts an engine where none answers, and ends it.
TOPOLOGY ?= standalone sentinel redis-cluster
test-cluster: PACKAGES += curl openssl
test-cluster: packages
	@cluster/engine --check
	@echo "Building the optimised program and the tests; the first time this takes some minutes."
	swift build $(RELEASE) --product tessera
	swift build --build-tests
	@program="$$(swift build $(RELEASE) --show-bin-path)/tessera"; \
	cluster/engine sh -c 'cluster/images/build "$$0" && exec cluster/test "$$@"' "$$program" $(TOPOLOGY)

bench: PACKAGES += wrk redis-server redis-tools
bench: packages
	@echo "Building the optimised program and the benchmark; the first time this takes some minutes."
	swift build $(RELEASE) --product tessera
	swift build $(RELEASE) --product TesseraBenchmark
	@"$$(swift build $(RELEASE) --show-bin-path)/TesseraBenchmark"
	@$(MAKE) --no-print-directory bench-redis
	@$(MAKE) --no-print-directory bench-cluster

# REVOCATIONS is how many are made to see how long they take to count everywhere.
REVOCATIONS ?= 10000
bench-cluster: PACKAGES += wrk redis-server redis-tools
bench-cluster: packages
	swift build $(RELEASE) --product tessera
	swift build $(RELEASE) --product ClusterBenchmark
	@exec "$$(swift build $(RELEASE) --show-bin-path)/ClusterBenchmark" $(REVOCATIONS)

bench-redis: PACKAGES += redis-server redis-tools
bench-redis: packages
	swift build $(RELEASE) --product RedisBenchmark
	@exec "$$(swift build $(RELEASE) --show-bin-path)/RedisBenchmark"

# The same work twice, once with more commands: the difference is what these cost, without start and end.
redis-instructions: PACKAGES += redis-server redis-tools valgrind
redis-instructions: packages
	swift build $(RELEASE) --product RedisBenchmark
	@exec Benchmarks/RedisBenchmark/count-instructions "$$(swift build $(RELEASE) --show-bin-path)/RedisBenchmark"

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks Examples

format:
	swift format format --in-place --recursive Package.swift Sources Tests Benchmarks Examples

# Installs what is missing, and says so. No service that comes along is started, now or with the machine: invoke-rc.d asks
# policy-rc.d, and 101 is no.
POLICY := /usr/sbin/policy-rc.d
packages:
	@command -v swift >/dev/null || { echo "Swift 6.2 or newer is needed: https://www.swift.org/install" >&2; exit 1; }
	@missing=""; \
	if command -v dpkg-query >/dev/null; then \
	    for package in $(PACKAGES); do \
	        dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	    done; \
	elif ! command -v brew >/dev/null; then \
	    echo "No dpkg here: make sure that these are installed: $(PACKAGES)"; \
	fi; \
	if [ -n "$$missing" ]; then \
	    echo "Installing with apt:$$missing"; \
	    sudo=""; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    if [ ! -e $(POLICY) ]; then \
	        trap "$$sudo rm -f $(POLICY)" EXIT; trap 'exit 1' HUP INT TERM; \
	        printf '#!/bin/sh\nexit 101\n' | $$sudo tee $(POLICY) >/dev/null; $$sudo chmod 755 $(POLICY); \
	    fi; \
	    $$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing \
	        || exit 1; \
	    for package in $$missing; do \
	        [ ! -e /etc/init.d/$$package ] || $$sudo update-rc.d $$package disable; \
	    done; \
	fi

clean:
	swift package clean
