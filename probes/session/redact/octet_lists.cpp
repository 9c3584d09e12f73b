// SPDX-License-Identifier: Apache-2.0
// Lists begin anywhere, so every place that could begin one is tried; what is no list ends it soon.
#include "probes/session/redact/octet_lists.hpp"

#include "probes/base/ascii.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace mailprobed {

namespace {

/// Fewer octets are no list, and no secret worth the search.
constexpr std::size_t kLeastOctets = 3;
/// In base64 fewer octets of ASCII in a row are chance.
constexpr std::size_t kLeastInWord = 6;
/// Places where a word of base64 may begin behind what looks like a part of it.
constexpr std::size_t kMostStarts = 4;

bool printable(std::uint32_t octet) noexcept {
    return octet >= 0x20 && octet != 0x7f && octet <= 0xff;
}

using Source = std::pair<std::uint32_t, std::uint32_t>;

/// Collects runs of octets and keeps those that are long enough.
class Runs {
  public:
    explicit Runs(const Skeleton& from) { result_.without_prefixes = from.without_prefixes; }

    void add(std::uint32_t octet, Source source) {
        if (!printable(octet)) {
            end();
            return;
        }
        octets_ += static_cast<char>(octet);
        sources_.push_back(source);
    }
    void end() {
        if (octets_.size() >= kLeastOctets) {
            result_.octets += kApart;
            result_.sources.emplace_back(sources_.front().first, sources_.front().first);
            for (std::size_t i = 0; i < octets_.size(); ++i) {
                if (folded(octets_[i]) == 0) {
                    result_.blanks.push_back(static_cast<std::uint32_t>(result_.octets.size()));
                    continue;
                }
                result_.octets += octets_[i];
                result_.sources.push_back(sources_[i]);
            }
        }
        octets_.clear();
        sources_.clear();
    }
    [[nodiscard]] std::optional<Skeleton> result() {
        end();
        if (result_.octets.empty()) return std::nullopt;
        return std::move(result_);
    }

  private:
    Skeleton result_;
    std::string octets_;
    std::vector<Source> sources_;
};

struct Number {
    std::uint32_t value = 0;
    std::size_t size = 0;
};

class Lists {
  public:
    Lists(const Skeleton& skeleton, Escape form) : all_(skeleton), form_(form), runs_(skeleton) {}

    std::optional<Skeleton> read() {
        const std::string& text = all_.octets;
        std::size_t at = 0;
        while (at < text.size()) {
            const Number first = number_at(at);
            // A number begins behind what is no digit, but hexadecimal ones may run into each
            // other.
            if (first.size == 0 || (at > 0 && continues(at))) {
                ++at;
                continue;
            }
            at = list_from(at);
        }
        return runs_.result();
    }

  private:
    [[nodiscard]] bool is_digit(char c) const noexcept {
        if (form_ == Escape::hex_list) return hex_value(c) >= 0;
        return ascii_digit(c);
    }

    /// True if the character at `at` belongs to what stands before it.
    [[nodiscard]] bool continues(std::size_t at) const noexcept {
        return !gap_before(at) && is_digit(all_.octets[at - 1]) && is_digit(all_.octets[at]);
    }

    /// The number that begins at `at`, with the signs before it.
    [[nodiscard]] Number number_at(std::size_t at) const noexcept {
        const std::string_view text = all_.octets;
        std::size_t begin = at;
        if (form_ == Escape::hex_list) {
            for (const std::string_view sign : {"0x", "0X", "\\x", "\\X", "U+00", "x", "$"}) {
                if (!text.substr(at).starts_with(sign)) continue;
                begin = at + sign.size();
                break;
            }
            if (begin + 1 >= text.size()) return {};
            const int high = hex_value(text[begin]);
            const int low = hex_value(text[begin + 1]);
            if (high < 0 || low < 0) return {};
            return {static_cast<std::uint32_t>(high * 16 + low), begin + 2 - at};
        }
        const std::uint32_t base = form_ == Escape::octal_list ? 8 : 10;
        if (text.substr(at).starts_with('\\')) ++begin;
        Number number;
        std::size_t end = begin;
        while (end < text.size() && ascii_digit(text[end]) && (end == begin || !gap_before(end))) {
            const auto digit = static_cast<std::uint32_t>(text[end] - '0');
            if (digit >= base || end - begin > 3) return {};
            number.value = number.value * base + digit;
            ++end;
        }
        if (end == begin) return {};
        number.size = end - at;
        return number;
    }

    [[nodiscard]] bool gap_before(std::size_t at) const noexcept {
        // What was read back from one word overlaps.
        return all_.sources[at - 1].second < all_.sources[at].first ||
               std::ranges::binary_search(all_.blanks, static_cast<std::uint32_t>(at));
    }

    /// Reads numbers from `at` on; returns where the list ends.
    std::size_t list_from(std::size_t at) {
        constexpr std::string_view kBetween = ",;:|.-/&+()[]<>#'\"";
        const std::string_view text = all_.octets;
        runs_.end();
        std::size_t previous = all_.sources[at].first;
        for (;;) {
            const Number number = number_at(at);
            if (number.size == 0 || !printable(number.value)) break;
            const std::size_t end = at + number.size;
            runs_.add(number.value,
                      {static_cast<std::uint32_t>(previous), all_.sources[end - 1].second});
            previous = all_.sources[end - 1].second;
            at = end;
            std::size_t next = at;
            while (next < text.size() && next < at + 3 &&
                   kBetween.find(text[next]) != std::string_view::npos)
                ++next;
            if (next >= text.size()) break;
            // Decimal and octal numbers end where no digit follows, so something stands between.
            if (number_at(next).size == 0) break;
            at = next;
        }
        runs_.end();
        return at + (at < text.size() ? 1 : 0);
    }

    const Skeleton& all_;
    Escape form_;
    Runs runs_;
};

int base64_value(char c) noexcept {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (ascii_digit(c)) return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

/// True if the word from `begin` to `end` holds enough ASCII in a row: an escaped secret does.
bool holds_ascii(const std::string& all, std::size_t begin, std::size_t end) {
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t run = 0;
    for (std::size_t i = begin; i < end; ++i) {
        bits = (bits << 6U) | static_cast<std::uint32_t>(base64_value(all[i]));
        held += 6;
        if (held < 8) continue;
        held -= 8;
        const std::uint32_t octet = (bits >> held) & 0xffU;
        run = octet >= 0x20 && octet < 0x7f ? run + 1 : 0;
        if (run >= kLeastInWord) return true;
    }
    return false;
}

/// The word from `begin` to `end`.
void read_word(const Skeleton& all, std::size_t begin, std::size_t end, Runs& runs) {
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t first = begin;
    for (std::size_t i = begin; i < end; ++i) {
        bits = (bits << 6U) | static_cast<std::uint32_t>(base64_value(all.octets[i]));
        held += 6;
        if (held < 8) {
            first = i;
            continue;
        }
        held -= 8;
        runs.add((bits >> held) & 0xffU, {all.sources[first].first, all.sources[i].second});
        first = held > 0 ? i : i + 1;
    }
    runs.end();
}

}  // namespace

std::optional<Skeleton> octet_list(const Skeleton& skeleton, Escape form) {
    return Lists(skeleton, form).read();
}

std::optional<Skeleton> base64_words(const Skeleton& skeleton, std::string_view text) {
    Runs runs(skeleton);
    const std::string& all = skeleton.octets;
    for (std::size_t begin = 0; begin < all.size();) {
        std::size_t end = begin;
        while (end < all.size() && base64_value(all[end]) >= 0) {
            ++end;
            if (end == all.size()) break;
            const std::size_t from = skeleton.sources[end - 1].second;
            const std::size_t to = skeleton.sources[end].first;
            // Words go on in the next line, not behind a blank.
            if (to > from && text.substr(from, to - from).find('\n') == std::string_view::npos)
                break;
        }
        if (end - begin >= kLeastWord) {
            // What stands before the word may look like a part of it.
            constexpr std::string_view kSigns = "/+-_";
            std::size_t start = begin;
            for (std::size_t starts = 0; starts < kMostStarts; ++starts) {
                if (holds_ascii(all, start, end)) read_word(skeleton, start, end, runs);
                while (start < end && kSigns.find(all[start]) == std::string_view::npos)
                    ++start;
                if (start >= end) break;
                ++start;
            }
        }
        begin = std::max(end, begin + 1);
    }
    return runs.result();
}

}  // namespace mailprobed
