// SPDX-License-Identifier: Apache-2.0
// Letters of strangers that are long and say the same thing over and over: reading one of them may
// cost no more than its length, or one letter stops all routes. `readers CASES [SEED]`; 0 cases:
// all.
#include "probes/domain/identity/arrival.hpp"
#include "probes/domain/identity/bounce.hpp"
#include "probes/domain/identity/delivery_path.hpp"
#include "probes/net/crypto.hpp"
#include "tests/campaigns/torture/summary.hpp"
#include "tests/support/bounce_samples.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <string>
#include <vector>

namespace mailprobed::readers {
namespace {

/// What a look reads of a mail, and of its header section at most.
constexpr std::size_t kBody = 256UL * 1024UL;
constexpr std::size_t kHeader = 120UL * 1024UL;
/// Five times what the slowest letter takes; what costs the square of its length takes ten times
/// this.
#ifdef __OPTIMIZE__
constexpr double kMostSeconds = 0.2;
#else
constexpr double kMostSeconds = 1.5;
#endif

constexpr std::array<std::string_view, 64> kUnits{"<",        ">",           "<a",
                                                  "<a ",      "</",          "</a>",
                                                  "<!",       "<!--",        "<a@",
                                                  "<style>",  "<pre>",       "<br>",
                                                  "&",        "&#",          "&amp;",
                                                  "=?",       "=?a?b?!",     "=?a?q?=",
                                                  "=?a?b?YQ", "?=",          "=",
                                                  "=\r\n",    "=3C",         "(",
                                                  ")",        "((a)",        "\"",
                                                  "\\",       "\\\"",        "'",
                                                  "[",        "]",           "[a]",
                                                  "{",        "550 a ",      "550 ",
                                                  "550",      "5.1.1 ",      "5.1.1",
                                                  "5.",       "#5.1.1 ",     ":",
                                                  "a:",       ";",           "a;",
                                                  "a=b;",     "@",           "a@b ",
                                                  "a@",       "-",           "--b\r\n",
                                                  "--",       "From: a\r\n", "To: a\r\nX: b\r\n",
                                                  "> ",       ">>",          " ",
                                                  "\t\r\n ",  "\r\n",        "a",
                                                  "re: ",     "spam ",       "\xe3\x80\x80",
                                                  "n't "};
constexpr std::array<std::string_view, 8> kTails{
    "", ">", "@>", "?=", ")", "\"", "]", "\r\n\r\n--b--\r\n"};
/// Where it stands: header fields by name, bodies by what they are called.
constexpr std::array<std::string_view, 24> kPlaces{"plain",
                                                   "html",
                                                   "html in quoted-printable",
                                                   "plain in quoted-printable",
                                                   "html in base64",
                                                   "multipart",
                                                   "status part",
                                                   "returned mail",
                                                   "status text",
                                                   "Subject",
                                                   "From",
                                                   "To",
                                                   "Message-ID",
                                                   "Content-Type",
                                                   "Content-Transfer-Encoding",
                                                   "Received",
                                                   "Return-Path",
                                                   "References",
                                                   "X-Failed-Recipients",
                                                   "Auto-Submitted",
                                                   "Date",
                                                   "Authentication-Results",
                                                   "X-Mailprobed-Tag",
                                                   "Precedence"};

std::string repeated(std::string_view unit, std::size_t size, std::string_view tail) {
    std::string text;
    text.reserve(size + unit.size());
    while (text.size() + tail.size() < size)
        text += unit;
    return text.append(tail);
}

/// Without line ends of its own, as a header field or a line of prose has it.
std::string on_one_line(std::string text) {
    std::ranges::replace(text, '\r', ' ');
    std::ranges::replace(text, '\n', ' ');
    return text;
}

std::string in_base64(std::string_view text) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string coded;
    for (std::size_t at = 0; at + 3 <= text.size(); at += 3) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8U | static_cast<unsigned char>(text[at + i]);
        for (int shift = 18; shift >= 0; shift -= 6)
            coded += kDigits[bits >> static_cast<unsigned>(shift) & 63U];
        if (at % 57 == 54) coded += "\r\n";
    }
    return coded;
}

std::string in_quoted_printable(const std::string& text) {
    std::string coded;
    for (std::size_t at = 0; at < text.size(); at += 700)
        coded += text.substr(at, 700) + "=\r\n";
    return coded;
}

std::string mail_with(std::string_view place, std::string_view unit, std::string_view tail,
                      const std::string& tag) {
    const bool field = place.front() >= 'A' && place.front() <= 'Z';
    const std::string long_one = repeated(unit, field ? kHeader : kBody * 3 / 4, tail);
    std::string header = "Return-Path: <>\r\nFrom: MAILER-DAEMON@x.test\r\nSubject: returned\r\n";
    if (field) {
        // Folded, for no line is that long.
        const std::string value = on_one_line(long_one);
        header += std::string(place) + ":";
        for (std::size_t at = 0; at < value.size(); at += 900)
            header += " " + value.substr(at, 900) + "\r\n";
        // The first of a name counts.
        const std::size_t first = header.find(std::string(place) + ":");
        if (first == 0 || header[first - 1] == '\n') {
            const std::size_t mine = header.rfind("\r\n" + std::string(place) + ":") + 2;
            header = header.substr(mine) + header.substr(0, mine);
        }
        return header + "\r\nmailprobed " + tag + "\r\n" + long_one.substr(0, kBody / 8) + "\r\n";
    }
    const std::string start = "mailprobed " + tag + " ";
    const auto typed = [&](const char* type, const char* coding, const std::string& body) {
        return header + "MIME-Version: 1.0\r\nContent-Type: " + type +
               "\r\nContent-Transfer-Encoding: " + coding + "\r\n\r\n" + body + "\r\n";
    };
    if (place == "plain") return typed("text/plain", "8bit", start + long_one);
    if (place == "html") return typed("text/html", "8bit", start + long_one);
    if (place == "html in base64") return typed("text/html", "base64", in_base64(start + long_one));
    const std::string coded = in_quoted_printable(start + on_one_line(long_one));
    if (place == "html in quoted-printable") return typed("text/html", "quoted-printable", coded);
    if (place == "plain in quoted-printable") return typed("text/plain", "quoted-printable", coded);
    const auto parts = [&](const char* type, const std::string& part) {
        return typed(
            type, "8bit",
            "--b\r\nContent-Type: text/plain\r\n\r\n" + start + "\r\n" + part + "\r\n--b--");
    };
    if (place == "multipart") return parts("multipart/mixed; boundary=b", long_one);
    const char* const report = "multipart/report; report-type=delivery-status; boundary=b";
    if (place == "status part") {
        return parts(report,
                     "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: "
                     "dns; x\r\n\r\nFinal-Recipient: rfc822; " +
                         long_one);
    }
    if (place == "returned mail")
        return parts(report,
                     "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n" + long_one);
    return typed("text/plain", "8bit",
                 "Final-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n"
                 "Diagnostic-Code: smtp; " +
                     long_one);
}

double seconds_of_thread() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

struct Case {
    std::string_view place, unit, tail;
};

class Trial {
  public:
    void run(const Case& one) {
        const SplitMail mail = split_mail(mail_with(one.place, one.unit, one.tail, tag_));
        const std::string_view line = std::string_view(mail.body).substr(0, 256);
        const double began = seconds_of_thread();
        static_cast<void>(read_header(mail.headers, line, codec_, route_of_));
        static_cast<void>(read_mail(mail.headers, mail.body, codec_, route_of_));
        static_cast<void>(read_bounce(mail.headers, mail.body, codec_, route_of_));
        static_cast<void>(delivery_path_of(mail.headers, "mx.test"));
        const double took = seconds_of_thread() - began;
        if (took > worst_) {
            worst_ = took;
            slowest_ = one;
        }
        if (took <= kMostSeconds) return;
        ++faults_;
        std::printf("FAULT %.1f s for a letter of %zu octets: %.*s, \"%s\" over and over, \"%s\"\n",
                    took, mail.body.size(), static_cast<int>(one.place.size()), one.place.data(),
                    shown(one.unit).c_str(), shown(one.tail).c_str());
    }

    [[nodiscard]] int print(std::size_t cases) const {
        std::printf("readers: %zu letters, the slowest %.3f s (%.*s of \"%s\"), %d faults\n", cases,
                    worst_, static_cast<int>(slowest_.place.size()), slowest_.place.data(),
                    shown(slowest_.unit).c_str(), faults_);
        test::summarize("readers", std::to_string(cases) + " letters, " + std::to_string(faults_) +
                                       " that cost more than their length");
        return faults_ == 0 ? 0 : 1;
    }

  private:
    static std::string shown(std::string_view text) {
        std::string result;
        for (const char c : text)
            result += c == '\r' ? "\\r" : c == '\n' ? "\\n" : c == '\t' ? "\\t" : std::string(1, c);
        return result;
    }

    const TagCodec codec_{Secret(std::string(32, 'k')), hmac_sha256};
    const std::string tag_ = codec_.write({1, 2, 1000, 1, 4});
    const RouteOf route_of_ = [](const Tag&) {
        return RouteFacts{"probe@field.test", "target@ziel.test", true, false};
    };
    double worst_ = 0;
    Case slowest_;
    int faults_ = 0;
};

}  // namespace
}  // namespace mailprobed::readers

int main(int argc, char** argv) {
    using namespace mailprobed::readers;
    std::vector<Case> cases;
    for (const std::string_view place : kPlaces) {
        for (const std::string_view unit : kUnits) {
            for (const std::string_view tail : kTails)
                cases.push_back({place, unit, tail});
        }
    }
    const std::size_t wanted = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 0;
    const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    if (wanted != 0) {
        std::shuffle(cases.begin(), cases.end(), std::mt19937_64(seed));
        cases.resize(std::min(wanted, cases.size()));
    }
    Trial trial;
    for (const Case& one : cases)
        trial.run(one);
    return trial.print(cases.size());
}
