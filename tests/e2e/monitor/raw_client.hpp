// SPDX-License-Identifier: Apache-2.0
// A blocking socket that speaks lines: the tests' own client, free of the code under test.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mailprobed::testing {

/// One connection to a loopback port. Nothing throws but the constructor: what goes wrong comes
/// back as "<eof>", "<reset>" or "<timeout>" in place of a line.
class RawClient {
  public:
    /// Connects to 127.0.0.1 from `source`; throws std::runtime_error if that fails.
    explicit RawClient(std::uint16_t port, const std::string& source = "127.0.0.1");
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient();

    /// TLS with the given CA, checking chain and `host`; empty on success, else OpenSSL's reason.
    std::string secure(const std::string& ca_file, const std::string& host = "localhost");
    /// Such as TLSv1.3.
    [[nodiscard]] std::string tls_version() const;

    void send(std::string_view bytes);
    /// The next line without its end.
    std::string line();
    /// All lines of an SMTP reply, joined by '|'.
    std::string reply();
    /// A POP3 multi-line reply without its last dot, lines joined by '|', not dot-unstuffed.
    std::string lines();
    /// send() with CRLF added, then reply().
    std::string ask(std::string_view command);
    /// Like ask() for a multi-line POP3 answer.
    std::string ask_lines(std::string_view command);
    /// What is there now or within the read timeout, at most 64 KiB.
    std::string bytes();

    /// 5 s unless told otherwise.
    void read_timeout(std::chrono::milliseconds timeout);
    void close();
    /// Closes with a TCP reset.
    void reset();

  private:
    bool fill();

    int socket_ = -1;
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, &SSL_CTX_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, &SSL_free};
    std::string input_;
    std::string trouble_;
};

}  // namespace mailprobed::testing
