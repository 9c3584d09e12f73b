// SPDX-License-Identifier: Apache-2.0
// One connection, plain or encrypted: requests in, answers out, each in its time.
#include "daemon/http/core.hpp"
#include "daemon/http/tls.hpp"
#include "probes/net/boot_clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

namespace mailprobed {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

using TcpStream = beast::basic_stream<tcp, Executor>;
using TlsStream = asio::ssl::stream<TcpStream>;
using Request = http::request<http::empty_body>;
using Security = std::shared_ptr<const WebSecurity>;

constexpr asio::use_awaitable_t<Executor> kAwait{};
constexpr auto kTuple = asio::as_tuple(kAwait);
constexpr std::chrono::seconds kLinger{2};
/// What an acting request may say; none of it is looked at yet.
constexpr std::size_t kMostBody = 4096;
constexpr std::size_t kChunk = 1024;

/// The status for a request that cannot be read; 0 if there is nobody to tell.
unsigned status_of(const beast::error_code& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
    if (error == http::error::body_limit || error == http::error::unexpected_body) return 413;
    if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
    if (error.category() == http::make_error_code(http::error::bad_target).category()) return 400;
    return 0;
}

std::string_view as_std(beast::string_view text) {
    return {text.data(), text.size()};
}

/// What the request decides about the form of its answer.
struct Framing {
    unsigned version = 11;
    bool head = false;
    bool keep_alive = false;
};

template <class Body>
void set_fields(http::response<Body>& message, const WebResponse& response, Framing framing,
                const WebConfig& config) {
    message.version(framing.version);
    message.result(response.status);
    message.keep_alive(framing.keep_alive);
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    message.set("Referrer-Policy", "no-referrer");
    message.set("Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    for (const auto& [name, value] : config.headers)
        message.set(name, value);
    if (response.status == 401) {
        message.set(http::field::www_authenticate, "Basic realm=\"mailprobed\", charset=\"UTF-8\"");
    }
    if (response.status == 405)
        message.set(http::field::allow,
                    beast::string_view(response.allow.data(), response.allow.size()));
    if (response.retry_after) {
        message.set(http::field::retry_after, std::to_string(response.retry_after->count()));
    }
    if (response.gzip) {
        message.set(http::field::content_encoding, "gzip");
        message.set(http::field::vary, "Accept-Encoding");
    }
    message.content_length(response.content().size());
}

/// A field that must stand there once; twice is as good as wrong.
std::string single(const Request& request, http::field name) {
    if (request.count(name) > 1) return "(several)";
    return std::string(as_std(request[name]));
}

WebRequest request_of(const Request& request, const WebPeer& peer, bool verified) {
    WebRequest result;
    result.method = as_std(request.method_string());
    result.target = as_std(request.target());
    result.host = single(request, http::field::host);
    result.origin = single(request, http::field::origin);
    result.content_type = single(request, http::field::content_type);
    result.accept_encoding = as_std(request[http::field::accept_encoding]);
    result.forwarded = request.count(http::field::forwarded) > 0 ||
                       request.count(http::field::via) > 0 ||
                       request.count("X-Forwarded-For") > 0 || request.count("X-Real-IP") > 0;
    result.from_loopback = peer.from_loopback;
    result.to_loopback = peer.to_loopback;
    result.local_address = peer.local_address;
    result.authenticated = verified;
    return result;
}

template <class Stream>
class Conversation {
  public:
    Conversation(WebCore& core, const WebSlots::Slot& slot, Stream& stream, const WebPeer& peer,
                 bool verified)
        : core_(core),
          slot_(slot),
          stream_(stream),
          peer_(peer),
          verified_(verified),
          buffer_(std::max(std::size_t{2} * core.limits.header_bytes, 2 * kMostBody)) {}

    Awaitable<void> run() {
        lowest().expires_after(core_.limits.request);
        bool more = true;
        while (more) {
            more = co_await serve_one();
            if (!more || buffer_.size() > 0) continue;
            // The next request's time begins with its first byte.
            lowest().expires_after(core_.limits.idle);
            const bool there = co_await read_some();
            if (!there) co_return;
            lowest().expires_after(core_.limits.request);
        }
        slot_.does(ConnectionPhase::starting, BootClock::now());
        lowest().expires_after(kLinger);
        if constexpr (std::is_same_v<Stream, TlsStream>) co_await stream_.async_shutdown(kTuple);
        // Closing with unread bytes would reset the connection and take the answer with it.
        beast::error_code ignored;
        lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
        for (std::size_t drained = 0; drained < buffer_.max_size();) {
            buffer_.clear();
            const auto space = buffer_.prepare(kChunk);
            const auto [error, size] = co_await lowest().async_read_some(space, kTuple);
            if (error) co_return;
            drained += size;
        }
    }

  private:
    TcpStream& lowest() { return beast::get_lowest_layer(stream_); }

    /// False if there is nothing more.
    Awaitable<bool> read_some() {
        const auto space = buffer_.prepare(kChunk);
        const auto [error, size] = co_await stream_.async_read_some(space, kTuple);
        buffer_.commit(size);
        co_return !error;
    }

    /// Reads and answers one request; false if the connection is to be closed.
    Awaitable<bool> serve_one() {
        http::request_parser<http::empty_body> parser;
        parser.header_limit(core_.limits.header_bytes);
        parser.body_limit(kMostBody);
        // The header alone is read, for the library asserts while it reads chunks that come in
        // small pieces.
        const auto [error, size] =
            co_await http::async_read_header(stream_, buffer_, parser, kTuple);
        if (error == asio::error::operation_aborted) co_return false;
        const unsigned status = error ? status_of(error) : body_status(parser);
        if (error && status == 0) co_return false;
        const Security security = core_.security.current();
        if (status != 0) {
            const WebResponse response =
                plain(status, as_std(http::obsolete_reason(http::int_to_status(status))));
            const Framing framing;
            co_await write(response, framing, security->config);
            co_return false;
        }
        const auto length = parser.content_length();
        const Request request = parser.release();
        const bool complete = co_await skip_body(length ? *length : 0);
        if (!complete) co_return false;
        slot_.does(ConnectionPhase::answering, BootClock::now());
        const Framing framing{request.version(), request.method() == http::verb::head,
                              request.keep_alive()};
        WebRequest asked = request_of(request, peer_, verified_);
        std::string authorization = single(request, http::field::authorization);
        const WebResponse response =
            co_await answer(core_, security, std::move(asked), std::move(authorization));
        slot_.does(ConnectionPhase::sending, BootClock::now());
        co_await write(response, framing, security->config);
        slot_.does(ConnectionPhase::waiting, BootClock::now());
        co_return framing.keep_alive;
    }

    /// 0 if the request may have the body that its header announces.
    unsigned body_status(const http::request_parser<http::empty_body>& parser) const {
        if (parser.is_done()) return 0;
        const Request& request = parser.get();
        const WebRoute* route = core_.routes.find(as_std(request.target()));
        const bool acts =
            request.method() == http::verb::post && route != nullptr && route->all_methods;
        if (!acts) return 413;
        return parser.content_length() ? 0 : 411;
    }

    /// Reads `size` bytes that nobody looks at; false if they do not come.
    Awaitable<bool> skip_body(std::uint64_t size) {
        while (buffer_.size() < size) {
            const bool there = co_await read_some();
            if (!there) co_return false;
        }
        buffer_.consume(size);
        co_return true;
    }

    Awaitable<void> write(const WebResponse& response, Framing framing, const WebConfig& config) {
        lowest().expires_after(core_.limits.answer);
        if (framing.head) {
            http::response<http::empty_body> message;
            set_fields(message, response, framing, config);
            co_await http::async_write(stream_, message, kAwait);
            co_return;
        }
        http::response<http::span_body<const char>> message;
        set_fields(message, response, framing, config);
        const std::string& body = response.content();
        message.body() = beast::span<const char>(body.data(), body.size());
        std::optional<HeldTexts::Hold> held;
        if (response.shared) {
            held.emplace(core_.held, response.shared, BootClock::now(),
                         [this] { lowest().close(); });
        }
        co_await http::async_write(stream_, message, kAwait);
    }

    WebCore& core_;
    const WebSlots::Slot& slot_;
    Stream& stream_;
    const WebPeer& peer_;
    bool verified_;
    beast::flat_buffer buffer_;
};

/// Lets the slot close the connection as long as both live.
class Closer {
  public:
    Closer(const WebSlots::Slot& slot, TcpStream& stream) : slot_(slot) {
        slot.closes_with([&stream] { stream.close(); });
    }
    Closer(const Closer&) = delete;
    Closer& operator=(const Closer&) = delete;
    ~Closer() { slot_.closes_with(nullptr); }

  private:
    const WebSlots::Slot& slot_;
};

/// Tells a browser that came without TLS what is wrong, if that is possible without waiting.
void tell_plain_client(TcpStream& stream) {
    constexpr std::string_view kAnswer =
        "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\n"
        "use https:// instead";
    beast::error_code ignored;
    stream.socket().non_blocking(true, ignored);
    stream.socket().send(asio::buffer(kAnswer.data(), kAnswer.size()), 0, ignored);
}

Awaitable<void> serve_tls(WebCore& core, const WebSlots::Slot& slot, TcpStream tcp_stream,
                          const WebPeer& peer, const Security& security) {
    TlsStream stream(std::move(tcp_stream), *security->tls);
    const Closer closer(slot, stream.next_layer());
    stream.next_layer().expires_after(core.limits.request);
    const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kTuple);
    if (error.category() == asio::error::get_ssl_category() &&
        ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST) {
        tell_plain_client(stream.next_layer());
    }
    if (error) co_return;
    const WebTlsConfig& tls = *security->config.tls;
    const bool named = tls.client_allowed_sans.empty() ||
                       has_alternative_name(stream.native_handle(), tls.client_allowed_sans);
    if (!named) co_return;
    Conversation<TlsStream> conversation(core, slot, stream, peer,
                                         tls.client_auth == ClientAuth::require);
    co_await conversation.run();
}

}  // namespace

Awaitable<void> serve_connection(WebCore& core, WebSlots::Slot slot,
                                 asio::basic_stream_socket<tcp, Executor> socket, WebPeer peer) {
    const Security security = core.security.current();
    TcpStream stream(std::move(socket));
    if (security->tls) {
        co_await serve_tls(core, slot, std::move(stream), peer, security);
        co_return;
    }
    const Closer closer(slot, stream);
    Conversation<TcpStream> conversation(core, slot, stream, peer, false);
    co_await conversation.run();
}

}  // namespace mailprobed
