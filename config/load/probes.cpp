// SPDX-License-Identifier: Apache-2.0
// Reads `probes:`: which way mail is sent, how often, and what is too late.
#include "config/load/draft.hpp"
#include "config/load/durations.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

namespace {

constexpr std::size_t kMostPairs = 32;

/// Calls `keep` with each pair of the map at `key` that passes both checks, duplicates refused.
template <class Keep>
void read_pairs(MapReader& map, std::string_view key, TextCheck check_key, TextCheck check_value,
                ProblemList& problems, Keep keep) {
    constexpr const char* kForm = "a map: lines of `name: value`";
    const ConfigNode* node = map.map(key, kForm);
    if (node == nullptr) return;
    if (node->entries.size() > kMostPairs) {
        map.complain(key, {"has too many lines", "at most 32"});
        return;
    }
    std::vector<std::string> seen;
    for (const ConfigEntry& entry : node->entries) {
        const std::string name = wrong_in_quotes(entry.key) + " in " + map.name_of(key);
        if (const auto complaint = check_key(entry.key)) {
            problems.error(entry.place, name + " " + complaint->what, complaint->expected);
            continue;
        }
        // Header names do not tell case apart.
        const std::string same = key == "headers" ? lower_case(entry.key) : entry.key;
        if (std::ranges::find(seen, same) != seen.end()) {
            problems.error(entry.place, name + " is here a second time", "each name once");
            continue;
        }
        seen.push_back(same);
        if (entry.value->kind != ConfigNode::Kind::text) {
            problems.error(entry.place, name + " is " + std::string(kind_name(*entry.value)),
                           "a text");
        } else if (const auto complaint = check_value(entry.value->text)) {
            problems.error(entry.value->place, name + " " + complaint->what, complaint->expected);
        } else {
            keep(entry.key, entry.value->text);
        }
    }
}

void read_times(MapReader& map, const Defaults& defaults, ProbeSettings& out) {
    out.interval = defaults.interval;
    out.deadline = defaults.deadline;
    out.verdict_grace = defaults.verdict_grace;
    out.slo_latency = defaults.slo_latency;
    map.duration("interval", kIntervalRange, out.interval);
    map.duration("deadline", kDeadlineRange, out.deadline);
    Duration grace{};
    if (map.duration("verdict_grace", kGraceRange, grace)) out.verdict_grace = grace;
    const bool own_slo = map.duration("slo_latency", kSloRange, out.slo_latency);
    if (out.slo_latency <= out.deadline) return;
    if (own_slo) {
        map.complain("slo_latency",
                     {"is longer than the deadline of " + format_duration(out.deadline),
                      "at most the deadline: later mail is lost anyway"});
    } else {
        out.slo_latency = out.deadline;
    }
}

/// Attempts of one mail all fall before its deadline, so a retry that cannot is a mistake.
void read_attempts(MapReader& map, const Defaults& defaults, ProbeSettings& out) {
    out.max_attempts = defaults.max_attempts;
    out.retry_after = defaults.retry_after;
    const bool own_attempts = map.integer("max_attempts", kAttemptsRange, out.max_attempts);
    const bool own_pause = map.duration("retry_after", kRetryRange, out.retry_after);
    if (out.max_attempts < 2 || out.retry_after < out.deadline) return;
    map.complain(
        own_attempts && !own_pause ? "max_attempts" : "retry_after",
        {"allows no second attempt: with `retry_after` " + format_duration(out.retry_after) +
             " it falls behind the deadline of " + format_duration(out.deadline),
         "`retry_after` shorter than `deadline`"});
}

}  // namespace

void read_probes(MapReader& file, const Defaults& defaults, ProblemList& problems, Draft& draft) {
    constexpr const char* kForm = "a list of probes, each beginning with `- name:`";
    if (file.require("probes", kForm) == nullptr) return;
    const ConfigNode* list = file.list("probes", kForm);
    if (list == nullptr) return;
    if (list->items.empty()) file.complain("probes", {"has no probe", "at least one"});
    for (const auto& node : list->items) {
        const std::string number = "probe no. " + std::to_string(draft.probes.size() + 1);
        ProbeSettings probe;
        MapReader map(*node, "probes[]", entry_name(*node, number, "probe"), problems);
        if (map.require("name", "a line such as `name: qq-to-qq`") != nullptr) {
            map.text("name", check_name, probe.name);
        }
        if (map.require("from", "the name of the sending account") != nullptr) {
            map.text("from", check_name, probe.from);
        }
        if (map.require("to", "the name of the receiving account") != nullptr) {
            map.text("to", check_name, probe.to);
        }
        map.text("to_address", check_address, probe.to_address);
        read_times(map, defaults, probe);
        read_attempts(map, defaults, probe);
        probe.bounces = defaults.bounces;
        const bool own_bounces = map.flag("bounces", probe.bounces);
        read_pairs(map, "headers", check_header_name, check_header_value, problems,
                   [&](const std::string& name, const std::string& value) {
                       probe.headers.emplace_back(name, value);
                   });
        read_pairs(map, "labels", check_label_name, check_label_value, problems,
                   [&](const std::string& name, const std::string& value) {
                       probe.labels.emplace(name, value);
                   });
        draft.probes.push_back({map.place("name"), map.place("from"), map.place("to"),
                                map.place("bounces"), own_bounces && probe.bounces});
        draft.settings.probes.push_back(std::move(probe));
    }
}

}  // namespace mailprobed
