// SPDX-License-Identifier: Apache-2.0
// Binding, accepting, and one coroutine per connection.
#include "daemon/web.hpp"

#include "daemon/web_listen.hpp"
#include "daemon/web_offload.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <optional>
#include <utility>

namespace mailprobed {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

using Stream = beast::basic_stream<tcp, Executor>;
using Request = http::request<http::empty_body>;

constexpr asio::use_awaitable_t<Executor> kAwait{};
constexpr auto kTuple = asio::as_tuple(kAwait);
constexpr std::chrono::seconds kAcceptPause{1};
constexpr std::chrono::seconds kLinger{2};

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
void set_fields(http::response<Body>& message, const WebResponse& response, Framing framing) {
    message.version(framing.version);
    message.result(response.status);
    message.keep_alive(framing.keep_alive);
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    message.set("Referrer-Policy", "no-referrer");
    message.set("Content-Security-Policy",
                "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
                "frame-ancestors 'none'");
    if (response.status == 405) message.set(http::field::allow, "GET, HEAD");
    message.content_length(response.body.size());
}

}  // namespace

struct WebServer::Impl {
    Impl(const Executor& executor, const std::string& listen, WebHandlers from, WebLimits with)
        : handlers(std::move(from)),
          limits(with),
          acceptor(listen_on(executor, listen)),
          address{acceptor.local_endpoint().address().to_string(),
                  acceptor.local_endpoint().port()},
          accept_pause(executor),
          tasks(executor) {}

    Awaitable<void> accept_loop();
    Awaitable<void> serve(Stream stream);
    Awaitable<bool> serve_one(Stream& stream, beast::flat_buffer& buffer);
    Awaitable<WebResponse> respond(http::verb method, std::string target);
    Awaitable<void> write(Stream& stream, const WebResponse& response, Framing framing);

    WebHandlers handlers;
    WebLimits limits;
    Acceptor acceptor;
    ListenAddress address;
    BootTimer accept_pause;
    TaskGroup tasks;
    /// Rendering thousands of series takes longer than a tick may wait.
    asio::thread_pool pool{1};
};

Awaitable<void> WebServer::Impl::accept_loop() {
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(kTuple);
        if (error == asio::error::operation_aborted) co_return;
        if (error) {
            // Mostly no free descriptor: trying again at once would spin.
            co_await sleep_until(accept_pause, BootClock::now() + kAcceptPause);
            continue;
        }
        // This loop is one of the tasks.
        if (tasks.size() > limits.connections) {
            refuse(socket);
            continue;
        }
        // Header and body leave in two writes; the second must not wait for an acknowledgement.
        beast::error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        tasks.spawn(serve(Stream(std::move(socket))));
    }
}

Awaitable<void> WebServer::Impl::serve(Stream stream) {
    beast::flat_buffer buffer(std::size_t{2} * limits.header_bytes);
    stream.expires_after(limits.request);
    bool more = true;
    while (more) {
        more = co_await serve_one(stream, buffer);
        if (!more || buffer.size() > 0) continue;
        // The next request's time begins with its first byte.
        stream.expires_after(limits.idle);
        const auto space = buffer.prepare(1024);
        const auto [error, size] = co_await stream.async_read_some(space, kTuple);
        buffer.commit(size);
        if (error) co_return;
        stream.expires_after(limits.request);
    }
    // Closing with unread bytes would reset the connection and take the answer with it.
    beast::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream.expires_after(kLinger);
    for (std::size_t drained = 0; drained < buffer.max_size();) {
        buffer.clear();
        const auto space = buffer.prepare(1024);
        const auto [error, size] = co_await stream.async_read_some(space, kTuple);
        if (error) co_return;
        drained += size;
    }
}

/// Reads and answers one request; false if the connection is to be closed.
Awaitable<bool> WebServer::Impl::serve_one(Stream& stream, beast::flat_buffer& buffer) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(limits.header_bytes);
    parser.body_limit(0);
    // No page takes a body. The header alone is read, for the library asserts while it reads chunks
    // that come in small pieces.
    const auto [error, size] = co_await http::async_read_header(stream, buffer, parser, kTuple);
    if (error == asio::error::operation_aborted) co_return false;
    const bool with_body = !error && !parser.is_done();
    if (error || with_body) {
        const unsigned status = with_body ? 413 : status_of(error);
        if (status == 0) co_return false;
        const WebResponse response =
            plain(status, as_std(http::obsolete_reason(http::int_to_status(status))));
        const Framing framing;
        co_await write(stream, response, framing);
        co_return false;
    }
    const Request request = parser.release();
    const Framing framing{request.version(), request.method() == http::verb::head,
                          request.keep_alive()};
    std::string target(as_std(request.target()));
    const WebResponse response = co_await respond(request.method(), std::move(target));
    co_await write(stream, response, framing);
    co_return framing.keep_alive;
}

Awaitable<WebResponse> WebServer::Impl::respond(http::verb method, std::string target) {
    const Page page = page_of(target);
    if (page != Page::none && method != http::verb::get && method != http::verb::head) {
        co_return plain(405, "only GET and HEAD");
    }
    std::function<WebResponse()> work;
    switch (page) {
        case Page::style:
            co_return style_sheet();
        case Page::healthy:
            co_return plain(200, "healthy");
        case Page::ready:
            if (handlers.ready && handlers.ready()) co_return plain(200, "ready");
            co_return plain(503, "not ready");
        case Page::metrics:
            if (!handlers.metrics) co_return plain(404, "not found");
            work = [make = handlers.metrics] {
                return WebResponse{200, "text/plain; version=0.0.4; charset=utf-8", make()};
            };
            break;
        case Page::config:
            if (!handlers.config) co_return plain(404, "not found");
            work = [make = handlers.config] {
                return WebResponse{200, "text/plain; charset=utf-8", make()};
            };
            break;
        case Page::landing:
            work = [rows = handlers.probes ? handlers.probes() : std::vector<ProbeRow>()] {
                return landing_page(rows);
            };
            break;
        case Page::none:
            co_return plain(404, "not found");
    }
    WebResponse response = co_await on_pool(pool, std::move(work));
    co_return response;
}

Awaitable<void> WebServer::Impl::write(Stream& stream, const WebResponse& response,
                                       Framing framing) {
    stream.expires_after(limits.answer);
    if (framing.head) {
        http::response<http::empty_body> message;
        set_fields(message, response, framing);
        co_await http::async_write(stream, message, kAwait);
        co_return;
    }
    http::response<http::span_body<const char>> message;
    set_fields(message, response, framing);
    message.body() = beast::span<const char>(response.body.data(), response.body.size());
    co_await http::async_write(stream, message, kAwait);
}

WebServer::WebServer(const Executor& executor, const std::string& listen, WebHandlers handlers,
                     WebLimits limits)
    : impl_(std::make_unique<Impl>(executor, listen, std::move(handlers), limits)) {}

WebServer::~WebServer() = default;

void WebServer::start() {
    impl_->tasks.spawn(impl_->accept_loop());
}

Awaitable<void> WebServer::stop() {
    beast::error_code ignored;
    impl_->acceptor.close(ignored);
    co_await impl_->tasks.cancel_and_wait();
}

const ListenAddress& WebServer::address() const noexcept {
    return impl_->address;
}

}  // namespace mailprobed
