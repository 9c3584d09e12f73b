// SPDX-License-Identifier: Apache-2.0
// A slip turns a password into a key, or lets a value swallow its neighbours; the parser then knows
// no more what is a secret. So places of secrets are found in the text itself: what follows a word
// that is nearly `password` or one of its kind, up to the next known key.
#include "config/load/censor.hpp"

#include "config/load/keys.hpp"
#include "config/load/syntax.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mailprobed {

namespace {

/// A run of this many characters is a part of a secret, not chance.
constexpr std::size_t kRun = 5;
/// No login in front of a host is longer.
constexpr std::size_t kMostLogin = 256;
/// No secret has more lines than a private key.
constexpr std::size_t kMostLines = 200;

/// A word that announces a secret, and how many letters of it may be wrong.
struct Announcement {
    std::string_view word;
    std::uint32_t errors;
};
constexpr auto kAnnouncements = std::to_array<Announcement>({{"password", 2},
                                                             {"passphrase", 2},
                                                             {"passwort", 2},
                                                             {"kennwort", 2},
                                                             {"passwd", 1},
                                                             {"tag_key", 1},
                                                             {"command", 1},
                                                             {"secret", 1},
                                                             {"token", 1}});
/// Short words announce one only as they are, before a colon.
constexpr auto kShortAnnouncements = std::to_array<std::string_view>(
    {"pass", "pw", "pwd", "key", "auth_key", "api_key", "client_key", "private_key"});

/// Finds `word` with at most `errors` letters too many, missing or wrong (Sellers' algorithm);
/// calls `found` with the end of each match.
template <class Found>
void find_nearly(std::string_view text, const Announcement& what, Found found) {
    constexpr std::size_t kLongest = 16;
    std::array<std::uint32_t, kLongest + 1> cost{};
    const std::size_t size = what.word.size();
    for (std::size_t i = 0; i <= size; ++i)
        cost[i] = static_cast<std::uint32_t>(i);
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char lower =
            text[at] >= 'A' && text[at] <= 'Z' ? static_cast<char>(text[at] - 'A' + 'a') : text[at];
        std::uint32_t diagonal = 0;
        for (std::size_t i = 1; i <= size; ++i) {
            const std::uint32_t replaced = diagonal + (what.word[i - 1] == lower ? 0U : 1U);
            diagonal = cost[i];
            cost[i] = std::min({replaced, cost[i] + 1, cost[i - 1] + 1});
        }
        if (cost[size] <= what.errors) found(at + 1);
    }
}

bool in_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The keys of both files, each once.
std::vector<std::string_view> all_keys() {
    std::vector<std::string_view> keys;
    for (const auto table : {key_sections(), web_key_sections()}) {
        for (const KeySection& section : table)
            keys.insert(keys.end(), section.keys.begin(), section.keys.end());
    }
    std::ranges::sort(keys);
    const auto repeated = std::ranges::unique(keys);
    keys.erase(repeated.begin(), repeated.end());
    return keys;
}

/// True if a known key and its colon stand at the start of `text`, behind blanks, a dash or a
/// quote.
bool known_key_at(std::string_view text, const std::vector<std::string_view>& keys) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t-{\"'"), text.size()));
    std::size_t size = 0;
    while (size < text.size() && (in_word(text[size]) || text[size] == '-'))
        ++size;
    if (!std::ranges::binary_search(keys, text.substr(0, size))) return false;
    text.remove_prefix(size);
    text.remove_prefix(std::min(text.find_first_not_of("\"' "), text.size()));
    return text.starts_with(':');
}

std::size_t indentation(std::string_view line) noexcept {
    return std::min(line.find_first_not_of(" -"), line.size());
}

/// True if `line`, a new one, begins with what looks like any key at all.
bool any_key_at(std::string_view line) {
    line.remove_prefix(indentation(line));
    std::size_t size = 0;
    while (size < line.size() && ((line[size] >= 'a' && line[size] <= 'z') || line[size] == '_'))
        ++size;
    const std::string_view rest = line.substr(size);
    return size > 0 && (rest.starts_with(": ") || rest.starts_with(":\n"));
}

/// The end of what may belong to a secret that begins at the start of `text`, in a line that is
/// indented so far.
std::size_t end_of_secret(std::string_view text, std::size_t indented,
                          const std::vector<std::string_view>& keys) {
    std::size_t lines = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\n' && ++lines > kMostLines) return at;
        if ((c == '\n' || c == ',' || c == '{') && known_key_at(text.substr(at + 1), keys)) {
            return at;
        }
        const std::string_view next = text.substr(at + 1);
        if (c == '\n' && indentation(next) <= indented && any_key_at(next)) return at;
    }
    return text.size();
}

/// The end of the users that begin at the start of `text`: where a line begins another section.
std::size_t end_of_users(std::string_view text) {
    for (const std::string_view section : {"\ntls_server_config:", "\nhttp_server_config:"}) {
        text = text.substr(0, text.find(section));
    }
    return text.size();
}

/// Without the program at its start, if that is a path: messages name it.
std::string_view without_program(std::string_view region) noexcept {
    const std::size_t begin = std::min(region.find_first_not_of("and:[- \n"), region.size());
    const std::size_t end = std::min(region.find_first_of(",] \n'\"", begin), region.size());
    const std::string_view first = region.substr(begin, end - begin);
    return first.find('/') == std::string_view::npos ? region : region.substr(end);
}

std::uint64_t run_at(std::string_view text, std::size_t at) noexcept {
    std::uint64_t run = 0;
    for (std::size_t i = 0; i < kRun; ++i)
        run = (run << 8U) | static_cast<unsigned char>(text[at + i]);
    return run;
}

}  // namespace

Censor::Censor(std::string_view source) {
    const std::vector<std::string_view> keys = all_keys();
    std::vector<std::size_t> begins;
    for (const Announcement& one : kAnnouncements) {
        find_nearly(source, one, [&begins](std::size_t end) { begins.push_back(end); });
    }
    for (const std::string_view word : kShortAnnouncements) {
        for (std::size_t at = source.find(word); at != std::string_view::npos;
             at = source.find(word, at + 1)) {
            const std::size_t end = at + word.size();
            const bool whole = at == 0 || !in_word(source[at - 1]);
            if (whole && end < source.size() && !in_word(source[end])) begins.push_back(end);
        }
    }
    std::ranges::sort(begins);
    std::size_t done = 0;
    std::size_t last = 0;
    for (const std::size_t begin : begins) {
        // One word is found several times, by each of its possible ends.
        const bool same = begin <= last + 1 && last != 0;
        last = begin;
        if (begin < done || same) continue;
        const std::size_t line = source.rfind('\n', begin - 1) + 1;
        // What is said in a comment announces nothing.
        if (source.find_first_not_of(" \t", line) == source.find('#', line)) continue;
        const std::size_t indented = indentation(source.substr(line));
        done = begin + end_of_secret(source.substr(begin), indented, keys);
        std::string_view region = source.substr(begin, done - begin);
        const std::size_t before = begin < 8 ? 0 : begin - 8;
        if (source.substr(before, 9).find("comman") != std::string_view::npos) {
            region = without_program(region);
        }
        taint(region);
    }
    find_nearly(source, {"basic_auth_users", 2}, [&](std::size_t end) {
        const std::string_view users = source.substr(end);
        taint_users(users.substr(0, end_of_users(users)));
    });
    taint_logins(source, keys);
    std::ranges::sort(runs_);
    const auto repeated = std::ranges::unique(runs_);
    runs_.erase(repeated.begin(), repeated.end());
}

void Censor::taint_users(std::string_view region) {
    // Names may be shown; what stands behind them, and lines that are no pair, may be passwords.
    while (!region.empty()) {
        const std::size_t end = std::min(region.find('\n'), region.size());
        const std::string_view line = region.substr(0, end);
        const std::size_t colon = line.find(':');
        taint(colon == std::string_view::npos ? line : line.substr(colon + 1));
        region.remove_prefix(std::min(end + 1, region.size()));
    }
}

// A slip cuts smtp://u:p@host into pieces that tell no more what they were.
void Censor::taint_logins(std::string_view source, const std::vector<std::string_view>& keys) {
    for (std::size_t at = source.find(':'); at != std::string_view::npos;
         at = source.find(':', at)) {
        std::string_view region = source.substr(++at, kMostLogin);
        if (region.find_first_of(" \t\r\n") == 0) continue;
        // No login but an address, as browsers and SMTP have it.
        const std::size_t close = region.find_first_of(">:\n");
        const bool bracketed =
            region.starts_with('<') && close != std::string_view::npos && region[close] == '>';
        if (bracketed || source.substr(0, at).ends_with("mailto:")) continue;
        region = region.substr(0, end_of_secret(region, 0, keys));
        const std::size_t end = region.rfind('@');
        if (end == std::string_view::npos) continue;
        taint(region.substr(0, end));
        at += end;
    }
}

void Censor::taint(std::string_view region) {
    for (std::size_t at = 0; at + kRun <= region.size(); ++at) {
        if (region.substr(at, kRun).find_first_not_of(" \r\n") == std::string_view::npos) continue;
        runs_.push_back(run_at(region, at));
    }
}

bool Censor::may_show(std::string_view piece) const {
    for (std::size_t at = 0; at + kRun <= piece.size(); ++at) {
        if (std::ranges::binary_search(runs_, run_at(piece, at))) return false;
    }
    return true;
}

bool continues_secret_key(std::string_view key) {
    const std::string lowered = lower_case(key);
    const auto begins = [&lowered](std::string_view word) {
        return lowered.size() > word.size() && lowered.starts_with(word);
    };
    return std::ranges::any_of(kAnnouncements, begins, &Announcement::word) ||
           std::ranges::any_of(kShortAnnouncements, begins);
}

}  // namespace mailprobed
