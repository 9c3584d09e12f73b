// SPDX-License-Identifier: Apache-2.0
// Words apart by blanks, the free text last; "-" stands for nothing.
#include "daemon/store/history_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

namespace mailprobed {
namespace {

constexpr char kLook = 'L';
constexpr char kStage = 'S';
constexpr char kClient = 'C';
constexpr char kServer = 'R';
constexpr char kNote = 'N';

char letter(Speaker who) noexcept {
    switch (who) {
        case Speaker::client:
            return kClient;
        case Speaker::server:
            return kServer;
        case Speaker::note:
            return kNote;
    }
    return kNote;
}

std::int64_t microseconds(Duration time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

/// Lines of conversations come escaped; to do that again would change what is shown.
std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
}

void append(std::string& out, const ConversationRecord& conversation) {
    for (const StageTime& stage : conversation.stages) {
        fmt::format_to(std::back_inserter(out), "{} {} {} {} {}\n", kStage, to_string(stage.stage),
                       microseconds(stage.at), microseconds(stage.took),
                       stage.cause ? to_string(*stage.cause) : "-");
    }
    for (const SpokenLine& line : conversation.lines) {
        fmt::format_to(std::back_inserter(out), "{} {} {}\n", letter(line.who),
                       microseconds(line.at), one_line(line.text));
    }
}

/// Takes the next word off `line`.
std::string_view word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view result = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return result;
}

std::int64_t whole(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string label(std::string_view text) {
    return text == "-" ? std::string() : std::string(text);
}

/// A stage also under the name that it had while protocols had names of their own: ledgers of
/// version 3 and older were brought up to date, but not what their conversations say.
std::string stage_label(std::string_view text) {
    using Names = std::pair<std::string_view, std::string_view>;
    constexpr auto kOldNames = std::to_array<Names>({{"capa", "hello"},
                                                     {"stls", "starttls"},
                                                     {"top", "headers"},
                                                     {"retr", "body"},
                                                     {"dele", "remove"}});
    const auto* const old = std::ranges::find(kOldNames, text, &Names::first);
    return label(old == kOldNames.end() ? text : old->second);
}

Duration time_of(std::string_view text) {
    return std::chrono::microseconds{whole(text)};
}

void read_line(char kind, std::string_view line, PastConversation& into) {
    if (kind == kStage) {
        PastStage stage;
        stage.stage = stage_label(word(line));
        stage.at = time_of(word(line));
        stage.took = time_of(word(line));
        stage.cause = label(word(line));
        into.stages.push_back(std::move(stage));
    } else if (kind == kClient || kind == kServer || kind == kNote) {
        const Duration at = time_of(word(line));
        const Speaker who = kind == kClient   ? Speaker::client
                            : kind == kServer ? Speaker::server
                                              : Speaker::note;
        into.lines.push_back({at, who, std::string(line)});
    }
}

/// Calls `each` with the kind and the rest of every line.
template <class Each>
void for_lines(std::string_view text, Each each) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.size() >= 2) each(line.front(), line.substr(2));
    }
}

}  // namespace

std::string conversation_text(const ConversationRecord& conversation) {
    std::string out;
    append(out, conversation);
    return out;
}

std::string looks_text(const std::deque<LookRecord>& looks, std::size_t first) {
    std::string out;
    for (std::size_t i = first; i < looks.size(); ++i) {
        const LookRecord& look = looks[i];
        fmt::format_to(std::back_inserter(out), "{} {} {} {:d} {} {} {} {}\n", kLook,
                       microseconds(look.at.time_since_epoch()), microseconds(look.took),
                       look.complete, look.failure ? to_string(look.failure->stage) : "-",
                       look.failure ? to_string(look.failure->cause) : "-",
                       look.messages ? std::to_string(*look.messages) : "-", look.mailbox);
        append(out, look.conversation);
    }
    return out;
}

PastConversation read_conversation(std::string_view text) {
    PastConversation result;
    for_lines(text, [&result](char kind, std::string_view line) { read_line(kind, line, result); });
    return result;
}

std::vector<std::pair<PastLook, PastConversation>> read_looks(std::string_view text) {
    std::vector<std::pair<PastLook, PastConversation>> result;
    for_lines(text, [&result](char kind, std::string_view line) {
        if (kind != kLook) {
            if (!result.empty()) read_line(kind, line, result.back().second);
            return;
        }
        PastLook look;
        look.began = WallTime{time_of(word(line))};
        look.took = time_of(word(line));
        look.complete = word(line) == "1";
        look.stage = stage_label(word(line));
        look.cause = label(word(line));
        const std::string_view messages = word(line);
        if (messages != "-") look.messages = static_cast<std::uint32_t>(whole(messages));
        look.mailbox = line;
        result.emplace_back(std::move(look), PastConversation{});
    });
    return result;
}

}  // namespace mailprobed
