// SPDX-License-Identifier: Apache-2.0
// Settings while they are read, with the places that later complaints point at.
#pragma once

#include "config/load/problem.hpp"
#include "config/load/secrets.hpp"
#include "probes/domain/settings/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mailprobed {

/// Where the parts of an account stand, and where its passwords came from.
struct AccountNotes {
    ConfigPlace name;
    ConfigPlace smtp;
    ConfigPlace pop3;
    /// True if the reading half is free of errors.
    bool pop3_good = false;
    /// True if the reading half says what the server's listing leaves out, be it nothing.
    bool says_window = false;
    std::string smtp_password_source;
    std::string pop3_password_source;
};

/// Where the parts of a probe stand.
struct ProbeNotes {
    ConfigPlace name;
    ConfigPlace from;
    ConfigPlace to;
    ConfigPlace bounces;
    /// True if the probe itself asks for bounces.
    bool wants_bounces = false;
};

/// What accounts and probes take where they say nothing themselves.
struct Defaults {
    Duration interval = ProbeSettings{}.interval;
    Duration deadline = ProbeSettings{}.deadline;
    std::optional<Duration> verdict_grace;
    Duration slo_latency = ProbeSettings{}.slo_latency;
    std::uint32_t max_attempts = ProbeSettings{}.max_attempts;
    Duration retry_after = ProbeSettings{}.retry_after;
    bool bounces = ProbeSettings{}.bounces;
    TlsMode tls = TlsMode::implicit;
    Timeouts timeouts;
    PollSettings poll;
};

/// A configuration in the making. The notes run parallel to the accounts and probes.
struct Draft {
    Settings settings;
    std::string tag_key_source;
    std::string previous_tag_key_source;
    std::vector<AccountNotes> accounts;
    std::vector<ProbeNotes> probes;
};

/// Reads what concerns the whole program (general.cpp).
void read_general(MapReader& file, const LoadContext& context, SecretReader& secrets, Draft& draft);
/// Reads `defaults:` (defaults.cpp).
[[nodiscard]] Defaults read_defaults(MapReader& file, ProblemList& problems);
/// Overlays `out` with `timeouts:` of `map` (defaults.cpp).
void read_timeouts(MapReader& map, std::string_view section, Timeouts& out);
/// Overlays `out` with `poll:` of `map` (defaults.cpp).
void read_poll(MapReader& map, std::string_view section, ProblemList& problems, PollSettings& out);
/// Reads `tls:` of `map`; false if it is there but wrong (defaults.cpp).
bool read_tls(MapReader& map, TlsMode& out);
/// Standard ports of a protocol by TLS mode.
struct StandardPorts {
    std::uint16_t implicit;
    std::uint16_t starttls;
    std::uint16_t none;
};
/// Reads what both halves of an account say about their server (endpoint.cpp).
void read_endpoint(MapReader& map, const StandardPorts& ports, ProblemList& problems,
                   Endpoint& out);
/// Reads `accounts:` (accounts.cpp).
void read_accounts(MapReader& file, const Defaults& defaults, SecretReader& secrets,
                   ProblemList& problems, Draft& draft);
/// Reads `probes:` (probes.cpp).
void read_probes(MapReader& file, const Defaults& defaults, ProblemList& problems, Draft& draft);
/// The effective configuration as YAML without secrets (masked.cpp).
[[nodiscard]] std::string masked_yaml(const Draft& draft);

}  // namespace mailprobed
