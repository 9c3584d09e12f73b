// SPDX-License-Identifier: Apache-2.0
// The table of known wordings.
#include "probes/wire/pop3/login_words.hpp"

#include "probes/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace mailprobed {
namespace {

// More than any of the wordings has.
constexpr std::size_t kMaxText = 512;

struct Wording {
    LoginWords meaning;
    // Words as spaced() gives them; a trailing * stands for any end of the word.
    std::string_view words;
};

// A lock counts where the text also names what is locked (kMailbox).
constexpr auto kKnown = std::to_array<Wording>({
    // RFC 1939 section 4 ("maildrop already locked"); hMailServer ("Your mailbox is already
    // locked", its issue 535 and perdition's issue 4).
    {LoginWords::locked, "already locked"},
    // RFC 1939 section 7, PASS ("unable to lock maildrop"); Cyrus before 2.2, without its [IN-USE].
    {LoginWords::locked, "unable to lock"},
    {LoginWords::locked, "cannot lock"},
    {LoginWords::locked, "can t lock"},
    {LoginWords::locked, "could not lock"},
    // Apache James ("Mailbox locked."), Kolab's manual on Cyrus ("Mailbox locked by POP server").
    {LoginWords::locked, "mailbox locked"},
    {LoginWords::locked, "maildrop locked"},
    {LoginWords::locked, "is locked"},
    {LoginWords::locked, "currently locked"},
    // UW ipop2d and ipop3d ("Can't get lock.  Mailbox in use"), GNU mailutils ("mailbox in use").
    {LoginWords::locked, "get lock"},
    {LoginWords::locked, "in use"},
    // Older qpopper and MH's popper ("Maildrop lock busy!  Is another session active?").
    {LoginWords::locked, "lock busy"},
    // SpamBayes and others after asyncore ("Mailbox busy. Try again later.").
    {LoginWords::locked, "mailbox busy"},
    {LoginWords::locked, "maildrop busy"},
    {LoginWords::locked, "is busy"},
    // "mailbox is currently used", "opened by another session", in home-grown servers.
    {LoginWords::locked, "currently used"},
    {LoginWords::locked, "being used"},
    {LoginWords::locked, "being accessed"},
    {LoginWords::locked, "already open*"},
    {LoginWords::locked, "another session"},
    {LoginWords::locked, "another pop3 session"},
    {LoginWords::locked, "another pop session"},
    {LoginWords::locked, "another client"},
    {LoginWords::locked, "another process"},

    // Outlook.com and Office 365 ("Exceeded the login limit for a 15 minute period. Reduce the
    // frequency of requests to the POP3 server.", frappe's issue 242).
    {LoginWords::too_often, "login limit"},
    {LoginWords::too_often, "frequency of requests"},
    {LoginWords::too_often, "frequency of logins"},
    // QQ Mail ("login frequency limited", cursor-auto-free's issue 294).
    {LoginWords::too_often, "login frequency"},
    {LoginWords::too_often, "login too frequent*"},
    {LoginWords::too_often, "logins too frequent*"},
    // Courier ("Maximum connection limit reached"), Dovecot without its [IN-USE] ("Maximum number
    // of connections from user+IP exceeded"), Gmail's "Too many simultaneous connections".
    {LoginWords::too_often, "maximum connection limit"},
    {LoginWords::too_often, "maximum number of connections"},
    {LoginWords::too_often, "connection limit*"},
    {LoginWords::too_often, "connections limit*"},
    {LoginWords::too_often, "too many connections"},
    {LoginWords::too_often, "too many simultaneous connections"},
    {LoginWords::too_often, "too many concurrent connections"},
    {LoginWords::too_often, "too many open connections"},
    {LoginWords::too_often, "too many sessions"},
    {LoginWords::too_often, "too many concurrent sessions"},
    {LoginWords::too_often, "too many simultaneous sessions"},
    // Gmail ("Too many login attempts, please try again later"), nodemailer's issue 245.
    {LoginWords::too_often, "too many logins"},
    {LoginWords::too_often, "too many simultaneous logins"},
    {LoginWords::too_often, "too many login attempts"},
    {LoginWords::too_often, "too many login request*"},
    // Cyrus' popminpoll before its [LOGIN-DELAY] ("Logins must be at least 5 minutes apart").
    {LoginWords::too_often, "logins must be at least"},
    {LoginWords::too_often, "between logins"},
    {LoginWords::too_often, "login interval"},
    {LoginWords::too_often, "login too soon"},
    {LoginWords::too_often, "login too often"},
    {LoginWords::too_often, "logging in too often"},
    {LoginWords::too_often, "logged in too often"},
    {LoginWords::too_often, "logging in too frequently"},
    {LoginWords::too_often, "login rate"},
    {LoginWords::too_often, "connection rate"},
});

constexpr auto kMailbox = std::to_array<std::string_view>(
    {"mailbox*", "maildrop*", "mail box*", "mail drop*", "inbox*", "mailspool", "mail spool"});

// Whatever else is said, these speak of who logs in, or of a lock that an administrator set.
constexpr auto kOthers = std::to_array<std::string_view>(
    {"account*",   "password*",      "passwd",    "passphrase*",  "passcode*",     "credential*",
     "username*",  "user name*",     "user id*",  "userid*",      "login name*",   "login id*",
     "logon name", "authenti*",      "authoriz*", "authoris*",    "authorization", "identity",
     "invalid*",   "incorrect*",     "wrong*",    "bad",          "mismatch*",     "denied",
     "disabled",   "deactivated",    "suspended", "expired",      "blocked",       "banned",
     "forbidden",  "administrator*", "admin",     "quota*",       "unknown",       "abuse",
     "billing",    "two factor*",    "2fa",       "token*",       "passwort*",     "kennwort*",
     "konto*",     "benutzer*",      "compte*",   "utilisateur*", "cuenta*",       "usuario*",
     "contrase*",  "senha*",         "conta",     "haslo*"});
// Together they make failed attempts; "(Failure)" is what Gmail puts behind everything.
constexpr auto kFailed =
    std::to_array<std::string_view>({"failed", "failing", "failures", "unsuccessful*", "errors"});
constexpr auto kTries = std::to_array<std::string_view>(
    {"attempt*", "tries", "logins", "logons", "times", "repeated*", "failures", "errors"});

// The same words in writings that have no blanks: password, account, user name.
constexpr auto kElsewhere = std::to_array<std::string_view>(
    {"\xe5\xaf\x86\xe7\xa0\x81", "\xe5\xaf\x86\xe7\xa2\xbc", "\xe5\xb8\x90\xe5\x8f\xb7",
     "\xe8\xb4\xa6\xe5\x8f\xb7", "\xe5\xb8\xb3\xe8\x99\x9f", "\xe7\x94\xa8\xe6\x88\xb7",
     "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb", "\xd0\xbb\xd0\xbe\xd0\xb3\xd0\xb8\xd0\xbd"});

bool is_letter(char c) noexcept {
    return ascii_digit(c) || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

// " the words in lower case with one blank around each ".
std::string spaced(std::string_view text) {
    std::string result(1, ' ');
    for (const char original : text.substr(0, kMaxText)) {
        const char c = ascii_lower(original);
        if (is_letter(c)) {
            result += c;
        } else if (result.back() != ' ') {
            result += ' ';
        }
    }
    if (result.back() != ' ') result += ' ';
    return result;
}

bool holds(std::string_view text, std::string_view words) noexcept {
    const bool open = words.ends_with('*');
    if (open) words.remove_suffix(1);
    for (std::size_t at = text.find(words); at != std::string_view::npos;
         at = text.find(words, at + 1)) {
        const std::size_t end = at + words.size();
        if (text[at - 1] == ' ' && (open || text[end] == ' ')) return true;
    }
    return false;
}

bool holds_any(std::string_view text, std::span<const std::string_view> all) noexcept {
    return std::ranges::any_of(all, [text](std::string_view words) { return holds(text, words); });
}

}  // namespace

LoginWords login_words(std::string_view text) {
    const std::string words = spaced(text);
    // perdition, in front of servers whose words and codes it does not pass on (its issue 4).
    if (words == " re authentication failure ") return LoginWords::either;
    if (holds_any(words, kOthers)) return LoginWords::none;
    if (holds_any(words, kFailed) && holds_any(words, kTries)) return LoginWords::none;
    const bool elsewhere = std::ranges::any_of(kElsewhere, [&words](std::string_view word) {
        return words.find(word) != std::string::npos;
    });
    if (elsewhere) return LoginWords::none;
    const bool names_mailbox = holds_any(words, kMailbox);
    for (const Wording& known : kKnown) {
        if (known.meaning == LoginWords::locked && !names_mailbox) continue;
        if (holds(words, known.words)) return known.meaning;
    }
    return LoginWords::none;
}

}  // namespace mailprobed
