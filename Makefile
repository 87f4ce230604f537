# make run     builds the optimised program and serves a demo at http://localhost:3000
# make test    builds and runs all tests
# make bench   measures, on this machine;  make bench-redis  only the Redis client
# make sanitize              runs the tests of the Redis protocol under AddressSanitizer (a part of make test)
# make redis-instructions    counts instructions and allocations of the Redis client, for each command
# make lint    checks the format of the sources;  make format  mends it

.PHONY: run test sanitize bench bench-redis redis-instructions build lint format packages clean
.DEFAULT_GOAL := build

PORT ?= 3000

# The libraries that the package links against, as Debian and Ubuntu name their packages.
PACKAGES := libssl-dev libsqlite3-dev zlib1g-dev libhiredis-dev
# What the tests of the Redis client start, and the maker of their certificates.
test: PACKAGES += redis-server redis-sentinel redis-tools openssl

# The optimised build. On Linux the Swift runtime goes into the program, so that it runs where no Swift is installed.
RELEASE := -c release $(if $(filter Linux,$(shell uname)),--static-swift-stdlib)

run: build
	@echo "Serving a demo at http://localhost:$(PORT) (stop with Ctrl-C)"
	@exec "$$(swift build $(RELEASE) --show-bin-path)/tessera" serve --demo --port $(PORT)

build: packages
	@echo "Building the optimised program; the first time this takes some minutes."
	swift build $(RELEASE) --product tessera

test: packages
	@echo "Building the tests; the first time this takes some minutes."
	swift build --build-tests
	@echo "Running the tests."
	@# One after the other: some take all of a core for a while, others have limits of time.
	swift test --skip-build --no-parallel
	@$(MAKE) --no-print-directory sanitize

# A package of its own and a build of its own: see Tests/RESPSanitized/Package.swift.
sanitize: packages
	@echo "Running the tests of the Redis protocol under AddressSanitizer."
	swift test --package-path Tests/RESPSanitized --scratch-path .build-sanitized --sanitize address --disable-xctest

bench: PACKAGES += wrk redis-server redis-tools
bench: packages
	@echo "Building the optimised program and the benchmark; the first time this takes some minutes."
	swift build $(RELEASE) --product tessera
	swift build $(RELEASE) --product TesseraBenchmark
	@"$$(swift build $(RELEASE) --show-bin-path)/TesseraBenchmark"
	@$(MAKE) --no-print-directory bench-redis

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

# Installs what is missing, and says so.
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
	    $$sudo apt-get update -q && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; \
	fi

clean:
	swift package clean
