// SPDX-License-Identifier: Apache-2.0
// "id [version]; method[/version]=result (comment) property=value ...; ..."
#include "probes/wire/message/authentication_results.hpp"

#include "probes/base/ascii.hpp"
#include "probes/wire/message/comments.hpp"

#include <algorithm>
#include <string>

namespace mailprobed {
namespace {

/// A word of letters, digits and the like, or what a quoted string means.
std::string take_value(std::string_view& text) {
    if (!skip_comments(text)) return {};
    if (!text.starts_with('"')) {
        const std::size_t end = std::min(text.find_first_of(" \t\r\n()=/;\""), text.size());
        std::string word(text.substr(0, end));
        text.remove_prefix(end);
        return word;
    }
    const std::size_t end = quoted_end(text, 0);
    if (end == std::string_view::npos) return {};
    std::string value;
    for (std::size_t at = 1; at + 1 < end; ++at) {
        if (text[at] == '\\') ++at;
        value += text[at];
    }
    text.remove_prefix(end);
    return value;
}

bool take_sign(std::string_view& text, char sign) noexcept {
    if (!skip_comments(text) || !text.starts_with(sign)) return false;
    text.remove_prefix(1);
    return true;
}

AuthResult result_of(std::string_view word) noexcept {
    if (ascii_iequals(word, "pass")) return AuthResult::pass;
    // "hardfail" is what RFC 5451 called it.
    if (ascii_iequals(word, "fail") || ascii_iequals(word, "hardfail")) return AuthResult::fail;
    return AuthResult::other;
}

void take_method(std::string_view clause, AuthenticationResults& results) {
    const std::string method = take_value(clause);
    if (take_sign(clause, '/')) take_value(clause);
    if (!take_sign(clause, '=')) return;
    const AuthResult result = result_of(take_value(clause));
    if (ascii_iequals(method, "spf")) {
        if (results.spf == AuthResult::absent) results.spf = result;
    } else if (ascii_iequals(method, "dmarc")) {
        if (results.dmarc == AuthResult::absent) results.dmarc = result;
    } else if (ascii_iequals(method, "dkim")) {
        // One valid signature is enough, whatever became of the others (RFC 6376 6.1).
        if (results.dkim == AuthResult::absent || result == AuthResult::pass ||
            (result == AuthResult::fail && results.dkim == AuthResult::other)) {
            results.dkim = result;
        }
    }
}

}  // namespace

std::string_view to_string(AuthResult result) noexcept {
    switch (result) {
        case AuthResult::absent:
            return "absent";
        case AuthResult::pass:
            return "pass";
        case AuthResult::fail:
            return "fail";
        case AuthResult::other:
            return "other";
    }
    return "?";
}

std::optional<AuthenticationResults> authentication_results(const MailHeaders& headers,
                                                            std::string_view authserv_id) {
    if (authserv_id.empty()) return std::nullopt;
    for (const HeaderField& field : headers.fields()) {
        if (!ascii_iequals(field.name, "Authentication-Results")) continue;
        std::string_view rest = field.value;
        std::string_view head = take_clause(rest, ';');
        if (!ascii_iequals(take_value(head), authserv_id)) continue;
        AuthenticationResults results;
        while (!rest.empty())
            take_method(take_clause(rest, ';'), results);
        return results;
    }
    return std::nullopt;
}

}  // namespace mailprobed
