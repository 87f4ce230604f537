import RESP
import RedisServers

@testable import RedisClient

/// Many tasks that send requests of which each has an answer of its own, so that an answer that went to the wrong
/// caller is noticed.
struct Load: Sendable {
    /// What came of it.
    struct Tally: Sendable {
        var answered = 0
        var failed: [RedisError.Code: Int] = [:]
        /// Those of them that said that the command was certainly not executed.
        var refused: [RedisError.Code: Int] = [:]
        /// Answers that were not the request's own: what was asked for, and what came.
        var wrong: [String] = []
        /// The longest time that a request took beyond its timeout.
        var longestDelay: Duration = .zero
        /// The memory of this process before the load began.
        var memoryBefore = Int.max

        static func + (left: Tally, right: Tally) -> Tally {
            Tally(
                answered: left.answered + right.answered,
                failed: left.failed.merging(right.failed, uniquingKeysWith: +),
                refused: left.refused.merging(right.refused, uniquingKeysWith: +),
                wrong: left.wrong + right.wrong, longestDelay: max(left.longestDelay, right.longestDelay),
                memoryBefore: min(left.memoryBefore, right.memoryBefore))
        }

        /// How many requests got an error, of any kind.
        var failures: Int { failed.values.reduce(0, +) }
    }

    /// Ways to ask for something that only this request has.
    enum Question: CaseIterable, Sendable {
        case echo
        case batch
        case write
        case script
        case impatient
        case cancelled

        /// Whether it changes its key.
        var writes: Bool {
            switch self {
            case .write, .script: true
            case .echo, .batch, .impatient, .cancelled: false
            }
        }
    }

    /// What a task was told of its writes that failed: those that certainly were not executed are never found.
    private struct Claims {
        private var refused: [RedisKey: [Int: RedisError]] = [:]

        /// A write failed, and was certainly not executed.
        mutating func refuse(_ key: RedisKey, _ number: Int, _ error: RedisError) {
            refused[key, default: [:]][number] = error
        }

        /// A write was executed, and says which one it found there: why that one was said not to have been executed. A
        /// script does not say, and finds itself.
        mutating func settle(_ key: RedisKey, found: String, run: UInt64) -> RedisError? {
            let errors = refused.removeValue(forKey: key) ?? [:]
            let parts = found.split(separator: "/")
            // What an earlier load left may have the same number.
            guard parts.count == 3, parts[2] == String(run), let number = Int(parts[1]) else { return nil }
            return errors[number]
        }
    }

    /// Writes a value and gives it back.
    static let script = RedisScript(
        name: "load", source: "redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])")

    var taskCount = 24
    var timeout: Duration = .seconds(1)
    /// `echo` and `batch` go to any server; the others to that of their key.
    var questions = Question.allCases
    /// How many different keys a task uses.
    var keyCount = 16

    /// Asks until the body is over, which begins once there have been answers.
    func run(on client: RedisClient, while body: () async throws -> Void) async throws -> Tally {
        let progress = Progress()
        let run = UInt64.random(in: .min ... .max)
        let before = Tally(memoryBefore: try residentMemory())
        return try await withThrowingTaskGroup(of: Tally.self) { group in
            for task in 0..<taskCount { group.addTask { await self.ask(client, task, run, progress) } }
            do {
                try await eventually("the load has begun") { progress.answered >= taskCount }
                try await body()
            } catch {
                group.cancelAll()
                throw error
            }
            progress.stop()
            return try await group.reduce(before) { $0 + $1 }
        }
    }

    private func ask(_ client: RedisClient, _ task: Int, _ run: UInt64, _ progress: Progress) async -> Tally {
        var tally = Tally()
        var number = 0
        var claims = Claims()
        while !progress.isStopped, !Task.isCancelled {
            number += 1
            let question = questions[(task + number) % questions.count]
            let start = ContinuousClock.now
            let key = RedisKey("load:\(task):\(number % keyCount)")
            do {
                let value = "\(task)/\(number)/\(run)"
                let (isRight, found) = try await answer(client, question, key, value)
                tally.answered += 1
                progress.answer()
                let claim = question.writes ? claims.settle(key, found: found, run: run) : nil
                if !isRight || claim != nil, tally.wrong.count < 3 {
                    let failure = claim.map { ", which had failed with \($0)" } ?? ""
                    tally.wrong.append("\(question) \(task)/\(number): \(found)\(failure)")
                }
            } catch {
                tally.failed[error.code, default: 0] += 1
                if !error.mayHaveBeenExecuted {
                    tally.refused[error.code, default: 0] += 1
                    if question.writes { claims.refuse(key, number, error) }
                }
                // Not to try as fast as one can what fails at once.
                await Task.yield()
            }
            tally.longestDelay = max(tally.longestDelay, ContinuousClock.now - start - timeout)
        }
        return tally
    }

    /// Asks, and says whether the answer is the one to this request.
    private func answer(
        _ client: RedisClient, _ question: Question, _ key: RedisKey, _ value: String
    ) async throws(RedisError) -> (isRight: Bool, found: String) {
        let echo = RedisCommand("ECHO", value)
        let own = RedisReply.bytes(Array(value.utf8))
        switch question {
        case .echo:
            let reply = try await client.execute(echo, key: key, timeout: timeout)
            return (reply == own, "\(reply)")
        case .impatient:
            let reply = try await client.execute(echo, key: key, timeout: .microseconds(500))
            return (reply == own, "\(reply)")
        case .cancelled:
            let reply = try await cancelled { () async throws(RedisError) in
                try await client.execute(echo, key: key, timeout: timeout)
            }
            return (reply == own, "\(reply)")
        case .batch:
            let replies = try await client.execute(
                batch: [echo, RedisCommand("PING", value + "!"), echo], key: key, timeout: timeout)
            return (replies == [own, .bytes(Array((value + "!").utf8)), own], "\(replies)")
        case .write:
            // Only this task writes this key, and it waits for each answer: what was there is a value of its own.
            let prefix = value.prefix { $0 != "/" } + "/"
            let reply = try await client.execute(
                RedisCommand("SET", key, value, "GET"), key: key, timeout: timeout)
            return (reply.isNull || reply.string?.hasPrefix(prefix) == true, reply.string ?? "\(reply)")
        case .script:
            let reply = try await client.evaluate(
                Self.script, keys: [key], arguments: [.string(value)], timeout: timeout)
            return (reply == own, reply.string ?? "\(reply)")
        }
    }

    /// Cancels the call soon after it has begun.
    private func cancelled(
        _ call: @escaping @Sendable () async throws(RedisError) -> RedisReply
    ) async throws(RedisError) -> RedisReply {
        let result = await withTaskGroup(of: Result<RedisReply, RedisError>.self) { group in
            group.addTask {
                do throws(RedisError) { return .success(try await call()) } catch { return .failure(error) }
            }
            await Task.yield()
            group.cancelAll()
            return await group.next() ?? .failure(.cancelled(written: false))
        }
        return try result.get()
    }
}
