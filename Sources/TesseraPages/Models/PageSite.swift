/// The application that people sign in to, as every page names it.
package struct PageSite: Sendable, Equatable {
    /// What to call it: the host, with the port where it is not the usual one.
    package var host: String
    /// Its address.
    package var url: String

    /// A site.
    package init(host: String, url: String) {
        self.host = host
        self.url = url
    }
}
