// SPDX-License-Identifier: Apache-2.0
// `MAILPROBED STATUS - text | perfdata`.
#include "daemon/commands/nagios.hpp"

#include "probes/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace mailprobed {
namespace {

/// NRPE's old limit is 1024 bytes for everything.
constexpr std::size_t kMostDetail = 300;
constexpr std::size_t kMostWhy = 700;

constexpr std::string_view kSignalled =
    "MAILPROBED UNKNOWN - ended by a signal before a mail was sent\n";

/// A bar begins the perfdata, a line end the long output: neither may come from outside.
std::string harmless(std::string_view text, std::size_t most) {
    std::string shown = printable(capped(text, most));
    std::ranges::replace(shown, '|', '/');
    return shown;
}

std::string_view word_of(CheckStatus status) noexcept {
    switch (status) {
        case CheckStatus::ok:
            return "OK";
        case CheckStatus::warning:
            return "WARNING";
        case CheckStatus::critical:
            return "CRITICAL";
        case CheckStatus::unknown:
            break;
    }
    return "UNKNOWN";
}

/// A threshold without needless digits: "60", "2.5".
std::string plain_seconds(Duration value) {
    std::string text = fmt::format("{:.3f}", to_seconds(value));
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string time_text(std::string_view label, Duration value) {
    return fmt::format(" {}={:.3f}s;;;0", label, to_seconds(value));
}

std::string perfdata(const CheckFacts& facts) {
    std::string text;
    if (facts.verdict == Verdict::delivered) {
        text = fmt::format(" round_trip={:.3f}s;{};{};0", to_seconds(facts.round_trip),
                           plain_seconds(facts.slo_latency), plain_seconds(facts.deadline));
        text += time_text("uncertainty", facts.uncertainty);
        text += time_text("delivery", facts.delivery);
    }
    if (facts.smtp) text += time_text("smtp", *facts.smtp);
    if (facts.mailbox) text += time_text("mailbox", *facts.mailbox);
    return text + fmt::format(" looks={};;;0", facts.looks);
}

std::string pair_text(StageCause pair) {
    return fmt::format("{}: {}", to_string(pair.stage), to_string(pair.cause));
}

CheckStatus status_of(const CheckFacts& facts) noexcept {
    switch (facts.verdict) {
        case Verdict::delivered: {
            const bool good = facts.round_trip <= facts.slo_latency && facts.removed &&
                              !facts.duplicated && facts.body != BodyState::altered;
            return good ? CheckStatus::ok : CheckStatus::warning;
        }
        case Verdict::send_failed:
            return facts.failure && facts.failure->cause == Cause::internal ? CheckStatus::unknown
                                                                            : CheckStatus::critical;
        case Verdict::bounced:
        case Verdict::lost:
            return CheckStatus::critical;
        case Verdict::unobserved:
            break;
    }
    return CheckStatus::unknown;
}

std::string text_of(const CheckFacts& facts) {
    std::string text;
    switch (facts.verdict) {
        case Verdict::delivered:
            text = fmt::format("delivered after {:.3f} s (uncertainty {:.3f} s)",
                               to_seconds(facts.round_trip), to_seconds(facts.uncertainty));
            if (facts.round_trip > facts.slo_latency)
                text += fmt::format(", slower than {} s", plain_seconds(facts.slo_latency));
            if (facts.body == BodyState::altered) text += ", its body was altered";
            if (facts.duplicated) text += ", it came more than once";
            if (!facts.removed) text += ", it could not be removed from the mailbox";
            return text;
        case Verdict::send_failed:
            text = "send_failed";
            if (facts.failure) text += " at " + pair_text(*facts.failure);
            break;
        case Verdict::bounced:
            text = "bounced";
            break;
        case Verdict::lost:
            text = fmt::format("lost, accepted but not in the mailbox {} s later",
                               plain_seconds(facts.deadline));
            break;
        case Verdict::unobserved:
            text = "unobserved, the mailbox could not be read";
            if (facts.look_failure) text += " (" + pair_text(*facts.look_failure) + ")";
            break;
    }
    if (!facts.detail.empty()) text += ", last words: " + harmless(facts.detail, kMostDetail);
    return text;
}

extern "C" void end_with_line(int /*signal*/) {
    [[maybe_unused]] const auto told = ::write(STDOUT_FILENO, kSignalled.data(), kSignalled.size());
    ::_exit(static_cast<int>(CheckStatus::unknown));
}

}  // namespace

CheckResult check_result(const CheckFacts& facts) {
    const CheckStatus status = status_of(facts);
    return {status, fmt::format("MAILPROBED {} - {}: {} |{}", word_of(status),
                                harmless(facts.probe, 64), text_of(facts), perfdata(facts))};
}

std::string check_unknown(std::string_view why) {
    while (why.ends_with('\n') || why.ends_with(' '))
        why.remove_suffix(1);
    return "MAILPROBED UNKNOWN - " + harmless(why, kMostWhy);
}

void end_as_unknown() {
    for (const int signal : {SIGTERM, SIGINT, SIGALRM})
        std::signal(signal, end_with_line);
}

}  // namespace mailprobed
