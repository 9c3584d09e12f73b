// SPDX-License-Identifier: Apache-2.0
// Building scripts and listing their faults.
#include "tests/session/script.hpp"

namespace mailprobed::script {

std::string crlf(std::string_view lines) {
    std::string result;
    for (const char c : lines) {
        if (c == '\n') result += '\r';
        result += c;
    }
    return result;
}

Script& Script::resolve() {
    steps.push_back({.kind = Kind::resolve, .stage = Stage::resolve, .bytes = {}});
    return *this;
}

Script& Script::connect() {
    steps.push_back({.kind = Kind::connect, .stage = Stage::connect, .bytes = {}});
    return *this;
}

Script& Script::handshake(Stage stage) {
    steps.push_back({.kind = Kind::handshake, .stage = stage, .bytes = {}});
    return *this;
}

Script& Script::client(Stage stage, std::string_view lines) {
    steps.push_back({.kind = Kind::client, .stage = stage, .bytes = crlf(lines)});
    return *this;
}

Script& Script::server(Stage stage, std::string_view lines) {
    return raw(stage, crlf(lines));
}

Script& Script::raw(Stage stage, std::string bytes) {
    steps.push_back({.kind = Kind::server, .stage = stage, .bytes = std::move(bytes)});
    return *this;
}

Script& Script::dripping(std::size_t octets, Duration each) {
    steps.back().chunk = octets;
    steps.back().takes = each;
    return *this;
}

std::vector<Fault> faults_of(const Script& script, std::size_t step) {
    using enum Fault::What;
    const Step& at = script.steps[step];
    std::vector<Fault> faults{{timeout, step}};
    const auto errors = [&](std::initializer_list<Cause> causes) {
        for (const Cause cause : causes) {
            faults.push_back({error, step, 0, cause});
        }
    };
    switch (at.kind) {
        case Kind::resolve:
            errors({Cause::dns_not_found, Cause::dns_failed});
            break;
        case Kind::connect:
            errors({Cause::refused, Cause::unreachable, Cause::reset});
            break;
        case Kind::handshake:
            errors({Cause::tls_untrusted, Cause::tls_name_mismatch, Cause::tls_expired,
                    Cause::tls_failed, Cause::eof, Cause::reset});
            break;
        case Kind::client:
            faults.push_back({eof, step});
            faults.push_back({reset, step});
            errors({Cause::unreachable, Cause::tls_failed, Cause::protocol_error, Cause::internal});
            break;
        case Kind::server:
            for (const std::size_t after : {std::size_t{0}, at.bytes.size() / 2}) {
                if (after > 0) faults.push_back({timeout, step, after});
                faults.push_back({eof, step, after});
                faults.push_back({reset, step, after});
            }
            faults.push_back({garbage, step});
            errors({Cause::unreachable, Cause::tls_failed, Cause::protocol_error, Cause::internal});
            break;
    }
    return faults;
}

std::string to_string(const Fault& fault) {
    constexpr const char* kNames[] = {"none",    "timeout", "eof",   "reset",
                                      "garbage", "error",   "hangup"};
    std::string text = kNames[static_cast<int>(fault.what)];
    if (fault.what == Fault::What::error) text += ' ' + std::string(to_string(fault.cause));
    if (fault.after > 0) text += " after " + std::to_string(fault.after) + " octets";
    return text + " at step " + std::to_string(fault.step);
}

}  // namespace mailprobed::script
