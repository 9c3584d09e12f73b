// SPDX-License-Identifier: Apache-2.0
// Reading, writing and the ways to end a connection.
#include "tests/loopback/connection.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <cstring>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

namespace mailprobed::loopback {
namespace {

constexpr std::size_t kFirstBuffer = 4096;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace

Connection::Connection(Socket socket) : socket_(std::move(socket)), buffer_(kFirstBuffer) {
    boost::system::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void Connection::note(const boost::system::error_code& error) {
    if (!error || !error_.empty()) return;
    const bool ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
    error_ = ended ? "eof" : error.message();
}

Task<bool> Connection::fill() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (end_ == buffer_.size() && begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= std::exchange(begin_, 0);
    }
    if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
    const auto room = asio::buffer(buffer_.data() + end_, buffer_.size() - end_);
    boost::system::error_code error;
    std::size_t size = 0;
    if (tls_) {
        size = co_await tls_->async_read_some(room, asio::redirect_error(kUseAwaitable, error));
    } else {
        size = co_await socket_.async_read_some(room, asio::redirect_error(kUseAwaitable, error));
    }
    end_ += size;
    note(error);
    co_return !error;
}

Task<bool> Connection::flush() {
    if (output_.empty()) co_return true;
    const bool good = co_await write(output_);
    output_.clear();
    co_return good;
}

Task<bool> Connection::write(std::string_view bytes) {
    boost::system::error_code error;
    const auto data = asio::buffer(bytes.data(), bytes.size());
    if (tls_) {
        co_await asio::async_write(*tls_, data, asio::redirect_error(kUseAwaitable, error));
    } else {
        co_await asio::async_write(socket_, data, asio::redirect_error(kUseAwaitable, error));
    }
    note(error);
    co_return !error;
}

Task<bool> Connection::secure(asio::ssl::context& context) {
    begin_ = end_ = 0;
    tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, context);
    boost::system::error_code error;
    co_await tls_->async_handshake(asio::ssl::stream_base::server,
                                   asio::redirect_error(kUseAwaitable, error));
    note(error);
    co_return !error;
}

Task<void> Connection::wait(Nanoseconds duration) {
    Timer timer(socket_.get_executor());
    timer.expires_after(std::chrono::duration_cast<Timer::duration>(duration));
    co_await timer.async_wait(kUseAwaitable);
}

Task<void> Connection::wait_for_leave() {
    bool more = true;
    while (more) {
        begin_ = end_ = 0;
        more = co_await fill();
    }
    begin_ = end_ = 0;
}

Task<void> Connection::end_sending() {
    boost::system::error_code error;
    if (tls_) {
        // With the client's close_notify taken as received, the shutdown only sends ours.
        SSL_set_shutdown(tls_->native_handle(), SSL_RECEIVED_SHUTDOWN);
        co_await tls_->async_shutdown(asio::redirect_error(kUseAwaitable, error));
    }
    socket_.shutdown(Socket::shutdown_send, error);
    sending_ended_ = true;
}

Task<void> Connection::send_alert() {
    // handshake_failure, as it looks before there are keys (RFC 8446 6).
    std::string alert("\x15\x03\x03\x00\x02\x02\x28", 7);
    if (tls_) {
        // OpenSSL sends alerts of its own accord only: a record that cannot be decrypted makes it
        // compose one, and memory BIOs instead of Asio's let us have it.
        SSL* const ssl = tls_->native_handle();
        BIO* const in = BIO_new(BIO_s_mem());
        BIO* const out = BIO_new(BIO_s_mem());
        const std::string record = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
        BIO_write(in, record.data(), static_cast<int>(record.size()));
        SSL_set_bio(ssl, in, out);
        char nothing = 0;
        SSL_read(ssl, &nothing, 1);
        ERR_clear_error();
        char* data = nullptr;
        const auto size = BIO_get_mem_data(out, &data);
        alert.assign(data, static_cast<std::size_t>(size));
    }
    boost::system::error_code error;
    co_await asio::async_write(socket_, asio::buffer(alert),
                               asio::redirect_error(kUseAwaitable, error));
    note(error);
}

void Connection::close() {
    boost::system::error_code error;
    if (!sending_ended_) socket_.shutdown(Socket::shutdown_send, error);
    // Input left unread would turn the close into a reset, which overtakes the last reply.
    std::array<char, 4096> rest;
    for (int tries = 0; tries < 64; ++tries) {
        if (::recv(socket_.native_handle(), rest.data(), rest.size(), MSG_DONTWAIT) <= 0) break;
    }
    socket_.close(error);
}

void Connection::reset() {
    boost::system::error_code error;
    socket_.set_option(asio::socket_base::linger(true, 0), error);
    socket_.close(error);
}

bool Connection::peer_gone() {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return true;
    return info.tcpi_state != TCP_ESTABLISHED;
}

std::string Connection::tls_version() const {
    return tls_ ? SSL_get_version(tls_->native_handle()) : "";
}

}  // namespace mailprobed::loopback
