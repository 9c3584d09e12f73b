// SPDX-License-Identifier: Apache-2.0
// Reads `defaults:` and the groups of keys that it shares with accounts.
#include "config/load/draft.hpp"

#include <array>

namespace mailprobed {

namespace {

constexpr auto kTlsModes = std::to_array<Word<TlsMode>>(
    {{"implicit", TlsMode::implicit}, {"starttls", TlsMode::starttls}, {"none", TlsMode::none}});

}  // namespace

bool read_tls(MapReader& map, TlsMode& out) {
    return map.word<TlsMode>("tls", kTlsModes, out) || map.find("tls") == nullptr;
}

void read_timeouts(MapReader& map, std::string_view section, Timeouts& out) {
    if (map.find("timeouts") == nullptr) return;
    MapReader timeouts(map, "timeouts", section);
    timeouts.duration("resolve", kStageRange, out.resolve);
    timeouts.duration("connect", kStageRange, out.connect);
    timeouts.duration("tls", kStageRange, out.tls);
    timeouts.duration("greeting", kStageRange, out.greeting);
    timeouts.duration("command", kStageRange, out.command);
    timeouts.duration("auth", kStageRange, out.auth);
    timeouts.duration("accept", kStageRange, out.accept);
    timeouts.duration("quit", kStageRange, out.quit);
    timeouts.duration("total", kTotalRange, out.total);
}

void read_poll(MapReader& map, std::string_view section, ProblemList& problems, PollSettings& out) {
    if (map.find("poll") == nullptr) return;
    const std::size_t errors = problems.error_count();
    MapReader poll(map, "poll", section);
    poll.duration("first", kPollFirstRange, out.first);
    poll.decimal("growth", kGrowthRange, out.growth);
    poll.duration("max", kPollMaxRange, out.max);
    poll.integer("max_logins_per_hour", kLoginsRange, out.logins_per_hour);
    if (problems.error_count() == errors && out.first > out.max) {
        poll.complain(poll.find("first") != nullptr ? "first" : "max",
                      {"makes the first gap longer than the longest", "`first` at most `max`"});
    }
}

Defaults read_defaults(MapReader& file, ProblemList& problems) {
    Defaults defaults;
    if (file.find("defaults") == nullptr) return defaults;
    MapReader map(file, "defaults", "defaults");
    map.duration("interval", kIntervalRange, defaults.interval);
    map.duration("deadline", kDeadlineRange, defaults.deadline);
    Duration grace{};
    if (map.duration("verdict_grace", kGraceRange, grace)) defaults.verdict_grace = grace;
    map.duration("slo_latency", kSloRange, defaults.slo_latency);
    map.integer("max_attempts", kAttemptsRange, defaults.max_attempts);
    map.duration("retry_after", kRetryRange, defaults.retry_after);
    map.flag("bounces", defaults.bounces);
    read_tls(map, defaults.tls);
    read_timeouts(map, "defaults.timeouts", defaults.timeouts);
    read_poll(map, "defaults.poll", problems, defaults.poll);
    return defaults;
}

}  // namespace mailprobed
