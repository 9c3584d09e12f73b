// SPDX-License-Identifier: Apache-2.0
// Keys of the file's first column, `web`, `log`, and what accounts and probes have in common.
#include "config/load/durations.hpp"
#include "config/load/key_tables.hpp"

namespace mailprobed {

namespace {

constexpr auto kLevels = std::to_array<Word<LogLevel>>({{"trace", LogLevel::trace},
                                                        {"debug", LogLevel::debug},
                                                        {"info", LogLevel::info},
                                                        {"warning", LogLevel::warning},
                                                        {"error", LogLevel::error}});
constexpr auto kFormats = std::to_array<Word<LogFormat>>({{"auto", LogFormat::automatic},
                                                          {"logfmt", LogFormat::logfmt},
                                                          {"json", LogFormat::json},
                                                          {"journal", LogFormat::journal}});

/// What stands in a Host field, without its port.
std::optional<Complaint> check_allowed_host(std::string_view text) {
    auto complaint = check_host(text);
    if (!complaint && text == "*") complaint = Complaint{"would allow every page of the web", ""};
    if (complaint) complaint->expected = "a name such as monitor.example.org, without port";
    return complaint;
}

void check_poll(MapReader& map, const PollSettings& poll) {
    if (poll.first <= poll.max) return;
    map.complain(map.find("first") != nullptr ? "first" : "max",
                 {"makes the first gap longer than the longest", "`first` at most `max`"});
}

constexpr auto kFile = std::to_array({
    text_key<&Settings::instance>(
        "instance", check_instance,
        {.meaning = "distinguishes daemons that read the same mailboxes: each deletes only "
                    "its own mails. Two that share a mailbox need two instances and one "
                    "`tag_key`",
         .example = "monitor-1",
         .range = "1 to 128 printable characters of ASCII (others of a host's name become `%XX`)",
         .otherwise = "the host's name; as mailprobed@NAME with `-NAME` behind it",
         .restart = true}),
    secret_key<&Settings::tag_key>(
        "tag_key", {"tag_key", false},
        {.meaning = "authenticates the tags in test mails, so that nobody can forge an "
                    "arrival",
         .otherwise = "made once and kept in `state_directory`"}),
    text_key<&Settings::state_directory>(
        "state_directory", check_text,
        {.meaning = "where the program keeps what outlives it",
         .example = "/var/lib/mailprobed",
         .type = "path",
         .otherwise = "`$STATE_DIRECTORY`, else /var/lib/mailprobed",
         .restart = true}),
    duration_key<&Settings::evidence>(
        "evidence", kEvidenceRange,
        {.meaning = "how long after its verdict a mail is still recognised, so that late "
                    "mail is counted as such",
         .restart = true}),
    duration_key<&Settings::history>(
        "history", kHistoryRange,
        {.meaning = "how long judged mails stay in the ledger, which `mailprobed ledger` "
                    "prints; at least `evidence`",
         .restart = true}),
    duration_key<&Settings::details>(
        "details", kHistoryRange,
        {.meaning = "how long the stages, looks and conversations of delivered mails stay "
                    "there, which the status page shows; those of other mails stay as long "
                    "as `history`, and none longer",
         .restart = true}),
    flag_key<&Settings::transcripts>(
        "transcripts",
        {.meaning = "keep the lines of conversations among these details, secrets masked; "
                    "they hold addresses and what servers say",
         .restart = true}),
    map_key<kWebKeys, &Settings::web>(
        "web", "web", {.meaning = "the HTTP side: metrics and pages", .restart = true}),
    map_key<kLogKeys, &Settings::log>("log", "log", {.meaning = "the log"}),
    described_key<Settings>(
        "defaults", MapForm{"defaults"},
        {.meaning = "what accounts and probes take where they say nothing themselves"}),
    list_key<kAccountKeys, &Settings::accounts>(
        "accounts", "accounts[]",
        {.meaning = "who sends and who receives",
         .range = "one or more",
         .required = "a list of accounts, each beginning with `- name:`"}),
    list_key<kProbeKeys, &Settings::probes>(
        "probes", "probes[]",
        {.meaning = "which way mail is sent, how often, what is too late",
         .range = "one or more",
         .required = "a list of probes, each beginning with `- name:`"}),
});

constexpr auto kTagKey = std::to_array({
    described_key("file", TextForm{check_text},
                  {.meaning = "a file with the key",
                   .type = "path",
                   .range = "32 bytes or more, mode 0600 or less"}),
    described_key("credential", TextForm{check_text},
                  {.meaning = "a systemd credential with the key", .range = "32 bytes or more"}),
    described_key(
        "previous", SecretForm{"tag_key.previous", false},
        {.meaning = "the key before this one, still accepted", .range = "see `tag_key.previous`"}),
});

constexpr auto kPreviousTagKey = std::to_array({
    described_key("file", TextForm{check_text},
                  {.meaning = "a file with the old key",
                   .type = "path",
                   .range = "32 bytes or more, mode 0600 or less"}),
    described_key(
        "credential", TextForm{check_text},
        {.meaning = "a systemd credential with the old key", .range = "32 bytes or more"}),
});

constexpr auto kWeb = std::to_array({
    texts_key<&WebSettings::listen>(
        "listen", check_listen,
        {.meaning = "where `/metrics` and the pages are served; an IPv6 address in "
                    "brackets: `[::1]:10995`; several as a list: `[\"127.0.0.1:10995\", "
                    "\"[::1]:10995\"]`; port 0 takes any free one. Beyond loopback use TLS "
                    "and logins: `--web.config.file` in "
                    "[../daemon/README.md](../daemon/README.md)",
         .type = "address:port, or a list",
         .range = "port 0 to 65535"}),
    texts_key<&WebSettings::allowed_hosts>(
        "allowed_hosts", check_allowed_host,
        {.meaning = "names under which clients come (the `Host` of their requests) beside "
                    "those that need no key: addresses, `localhost`, the names in `listen`, "
                    "this machine's host name, alone, with each domain that "
                    "`/etc/resolv.conf` searches, with `.local`, and the other names that "
                    "`/etc/hosts` has for it. Requests with another name are refused (403), "
                    "so that no web page that has rebound its own name reads or does "
                    "anything here. A reverse proxy that keeps the `Host` needs the name "
                    "that its users type, a container the name of its service",
         .example = "monitor.example.org",
         .type = "host, or a list",
         .range = "without port",
         .otherwise = "none"}),
});

constexpr auto kLog = std::to_array({
    word_key<kLevels, &LogSettings::level>("level",
                                           {.meaning = "the least severity that is logged"}),
    word_key<kFormats, &LogSettings::format>(
        "format",
        {.meaning = "how an event is written: `journal` as an entry of journald with a "
                    "field for each value, `auto` so where journald reads standard error, "
                    "else as logfmt",
         .restart = true}),
});

constexpr auto kDefaultTable = std::to_array({
    duration_key<&Defaults::probe, &ProbeSettings::interval>(
        "interval", kIntervalRange, {.meaning = "for probes", .otherwise = "as in `probes[]`"}),
    duration_key<&Defaults::probe, &ProbeSettings::deadline>(
        "deadline", kDeadlineRange, {.meaning = "for probes", .otherwise = "as in `probes[]`"}),
    duration_key<&Defaults::probe, &ProbeSettings::verdict_grace>(
        "verdict_grace", kGraceRange, {.meaning = "for probes", .otherwise = "as in `probes[]`"}),
    duration_key<&Defaults::probe, &ProbeSettings::slo_latency>(
        "slo_latency", kSloRange,
        {.meaning = "for probes; one with a shorter deadline takes its deadline",
         .otherwise = "as in `probes[]`"}),
    integer_key<&Defaults::probe, &ProbeSettings::max_attempts>(
        "max_attempts", kAttemptsRange, {.meaning = "for probes", .otherwise = "as in `probes[]`"}),
    duration_key<&Defaults::probe, &ProbeSettings::retry_after>(
        "retry_after", kRetryRange, {.meaning = "for probes", .otherwise = "as in `probes[]`"}),
    flag_key<&Defaults::probe, &ProbeSettings::bounces>(
        "bounces",
        {.meaning = "for probes whose `from` can be read", .otherwise = "as in `probes[]`"}),
    word_key<kTlsModes, &Defaults::tls>(
        "tls", {.meaning = "for both halves of accounts", .otherwise = "implicit"}),
    map_key<kTimeoutKeys, &Defaults::timeouts>(
        "timeouts", "defaults.timeouts", {.meaning = "for both halves of accounts, key by key"}),
    map_key<kPollKeys, &Defaults::poll>("poll", "defaults.poll",
                                        {.meaning = "for reading halves, key by key"}),
});

constexpr auto kTimeoutTable = std::to_array({
    duration_key<&Timeouts::resolve>("resolve", kStageRange, {.meaning = "the name lookup"}),
    duration_key<&Timeouts::connect>("connect", kStageRange, {.meaning = "the TCP connection"}),
    duration_key<&Timeouts::tls>("tls", kStageRange, {.meaning = "the handshake of implicit TLS"}),
    duration_key<&Timeouts::greeting>("greeting", kStageRange,
                                      {.meaning = "the server's first line"}),
    duration_key<&Timeouts::command>("command", kStageRange,
                                     {.meaning = "every stage not named here"}),
    duration_key<&Timeouts::auth>(
        "auth", kStageRange,
        {.meaning = "the login; Dovecot takes more than 10 s to say that a mailbox is "
                    "locked"}),
    duration_key<&Timeouts::accept>(
        "accept", kStageRange, {.meaning = "the reply to the mail, which many servers scan first"}),
    duration_key<&Timeouts::quit>("quit", kStageRange, {.meaning = "the goodbye"}),
    duration_key<&Timeouts::total>(
        "total", kTotalRange,
        {.meaning = "the whole conversation; for sending the probe's deadline is a further "
                    "limit"}),
});

constexpr auto kPoll = std::to_array({
    duration_key<&PollSettings::first>("first", kPollFirstRange,
                                       {.meaning = "the age at the first look, at most `max`"}),
    decimal_key<&PollSettings::growth>(
        "growth", kGrowthRange,
        {.meaning = "how much later each next look is; smaller measures finer and logs in "
                    "more often"}),
    duration_key<&PollSettings::max>("max", kPollMaxRange,
                                     {.meaning = "the longest gap between two looks"}),
    integer_key<&PollSettings::logins_per_hour>(
        "max_logins_per_hour", kLoginsRange,
        {.meaning = "a budget of logins, for providers that lock accounts; 0 means no limit"}),
});

}  // namespace

constexpr KeyGroup<Settings> kFileKeys{kFile};
constexpr KeyGroup<NoSettings> kTagKeyKeys{kTagKey};
constexpr KeyGroup<NoSettings> kPreviousTagKeyKeys{kPreviousTagKey};
constexpr KeyGroup<WebSettings> kWebKeys{kWeb};
constexpr KeyGroup<LogSettings> kLogKeys{kLog};
constexpr KeyGroup<Defaults> kDefaultKeys{kDefaultTable};
constexpr KeyGroup<Timeouts> kTimeoutKeys{kTimeoutTable};
constexpr KeyGroup<PollSettings> kPollKeys{kPoll, check_poll};

}  // namespace mailprobed
