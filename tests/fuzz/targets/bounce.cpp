// SPDX-License-Identifier: Apache-2.0
// Fuzz target: mails that claim that one of ours bounced.
#include "probes/domain/identity/bounce.hpp"

#include "probes/base/ascii.hpp"
#include "probes/domain/identity/bounce_origin.hpp"
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

const RouteOf kRoute = [](const Tag&) {
    return RouteFacts{"me@example.org", "you@example.org", true, false};
};

void check(const Mail& mail) {
    const TagCodec codec = gullible_codec();
    const BounceReading reading = read_bounce(mail.headers, mail.body, codec, kRoute);
    require(!reading.bounce || !reading.reject, "a mail is a bounce, or there is a reason");
    require(!read_bounce(mail.headers, mail.body, sound_codec("never written with"), kRoute).bounce,
            "nobody forges a bounce");
    require(same_mail(read_bounce(mail.headers, with_line_ends(mail.body, "\n"), codec, kRoute),
                      read_bounce(mail.headers, with_line_ends(mail.body, "\r\n"), codec, kRoute)),
            "line ends make no difference");
    if (!reading.bounce) return;
    const Bounce& bounce = *reading.bounce;
    require(read_mail(mail.headers, mail.body, codec, kRoute).maybe_report ||
                bounce.action != BounceAction::failed || bounce.weak,
            "strong evidence is announced by the header section");
    require(!read_mail(mail.headers, mail.body, codec, kRoute).arrival, "an arrival is no bounce");
    require(!bounce.about_us_alone || is_any_report(mail.headers), "only a report may go");
    require(bounce.diagnostic.size() <= 1024 && safe_to_show(bounce.diagnostic),
            "what the server said is bounded and safe to show");
    require(bounce.status.empty() || bounce.status_class == status_class_of(bounce.status),
            "the class is the status'");
    require(bounce.status.size() < 16, "a status is a code");
    // Our own mail is an original, whatever servers put on top of it.
    MailHeaders original;
    original.add_line("X-Mailprobed-Tag: " + codec.write(bounce.tag));
    for (const HeaderField& field : mail.headers.fields()) {
        if (ascii_iequals(field.name, "Received")) original.add_line("Received: " + field.value);
    }
    require(!read_bounce(original, mail.body, codec, kRoute).bounce, "an original is no bounce");
}

}  // namespace
}  // namespace mailprobed::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mailprobed::fuzz;
    check(read_mail(as_text(data, size)));
    return 0;
}
