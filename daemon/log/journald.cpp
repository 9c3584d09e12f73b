// SPDX-License-Identifier: Apache-2.0
// Entries over libsystemd.
#include "daemon/log/journald.hpp"

#include "daemon/log/log_format.hpp"

// Where in the source an entry comes from would be this file, for all of them.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <sys/uio.h>
#include <systemd/sd-journal.h>

namespace mailprobed {
namespace {

std::string in_capitals(std::string_view key) {
    std::string name(key);
    for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

}  // namespace

char journald_priority(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::trace:
        case LogLevel::debug:
            return '7';
        case LogLevel::info:
            return '6';
        case LogLevel::warning:
            return '4';
        case LogLevel::error:
            return '3';
    }
    return '3';
}

std::vector<std::string> journald_entry(LogLevel level, std::string_view event,
                                        std::span<const Field> fields) {
    std::vector<Field> all{{"event", event}};
    all.insert(all.end(), fields.begin(), fields.end());
    std::string message = "MESSAGE=";
    append_logfmt(message, all);
    std::vector<std::string> entry;
    entry.reserve(all.size() + 3);
    entry.push_back(std::move(message));
    entry.push_back(std::string("PRIORITY=") + journald_priority(level));
    entry.emplace_back("SYSLOG_IDENTIFIER=mailprobed");
    for (const Field& field : all) {
        std::string assignment = "MAILPROBED_" + in_capitals(field.key()) + "=";
        append_unquoted(assignment, field.value());
        entry.push_back(std::move(assignment));
    }
    return entry;
}

int send_to_journald(std::span<const std::string> assignments) {
    std::vector<iovec> parts;
    parts.reserve(assignments.size());
    for (const std::string& text : assignments) {
        // The library only reads.
        parts.push_back({const_cast<char*>(text.data()), text.size()});
    }
    return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

}  // namespace mailprobed
