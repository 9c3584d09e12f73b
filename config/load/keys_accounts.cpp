// SPDX-License-Identifier: Apache-2.0
// Keys of accounts: two halves that have most keys in common.
#include "config/load/key_tables.hpp"

namespace mailprobed {

namespace {

constexpr auto kFamilies = std::to_array<Word<IpFamily>>(
    {{"any", IpFamily::any}, {"4", IpFamily::v4}, {"6", IpFamily::v6}});
constexpr auto kSwitch = std::to_array<Word<bool>>({{"on", true}, {"off", false}});
constexpr auto kDelete = std::to_array<Word<bool>>({{"own", true}, {"never", false}});
constexpr auto kSmtpAuths = std::to_array<Word<SmtpAuth>>({{"auto", SmtpAuth::automatic},
                                                           {"none", SmtpAuth::none},
                                                           {"plain", SmtpAuth::plain},
                                                           {"login", SmtpAuth::login},
                                                           {"cram-md5", SmtpAuth::cram_md5}});
constexpr auto kPop3Auths = std::to_array<Word<Pop3Auth>>({{"auto", Pop3Auth::automatic},
                                                           {"user-pass", Pop3Auth::user_pass},
                                                           {"plain", Pop3Auth::plain},
                                                           {"apop", Pop3Auth::apop}});

/// The paths of the maps in a half.
struct Sections {
    std::string_view password;
    std::string_view timeouts;
};

/// What both halves say of their server and their login.
template <class Half>
constexpr auto common_keys(Sections sections) {
    return std::to_array({
        text_key<&Half::server, &Endpoint::host>(
            "host", check_host,
            {.meaning = "name or IP address of the server, without port; the name must be in "
                        "its certificate",
             .example = "smtp.example.org",
             .type = "host",
             .range = "at most 253 bytes",
             .required = "a line such as `host: mail.example.org`"}),
        integer_key<&Half::server, &Endpoint::port>(
            "port", kPortRange,
            {.meaning = "a warning says so where the number is another mode's by convention",
             .otherwise = "by protocol and `tls`: smtp 465, 587 or 25; pop3 995, 110 or 110 "
                          "(implicit, starttls, none)",
             .by_hand = true}),
        word_key<kTlsModes, &Half::server, &Endpoint::tls>(
            "tls",
            {.meaning = "TLS from the first byte, by command (STARTTLS, STLS), or not at all. "
                        "It is never left to the server"}),
        text_key<&Half::username>("username", check_text,
                                  {.meaning = "the login",
                                   .range = "1 to 1024 bytes",
                                   .otherwise = "the account's `address`",
                                   .by_hand = true}),
        secret_key<&Half::password>("password", {sections.password, true},
                                    {.meaning = "the password",
                                     .example = "{credential: qq}",
                                     .otherwise = "required unless `auth: none`"}),
        flag_key<&Half::allow_plaintext_auth>(
            "allow_plaintext_auth",
            {.meaning = "must be true for a login that sends the password itself (PLAIN, LOGIN, "
                        "USER) with `tls: none`",
             .may_differ = true}),
        text_key<&Half::server, &Endpoint::ca_file>(
            "ca_file", check_text,
            {.meaning = "certificates of the authorities to trust instead",
             .example = "/etc/ssl/office-ca.pem",
             .type = "path",
             .range = "a readable PEM file",
             .otherwise = "the system's store"}),
        flag_key<&Half::server, &Endpoint::tls_verify>(
            "tls_verify",
            {.meaning = "false takes any certificate: anybody on the way can read password and "
                        "mail. A warning and the metric `mailprobed_tls_verify_disabled` keep "
                        "saying so"}),
        word_key<kFamilies, &Half::server, &Endpoint::ip_family>(
            "ip_family",
            {.meaning = "which addresses of the host may be used; one probe for each family "
                        "shows a dead one"}),
        text_key<&Half::server, &Endpoint::source_address>(
            "source_address", check_ip_address,
            {.meaning = "where connections come from",
             .example = "192.0.2.25",
             .type = "IP address",
             .range = "an address of this machine",
             .otherwise = "the system's choice"}),
        map_key<kTimeoutKeys, &Half::timeouts>("timeouts", sections.timeouts,
                                               {.meaning = "how long each stage may take"}),
    });
}

constexpr auto kOwnSmtp = std::to_array({
    word_key<kSmtpAuths, &SmtpSettings::auth>(
        "auth",
        {.meaning = "how to log in: auto takes PLAIN, else LOGIN, as offered, and LOGIN "
                    "once more where the server answers PLAIN with 500, 501, 502 or 504; "
                    "none sends without login and allows neither `username` nor `password`"}),
    text_key<&SmtpSettings::ehlo_name>(
        "ehlo_name", check_ehlo_name,
        {.meaning = "the argument of EHLO; a name or an address literal; where it is not "
                    "given and the server refuses the address, the host's own name is tried "
                    "once, if that has a public domain",
         .example = "monitor.example.org",
         .type = "host",
         .range = "at most 253 bytes",
         .otherwise = "the socket's address in brackets"}),
    word_key<kSwitch, &SmtpSettings::pipelining>(
        "pipelining",
        {.meaning = "sends envelope commands at once where offered (RFC 2920); off gives "
                    "each stage its own time"}),
});

constexpr auto kOwnPop3 = std::to_array({
    word_key<kPop3Auths, &MailboxSettings::auth>(
        "auth", {.meaning = "how to log in: auto takes AUTH PLAIN where offered, else USER and "
                            "PASS, also where AUTH PLAIN is refused before the password was sent "
                            "and USER is offered; apop only when asked for"}),
    word_key<kSwitch, &MailboxSettings::pipelining>(
        "pipelining", {.meaning = "sends several commands at once where offered (RFC 2449)"}),
    integer_key<&MailboxSettings::scan_limit>(
        "scan_limit", kScanRange,
        {.meaning = "entries read in one look at a server without UIDL; a fuller mailbox is "
                    "`mailbox_too_large`"}),
    word_key<kDelete, &MailboxSettings::remove_own>(
        "delete",
        {.meaning = "which mails are removed after they are read: mailprobed's own, "
                    "verified by their tag, once their verdicts are recorded; with `never` "
                    "the mailbox grows until somebody else empties it"}),
    text_key<&MailboxSettings::authserv_id>(
        "authserv_id", check_authserv_id,
        {.meaning = "the name by which the receiving server signs its "
                    "`Authentication-Results` (RFC 8601); only fields with it are believed "
                    "about SPF, DKIM and DMARC",
         .example = "mx.example.org",
         .range = "at most 253 bytes",
         .otherwise = "none is trusted"}),
    map_key<kWindowKeys, &MailboxSettings::window>(
        "window", "accounts[].pop3.window",
        {.meaning = "what the provider's listing leaves out, so that a mail which is only "
                    "not listed is never called lost",
         .otherwise = "the listing leaves out nothing"}),
    map_key<kPollKeys, &MailboxSettings::poll>("poll", "accounts[].pop3.poll",
                                               {.meaning = "how often the mailbox is looked into"}),
});

constexpr auto kSmtp = joined(
    common_keys<SmtpSettings>({"accounts[].smtp.password", "accounts[].smtp.timeouts"}), kOwnSmtp);
constexpr auto kPop3 =
    joined(common_keys<MailboxSettings>({"accounts[].pop3.password", "accounts[].pop3.timeouts"}),
           kOwnPop3);

constexpr auto kAccount = std::to_array({
    text_key<&AccountSettings::name>("name", check_name,
                                     {.meaning = "how probes, metrics and the log call it",
                                      .example = "qq",
                                      .type = "name",
                                      .range = "1 to 64 characters",
                                      .required = "a line such as `name: qq`"}),
    text_key<&AccountSettings::address>(
        "address", check_address,
        {.meaning = "the mail address, bare",
         .example = "probe@example.org",
         .type = "address",
         .range = "ASCII, at most 254 bytes",
         .required = "a line such as `address: probe@example.org`"}),
    optional_map_key<kSmtpKeys, &AccountSettings::smtp>(
        "smtp", "accounts[].smtp",
        {.meaning = "how to send as this account", .range = "see below"}),
    optional_map_key<kPop3Keys, &AccountSettings::mailbox>(
        "pop3", "accounts[].pop3", {.meaning = "how to read its mailbox", .range = "see below"}),
});

constexpr auto kWindow = std::to_array({
    duration_key<&ListWindow::age>(
        "age", kWindowAgeRange,
        {.meaning = "mails older than this are not listed; takes nothing from a look while "
                    "deadline and grace of a mail are shorter. QQ Mail: `30d`, unless its "
                    "settings say otherwise",
         .otherwise = "all are listed"}),
    integer_key<&ListWindow::oldest>(
        "oldest", kWindowOldestRange,
        {.meaning = "no more than this many are listed, the oldest that were not fetched "
                    "yet; a listing that is at least as long says nothing about newer "
                    "mails. Gmail: `250`",
         .otherwise = "all are listed"}),
});

constexpr auto kPassword = std::to_array({
    described_key("file", TextForm{check_text},
                  {.meaning = "a file that holds the password",
                   .example = "/etc/mailprobed/qq.password",
                   .type = "path",
                   .range = "mode 0600 or less"}),
    described_key("credential", TextForm{check_text},
                  {.meaning = "a systemd credential", .example = "qq", .range = "no `/`"}),
    described_key("env", TextForm{check_text},
                  {.meaning = "an environment variable", .example = "QQ_PASSWORD"}),
    described_key("command", CommandForm{},
                  {.meaning = "a program with its arguments that prints the password",
                   .example = "[/usr/bin/pass, show, mail/qq]",
                   .range = "10 seconds, 64 KiB"}),
});

}  // namespace

constexpr KeyGroup<AccountSettings> kAccountKeys{kAccount};
constexpr KeyGroup<SmtpSettings> kSmtpKeys{kSmtp};
constexpr KeyGroup<MailboxSettings> kPop3Keys{kPop3};
constexpr KeyGroup<ListWindow> kWindowKeys{kWindow};
constexpr KeyGroup<NoSettings> kPasswordKeys{kPassword};

}  // namespace mailprobed
