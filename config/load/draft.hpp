// SPDX-License-Identifier: Apache-2.0
// Settings while they are read, with the places that later complaints point at.
#pragma once

#include "config/load/key.hpp"
#include "config/load/problem.hpp"
#include "config/load/secrets.hpp"
#include "config/load/yaml_writer.hpp"
#include "probes/domain/settings/settings.hpp"

#include <string>
#include <vector>

namespace mailprobed {

/// Where the parts of an account stand.
struct AccountNotes {
    ConfigPlace name;
    ConfigPlace smtp;
    ConfigPlace pop3;
    /// True if the reading half is free of errors.
    bool pop3_good = false;
    /// True if the reading half says what the server's listing leaves out, be it nothing.
    bool says_window = false;
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
    /// Its names and accounts are empty.
    ProbeSettings probe;
    TlsMode tls = TlsMode::implicit;
    Timeouts timeouts;
    PollSettings poll;
};

/// A configuration in the making. The notes run parallel to the accounts and probes.
struct Draft {
    Settings settings;
    SecretSources secret_sources;
    std::vector<AccountNotes> accounts;
    std::vector<ProbeNotes> probes;
};

/// Reads what concerns the whole program (general.cpp).
void read_general(MapReader& file, const LoadContext& context, SecretReader& secrets, Draft& draft);
/// Reads `defaults:` (defaults.cpp).
[[nodiscard]] Defaults read_defaults(MapReader& file);
/// Standard ports of a protocol by TLS mode.
struct StandardPorts {
    std::uint16_t implicit;
    std::uint16_t starttls;
    std::uint16_t none;

    /// The one that servers use in this mode.
    [[nodiscard]] std::uint16_t of(TlsMode mode) const noexcept;
};
/// Checks what a half of an account says about its server, of which `read` was good, and the port
/// if the file names it (endpoint.cpp).
void finish_endpoint(MapReader& map, const KeysRead& read, const StandardPorts& ports,
                     bool own_port, Endpoint& out);
/// Reads `accounts:` (accounts.cpp).
void read_accounts(MapReader& file, const Defaults& defaults, SecretReader& secrets, Draft& draft);
/// Reads `probes:` (probes.cpp).
void read_probes(MapReader& file, const Defaults& defaults, Draft& draft);
/// The effective configuration as YAML without secrets (masked.cpp).
[[nodiscard]] std::string masked_yaml(const Draft& draft);

}  // namespace mailprobed
