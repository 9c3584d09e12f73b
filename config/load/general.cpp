// SPDX-License-Identifier: Apache-2.0
// Reads the keys of the file's first column, `web:` and `log:`.
#include "config/load/draft.hpp"
#include "config/load/durations.hpp"

#include <algorithm>
#include <array>

namespace mailprobed {

namespace {

constexpr auto kLevels = std::to_array<Word<LogLevel>>({{"trace", LogLevel::trace},
                                                        {"debug", LogLevel::debug},
                                                        {"info", LogLevel::info},
                                                        {"warning", LogLevel::warning},
                                                        {"error", LogLevel::error}});
constexpr auto kFormats = std::to_array<Word<LogFormat>>({{"auto", LogFormat::automatic},
                                                          {"logfmt", LogFormat::logfmt},
                                                          {"json", LogFormat::json},
                                                          {"journal", LogFormat::journal}});

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

/// What stands in a Host field, without its port.
std::optional<Complaint> check_allowed_host(std::string_view text) {
    auto complaint = check_host(text);
    if (!complaint && text == "*") complaint = Complaint{"would allow every page of the web", ""};
    if (complaint) complaint->expected = "a name such as monitor.example.org, without port";
    return complaint;
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
    file.text("instance", check_instance, settings.instance);
    const auto complaint = check_instance(settings.instance);
    if (complaint && file.find("instance") == nullptr) {
        file.complain("instance",
                      {"is not given, and the host's name and $MAILPROBED_INSTANCE make one that " +
                           complaint->what,
                       complaint->expected});
    }
    settings.state_directory = default_state_directory(context);
    file.text("state_directory", check_text, settings.state_directory);
    file.duration("evidence", kEvidenceRange, settings.evidence);
    if (file.duration("history", kHistoryRange, settings.history) &&
        settings.history < settings.evidence) {
        file.complain("history",
                      {"is shorter than `evidence`, which is " + format_duration(settings.evidence),
                       "at least that: a mail must be known as long as it may turn up"});
    }
    file.duration("details", kHistoryRange, settings.details);
    settings.details = std::min(settings.details, settings.history);
    file.flag("transcripts", settings.transcripts);
    FoundTagKeys keys = secrets.tag_keys(file);
    if (keys.current) {
        settings.tag_key = std::move(keys.current->value);
        draft.tag_key_source = std::move(keys.current->source);
    }
    if (keys.previous) {
        settings.previous_tag_key = std::move(keys.previous->value);
        draft.previous_tag_key_source = std::move(keys.previous->source);
    }
    if (file.find("web") != nullptr) {
        MapReader web(file, "web", "web");
        web.texts("listen", check_listen, settings.web.listen);
        web.texts("allowed_hosts", check_allowed_host, settings.web.allowed_hosts);
    }
    if (file.find("log") != nullptr) {
        MapReader log(file, "log", "log");
        log.word<LogLevel>("level", kLevels, settings.log.level);
        log.word<LogFormat>("format", kFormats, settings.log.format);
    }
}

}  // namespace mailprobed
