// SPDX-License-Identifier: Apache-2.0
// What is wrong in a configuration file and where; collected, so that all of it is told at once.
#pragma once

#include "config/load/censor.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailprobed {

/// A place in a file; both numbers count from 1, columns in bytes.
struct ConfigPlace {
    int line = 1;
    int column = 1;
};

/// One mistake: what was found where, and what was expected instead.
struct ConfigProblem {
    std::string file;
    int line = 1;
    int column = 1;
    std::string what;
    std::string expected;
    /// It may be gone at the next try though nobody edits anything: a password command failed.
    bool passing = false;

    /// `file:line:column: what, expected what`, one line without control characters.
    [[nodiscard]] std::string text() const;
    friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

/// As many errors are kept, and as many warnings.
inline constexpr std::size_t kMostProblems = 1'000;

/// Errors and warnings about one file.
class ProblemList {
  public:
    explicit ProblemList(std::string file) : file_(std::move(file)) {}

    /// From now on messages repeat nothing of `source` that may be a part of a secret; it must live
    /// as long as something may be noted.
    void guard(std::string_view source) noexcept { source_ = source; }
    /// Notes something that makes the configuration unusable.
    void error(ConfigPlace at, std::string what, std::string expected, bool passing = false);
    /// Notes something that works but should be looked at.
    void warning(ConfigPlace at, std::string what, std::string expected);
    /// The number of errors so far.
    [[nodiscard]] std::size_t error_count() const noexcept { return errors_.size() + dropped_; }
    /// True if further errors are only counted: nobody reads that many.
    [[nodiscard]] bool full() const noexcept { return errors_.size() >= kMostProblems; }
    /// The errors in the order of the file, each once, at most kMostProblems and one more that
    /// says how many were dropped.
    [[nodiscard]] std::vector<ConfigProblem> errors() const;
    /// The warnings in the order of the file, each once.
    [[nodiscard]] std::vector<ConfigProblem> warnings() const;

  private:
    [[nodiscard]] std::string censored(std::string text);

    std::string file_;
    std::string_view source_;
    /// Made when the first message repeats something: a file without mistakes needs none.
    std::optional<Censor> censor_;
    std::vector<ConfigProblem> errors_;
    std::vector<ConfigProblem> warnings_;
    std::size_t dropped_ = 0;
};

/// `text` between single quotes for a message, shortened, control characters as \xNN; one that
/// holds a login is not shown, and a list of problems that is guarded drops what may be a secret's.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The same for a text that is no name of anything and so may be a secret in the wrong place: one
/// that resembles a password is not shown either.
[[nodiscard]] std::string wrong_in_quotes(std::string_view text);

/// The same for a path that leads nowhere: folders are no passwords, the file's name may be one.
[[nodiscard]] std::string path_in_quotes(std::string_view path);

/// `words` as a sentence has them: "a, b or c".
[[nodiscard]] std::string joined_with_or(const std::vector<std::string>& words);

}  // namespace mailprobed
