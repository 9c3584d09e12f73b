// SPDX-License-Identifier: Apache-2.0
// Counting over windows of the ledger.
#include "daemon/api/probe.hpp"

#include "daemon/api/mail.hpp"
#include "daemon/metrics/round_trip_buckets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace mailprobed {
namespace {

constexpr std::uint32_t kRecent = 60;
constexpr std::uint32_t kNewestDetails = 200;
constexpr std::uint32_t kMaxPoints = 20'000;

struct Span {
    const char* name;
    Duration length;
};

constexpr std::array kSpans{
    Span{"1h", std::chrono::hours{1}},
    Span{"24h", std::chrono::hours{24}},
    Span{"30d", std::chrono::days{30}},
};

/// The words of verdicts, without pending.
std::vector<std::string> judged() {
    std::vector<std::string> words;
    words.reserve(kVerdicts.size());
    for (const Verdict verdict : kVerdicts)
        words.emplace_back(to_string(verdict));
    return words;
}

/// The newest judged mails, newest first.
std::vector<LedgerMail> recent_mails(LedgerReader& ledger, const std::string& probe) {
    LedgerQuery query;
    query.probe = probe;
    query.verdicts = judged();
    query.newest_first = true;
    query.limit = kRecent;
    query.with_evidence = false;
    std::vector<LedgerMail> mails;
    ledger.each(query, [&mails](const LedgerMail& mail) { mails.push_back(mail); });
    return mails;
}

void write_success(JsonWriter& json, LedgerReader& ledger, const std::string& probe, WallTime now) {
    json.key("success");
    json.begin_object();
    for (const Span& span : kSpans) {
        const VerdictCount count = ledger.verdicts(probe, now - span.length);
        json.key(span.name);
        json.begin_object();
        json.member("mails", count.mails);
        json.member("delivered", count.delivered);
        json.key("ratio");
        if (count.mails == 0) {
            json.null();
        } else {
            json.value(count.ratio());
        }
        json.end_object();
    }
    json.end_object();
}

/// What a window of mails adds up to.
struct Tally {
    std::map<std::string, std::uint64_t, std::less<>> verdicts;
    std::map<std::pair<std::string, std::string>, std::uint64_t> failures;
    /// Measured ones, in seconds.
    std::vector<double> round_trips;

    void add(const LedgerMail& mail) {
        ++verdicts[mail.verdict];
        if (mail.verdict == "send_failed") ++failures[{mail.stage, mail.cause}];
        if (mail.round_trip && !mail.unmeasured) {
            round_trips.push_back(to_seconds(*mail.round_trip));
        }
    }
};

/// The smallest value that `part` of the sorted values do not exceed.
std::optional<double> quantile(const std::vector<double>& sorted, double part) {
    if (sorted.empty()) return std::nullopt;
    const double rank = std::ceil(part * static_cast<double>(sorted.size()));
    const auto index = static_cast<std::size_t>(std::max(rank - 1, 0.0));
    return sorted[std::min(index, sorted.size() - 1)];
}

void write_latency(JsonWriter& json, std::vector<double>& seconds) {
    std::ranges::sort(seconds);
    json.key("latency");
    json.begin_object();
    json.member("count", seconds.size());
    json.member("min", quantile(seconds, 0));
    std::optional<double> mean;
    if (!seconds.empty()) {
        mean = std::accumulate(seconds.begin(), seconds.end(), 0.0) /
               static_cast<double>(seconds.size());
    }
    json.member("mean", mean);
    json.member("p50", quantile(seconds, 0.5));
    json.member("p90", quantile(seconds, 0.9));
    json.member("p99", quantile(seconds, 0.99));
    json.member("max", quantile(seconds, 1));
    json.end_object();
}

/// `sorted` by the buckets of the metric.
void write_histogram(JsonWriter& json, const std::vector<double>& sorted) {
    json.key("histogram");
    json.begin_array();
    auto begin = sorted.begin();
    const auto bucket = [&](std::optional<double> upper) {
        const auto end = upper ? std::upper_bound(begin, sorted.end(), *upper) : sorted.end();
        json.begin_object();
        json.member("le", upper);
        json.member("count", static_cast<std::uint64_t>(end - begin));
        json.end_object();
        begin = end;
    };
    for (const double upper : kRoundTripBuckets)
        bucket(upper);
    bucket(std::nullopt);
    json.end_array();
}

/// Times of one stage over several conversations.
struct StageTally {
    std::uint64_t count = 0, failures = 0;
    double sum = 0, longest = 0;

    void add(const PastStage& stage) {
        if (!stage.cause.empty()) {
            ++failures;
            return;
        }
        ++count;
        sum += to_seconds(stage.took);
        longest = std::max(longest, to_seconds(stage.took));
    }
};

using StageTallies = std::map<std::string, StageTally, std::less<>>;

void write_stages(JsonWriter& json, Side side, const StageTallies& tallies) {
    // With STARTTLS: that has all stages but the handshake of implicit TLS.
    std::vector<Stage> order = stages_of(side, TlsMode::starttls);
    const Stage last_common = Stage::connect;
    order.insert(std::next(std::ranges::find(order, last_common)), Stage::tls);
    for (const Stage stage : order) {
        const auto found = tallies.find(to_string(stage));
        if (found == tallies.end()) continue;
        const StageTally& tally = found->second;
        const bool any = tally.count != 0;
        json.begin_object();
        json.member("side", side == Side::sending ? "sending" : "mailbox");
        json.member("stage", to_string(stage));
        json.member("count", tally.count);
        json.member("failures", tally.failures);
        json.member("mean", any ? std::optional(tally.sum / static_cast<double>(tally.count))
                                : std::nullopt);
        json.member("max", any ? std::optional(tally.longest) : std::nullopt);
        json.end_object();
    }
}

void write_stage_times(JsonWriter& json, LedgerReader& ledger, const std::string& probe) {
    const NewestDetails details = ledger.newest_details(probe, kNewestDetails);
    StageTallies sending;
    StageTallies mailbox;
    for (const std::string& text : details.conversations) {
        for (const PastStage& stage : read_conversation(text).stages)
            sending[stage.stage].add(stage);
    }
    // Mails that wait together share looks.
    std::set<WallTime> seen;
    for (const std::string& text : details.looks) {
        for (const auto& [look, conversation] : read_looks(text)) {
            if (conversation.stages.empty() || !seen.insert(look.began).second) continue;
            for (const PastStage& stage : conversation.stages)
                mailbox[stage.stage].add(stage);
        }
    }
    json.key("stages");
    json.begin_array();
    write_stages(json, Side::sending, sending);
    write_stages(json, Side::mailbox, mailbox);
    json.end_array();
}

}  // namespace

void write_summary(JsonWriter& json, LedgerReader& ledger, const ProbeRow& row, WallTime now) {
    const std::vector<LedgerMail> recent = recent_mails(ledger, row.name);
    // The last verdict, which need not be that of the last mail.
    const auto last = std::ranges::max_element(recent, {}, &LedgerMail::judged);
    const bool any = last != recent.end();
    const bool up = any && last->verdict == "delivered";
    json.member("name", row.name);
    json.member("from", row.from);
    json.member("to", row.to);
    json.key("labels");
    json.begin_object();
    for (const auto& [name, value] : row.labels)
        json.member(name, value);
    json.end_object();
    json.member("state", !any ? "new" : up ? "up" : "down");
    std::optional<WallTime> since;
    if (any) {
        since = ledger.state_since(row.name, up);
        if (!since) since = last->judged;
    }
    json.member("since", since);
    json.member("interval", row.interval);
    json.member("deadline", row.deadline);
    json.member("slo_latency", row.slo_latency);
    json.member("pending", row.pending);
    json.member("oldest_pending", row.oldest_pending);
    json.member("started", row.started);
    json.member("bad_streak", row.history.bad_streak);
    json.key("last");
    if (any) {
        write_mail(json, *last);
    } else {
        json.null();
    }
    json.member("last_round_trip", row.history.last_round_trip);
    json.member("last_uncertainty", row.history.last_uncertainty);
    write_success(json, ledger, row.name, now);
    json.key("recent");
    json.begin_array();
    for (auto mail = recent.rbegin(); mail != recent.rend(); ++mail) {
        json.begin_object();
        json.member("mail", mail_name(mail->mail));
        json.member("started", mail->started);
        json.member("verdict", mail->verdict);
        json.member("round_trip", mail->round_trip);
        json.end_object();
    }
    json.end_array();
}

void write_window(JsonWriter& json, LedgerReader& ledger, const ApiTarget& target, WallTime now) {
    LedgerQuery query;
    query.probe = target.probe;
    query.from = now - target.window;
    query.verdicts = judged();
    query.with_evidence = false;
    Tally tally;
    ledger.each(query, [&tally](const LedgerMail& mail) { tally.add(mail); });
    json.member("window", target.window_name);
    write_latency(json, tally.round_trips);
    write_histogram(json, tally.round_trips);
    json.key("verdicts");
    json.begin_object();
    for (const Verdict verdict : kVerdicts)
        json.member(to_string(verdict), tally.verdicts[std::string(to_string(verdict))]);
    json.end_object();
    std::vector<std::pair<std::pair<std::string, std::string>, std::uint64_t>> failures(
        tally.failures.begin(), tally.failures.end());
    std::ranges::sort(failures, std::greater<>{}, [](const auto& one) { return one.second; });
    json.key("failures");
    json.begin_array();
    for (const auto& [pair, count] : failures) {
        json.begin_object();
        json.member("stage", pair.first);
        json.member("cause", pair.second);
        json.member("count", count);
        json.end_object();
    }
    json.end_array();
    write_stage_times(json, ledger, target.probe);
}

void write_points(JsonWriter& json, LedgerReader& ledger, const ApiTarget& target,
                  const ProbeRow& row, WallTime now) {
    LedgerQuery query;
    query.probe = target.probe;
    query.from = now - target.window;
    query.verdicts = judged();
    query.newest_first = true;
    query.limit = kMaxPoints + 1;
    query.with_evidence = false;
    std::vector<LedgerMail> mails;
    ledger.each(query, [&mails](const LedgerMail& mail) { mails.push_back(mail); });
    const bool truncated = mails.size() > kMaxPoints;
    if (truncated) mails.pop_back();
    std::ranges::reverse(mails);
    const std::vector<std::string> words = judged();
    json.begin_object();
    json.member("window", target.window_name);
    json.member("now", now);
    json.member("interval", row.interval);
    json.member("deadline", row.deadline);
    json.member("truncated", truncated);
    const auto column = [&json](const char* name, const auto& items, auto content) {
        json.key(name);
        json.begin_array();
        for (const auto& item : items)
            json.value(content(item));
        json.end_array();
    };
    column("verdicts", words, [](const std::string& word) { return std::string_view(word); });
    column("mail", mails, [](const LedgerMail& mail) { return mail_name(mail.mail); });
    column("started", mails, [](const LedgerMail& mail) { return mail.started; });
    column("verdict", mails, [&words](const LedgerMail& mail) {
        return std::ranges::find(words, mail.verdict) - words.begin();
    });
    column("round_trip", mails, [](const LedgerMail& mail) { return mail.round_trip; });
    column("uncertainty", mails, [](const LedgerMail& mail) { return mail.uncertainty; });
    json.end_object();
}

}  // namespace mailprobed
