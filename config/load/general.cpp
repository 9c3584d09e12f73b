// SPDX-License-Identifier: Apache-2.0
// Reads the keys of the file's first column, `web:` and `log:`.
#include "config/load/durations.hpp"
#include "config/load/key_tables.hpp"

#include <algorithm>

namespace mailprobed {

namespace {

/// What a mail of us-ascii cannot hold as %XX, so that different names stay different.
std::string in_ascii(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            result += c;
        } else {
            result += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return result;
}

/// The units mailprobed@NAME of one host may share a mailbox, and must not share an instance.
std::string default_instance(const LoadContext& context) {
    const std::string host = context.hostname.empty() ? "mailprobed" : context.hostname;
    const auto unit =
        context.environment ? context.environment("MAILPROBED_INSTANCE") : std::nullopt;
    return in_ascii(unit && !unit->empty() ? host + "-" + *unit : host);
}

std::string default_state_directory(const LoadContext& context) {
    auto unit = context.environment ? context.environment("STATE_DIRECTORY") : std::nullopt;
    if (!unit || unit->empty()) return "/var/lib/mailprobed";
    // systemd lists all of a unit's directories, separated by colons.
    return unit->substr(0, unit->find(':'));
}

}  // namespace

void read_general(MapReader& file, const LoadContext& context, SecretReader& secrets,
                  Draft& draft) {
    Settings& settings = draft.settings;
    settings.instance = default_instance(context);
    settings.state_directory = default_state_directory(context);
    const KeysRead read = read_keys(file, kFileKeys, settings);
    const auto complaint = check_instance(settings.instance);
    if (complaint && file.find("instance") == nullptr) {
        file.complain("instance",
                      {"is not given, and the host's name and $MAILPROBED_INSTANCE make one that " +
                           complaint->what,
                       complaint->expected});
    }
    if (read.has("history") && settings.history < settings.evidence) {
        file.complain("history",
                      {"is shorter than `evidence`, which is " + format_duration(settings.evidence),
                       "at least that: a mail must be known as long as it may turn up"});
    }
    settings.details = std::min(settings.details, settings.history);
    FoundTagKeys keys = secrets.tag_keys(file);
    if (!keys.current) return;
    settings.tag_key = std::move(keys.current->value);
    std::string& source = draft.secret_sources["tag_key"] = std::move(keys.current->source);
    if (!keys.previous) return;
    settings.previous_tag_key = std::move(keys.previous->value);
    // One line for both keys: the map of their sources would not say that they were read.
    source += ", the previous one from " + keys.previous->source;
}

}  // namespace mailprobed
