/// Where users and their accounts live.
public enum DirectoryLocation: String, Sendable, Hashable, CaseIterable {
    /// Nowhere: users are whoever providers name.
    case none
    /// With the sessions.
    case store
}
