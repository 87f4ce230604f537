import CoreMetrics
import HTTPTypes
import JSON
import TesseraHTTP
import TesseraRuntime
import Testing

@Suite("Metrics in the text format of Prometheus")
struct PrometheusTests {
    @Test("Counters, gauges and histograms, in order, with help, and labels escaped")
    func format() {
        let registry = PrometheusRegistry(help: ["b": "Counts\nthings.", "d": "Takes time."])
        Counter(label: "b", dimensions: [("x", "say \"hi\"\\\n")], factory: registry).increment(by: 3)
        Counter(label: "b", dimensions: [("x", "a")], factory: registry).increment()
        Counter(label: "b", dimensions: [("x", "a")], factory: registry).increment()
        Gauge(label: "a.b-c", factory: registry).record(2.5)
        let timer = CoreMetrics.Timer(label: "d", dimensions: [], factory: registry)
        timer.recordNanoseconds(600_000)
        timer.recordNanoseconds(2_000_000_000)
        timer.recordNanoseconds(60_000_000_000)
        let text = registry.text()
        #expect(
            text.hasPrefix("# TYPE a_b_c gauge\na_b_c 2.5\n# HELP b_total Counts\\nthings.\n# TYPE b_total counter\n"))
        #expect(text.contains("b_total{x=\"a\"} 2\nb_total{x=\"say \\\"hi\\\"\\\\\\n\"} 3\n"))
        #expect(text.contains("# TYPE d histogram\nd_bucket{le=\"0.0005\"} 0\nd_bucket{le=\"0.001\"} 1\n"))
        #expect(text.contains("d_bucket{le=\"2.5\"} 2\n"))
        #expect(text.contains("d_bucket{le=\"+Inf\"} 3\nd_sum 62.0006\nd_count 3\n"))
        #expect(text.hasSuffix("\n"))
    }

    @Test("Series are bounded; what is beyond goes nowhere, and breaks nothing")
    func bounded() {
        let registry = PrometheusRegistry()
        for number in 0..<6000 {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        #expect(registry.text().split(separator: "\n").count == 5001)
    }

    @Test("The operator sees what this node did; nobody else does")
    func endToEnd() async throws {
        try await withOperator { desk in
            var browser = desk.site.browser()
            try await browser.signIn()
            _ = try await browser.get("/api/auth/session")
            try await desk.send(.post, "/v1/users/user-alice/revoke", [:])
            #expect(try await desk.send(.get, "/metrics", key: nil).status == 401)
            let reply = try await desk.send(.get, "/metrics")
            #expect(reply.contentType == "text/plain; version=0.0.4; charset=utf-8")
            for line in [
                "tessera_commands_total{result=\"started\"} 1\n", "tessera_commands_total{result=\"ended\"} 1\n",
                "tessera_commands_total{result=\"rotated\"} 0\n", "tessera_reuse_total{kind=\"late\"} 0\n",
                "tessera_mirror_entries 1.0\n", "tessera_nodes 1.0\n", "tessera_actors 1.0\n",
                "tessera_watermark_age_seconds 0.0\n", "tessera_event_streams 0.0\n",
                "tessera_store_seconds_count{operation=\"commit\",outcome=\"ok\"} 2\n",
                "tessera_http_request_seconds_count{route=\"read_session\",status=\"2xx\"} 1\n",
                "tessera_revocation_propagation_seconds_count 0\n",
            ] {
                #expect(reply.body.contains(line), "\(line)")
            }
            #expect(!reply.body.contains("alice"), "no label says who")
        }
    }
}
