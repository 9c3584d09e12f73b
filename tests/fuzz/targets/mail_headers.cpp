// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the header section of a mail.
#include "probes/wire/message/mail_headers.hpp"

#include "probes/base/ascii.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>
#include <utility>

namespace mailprobed::fuzz {
namespace {

bool same(const HeaderField& a, const HeaderField& b) {
    return a.name == b.name && a.value == b.value;
}

std::size_t octets_of(const MailHeaders& headers) {
    std::size_t octets = 0;
    for (const HeaderField& field : headers.fields())
        octets += field.name.size() + field.value.size();
    return octets;
}

void check(std::string_view input) {
    PlainLines plain = plain_lines(input);
    plain.lines.push_back(plain.rest);
    MailHeaders headers;
    for (const std::string_view line : plain.lines)
        headers.add_line(line);
    const auto& fields = headers.fields();
    const std::size_t octets = octets_of(headers);
    require(fields.size() <= MailHeaders::kMaxFields && octets <= MailHeaders::kMaxBytes &&
                octets <= input.size() + plain.lines.size(),
            "headers are bounded, and by their source");

    MailHeaders again;
    MailHeaders folded;
    for (const HeaderField& field : fields) {
        require(!field.name.empty() && field.name.find_first_of(" \t:\r") == std::string::npos,
                "a name holds no blank and no colon");
        require(field.value.find('\n') == std::string::npos, "a value is one line");
        const auto first = std::ranges::find_if(
            fields, [&](const HeaderField& f) { return ascii_iequals(f.name, field.name); });
        require(headers.get(field.name) == first->value, "get finds the first of a name");
        again.add_line(field.name + ": " + field.value);
        // Folded at every single blank that stands between two other characters.
        std::string line = field.name + ":";
        for (std::size_t i = 0; i < field.value.size(); ++i) {
            const char c = field.value[i];
            const bool fold = c == ' ' && i > 0 && i + 1 < field.value.size() &&
                              !ascii_blank(field.value[i - 1]) && !ascii_blank(field.value[i + 1]);
            if (fold) folded.add_line(std::exchange(line, ""));
            line += c;
        }
        folded.add_line(line);
    }
    require(!headers.get("no such name"), "what is not there is not found");
    // At the bound a value may have been cut behind a blank, which a second reading trims.
    const bool cut = std::ranges::any_of(fields, [](const HeaderField& field) {
        return field.name.size() + field.value.size() + 1 >= MailHeaders::kKeptBytes / 4;
    });
    if (cut || octets + 1 >= MailHeaders::kMaxBytes - MailHeaders::kKeptBytes) return;
    require(std::ranges::equal(again.fields(), fields, same), "a printed field parses back");
    require(std::ranges::equal(folded.fields(), fields, same), "so does a folded one");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    mailprobed::fuzz::check(mailprobed::fuzz::as_text(data, size));
    return 0;
}
