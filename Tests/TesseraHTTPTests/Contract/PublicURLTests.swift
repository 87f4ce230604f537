import TesseraHTTP
import Testing

@Suite("The public URL (contract 9.3)")
struct PublicURLTests {
    @Test(
        "NEXTAUTH_URL is read as NextAuth.js reads it",
        arguments: [
            ("example.com", "https://example.com/api/auth"), ("https://e.com/x/", "https://e.com/x"),
            ("http://localhost:3000", "http://localhost:3000/api/auth"),
            ("https://e.com/?a=b", "https://e.com/api/auth"),
        ])
    func parsing(text: String, url: String) {
        #expect(PublicURL(text)?.description == url)
    }
}
