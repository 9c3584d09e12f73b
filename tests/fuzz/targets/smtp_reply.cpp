// SPDX-License-Identifier: Apache-2.0
// Fuzz target: SMTP replies as a server sends them, one after the other.
#include "probes/wire/smtp/reply.hpp"
#include "tests/fuzz/support/fuzz.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

using Step = SmtpReplyParser::Step;

struct Reading {
    std::vector<SmtpReply> replies;
    bool broken = false;
};

Reading read(std::string_view octets, Cut how) {
    Reading result;
    LineBuffer buffer;
    SmtpReplyParser parser;
    for (const std::string_view piece : cut(octets, how)) {
        feed(buffer, piece);
        for (;;) {
            const LineBuffer::Line line = buffer.next();
            if (line.found == LineBuffer::Found::nothing) break;
            const Step step =
                line.found == LineBuffer::Found::line ? parser.add(line.text) : Step::too_long;
            if (step == Step::done) result.replies.push_back(parser.take());
            result.broken = step == Step::malformed || step == Step::too_long;
            if (result.broken) return result;
        }
    }
    return result;
}

bool same(const SmtpReply& a, const SmtpReply& b) {
    return a.code == b.code && a.enhanced == b.enhanced && a.text == b.text &&
           a.mixed_codes == b.mixed_codes;
}

std::string printed(const SmtpReply& reply) {
    std::string result;
    std::string_view text = reply.text;
    for (;;) {
        const std::size_t lf = text.find('\n');
        const bool more = lf != std::string_view::npos;
        result += std::to_string(reply.code) + (more ? '-' : ' ');
        result.append(text.substr(0, lf)).append("\r\n");
        if (!more) return result;
        text.remove_prefix(lf + 1);
    }
}

void check(const SmtpReply& reply) {
    require(reply.code >= 200 && reply.code <= 599, "a code is 200 to 599");
    require(reply.text.size() <= SmtpReplyParser::kMaxBytes + SmtpReplyParser::kMaxLines,
            "a reply is bounded in octets");
    require(std::ranges::count(reply.text, '\n') < std::ptrdiff_t{SmtpReplyParser::kMaxLines},
            "a reply is bounded in lines");
    if (reply.enhanced) {
        require(reply.enhanced->klass == reply.first_digit(),
                "an enhanced code never contradicts the code");
        require(reply.enhanced->subject <= 999 && reply.enhanced->detail <= 999,
                "parts of an enhanced code have three digits at most");
    }
    require(reply.said().starts_with(std::to_string(reply.code)), "the code is said first");
    // A line of the text may be as long as the limit without its code.
    const Reading again = read(printed(reply), Cut::whole);
    if (again.broken) return;
    require(again.replies.size() == 1, "a printed reply is one reply");
    const SmtpReply& copy = again.replies.front();
    require(copy.code == reply.code && copy.text == reply.text && !copy.mixed_codes,
            "a printed reply parses back");
    if (!reply.mixed_codes) {
        require(copy.enhanced == reply.enhanced, "so does its enhanced code");
    }
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    const std::string_view octets = as_text(data, size);
    const Reading first = read(octets, Cut::whole);
    for (const Cut how : {Cut::single, Cut::mixed}) {
        const Reading other = read(octets, how);
        require(
            other.broken == first.broken && std::ranges::equal(other.replies, first.replies, same),
            "replies do not depend on how reads are cut");
    }
    for (const mailprobed::SmtpReply& reply : first.replies)
        check(reply);
    return 0;
}
