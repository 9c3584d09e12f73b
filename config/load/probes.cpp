// SPDX-License-Identifier: Apache-2.0
// Reads `probes:`: which way mail is sent, how often, and what is too late.
#include "config/load/durations.hpp"
#include "config/load/key_tables.hpp"

#include <utility>

namespace mailprobed {

namespace {

void check_slo(MapReader& map, const KeysRead& read, ProbeSettings& probe) {
    if (probe.slo_latency <= probe.deadline) return;
    if (read.has("slo_latency")) {
        map.complain("slo_latency",
                     {"is longer than the deadline of " + format_duration(probe.deadline),
                      "at most the deadline: later mail is lost anyway"});
    } else {
        probe.slo_latency = probe.deadline;
    }
}

/// Attempts of one mail all fall before its deadline, so a retry that cannot is a mistake.
void check_attempts(MapReader& map, const KeysRead& read, const ProbeSettings& probe) {
    if (probe.max_attempts < 2 || probe.retry_after < probe.deadline) return;
    map.complain(
        read.has("max_attempts") && !read.has("retry_after") ? "max_attempts" : "retry_after",
        {"allows no second attempt: with `retry_after` " + format_duration(probe.retry_after) +
             " it falls behind the deadline of " + format_duration(probe.deadline),
         "`retry_after` shorter than `deadline`"});
}

}  // namespace

void read_probes(MapReader& file, const Defaults& defaults, Draft& draft) {
    constexpr const char* kForm = "a list of probes, each beginning with `- name:`";
    if (file.require("probes", kForm) == nullptr) return;
    const ConfigNode* list = file.list("probes", kForm);
    if (list == nullptr) return;
    if (list->items.empty()) file.complain("probes", {"has no probe", "at least one"});
    for (const auto& node : list->items) {
        const std::string number = "probe no. " + std::to_string(draft.probes.size() + 1);
        ProbeSettings probe = defaults.probe;
        MapReader map(*node, "probes[]", entry_name(*node, number, "probe"), file.problems());
        const KeysRead read = read_keys(map, kProbeKeys, probe);
        check_slo(map, read, probe);
        check_attempts(map, read, probe);
        draft.probes.push_back({map.place("name"), map.place("from"), map.place("to"),
                                map.place("bounces"), read.has("bounces") && probe.bounces});
        draft.settings.probes.push_back(std::move(probe));
    }
}

}  // namespace mailprobed
