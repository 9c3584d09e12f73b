// SPDX-License-Identifier: Apache-2.0
// Received fields as real servers spell them, and Authentication-Results of servers we trust.
#include "probes/domain/identity/delivery_path.hpp"
#include "probes/wire/message/authentication_results.hpp"
#include "probes/wire/message/mail_date.hpp"
#include "probes/wire/message/received.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>

namespace mailprobed {
namespace {

MailHeaders fields(std::initializer_list<std::string_view> lines) {
    MailHeaders headers;
    for (const std::string_view line : lines)
        headers.add_line(line);
    return headers;
}

Hop hop(std::string_view value) {
    const auto hops = received_hops(fields({"Received: " + std::string(value)}));
    return hops.empty() ? Hop{} : hops.front();
}

TEST(Received, A4_10_NewestFirstWithNamesAndTimes) {
    const auto hops = received_hops(fields({
        "Received: by mailbox.example.net (Postfix, from userid 8)",
        "\tid 1A2B3C; Mon, 22 Apr 2013 18:22:03 +0200 (CEST)",
        "Subject: between",
        "received: from relay.example.org (relay.example.org [192.0.2.7])",
        "        (using TLSv1.3 with cipher X (256/256 bits); verified)",
        "        by mx.example.net (Postfix) with ESMTPS id 9D8E7F",
        "        for <bob@example.net>; Mon, 22 Apr 2013 16:22:01 +0000",
    }));
    ASSERT_EQ(hops.size(), 2U);
    EXPECT_EQ(hops[0].by, "mailbox.example.net");
    EXPECT_EQ(hops[0].from, "");
    EXPECT_EQ(hops[1].by, "mx.example.net");
    EXPECT_EQ(hops[1].from, "relay.example.org");
    ASSERT_TRUE(hops[0].at && hops[1].at);
    EXPECT_EQ(*hops[0].at - *hops[1].at, std::chrono::seconds(2));
}

TEST(Received, DialectsOfServers) {
    const Hop gmail =
        hop("by 2002:a05:6402:1234:: with SMTP id x1csp1; Mon, 22 Apr 2013 09:22:01 "
            "-0700 (PDT)");
    EXPECT_EQ(gmail.by, "2002:a05:6402:1234::");
    EXPECT_TRUE(gmail.at);
    const Hop qmail = hop("(qmail 4711 invoked by uid 89); 22 Apr 2013 16:22:01 -0000");
    EXPECT_EQ(qmail.by + qmail.from, "");
    EXPECT_TRUE(qmail.at);
    const Hop exim =
        hop("from [192.0.2.9] (port=4711 helo=by) by mx.example.net with esmtpsa (Exim "
            "4.92) (envelope-from <a@b>) id 1abc-0002; Mon, 22 Apr 2013 16:22:01 GMT");
    EXPECT_EQ(exim.from, "[192.0.2.9]");
    EXPECT_EQ(exim.by, "mx.example.net");
    const Hop exchange =
        hop("from A.prod.example (2603:10a6::16) by B.prod.example (2603:10a6::17) "
            "with Microsoft SMTP Server (version=TLS1_2) id 15.20; Mon, 22 Apr "
            "2013 16:22:01 +0000");
    EXPECT_EQ(exchange.from, "A.prod.example");
    EXPECT_EQ(exchange.by, "B.prod.example");
    const Hop nameless = hop("from (unknown [192.0.2.1]) by mx; Mon, 22 Apr 2013 16:22:01");
    EXPECT_EQ(nameless.from, "");
    EXPECT_EQ(nameless.by, "mx");
}

TEST(Received, TheDateStandsBehindTheLastSemicolonOutsideComments) {
    const auto date = parse_mail_date("22 Apr 2013 16:22:01 +0000");
    EXPECT_EQ(hop("from a by b; 1 Jan 2000 00:00:00; 22 Apr 2013 16:22:01").at, date);
    EXPECT_EQ(hop("from a by b; 22 Apr 2013 16:22:01 (x; 1 Jan 2000 00:00:00)").at, date);
    EXPECT_EQ(hop("from a (;;(;) by b; x (c); 22 Apr 2013 16:22:01").at, std::nullopt);
    EXPECT_EQ(hop("from a (;;(;)) by b (c); 22 Apr 2013 16:22:01").at, date);
    EXPECT_EQ(hop("from a by b").at, std::nullopt);
    EXPECT_EQ(hop("from a by b;").at, std::nullopt);
    EXPECT_EQ(hop("from a by b; soon").at, std::nullopt);
}

TEST(Received, B4_3_TenThousandFieldsMakeFiftyHops) {
    MailHeaders headers;
    for (int i = 0; i < 10'000; ++i)
        headers.add_line("Received: from a by b" + std::to_string(i) + "; x");
    const auto hops = received_hops(headers);
    ASSERT_EQ(hops.size(), kMaxHops);
    EXPECT_EQ(hops.back().by, "b49");
}

bool harmless(const std::string& name) {
    return name.size() <= 255 && std::ranges::none_of(name, [](char c) {
               return static_cast<unsigned char>(c) < ' ' || c == '\x7f';
           });
}

TEST(Received, NamesAreShortAndHarmlessWhateverStandsThere) {
    EXPECT_TRUE(harmless(hop("from " + std::string(100'000, 'x') + " by y").from));
    EXPECT_TRUE(harmless(hop("by " + std::string(100'000, '\x01')).by));
    EXPECT_TRUE(harmless(hop("from \x1b[2J\x07 by \xff\x00").from));
    std::mt19937 random(3);
    const std::string_view parts[] = {"from ",
                                      "by ",
                                      "(",
                                      ")",
                                      ";",
                                      "\\",
                                      " ",
                                      "a",
                                      "\x1b",
                                      "\n",
                                      "\"",
                                      "\xc3",
                                      "22 Apr 2013 16:22:01"};
    for (int round = 0; round < 30'000; ++round) {
        std::string value;
        for (auto left = random() % 20; left > 0; --left)
            value += parts[random() % std::size(parts)];
        const Hop read = hop(value);
        ASSERT_TRUE(harmless(read.by) && harmless(read.from)) << value;
    }
}

AuthenticationResults results(std::initializer_list<std::string_view> lines) {
    const auto read = authentication_results(fields(lines), "mx.example.net");
    EXPECT_TRUE(read);
    return read.value_or(AuthenticationResults{});
}

TEST(AuthenticationResults, A4_11_AllThreeMethodsOfOneField) {
    const auto read = results({"Authentication-Results: mx.example.net;",
                               "  dkim=pass header.d=example.org header.s=k1;",
                               "  spf=softfail (domain of a@b designates; spf=pass) "
                               "smtp.mailfrom=\"x; spf=pass\"@example.org;",
                               "  dmarc=fail (p=NONE) header.from=example.org"});
    EXPECT_EQ(read.dkim, AuthResult::pass);
    EXPECT_EQ(read.spf, AuthResult::other);
    EXPECT_EQ(read.dmarc, AuthResult::fail);
}

TEST(AuthenticationResults, OnlyTheTopmostOfTheTrustedServerCounts) {
    const auto read = results({"Authentication-Results: evil.example; spf=fail",
                               "Authentication-Results: MX.Example.NET 1; spf=pass",
                               "Authentication-Results: mx.example.net; spf=fail; dkim=pass"});
    EXPECT_EQ(read.spf, AuthResult::pass);
    EXPECT_EQ(read.dkim, AuthResult::absent);
    const auto none = [](std::string_view line) {
        return !authentication_results(fields({line}), "mx.example.net");
    };
    EXPECT_TRUE(none("Authentication-Results: mx.example.net.evil; spf=pass"));
    EXPECT_TRUE(none("Authentication-Results: amx.example.net; spf=pass"));
    EXPECT_TRUE(none("Authentication-Results: spf=pass; mx.example.net"));
    EXPECT_TRUE(none("Authentication-Results: (mx.example.net) other; spf=pass"));
    EXPECT_TRUE(none("X-Authentication-Results: mx.example.net; spf=pass"));
    EXPECT_FALSE(authentication_results(fields({"Authentication-Results: ; spf=pass"}), ""));
    EXPECT_FALSE(none("Authentication-Results: \"mx.example.net\" (c) ; none"));
}

TEST(AuthenticationResults, SeveralSignaturesPassIfOneDoes) {
    EXPECT_EQ(
        results({"Authentication-Results: mx.example.net; dkim=fail; dkim=PASS; dkim=none"}).dkim,
        AuthResult::pass);
    EXPECT_EQ(results({"Authentication-Results: mx.example.net; dkim=neutral; dkim=fail"}).dkim,
              AuthResult::fail);
    EXPECT_EQ(results({"Authentication-Results: mx.example.net; spf=fail; spf=pass"}).spf,
              AuthResult::fail);
}

TEST(AuthenticationResults, OddSpellingsAndWordsThatAreNotKnown) {
    const auto read =
        results({"Authentication-Results: (c) mx.example.net; (a) DKIM (b) / (c) 1 = "
                 "(d) pass; spf = temperror; x-dmarc=pass; dmarc"});
    EXPECT_EQ(read.dkim, AuthResult::pass);
    EXPECT_EQ(read.spf, AuthResult::other);
    EXPECT_EQ(read.dmarc, AuthResult::absent);
    EXPECT_EQ(results({"Authentication-Results: mx.example.net; none"}).spf, AuthResult::absent);
    // What a string or comment swallows is not a result.
    EXPECT_EQ(results({"Authentication-Results: mx.example.net; x=\"; spf=pass"}).spf,
              AuthResult::absent);
    EXPECT_EQ(results({"Authentication-Results: mx.example.net; x (; spf=pass"}).spf,
              AuthResult::absent);
    for (const AuthResult result : kAuthResults)
        EXPECT_NE(to_string(result), "?");
}

TEST(DeliveryPath, StampsThatAreCenturiesApartAreNoTransit) {
    const auto delivery_path = [](std::string_view first, std::string_view last) {
        return delivery_path_of(
            fields({"Received: by b.example.net; 1 Jan " + std::string(last) + " 00:00:00 +0000",
                    "Received: by a.example.net; 1 Jan " + std::string(first) + " 00:00:00 +0000"}),
            "");
    };
    // 361 years do not fit into the nanoseconds of a Duration.
    for (const auto& [first, last] :
         {std::pair{"1900", "2261"}, std::pair{"2261", "1900"}, std::pair{"1970", "2026"}}) {
        const DeliveryPath absurd = delivery_path(first, last);
        EXPECT_FALSE(absurd.transit) << first << " to " << last;
        EXPECT_TRUE(absurd.arrived);
        EXPECT_NE(absurd.hops.find(first), std::string::npos) << "history shows it as it came";
    }
    EXPECT_EQ(delivery_path("2026", "2027").transit, std::chrono::days{365});
    EXPECT_EQ(delivery_path("2027", "2026").transit, -std::chrono::days{365});
}

}  // namespace
}  // namespace mailprobed
