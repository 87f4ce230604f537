import TesseraCore
import TesseraRuntime
import Testing

@Suite("Every store of short-lived secrets")
struct SecretTests {
    @Test("A secret is handed out once, to whoever names it", arguments: DirectoryCase.all)
    func once(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let secrets = parts.secrets
            let content: [UInt8] = [0, 10, 13, 255]
            try await secrets.keep(content, as: "a", until: start + .minutes(15), at: start)
            try await secrets.keep([1], as: "b", until: start + .minutes(15), at: start)
            try await secrets.keep([2], as: "b", until: start + .minutes(15), at: start)
            #expect(try await secrets.take("c", at: start) == nil)
            let taken = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                for _ in 0..<16 { group.addTask { try await secrets.take("a", at: start + .seconds(1)) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(taken.compactMap { $0 } == [content])
            #expect(try await secrets.take("b", at: start) == [2])
        }
    }

    @Test("One whose time is over is handed to nobody, and goes", arguments: DirectoryCase.all)
    func over(_ directory: DirectoryCase) async throws {
        try await directory.withParts { parts in
            let secrets = parts.secrets
            let end = start + .milliseconds(1)
            // Redis goes by its own clock: until that has come so far, it is kept and handed out again.
            let limit = ContinuousClock.now + .seconds(10)
            var isOver = false
            while !isOver, ContinuousClock.now < limit {
                try await secrets.keep([1], as: "a", until: end, at: start)
                _ = try await secrets.sweepSecrets(at: end)
                isOver = try await secrets.take("a", at: start) == nil
            }
            #expect(isOver, "one that is swept, or has gone by itself")
            try await secrets.keep([2], as: "b", until: end, at: start)
            isOver = false
            while !isOver, ContinuousClock.now < limit {
                isOver = try await secrets.take("b", at: end) == nil
                try await secrets.keep([2], as: "b", until: end, at: start)
            }
            #expect(isOver, "one that is still there")
        }
    }
}
