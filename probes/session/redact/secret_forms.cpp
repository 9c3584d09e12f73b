// SPDX-License-Identifier: Apache-2.0
// Search for the forms of secrets.
#include "probes/session/redact/secret_forms.hpp"

#include "probes/base/ascii.hpp"
#include "probes/base/base64.hpp"
#include "probes/base/secret.hpp"
#include "probes/wire/sasl/sasl.hpp"

#include <algorithm>
#include <utility>

namespace mailprobed {

namespace {

// Octets of a secret that a cut copy must hold: shorter ones are words.
constexpr std::size_t kLeastPart = 6;
// An open end is masked from here on where that is half of the secret.
constexpr std::size_t kLeastStart = 3;
// A base64 form shorter than this would hit ordinary words.
constexpr std::size_t kLeastBase64 = 4;
// A form in ISO 8859-1 that is shorter is no form.
constexpr std::size_t kLeastLatin = 4;
// Characters in ASCII of which all others were dropped.
constexpr std::size_t kLeastDropped = 8;
constexpr std::size_t kRun = 3;
// Anchors of one form with the same run: a secret of one letter must not cost its square.
constexpr std::size_t kMostAlike = 4;

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
    if (size <= text.capacity()) return;
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

bool in_ascii(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x80;
}

// `text`, which is UTF-8, in ISO 8859-1; empty if a character is not in that.
Secret in_latin(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(text[i]);
        if (in_ascii(text[i])) {
            result += text[i];
            continue;
        }
        if ((lead != 0xc2 && lead != 0xc3) || i + 1 == text.size()) {
            wipe(result.data(), result.size());
            return Secret();
        }
        const auto next = static_cast<unsigned char>(text[++i]);
        result += static_cast<char>(((lead & 3U) << 6U) | (next & 0x3fU));
    }
    return Secret(std::move(result));
}

// `text`, taken for ISO 8859-1, in UTF-8: of what was UTF-8 already, what is encoded twice.
Secret in_utf8(std::string_view text) {
    std::string result;
    result.reserve(text.size() * 2);
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet < 0x80) {
            result += c;
        } else {
            result += static_cast<char>(0xc0U | (octet >> 6U));
            result += static_cast<char>(0x80U | (octet & 0x3fU));
        }
    }
    return Secret(std::move(result));
}

std::uint32_t run_of(char a, char b, char c) noexcept {
    const auto octet = [](char o) { return std::uint32_t{static_cast<unsigned char>(o)}; };
    return (octet(a) << 16U) | (octet(b) << 8U) | octet(c);
}

std::uint32_t bloom_bit(std::uint32_t run) noexcept {
    return (run * 2654435761U) >> 20U;
}

bool is_bracket_or_quote(char c) noexcept {
    return std::string_view("'\"`()[]<>{}").find(c) != std::string_view::npos;
}

// Where the octets of a skeleton stand: at the ends of lines and beside dots.
class Ends {
  public:
    explicit Ends(const SearchedText& searched)
        : all_(searched.skeleton.octets),
          sources_(searched.skeleton.sources),
          text_(searched.text) {}

    [[nodiscard]] bool right_of(std::size_t end) const {
        std::size_t at = end;
        if (at == all_.size() || line_end_before(at) || dots_at(at)) return true;
        while (at < all_.size() && at < end + 2 && is_bracket_or_quote(all_[at])) {
            ++at;
            if (at == all_.size() || line_end_before(at) || dots_at(at)) return true;
        }
        // The full stop of a sentence.
        return at < all_.size() && all_[at] == '.' &&
               (at + 1 == all_.size() || line_end_before(at + 1));
    }

    [[nodiscard]] bool left_of(std::size_t begin) const {
        std::size_t at = begin;
        if (dots_before(at)) return true;
        for (std::size_t i = 0; i < 2 && at > 0 && is_bracket_or_quote(all_[at - 1]); ++i) {
            --at;
            if (dots_before(at)) return true;
        }
        return begins_line(begin);
    }

  private:
    [[nodiscard]] bool line_end_before(std::size_t at) const {
        const std::size_t from = sources_[at - 1].second;
        const std::size_t to = sources_[at].first;
        return to > from && text_.substr(from, to - from).find('\n') != std::string_view::npos;
    }
    [[nodiscard]] bool dots_at(std::size_t at) const {
        const std::string_view rest = std::string_view(all_).substr(at);
        return rest.starts_with("..") || rest.starts_with("\xe2\x80\xa6");
    }
    [[nodiscard]] bool dots_before(std::size_t at) const {
        const std::string_view before = std::string_view(all_).substr(0, at);
        return before.ends_with("..") || before.ends_with("\xe2\x80\xa6");
    }
    // True if nothing stands before it in its line but a status, a code in brackets and quotes.
    [[nodiscard]] bool begins_line(std::size_t begin) const {
        std::size_t line = begin;
        while (line > 0 && begin - line < 40 && !line_end_before(line))
            --line;
        if (line > 0 && !line_end_before(line)) return false;
        std::string_view before = std::string_view(all_).substr(line, begin - line);
        for (const std::string_view status : {"-ERR", "+OK"}) {
            if (before.starts_with(status)) before.remove_prefix(status.size());
        }
        if (before.starts_with('[') && before.find(']') != std::string_view::npos) {
            before.remove_prefix(before.find(']') + 1);
        }
        return std::ranges::all_of(before, is_bracket_or_quote);
    }

    const std::string& all_;
    const std::vector<std::pair<std::uint32_t, std::uint32_t>>& sources_;
    std::string_view text_;
};

}  // namespace

SecretForms::~SecretForms() {
    wipe(octets_.data(), octets_.size());
}

void SecretForms::reserve(std::size_t octets) {
    // Plain, hexadecimal and three times base64, for a digest nine times; what is not in ASCII is
    // no digest, and its forms in other charsets take five times its size.
    reserve_wiped(octets_, octets_.size() + octets * 15 + 16);
}

void SecretForms::add_secret(std::string_view secret) {
    blanks_ |= secret.find(' ') != std::string_view::npos;
    add_form(secret, kLeastPart, false);
    const Secret hex(hexadecimal(secret));
    add_form(hex.reveal(), 2 * kLeastPart, false);
    add_cores(secret);
    if (!std::ranges::all_of(secret, in_ascii)) add_other_charsets(secret);
    // A digest may come back in the other case, and its base64 is another one then.
    if (!std::ranges::all_of(secret, [](char c) { return hex_value(c) >= 0; })) return;
    add_cores(Secret(in_case(secret, 'A', 'Z')).reveal());
    add_cores(Secret(in_case(secret, 'a', 'z')).reveal());
}

void SecretForms::add_other_charsets(std::string_view secret) {
    const Secret latin = in_latin(secret);
    // Fewer octets of it are a part of many a character in UTF-8.
    if (latin.reveal().size() >= kLeastLatin) add_form(latin.reveal(), kLeastPart, false);
    add_form(in_utf8(secret).reveal(), kLeastPart, false);
    std::string replaced;
    std::string dropped;
    replaced.reserve(secret.size());
    dropped.reserve(secret.size());
    std::size_t kept = 0;
    for (const char c : secret) {
        if (in_ascii(c)) dropped += c;
        if (folded(c) == 0) continue;
        const bool gap = belongs_to_gap(c);
        if (!gap || !replaced.ends_with(kGap)) replaced += gap ? kGap : c;
        kept += gap ? 0 : 1;
    }
    // What is left must tell more of the secret than ordinary words do by chance.
    if (kept >= kLeastPart) {
        gaps_ = true;
        add_form(replaced, kLeastPart, false);
    }
    const auto is_small = [](char c) { return (c >= 'a' && c <= 'z') || folded(c) == 0; };
    if (kept >= kLeastDropped && !std::ranges::all_of(dropped, is_small)) {
        add_form(dropped, kLeastDropped, false);
    }
    wipe(replaced.data(), replaced.size());
    wipe(dropped.data(), dropped.size());
}

void SecretForms::add_base64(std::string_view text) {
    add_form(text, kLeastPart * 4 / 3, true);
}

// The base64 characters that `secret` alone decides if 0, 1 or 2 octets stand before it.
void SecretForms::add_cores(std::string_view secret) {
    for (std::size_t offset = 0; offset < 3; ++offset) {
        const Secret padded = joined(std::string_view("\0\0", offset), secret);
        const Secret text(base64(padded.reveal()));
        const std::size_t begin = (offset * 8 + 5) / 6;
        const std::size_t end = padded.reveal().size() * 8 / 6;
        if (end < begin + kLeastBase64) continue;
        add_base64(text.reveal().substr(begin, end - begin));
    }
}

void SecretForms::add_form(std::string_view form, std::size_t least, bool base64) {
    const std::size_t begin = octets_.size();
    append_folded(octets_, form);
    const std::size_t size = octets_.size() - begin;
    // Nothing but blanks cannot be told from any other text.
    if (size == 0) return;
    forms_.push_back({begin, size, least, base64});
    add_anchors(forms_.size() - 1);
}

void SecretForms::add_anchors(std::size_t index) {
    const std::string_view form = octets_of(forms_[index]);
    if (form.size() < kRun) {
        short_forms_ = true;
        return;
    }
    const std::size_t first = anchors_.size();
    const auto add = [&](std::size_t offset) {
        const std::uint32_t run = run_of(form[offset], form[offset + 1], form[offset + 2]);
        std::size_t alike = 0;
        for (std::size_t i = first; i < anchors_.size(); ++i)
            alike += anchors_[i].run == run ? 1 : 0;
        if (alike >= kMostAlike) return;
        anchors_.push_back(
            {run, static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(offset)});
        const std::uint32_t bit = bloom_bit(run);
        bloom_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    };
    // The end first: where occurrences overlap, it tells the next one.
    add(form.size() - kRun);
    for (std::size_t offset = 0; offset + kRun < form.size(); offset += kRun)
        add(offset);
}

void SecretForms::settle() {
    std::ranges::sort(anchors_, {}, &Anchor::run);
}

void SecretForms::find(const SearchedText& searched, std::vector<SecretPlace>& places) const {
    const std::string& all = searched.skeleton.octets;
    const Ends ends(searched);
    // Up to where each form was found last: a long word full of secrets must not cost its square.
    std::vector<std::size_t> found;
    const auto judge = [&](const Anchor& anchor, std::size_t at) {
        const Form& form = forms_[anchor.form];
        if (found.empty()) found.resize(forms_.size(), 0);
        if (at + kRun <= found[anchor.form]) return;
        const std::string_view octets = octets_of(form);
        std::size_t left = 0;
        while (left < anchor.offset && left < at &&
               folded(all[at - left - 1]) == octets[anchor.offset - left - 1])
            ++left;
        std::size_t right = kRun;
        while (anchor.offset + right < octets.size() && at + right < all.size() &&
               folded(all[at + right]) == octets[anchor.offset + right])
            ++right;
        const std::size_t begin = at - left;
        const std::size_t end = at + right;
        const std::size_t size = left + right;
        const bool starts = left == anchor.offset;
        const bool stops = anchor.offset + right == octets.size();
        const auto hit = [&](std::size_t from, std::size_t to) {
            found[anchor.form] = to;
            places.push_back({from, to, form.base64});
        };
        const bool half = size * 2 >= octets.size();
        if (starts && stops) return hit(begin, end);
        if (!searched.parts) return;
        if (half && size >= form.least) return hit(begin, end);
        if (searched.open_end && starts && half && end == all.size() && size >= kLeastStart) {
            return hit(begin, end);
        }
        // What stands beside the copy may look like more of it.
        for (std::size_t to = end; starts && to >= begin + form.least; --to) {
            if (ends.right_of(to)) return hit(begin, to);
        }
        for (std::size_t from = begin; stops && from + form.least <= end; ++from) {
            if (ends.left_of(from)) return hit(from, end);
        }
    };
    for (std::size_t at = 0; at + kRun <= all.size(); ++at) {
        const std::uint32_t run = run_of(folded(all[at]), folded(all[at + 1]), folded(all[at + 2]));
        const std::uint32_t bit = bloom_bit(run);
        if ((bloom_[bit / 64] >> (bit % 64) & 1U) == 0) continue;
        for (auto one = std::ranges::lower_bound(anchors_, run, {}, &Anchor::run);
             one != anchors_.end() && one->run == run; ++one) {
            judge(*one, at);
        }
    }
    if (!short_forms_) return;
    for (const Form& form : forms_) {
        if (form.size >= kRun) continue;
        const std::string_view octets = octets_of(form);
        for (std::size_t at = 0; at + form.size <= all.size(); ++at) {
            const bool equal = std::ranges::equal(
                octets, std::string_view(all).substr(at, form.size), {}, {}, folded);
            if (equal) places.push_back({at, at + form.size, form.base64});
        }
    }
}

}  // namespace mailprobed
