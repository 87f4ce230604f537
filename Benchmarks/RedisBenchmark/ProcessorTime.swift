import Foundation

/// CPU time, in seconds, of this process or of its children that have ended.
enum ProcessorTime {
    static var ofThisProcess: Double { time(RUSAGE_SELF.rawValue) }
    static var ofEndedChildren: Double { time(RUSAGE_CHILDREN.rawValue) }

    private static func time(_ who: Int32) -> Double {
        var usage = rusage()
        getrusage(who, &usage)
        let parts = [usage.ru_utime, usage.ru_stime]
        return parts.reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}
