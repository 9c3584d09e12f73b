// SPDX-License-Identifier: Apache-2.0
// The connection is that of the mail protocols, with their deadlines and checks of certificates;
// only the grammar of the answer is Beast's.
#include "daemon/http/client.hpp"

#include "probes/base/base64.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/socket_channel.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

namespace mailprobed {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kMostHeader = std::size_t{16} << 10;
constexpr std::size_t kChunk = std::size_t{64} << 10;

constexpr std::string_view kForm = "expected http://HOST:PORT or https://HOST:PORT";

bool is_one_of(char c, std::string_view more) noexcept {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
}

bool all_of(std::string_view text, std::string_view more) noexcept {
    return std::ranges::all_of(text, [more](char c) { return is_one_of(c, more); });
}

/// Takes the port off; false if it is none.
bool take_port(std::string_view& host, std::uint16_t& port) {
    const std::size_t colon = host.rfind(':');
    const std::size_t bracket = host.rfind(']');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && bracket > colon)) {
        return true;
    }
    const std::string_view digits = host.substr(colon + 1);
    const auto read = std::from_chars(digits.begin(), digits.end(), port);
    host = host.substr(0, colon);
    return read.ec == std::errc{} && read.ptr == digits.end() && port != 0;
}

bool take_scheme(std::string_view& text, Endpoint& server) {
    const auto starts = [&text](std::string_view scheme) {
        return text.size() >= scheme.size() &&
               std::ranges::equal(text.substr(0, scheme.size()), scheme, [](char a, char b) {
                   return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
               });
    };
    const bool tls = starts("https://");
    if (!tls && !starts("http://")) return false;
    server.tls = tls ? TlsMode::implicit : TlsMode::none;
    server.port = tls ? 443 : 80;
    text.remove_prefix(text.find("//") + 2);
    return true;
}

std::string host_field(const Endpoint& server) {
    const bool v6 = server.host.find(':') != std::string::npos;
    const std::string host = v6 ? "[" + server.host + "]" : server.host;
    const bool usual = server.port == (server.tls == TlsMode::none ? 80 : 443);
    return usual ? host : host + ":" + std::to_string(server.port);
}

Secret request_text(const HttpGet& request) {
    std::string text = "GET " + request.url.prefix + request.path +
                       " HTTP/1.1\r\nHost: " + host_field(request.url.server) +
                       "\r\nUser-Agent: mailprobed/" MAILPROBED_VERSION
                       "\r\nAccept: application/json\r\nConnection: close\r\n";
    if (!request.user.empty()) {
        std::string login = request.user + ":";
        login += request.password.reveal();
        text += "Authorization: Basic " + base64(login) + "\r\n";
        wipe(login.data(), login.size());
    }
    return Secret(text + "\r\n");
}

using Parser = http::response_parser<http::string_body>;

[[noreturn]] void fail(const boost::system::error_code& error, const HttpGet& request,
                       const Parser& parser) {
    if (error == http::error::body_limit || error == http::error::header_limit) {
        throw HttpError("the answer is larger than any that mailprobed gives");
    }
    if (parser.is_header_done()) throw HttpError("the answer was cut off or is malformed");
    if (!parser.got_some()) throw HttpError("the server closed the connection without an answer");
    throw HttpError(request.url.server.tls == TlsMode::none
                        ? "the answer is not HTTP; if there is TLS, write https://"
                        : "the answer is not HTTP");
}

/// Reads until the answer is complete.
Awaitable<void> read_answer(Channel& channel, Parser& parser, const HttpGet& request) {
    beast::flat_buffer buffer;
    while (!parser.is_done()) {
        const auto space = buffer.prepare(kChunk);
        const std::span<char> into(static_cast<char*>(space.data()), space.size());
        std::size_t size = 0;
        bool ended = false;
        try {
            size = co_await channel.read(into);
        } catch (const ChannelError& error) {
            if (error.cause() != Cause::eof) throw;
            ended = true;
        }
        boost::system::error_code error;
        if (ended) {
            if (parser.got_some()) parser.put_eof(error);
            if (!error && !parser.is_done()) error = http::error::end_of_stream;
        } else {
            buffer.commit(size);
            buffer.consume(parser.put(buffer.data(), error));
            if (error == http::error::need_more) error.clear();
        }
        if (error) fail(error, request, parser);
    }
}

}  // namespace

ParsedUrl parse_http_url(std::string_view text) {
    HttpUrl url;
    const auto wrong = [](std::string_view what) {
        return ParsedUrl{std::nullopt, std::string(what) + "; " + std::string(kForm)};
    };
    if (!take_scheme(text, url.server)) return wrong("it does not begin with http:// or https://");
    const std::size_t slash = text.find('/');
    std::string_view host = text.substr(0, slash);
    std::string_view prefix = slash == std::string_view::npos ? "" : text.substr(slash);
    if (host.find('@') != std::string_view::npos) {
        return wrong(
            "a login must not stand in it; use --user and the variable "
            "MAILPROBED_PASSWORD");
    }
    if (!take_port(host, url.server.port)) return wrong("the port is not one of 1 to 65535");
    const bool v6 = host.starts_with('[') && host.ends_with(']');
    if (v6) host = host.substr(1, host.size() - 2);
    if (host.empty() || host.size() > 253 || !all_of(host, v6 ? ":." : ".-_"))
        return wrong("the host is not a name or an address; IPv6 addresses stand in brackets");
    while (prefix.ends_with('/'))
        prefix.remove_suffix(1);
    if (!all_of(prefix, "/-._~%!$&'()*+,;=:")) {
        return wrong("the path holds a character that does not belong there");
    }
    url.server.host = host;
    url.prefix = prefix;
    return {std::move(url), {}};
}

std::string to_string(const HttpUrl& url) {
    const char* const scheme = url.server.tls == TlsMode::none ? "http://" : "https://";
    return scheme + host_field(url.server) + url.prefix;
}

Awaitable<HttpAnswer> http_get(Connector& connector, HttpGet request) {
    const std::unique_ptr<Channel> channel = connector.make(request.url.server);
    channel->expect_by(BootClock::now() + request.limit);
    co_await channel->resolve();
    co_await channel->connect();
    if (request.url.server.tls != TlsMode::none) co_await channel->handshake();
    const Secret text = request_text(request);
    co_await channel->write(text.reveal());
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(kMostHeader));
    parser.body_limit(request.most_bytes);
    parser.eager(true);
    co_await read_answer(*channel, parser, request);
    channel->close();
    HttpAnswer answer;
    answer.status = parser.get().result_int();
    const auto location = parser.get()[http::field::location];
    answer.location.assign(location.data(), location.size());
    answer.body = std::move(parser.get().body());
    co_return answer;
}

}  // namespace mailprobed
