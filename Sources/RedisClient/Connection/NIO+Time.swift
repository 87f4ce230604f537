internal import NIOCore
internal import RESP

extension MonotonicTime {
    /// The same moment: both count the nanoseconds of the system's clock.
    init(_ deadline: NIODeadline) {
        self.init(nanoseconds: deadline.uptimeNanoseconds)
    }

    static func now() -> MonotonicTime {
        MonotonicTime(NIODeadline.now())
    }

    var nioDeadline: NIODeadline { .uptimeNanoseconds(min(nanoseconds, UInt64(Int64.max))) }
}
