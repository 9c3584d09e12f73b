// SPDX-License-Identifier: Apache-2.0
// Keys of probes.
#include "config/load/key_tables.hpp"

namespace mailprobed {

namespace {

constexpr auto kProbe = std::to_array({
    text_key<&ProbeSettings::name>("name", check_name,
                                   {.meaning = "the label `probe` of its metrics",
                                    .example = "qq-to-office",
                                    .type = "name",
                                    .range = "1 to 64 characters",
                                    .required = "a line such as `name: qq-to-qq`"}),
    text_key<&ProbeSettings::from>("from", check_name,
                                   {.meaning = "who sends",
                                    .type = "name",
                                    .range = "an account with `smtp`",
                                    .required = "the name of the sending account"}),
    text_key<&ProbeSettings::to>(
        "to", check_name,
        {.meaning = "in whose mailbox the mail must arrive; may be the same account",
         .type = "name",
         .range = "an account with `pop3`",
         .required = "the name of the receiving account"}),
    text_key<&ProbeSettings::to_address>(
        "to_address", check_address,
        {.meaning = "another address that leads into this mailbox: an alias or a forward",
         .type = "address",
         .range = "ASCII, at most 254 bytes",
         .otherwise = "the `to` account's"}),
    duration_key<&ProbeSettings::interval>(
        "interval", kIntervalRange, {.meaning = "how often a mail is sent, on a fixed grid"}),
    duration_key<&ProbeSettings::deadline>(
        "deadline", kDeadlineRange, {.meaning = "a mail that has not arrived by then is lost"}),
    duration_key<&ProbeSettings::verdict_grace>(
        "verdict_grace", kGraceRange,
        {.meaning = "how long after the deadline a look at the mailbox is still waited for "
                    "before the verdict is `unobserved`",
         .otherwise = "the greater of 1m and twice the look interval, which is at least the "
                      "server's LOGIN-DELAY (1h of it at most)"}),
    duration_key<&ProbeSettings::slo_latency>(
        "slo_latency", kSloRange,
        {.meaning = "a round trip up to this counts as good; at most `deadline`, and never "
                    "more by default"}),
    integer_key<&ProbeSettings::max_attempts>(
        "max_attempts", kAttemptsRange,
        {.meaning = "submissions of one mail at most. A further one follows only a definite "
                    "4yz reply, as greylisting gives it, never a missing answer; deadline "
                    "and latency run from the first"}),
    duration_key<&ProbeSettings::retry_after>(
        "retry_after", kRetryRange,
        {.meaning = "from the end of a refused attempt to the next; shorter than `deadline` "
                    "if there is more than one"}),
    flag_key<&ProbeSettings::bounces>(
        "bounces",
        {.meaning = "whether the mailbox of `from` is searched for bounces, which costs it "
                    "a few logins per mail; false where `from` has no `pop3`"}),
    pairs_key<&ProbeSettings::headers>(
        "headers", {check_header_name, check_header_value, true},
        {.meaning = "additional header fields, ASCII, up to 900 bytes each. Those that "
                    "mailprobed or servers set are refused (From, To, Subject, Date, "
                    "Message-ID, MIME-Version, Content-*, X-Mailprobed-*, Auto-Submitted, "
                    "Received, ...)",
         .example = "X-Team: mail",
         .range = "at most 32"}),
    pairs_key<&ProbeSettings::labels>(
        "labels", {check_label_name, check_label_value, false},
        {.meaning = "labels of the metric `mailprobed_probe_info`, values up to 128 bytes; "
                    "not probe, from, to, mailbox",
         .example = "team: mail",
         .range = "at most 32"}),
});

}  // namespace

constexpr KeyGroup<ProbeSettings> kProbeKeys{kProbe};

}  // namespace mailprobed
