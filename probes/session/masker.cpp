// SPDX-License-Identifier: Apache-2.0
// Search for the forms of secrets in skeletons of text.
#include "probes/session/masker.hpp"

#include "probes/session/sasl.hpp"
#include "probes/session/skeleton.hpp"
#include "probes/wire/ascii.hpp"
#include "probes/wire/base64.hpp"

#include <algorithm>
#include <cstdint>

namespace mailprobed {

namespace {

// Shorter starts of a secret at an open end stay, or any last letter would vanish.
constexpr std::size_t kLeastStart = 3;
// A base64 form shorter than this would hit ordinary words.
constexpr std::size_t kLeastBase64 = 4;
// Base64 characters beside a match that may carry some bits of the secret.
constexpr std::size_t kBase64Edge = 3;

using Marks = std::vector<bool>;

std::string hexadecimal(std::string_view octets) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string result(octets.size() * 2, '\0');
    char* out = result.data();
    for (const char c : octets) {
        const auto value = static_cast<unsigned char>(c);
        *out++ = kHex[value >> 4U];
        *out++ = kHex[value & 15U];
    }
    return result;
}

// Grows `text` without leaving its old contents behind.
void reserve_wiped(std::string& text, std::size_t size) {
    std::string grown;
    grown.reserve(size);
    grown.append(text);
    text.swap(grown);
    wipe(grown.data(), grown.size());
}

// `text` with the case of the letters from `first` to `last` changed.
std::string in_case(std::string_view text, char first, char last) {
    std::string result(text);
    for (char& c : result) {
        if (c >= first && c <= last) c = static_cast<char>(c ^ ' ');
    }
    return result;
}

bool is_hex_digit(char c) noexcept {
    return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

// Characters of a skeleton that base64 may hold.
bool in_base64(char c) noexcept {
    return (c >= 'a' && c <= 'z') || ascii_digit(c) || c == '+' || c == '/' || c == '=';
}

/// One reading of the text and the marks that it shares with the other readings.
class Search {
  public:
    Search(std::string_view text, Reading reading, Marks& marks)
        : text_(text),
          skeleton_(skeleton_of(text, reading)),
          widens_(reading.without_prefixes),
          marks_(marks) {}

    void find(std::string_view pattern, bool base64) {
        const std::string& all = skeleton_.characters;
        std::size_t at = all.find(pattern);
        while (at != std::string::npos) {
            const std::size_t end = mark(at, at + pattern.size(), base64);
            // What is marked already is not searched again, or a long word would cost its square.
            at = all.find(pattern, std::max(at, end - pattern.size()) + 1);
        }
    }

    void find_open_end(std::string_view pattern, bool base64) {
        const std::string_view all = skeleton_.characters;
        const std::size_t most = std::min(pattern.size() - 1, all.size());
        for (std::size_t size = most; size >= kLeastStart; --size) {
            if (!all.ends_with(pattern.substr(0, size))) continue;
            mark(all.size() - size, all.size(), base64);
            return;
        }
    }

  private:
    enum class Gap : std::uint8_t { none, blank, line_end };

    [[nodiscard]] Gap gap_after(std::size_t left) const {
        const std::size_t begin = skeleton_.sources[left].second;
        const std::size_t end = skeleton_.sources[left + 1].first;
        if (begin == end) return Gap::none;
        const bool line_end = text_.substr(begin, end - begin).find('\n') != std::string_view::npos;
        return line_end ? Gap::line_end : Gap::blank;
    }

    // How many of `count` characters beyond the gap after `gap`, going by `step`, belong to the
    // match's base64 word: all up to a blank, but no more than its edge on another line.
    [[nodiscard]] std::size_t edge(std::size_t gap, std::size_t count, int step) const {
        bool other_line = false;
        std::size_t size = 0;
        for (; size < count; ++size) {
            const Gap here = gap_after(gap);
            other_line |= here == Gap::line_end;
            const char near = skeleton_.characters[step > 0 ? gap : gap + 1];
            const char far = skeleton_.characters[step > 0 ? gap + 1 : gap];
            if (here == Gap::blank || !in_base64(far)) break;
            if (other_line && size >= kBase64Edge) break;
            // Padding is the end.
            if (step > 0 ? near == '=' && far != '=' : far == '=') break;
            gap = step > 0 ? gap + 1 : gap - 1;
        }
        return size;
    }

    // The rest of a base64 word says who logs in; its characters next to the match say more.
    void widen(std::size_t& begin, std::size_t& end) const {
        const std::size_t before = begin == 0 ? 0 : edge(begin - 1, begin, -1);
        end += edge(end - 1, skeleton_.characters.size() - end, 1);
        begin -= before;
    }

    // Returns the end of what it marked.
    std::size_t mark(std::size_t begin, std::size_t end, bool base64) {
        if (base64 && widens_) widen(begin, end);
        for (std::size_t i = begin; i < end; ++i) {
            const auto [first, last] = skeleton_.sources[i];
            const bool blank = i > begin && gap_after(i - 1) == Gap::blank;
            for (std::size_t at = blank ? skeleton_.sources[i - 1].second : first; at < last;
                 ++at) {
                // The source of "%41" may go over a line end.
                if (text_[at] != '\n') marks_[at] = true;
            }
        }
        return end;
    }

    std::string_view text_;
    Skeleton skeleton_;
    // Only where a word cannot run into a reply code.
    bool widens_;
    Marks& marks_;
};

std::vector<Reading> readings_of(std::string_view text) {
    std::vector<Reading> readings{{}, {.without_prefixes = true}};
    const auto also = [&readings](auto change) {
        for (std::size_t i = readings.size(); i-- > 0;) {
            Reading reading = readings[i];
            change(reading);
            readings.push_back(reading);
        }
    };
    if (text.find('%') != std::string_view::npos) also([](Reading& one) { one.percent = true; });
    // A form's only trace in a secret of letters and blanks.
    if (text.find('+') != std::string_view::npos)
        also([](Reading& one) { one.plus_is_blank = true; });
    return readings;
}

}  // namespace

void Masker::add(std::string_view secret) {
    if (!secret.empty()) known_.push_back({Secret(std::string(secret)), false});
}

void Masker::add_base64(std::string_view text) {
    if (!text.empty()) known_.push_back({Secret(std::string(text)), true});
}

void Masker::make_patterns() {
    std::size_t octets = 0;
    for (std::size_t i = covered_; i < known_.size(); ++i) {
        octets += known_[i].value.reveal().size();
    }
    if (octets == 0) return;
    // Plain, hexadecimal and three times base64, for a digest nine times: room for all of them, so
    // that growing leaves no copy behind.
    reserve_wiped(forms_, forms_.size() + octets * 15 + 16);
    for (; covered_ < known_.size(); ++covered_) {
        const auto& [value, base64] = known_[covered_];
        const std::string_view secret = value.reveal();
        add_pattern(secret, base64);
        if (base64) continue;
        const Secret hex(hexadecimal(secret));
        add_pattern(hex.reveal(), false);
        add_cores(secret);
        // A digest may come back in the other case, and its base64 is another one then.
        if (!std::ranges::all_of(secret, is_hex_digit)) continue;
        add_cores(Secret(in_case(secret, 'A', 'Z')).reveal());
        add_cores(Secret(in_case(secret, 'a', 'z')).reveal());
    }
}

void Masker::add_pattern(std::string_view form, bool base64) {
    const std::size_t begin = forms_.size();
    append_folded(forms_, form);
    // Nothing but blanks cannot be told from any other text.
    if (forms_.size() > begin) patterns_.push_back({begin, forms_.size() - begin, base64});
}

// The base64 characters that `secret` alone decides if 0, 1 or 2 octets stand before it.
void Masker::add_cores(std::string_view secret) {
    for (std::size_t offset = 0; offset < 3; ++offset) {
        const Secret padded = joined(std::string_view("\0\0", offset), secret);
        const Secret text(mailprobed::base64(padded.reveal()));
        const std::size_t begin = (offset * 8 + 5) / 6;
        const std::size_t end = padded.reveal().size() * 8 / 6;
        if (end < begin + kLeastBase64) continue;
        add_pattern(text.reveal().substr(begin, end - begin), true);
    }
}

std::string Masker::masked(std::string_view text, bool open_end) {
    if (known_.empty()) return std::string(text);
    make_patterns();
    Marks marks(text.size(), false);
    for (const Reading& reading : readings_of(text)) {
        Search search(text, reading, marks);
        for (const Pattern& pattern : patterns_) {
            const auto form = std::string_view(forms_).substr(pattern.begin, pattern.size);
            search.find(form, pattern.base64);
            if (open_end) search.find_open_end(form, pattern.base64);
        }
    }
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!marks[i]) {
            result += text[i];
        } else if (i == 0 || !marks[i - 1]) {
            result += kMask;
        }
    }
    return result;
}

}  // namespace mailprobed
