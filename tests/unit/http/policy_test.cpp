// SPDX-License-Identifier: Apache-2.0
// Who may see and who may act, case by case.
#include "daemon/http/policy.hpp"

#include "daemon/http/gzip.hpp"
#include "daemon/http/machine_names.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <zlib.h>

namespace mailprobed::daemon_test {
namespace {

/// What curl on this machine sends.
WebRequest local_reload() {
    WebRequest request;
    request.method = "POST";
    request.target = "/-/reload";
    request.host = "localhost:10995";
    request.content_type = "application/json";
    request.from_loopback = true;
    request.to_loopback = true;
    request.local_address = "127.0.0.1";
    return request;
}

unsigned status(const std::function<void(WebRequest&)>& change,
                const std::vector<std::string>& names = {}) {
    WebRequest request = local_reload();
    change(request);
    const auto refused = refusal_to_act(request, names);
    return refused ? refused->status : 200;
}

TEST(WebPolicy, HostsAreReadWithoutPortBracketsAndCase) {
    EXPECT_EQ(host_of("LocalHost"), "localhost");
    EXPECT_EQ(host_of("localhost:10995"), "localhost");
    EXPECT_EQ(host_of("localhost.:1"), "localhost");
    EXPECT_EQ(host_of("[::1]:10995"), "::1");
    EXPECT_EQ(host_of("127.0.0.1"), "127.0.0.1");
    for (const char* malformed : {"", "[::1", "localhost:evil", "::1", "[::1]evil", "a:1:2"}) {
        EXPECT_EQ(host_of(malformed), "") << malformed;
    }
}

TEST(WebPolicy, OnlyRealLoopbackNamesAreLoopback) {
    for (const char* host : {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
        EXPECT_TRUE(is_loopback_host(host)) << host;
    }
    for (const char* host : {"", "localhost.example.org", "127.0.0.1.example.org", "evillocalhost",
                             "128.0.0.1", "::2", "0.0.0.0", "127.1", "example.org"}) {
        EXPECT_FALSE(is_loopback_host(host)) << host;
    }
}

TEST(WebPolicy, TrustedIsWhoLoggedInOrCameFromHereUnderALoopbackName) {
    WebRequest request = local_reload();
    EXPECT_TRUE(is_trusted(request));
    request.host = "rebound.example.org";
    EXPECT_FALSE(is_trusted(request));
    request.host = "";
    EXPECT_FALSE(is_trusted(request));
    request = local_reload();
    request.from_loopback = false;
    EXPECT_FALSE(is_trusted(request));
    request.authenticated = true;
    EXPECT_TRUE(is_trusted(request));
    request = local_reload();
    request.forwarded = true;
    EXPECT_FALSE(is_trusted(request));
}

TEST(WebPolicy, ActingNeedsPostWithJsonUnderOneOfOurNamesFromNoOtherOrigin) {
    EXPECT_EQ(status([](WebRequest&) {}), 200U);
    for (const char* method : {"GET", "HEAD", "PUT", "OPTIONS", "post"}) {
        EXPECT_EQ(status([&](WebRequest& r) { r.method = method; }), 405U) << method;
    }
    for (const char* type : {"", "text/plain", "application/jsonp", "application/json, text/plain",
                             "multipart/form-data", "application/x-www-form-urlencoded"}) {
        EXPECT_EQ(status([&](WebRequest& r) { r.content_type = type; }), 415U) << type;
    }
    EXPECT_EQ(status([](WebRequest& r) { r.content_type = "Application/JSON; charset=utf-8"; }),
              200U);
    for (const char* host : {"", "rebound.example.org", "localhost.example.org:10995", "(several)",
                             "localhost:10995:1"}) {
        EXPECT_EQ(status([&](WebRequest& r) { r.host = host; }), 403U) << host;
    }
    for (const char* host : {"127.0.0.1:10995", "[::1]:1", "localhost"}) {
        EXPECT_EQ(status([&](WebRequest& r) { r.host = host; }), 200U) << host;
    }
    EXPECT_EQ(status([](WebRequest& r) { r.host = "monitor:80"; }, {"Monitor"}), 200U);
    EXPECT_EQ(status([](WebRequest& r) { r.origin = "http://localhost:10995"; }), 200U);
    for (const char* origin : {"http://localhost:3000", "https://example.org", "null",
                               "http://localhost:10995.example.org", "localhost:10995"}) {
        EXPECT_EQ(status([&](WebRequest& r) { r.origin = origin; }), 403U) << origin;
    }
}

TEST(WebPolicy, ReadingNeedsAnAddressOneOfOurNamesOrALogin) {
    const std::vector<std::string> names{"monitor", "Monitor.example.org"};
    const auto reads = [&](const char* host, bool authenticated = false) {
        WebRequest request = local_reload();
        request.method = "GET";
        request.host = host;
        request.authenticated = authenticated;
        return !refusal_to_read(request, names);
    };
    for (const char* host : {"localhost:10995", "a.localhost", "127.0.0.1", "192.0.2.7:10995",
                             "[2001:db8::7]:10995", "monitor:10995", "monitor.EXAMPLE.org", ""}) {
        EXPECT_TRUE(reads(host)) << host;
    }
    for (const char* host : {"rebound.example.org", "rebound.example.org:10995",
                             "127.0.0.1.example.org", "(several)", "monitor.example.org.evil.test",
                             "evilmonitor", "localhost:1:2", "192.0.2", "0x7f000001"}) {
        EXPECT_FALSE(reads(host)) << host;
        EXPECT_TRUE(reads(host, true)) << host;
    }
    WebRequest request = local_reload();
    request.host = "rebound.example.org";
    const auto refused = refusal_to_read(request, names);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->status, 403U);
    EXPECT_NE(refused->body.find("web.allowed_hosts"), std::string::npos);
}

TEST(WebPolicy, AMachineIsScrapedByItsOwnNamesWithoutAKey) {
    using Names = std::vector<std::string>;
    EXPECT_EQ(
        machine_names("monitor", "# x\nsearch example.org lan\nnameserver 192.0.2.1\n",
                      "127.0.0.1 localhost\n127.0.1.1 monitor.corp.test monitor mail # own\n"),
        (Names{"monitor", "monitor.local", "monitor.example.org", "monitor.lan",
               "monitor.corp.test", "mail"}));
    EXPECT_EQ(machine_names("monitor.example.org", "domain example.net\nsearch .", ""),
              (Names{"monitor.example.org", "monitor", "monitor.local", "monitor.example.net"}));
    EXPECT_EQ(machine_names("", "search example.org", "192.0.2.1 a"), Names{});
    EXPECT_FALSE(own_machine_names().empty());
}

TEST(WebPolicy, BeyondLoopbackActingNeedsALogin) {
    const auto beyond = [](WebRequest& request) {
        request.to_loopback = false;
        request.from_loopback = false;
        request.local_address = "192.0.2.7";
        request.host = "192.0.2.7:10995";
    };
    EXPECT_EQ(status(beyond), 403U);
    EXPECT_EQ(status([&](WebRequest& r) { beyond(r), r.authenticated = true; }), 200U);
    EXPECT_EQ(status([](WebRequest& r) { r.forwarded = true; }), 403U);
    // A client on this machine is no better where all the world can connect.
    EXPECT_EQ(status([](WebRequest& r) { r.to_loopback = false; }), 403U);
}

TEST(WebPolicy, GzipIsForThoseWhoTakeIt) {
    for (const char* field : {"gzip", "deflate, gzip;q=0.5", "GZIP", "br , gzip ; q=1"}) {
        EXPECT_TRUE(accepts_gzip(field)) << field;
    }
    for (const char* field : {"", "identity", "gzip;q=0", "gzip;q=0.000", "xgzip", "*"}) {
        EXPECT_FALSE(accepts_gzip(field)) << field;
    }
}

TEST(WebGzip, LongBodiesShrinkAndComeBackTheSame) {
    WebResponse response = plain(200, std::string(100'000, 'x'));
    const std::string before = response.body;
    compress(response);
    ASSERT_TRUE(response.gzip);
    EXPECT_LT(response.body.size(), 1000U);
    std::string back(before.size() + 1, '\0');
    z_stream stream{};
    ASSERT_EQ(::inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = reinterpret_cast<Bytef*>(response.body.data());
    stream.avail_in = static_cast<uInt>(response.body.size());
    stream.next_out = reinterpret_cast<Bytef*>(back.data());
    stream.avail_out = static_cast<uInt>(back.size());
    EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
    back.resize(stream.total_out);
    ::inflateEnd(&stream);
    EXPECT_EQ(back, before);
    WebResponse little = plain(200, std::string(kGzipFrom - 1, 'x'));
    compress(little);
    EXPECT_FALSE(little.gzip);
}

}  // namespace
}  // namespace mailprobed::daemon_test
