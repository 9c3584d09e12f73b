// SPDX-License-Identifier: Apache-2.0
// Fuzz target: mails that claim that one of ours bounced.
#include "probes/domain/bounce.hpp"

#include "tests/fuzz/support/fuzz.hpp"
#include "tests/fuzz/support/mail.hpp"
#include "tests/fuzz/support/tags.hpp"

#include <string>

namespace mailprobed::fuzz {
namespace {

// Which words near the tag count is decided by octets, so a status may differ with the line ends.
bool same_mail(const BounceReading& a, const BounceReading& b) {
    if (a.reject != b.reject || a.bounce.has_value() != b.bounce.has_value()) return false;
    return !a.bounce || a.bounce->tag == b.bounce->tag;
}

void check(const Mail& mail) {
    const TagCodec codec = gullible_codec();
    const BounceReading reading = read_bounce(mail.headers, mail.body, codec);
    require(!reading.bounce || !reading.reject, "a mail is a bounce, or there is a reason");
    require(!read_bounce(mail.headers, mail.body, sound_codec("never written with")).bounce,
            "nobody forges a bounce");
    require(same_mail(read_bounce(mail.headers, with_line_ends(mail.body, "\n"), codec),
                      read_bounce(mail.headers, with_line_ends(mail.body, "\r\n"), codec)),
            "line ends make no difference");
    if (!reading.bounce) return;
    const Bounce& bounce = *reading.bounce;
    require(may_be_bounce(mail.headers), "the headers of a bounce say that it is worth reading");
    require(bounce.diagnostic.size() <= 1024 && safe_to_show(bounce.diagnostic),
            "what the server said is bounded and safe to show");
    require(bounce.status_class == status_class_of(bounce.status), "the class is the status'");
    require(bounce.status.size() < 16, "a status is a code");
    // Our own tag at the top makes it an original, whatever else it says.
    MailHeaders original;
    original.add_line("X-Mailprobed-Tag: " + codec.write(bounce.tag));
    original.add_line("Content-Type: text/plain");
    for (const HeaderField& field : mail.headers.fields())
        original.add_line(field.name + ": " + field.value);
    require(!read_bounce(original, mail.body, codec).bounce, "an original is no bounce");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    check(read_mail(as_text(data, size)));
    return 0;
}
