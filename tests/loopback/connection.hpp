// SPDX-License-Identifier: Apache-2.0
// One accepted socket, plain or encrypted, with an input and an output buffer.
#pragma once

#include "tests/loopback/types.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::loopback {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
template <class T = void>
using Task = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
inline constexpr asio::use_awaitable_t<Executor> kUseAwaitable;

/// A connection. After an error every further call fails quietly; error() tells the first one.
class Connection {
  public:
    explicit Connection(Socket socket);

    /// What was read and not yet consumed.
    [[nodiscard]] std::string_view input() const noexcept {
        return {buffer_.data() + begin_, end_ - begin_};
    }
    void consume(std::size_t size) noexcept { begin_ += size; }
    /// What flush() will send; sessions append to it.
    [[nodiscard]] std::string& output() noexcept { return output_; }

    /// Reads some; false at the end of the stream or an error.
    Task<bool> fill();
    /// Sends the output in one write; false if that failed.
    Task<bool> flush();
    /// Sends `bytes` in one write, past the output buffer.
    Task<bool> write(std::string_view bytes);
    /// The server's side of the TLS handshake; false if it failed. Unread input is dropped.
    Task<bool> secure(asio::ssl::context& context);
    /// Sleeps.
    Task<void> wait(Nanoseconds duration);
    /// Reads and drops until the client leaves.
    Task<void> wait_for_leave();
    /// Ends the sending direction, with a TLS close_notify if encrypted.
    Task<void> end_sending();

    /// Sends a fatal TLS alert: encrypted if the connection is, as in a handshake if not. Nothing
    /// but closing works afterwards.
    Task<void> send_alert();

    /// Closes; what was written before still arrives.
    void close();
    /// Closes with a TCP reset.
    void reset();
    /// True if the client closed or reset its side.
    [[nodiscard]] bool peer_gone();
    [[nodiscard]] bool encrypted() const noexcept { return tls_ != nullptr; }
    /// Such as TLSv1.3; empty in the clear.
    [[nodiscard]] std::string tls_version() const;
    /// The first error, or nothing; end of stream is "eof".
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

  private:
    void note(const boost::system::error_code& error);

    Socket socket_;
    std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::string output_;
    std::string error_;
    bool sending_ended_ = false;
};

}  // namespace mailprobed::loopback
