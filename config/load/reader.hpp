// SPDX-License-Identifier: Apache-2.0
// Reads one map strictly: every key once, known, of the right type and in range.
#pragma once

#include "config/load/document.hpp"
#include "config/load/keys.hpp"
#include "config/load/problem.hpp"
#include "config/load/ranges.hpp"
#include "config/load/syntax.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed {

/// A word of the file and the value that it stands for.
template <class T>
struct Word {
    std::string_view text;
    T value;
};

/// One map of the file. The functions named after types assign to `out` and return true if the key
/// is there and good; otherwise `out` stays as it is, and what is wrong is in the list.
class MapReader {
  public:
    /// `owner` is how messages call the map ("account 'qq'"), empty for the whole file. Notes at
    /// once what is no map, and keys that are unknown or appear twice.
    MapReader(const ConfigNode& node, std::string_view section, std::string owner,
              ProblemList& problems);
    /// The same for a section of any table.
    MapReader(const ConfigNode& node, const KeySection& section, std::string owner,
              ProblemList& problems);
    /// The map at `key` of `parent`, which must be there.
    MapReader(const MapReader& parent, std::string_view key, std::string_view section);

    /// The value of `key`, or nullptr.
    [[nodiscard]] const ConfigNode* find(std::string_view key) const noexcept;
    /// The value of `key`; its absence is an error.
    [[nodiscard]] const ConfigNode* require(std::string_view key, std::string_view expected);
    /// The keys that are there and known, each once, in the order of the file.
    [[nodiscard]] std::vector<std::string_view> known_keys() const;
    /// The place of the value of `key`, else of the map.
    [[nodiscard]] ConfigPlace place(std::string_view key) const noexcept;
    /// How messages call `key`: "`smtp.port` of account 'qq'".
    [[nodiscard]] std::string name_of(std::string_view key) const;
    /// How messages call this map: "`smtp` of account 'qq'".
    [[nodiscard]] std::string name() const;
    /// True if nothing stands in the map, known or not.
    [[nodiscard]] bool empty() const noexcept { return node_.entries.empty(); }
    /// Where complaints about this map are noted.
    [[nodiscard]] ProblemList& problems() noexcept { return problems_; }
    /// True if nothing wrong was noted since this reader was made, unknown keys included.
    [[nodiscard]] bool good() const noexcept { return problems_.error_count() == errors_before_; }
    /// Notes that `key` is wrong: its name and the complaint.
    void complain(std::string_view key, const Complaint& complaint);

    /// A text that passes `check`.
    bool text(std::string_view key, TextCheck check, std::string& out);
    /// A text that passes `check`, or a list of one or more such texts, none of them twice.
    bool texts(std::string_view key, TextCheck check, std::vector<std::string>& out);
    /// `true` or `false`.
    bool flag(std::string_view key, bool& out);
    /// A length of time.
    bool duration(std::string_view key, Range<Duration> range, Duration& out);
    /// A whole number.
    bool integer(std::string_view key, Range<std::uint32_t> range, std::uint32_t& out);
    /// A number with or without a fraction.
    bool decimal(std::string_view key, Range<double> range, double& out);
    /// One of `words`.
    template <class T>
    bool word(std::string_view key, std::span<const Word<T>> words, T& out) {
        std::vector<std::string> texts;
        for (const Word<T>& candidate : words)
            texts.emplace_back(candidate.text);
        const std::size_t index = word_index(key, texts);
        if (index == texts.size()) return false;
        out = words[index].value;
        return true;
    }
    /// The scalar at `key`, if there is one; any other kind is an error.
    [[nodiscard]] const ConfigNode* scalar(std::string_view key, std::string_view expected);
    /// The list at `key`, or nullptr; any other kind is an error.
    [[nodiscard]] const ConfigNode* list(std::string_view key, std::string_view expected);
    /// The map at `key`, or nullptr; any other kind is an error.
    [[nodiscard]] const ConfigNode* map(std::string_view key, std::string_view expected);

  private:
    [[nodiscard]] const ConfigNode* of_kind(std::string_view key, ConfigNode::Kind kind,
                                            std::string_view expected);
    std::size_t word_index(std::string_view key, const std::vector<std::string>& words);
    void note_keys();
    void note_unknown(const ConfigEntry& entry);

    const ConfigNode& node_;
    const KeySection& section_;
    std::string owner_;
    /// Keys that lead from the owner to this map, each with a dot behind it.
    std::string path_;
    ProblemList& problems_;
    std::size_t errors_before_;
};

/// How messages call an entry of a list: "account 'qq'" if it has a usable name, else `number`.
[[nodiscard]] std::string entry_name(const ConfigNode& node, const std::string& number,
                                     std::string_view kind);

}  // namespace mailprobed
