# The program, built on the Swift image and run on a slim Debian: `docker build -t tessera .`

# What the program runs on. Where no registry can be reached, cluster/images/build makes this stage alone, and puts a
# program into it that was built outside.
FROM debian:bookworm-slim AS runtime
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libcurl4 libhiredis0.14 libsqlite3-0 libssl3 libstdc++6 \
        zlib1g \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/tessera tessera \
    && install -d -o tessera -g tessera -m 700 /var/lib/tessera
# By number, so that a platform can see that it is not root.
USER 10001
# An SQLite file is put here, unless TESSERA_STORE says otherwise. Mount a volume to keep it.
WORKDIR /var/lib/tessera
ENV TESSERA_HOST=0.0.0.0 TESSERA_PORT=3000
EXPOSE 3000
# A node that cannot vouch for its mirror, or cannot ask its store, is not ready. Bash, so that nothing is installed for it.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=2 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/$TESSERA_PORT && printf 'GET /health/ready HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["tessera"]
CMD ["serve"]

FROM swift:6.3-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcurl4-openssl-dev libhiredis-dev libsqlite3-dev libssl-dev make zlib1g-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# The packages first, for they change seldom.
COPY Package.swift ./
RUN swift package resolve
# The package description names folders of tests, too, and SwiftPM wants to see them.
COPY Benchmarks Benchmarks
COPY Examples Examples
COPY Tests Tests
COPY Sources Sources
# The Makefile knows how the program is linked.
COPY Makefile ./
RUN make build && install -D -s -m 755 .build/release/tessera /program/tessera

FROM runtime
COPY --from=build /program/tessera /usr/local/bin/tessera
