// SPDX-License-Identifier: Apache-2.0
// Reads `accounts:`: who sends, who reads, with which login.
#include "config/load/draft.hpp"

#include <array>
#include <utility>

namespace mailprobed {

namespace {

constexpr StandardPorts kSmtpPorts{465, 587, 25};
constexpr StandardPorts kPop3Ports{995, 110, 110};

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

/// User name and password, unless `wanted` is false; returns where the password came from.
std::string read_login(MapReader& map, std::string_view section, bool wanted,
                       const std::string& address, SecretReader& secrets, std::string& username,
                       Secret& password) {
    if (!wanted) {
        for (const std::string_view key : {"username", "password"}) {
            if (map.find(key) != nullptr) {
                map.complain(key, {"is given although `auth` is none", "only one of the two"});
            }
        }
        return "";
    }
    username = address;
    map.text("username", check_text, username);
    auto found = secrets.password(map, section);
    if (!found) return "";
    password = std::move(found->value);
    return std::move(found->source);
}

void check_plaintext(MapReader& map, bool readable, TlsMode tls, bool allowed) {
    if (!readable || allowed || tls != TlsMode::none) return;
    map.complain("tls", {"is none: the password would cross the network readable",
                         "`tls: implicit` or `tls: starttls`; or, where that is accepted, "
                         "`allow_plaintext_auth: true`"});
}

std::string read_smtp(MapReader& map, const AccountSettings& account, const Defaults& defaults,
                      SecretReader& secrets, ProblemList& problems, SmtpSettings& out) {
    out.server.tls = defaults.tls;
    out.timeouts = defaults.timeouts;
    read_endpoint(map, kSmtpPorts, problems, out.server);
    map.word<SmtpAuth>("auth", kSmtpAuths, out.auth);
    map.flag("allow_plaintext_auth", out.allow_plaintext_auth);
    std::string source = read_login(map, "accounts[].smtp.password", out.auth != SmtpAuth::none,
                                    account.address, secrets, out.username, out.password);
    const bool readable = out.auth != SmtpAuth::none && out.auth != SmtpAuth::cram_md5;
    check_plaintext(map, readable, out.server.tls, out.allow_plaintext_auth);
    map.text("ehlo_name", check_ehlo_name, out.ehlo_name);
    map.word<bool>("pipelining", kSwitch, out.pipelining);
    read_timeouts(map, "accounts[].smtp.timeouts", out.timeouts);
    return source;
}

void read_window(MapReader& map, ListWindow& out) {
    if (map.find("window") == nullptr) return;
    MapReader window(map, "window", "accounts[].pop3.window");
    window.duration("age", kWindowAgeRange, out.age);
    window.integer("oldest", kWindowOldestRange, out.oldest);
}

std::string read_pop3(MapReader& map, const AccountSettings& account, const Defaults& defaults,
                      SecretReader& secrets, ProblemList& problems, MailboxSettings& out) {
    out.server.tls = defaults.tls;
    out.timeouts = defaults.timeouts;
    out.poll = defaults.poll;
    read_endpoint(map, kPop3Ports, problems, out.server);
    map.word<Pop3Auth>("auth", kPop3Auths, out.auth);
    map.flag("allow_plaintext_auth", out.allow_plaintext_auth);
    std::string source = read_login(map, "accounts[].pop3.password", true, account.address, secrets,
                                    out.username, out.password);
    check_plaintext(map, out.auth != Pop3Auth::apop, out.server.tls, out.allow_plaintext_auth);
    map.word<bool>("pipelining", kSwitch, out.pipelining);
    map.integer("scan_limit", kScanRange, out.scan_limit);
    map.word<bool>("delete", kDelete, out.remove_own);
    map.text("authserv_id", check_authserv_id, out.authserv_id);
    read_window(map, out.window);
    read_poll(map, "accounts[].pop3.poll", problems, out.poll);
    read_timeouts(map, "accounts[].pop3.timeouts", out.timeouts);
    return source;
}

}  // namespace

void read_accounts(MapReader& file, const Defaults& defaults, SecretReader& secrets,
                   ProblemList& problems, Draft& draft) {
    constexpr const char* kForm = "a list of accounts, each beginning with `- name:`";
    if (file.require("accounts", kForm) == nullptr) return;
    const ConfigNode* list = file.list("accounts", kForm);
    if (list == nullptr) return;
    for (const auto& node : list->items) {
        const std::string number = "account no. " + std::to_string(draft.accounts.size() + 1);
        AccountSettings account;
        AccountNotes notes;
        const std::string name = entry_name(*node, number, "account");
        MapReader map(*node, "accounts[]", name, problems);
        if (map.require("name", "a line such as `name: qq`") != nullptr) {
            map.text("name", check_name, account.name);
        }
        if (map.require("address", "a line such as `address: probe@example.org`") != nullptr) {
            map.text("address", check_address, account.address);
        }
        notes.name = map.place("name");
        if (map.find("smtp") != nullptr) {
            MapReader smtp(map, "smtp", "accounts[].smtp");
            notes.smtp_password_source =
                read_smtp(smtp, account, defaults, secrets, problems, account.smtp.emplace());
            notes.smtp = map.place("smtp");
        }
        if (map.find("pop3") != nullptr) {
            const std::size_t errors = problems.error_count();
            MapReader pop3(map, "pop3", "accounts[].pop3");
            notes.pop3_password_source =
                read_pop3(pop3, account, defaults, secrets, problems, account.mailbox.emplace());
            notes.pop3 = map.place("pop3");
            notes.says_window = pop3.find("window") != nullptr;
            notes.pop3_good = problems.error_count() == errors;
        }
        if (node->kind == ConfigNode::Kind::map && !account.smtp && !account.mailbox) {
            problems.error(node->place, name + " has neither `smtp` nor `pop3`",
                           "at least one: `smtp` to send from it, `pop3` to read its mailbox");
        }
        draft.settings.accounts.push_back(std::move(account));
        draft.accounts.push_back(std::move(notes));
    }
}

}  // namespace mailprobed
