// SPDX-License-Identifier: Apache-2.0
// Reads `accounts:`: who sends, who reads, with which login.
#include "config/load/key_tables.hpp"

#include <utility>

namespace mailprobed {

namespace {

constexpr StandardPorts kSmtpPorts{465, 587, 25};
constexpr StandardPorts kPop3Ports{995, 110, 110};

bool needs_no_login(const SmtpSettings& half) noexcept {
    return half.auth == SmtpAuth::none;
}
bool needs_no_login(const MailboxSettings& /*half*/) noexcept {
    return false;
}

/// True if the login lets who reads along read the password.
bool sends_password(const SmtpSettings& half) noexcept {
    return half.auth != SmtpAuth::none && half.auth != SmtpAuth::cram_md5;
}
bool sends_password(const MailboxSettings& half) noexcept {
    return half.auth != Pop3Auth::apop;
}

void check_plaintext(MapReader& map, bool readable, TlsMode tls, bool allowed) {
    if (!readable || allowed || tls != TlsMode::none) return;
    map.complain("tls", {"is none: the password would cross the network readable",
                         "`tls: implicit` or `tls: starttls`; or, where that is accepted, "
                         "`allow_plaintext_auth: true`"});
}

/// Reads one half; `source` becomes where its password came from.
template <class Half>
void read_half(MapReader& map, std::string_view section, const KeyGroup<Half>& keys,
               const StandardPorts& ports, const std::string& address, SecretReader& secrets,
               SecretSources& sources, const std::string& source, Half& out) {
    const KeysRead read = read_keys(map, keys, out);
    bool own_port = false;
    // Where `tls` is wrong nobody knows which port would be right.
    if (read.has("tls") || map.find("tls") == nullptr) {
        out.server.port = ports.of(out.server.tls);
        own_port = read_key(map, keys, "port", out);
    }
    finish_endpoint(map, read, ports, own_port, out.server);
    if (needs_no_login(out)) {
        for (const std::string_view key : {"username", "password"}) {
            if (map.find(key) != nullptr) {
                map.complain(key, {"is given although `auth` is none", "only one of the two"});
            }
        }
        return;
    }
    out.username = address;
    read_key(map, keys, "username", out);
    if (auto found = secrets.password(map, std::string(section) + ".password")) {
        out.password = std::move(found->value);
        sources.emplace(source, std::move(found->source));
    }
    check_plaintext(map, sends_password(out), out.server.tls, out.allow_plaintext_auth);
}

}  // namespace

void read_accounts(MapReader& file, const Defaults& defaults, SecretReader& secrets, Draft& draft) {
    constexpr const char* kForm = "a list of accounts, each beginning with `- name:`";
    if (file.require("accounts", kForm) == nullptr) return;
    const ConfigNode* list = file.list("accounts", kForm);
    if (list == nullptr) return;
    ProblemList& problems = file.problems();
    for (const auto& node : list->items) {
        const std::string number = "account no. " + std::to_string(draft.accounts.size() + 1);
        const std::string path = "accounts[" + std::to_string(draft.accounts.size()) + "].";
        AccountSettings account;
        AccountNotes notes;
        const std::string name = entry_name(*node, number, "account");
        MapReader map(*node, "accounts[]", name, problems);
        read_keys(map, kAccountKeys, account);
        notes.name = map.place("name");
        if (map.find("smtp") != nullptr) {
            MapReader smtp(map, "smtp", "accounts[].smtp");
            SmtpSettings& half = account.smtp.emplace();
            half.server.tls = defaults.tls;
            half.timeouts = defaults.timeouts;
            read_half(smtp, "accounts[].smtp", kSmtpKeys, kSmtpPorts, account.address, secrets,
                      draft.secret_sources, path + "smtp.password", half);
            notes.smtp = map.place("smtp");
        }
        if (map.find("pop3") != nullptr) {
            const std::size_t errors = problems.error_count();
            MapReader pop3(map, "pop3", "accounts[].pop3");
            MailboxSettings& half = account.mailbox.emplace();
            half.server.tls = defaults.tls;
            half.timeouts = defaults.timeouts;
            half.poll = defaults.poll;
            read_half(pop3, "accounts[].pop3", kPop3Keys, kPop3Ports, account.address, secrets,
                      draft.secret_sources, path + "pop3.password", half);
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
