// SPDX-License-Identifier: Apache-2.0
// What the daemon said of every mail and look, as JSON lines for the judge.
#pragma once

#include "probes/domain/settings/settings.hpp"
#include "tests/support/some_facts.hpp"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>

namespace mailprobed::accounting {

/// A value of a JSON object; nothing becomes null.
using JsonValue =
    std::variant<std::string_view, std::int64_t, std::optional<Instant>, bool, std::nullptr_t>;

/// Sixteen hexadecimal digits.
[[nodiscard]] std::string hex(std::uint64_t number);
/// Appends `text` in quotes.
void append_json(std::string& out, std::string_view text);

/// A file of JSON lines. Throws std::runtime_error if it cannot be written.
class JsonFile {
  public:
    explicit JsonFile(const std::filesystem::path& path);
    void write(std::initializer_list<std::pair<std::string_view, JsonValue>> fields);

  private:
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_;
};

/// A conversation as its channel saw it, on the daemon's clock.
struct Conversation {
    std::string peer;
    Instant began{};
    std::optional<Instant> connected_from;
    std::optional<Instant> handed;
    std::optional<Instant> login;
    /// Complete replies read, and how many of them before the final dot.
    std::uint64_t replies = 0;
    std::uint64_t replies_before = 0;
};

/// Writes the history.
class History final : public test::SomeFacts<History> {
  public:
    explicit History(const std::filesystem::path& path) : file_(path) {}

    /// Called for every mail that starts, with the name of its probe.
    std::function<void(std::string_view)> on_started;

    /// The mail of a probe that was started last and has no conversation yet.
    [[nodiscard]] std::optional<std::uint64_t> take_started(std::string_view probe);
    /// A conversation with `mailbox` began; look_done() tells of it.
    void look_began(std::string_view mailbox, const std::shared_ptr<Conversation>& conversation);
    /// The submission of `mail` is over.
    void submission_over(std::uint64_t mail, const Conversation& conversation);
    /// The last line.
    void finish(std::uint64_t started, std::uint64_t verdicts, std::uint64_t pending);

    void take(const MailStarted& fact);
    void take(const MailJudged& fact);
    void take(const EvidenceFound& fact);
    void take(const LookDone& fact);
    void take(const TickMissed& fact);
    void take(const TagRejected& fact);
    void take(const InternalError& fact);

  private:
    JsonFile file_;
    std::unordered_map<std::string, std::uint64_t> started_;
    std::unordered_map<std::string, std::shared_ptr<Conversation>> looks_;
};

}  // namespace mailprobed::accounting
