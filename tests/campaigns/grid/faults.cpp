// SPDX-License-Identifier: Apache-2.0
// What each kind is on the wire.
#include "tests/campaigns/grid/faults.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mailprobed::grid {
namespace {

using loopback::Action;
using loopback::CertificateKind;
using loopback::Fault;

constexpr std::array<std::pair<std::string_view, CertificateKind>, 5> kCertificates{
    {{"expired", CertificateKind::expired},
     {"not_yet_valid", CertificateKind::not_yet_valid},
     {"wrong_name", CertificateKind::wrong_name},
     {"self_signed", CertificateKind::self_signed},
     {"unknown_ca", CertificateKind::unknown_ca}}};

// A reset must not overtake the news that the connection stands, or it is a refusal.
constexpr auto kSettled = std::chrono::seconds{2};

bool in_smtp(const Cell& cell) {
    return cell.side == Side::sending;
}

std::string transient(const Cell& cell) {
    if (!in_smtp(cell)) return "-ERR [SYS/TEMP] try again later";
    if (cell.step == "LOGIN" || cell.step == "STARTTLS") return "454 4.7.0 not now";
    return "451 4.3.0 try again later";
}

std::string permanent(const Cell& cell) {
    if (!in_smtp(cell)) return "-ERR [SYS/PERM] this will not work";
    if (cell.step == "LOGIN") return "535 5.7.8 no";
    return cell.step == "greeting" ? "554 5.3.2 no service" : "550 5.7.1 no";
}

// A reply that would be right elsewhere.
std::string misplaced(const Cell& cell) {
    if (!in_smtp(cell)) {
        return cell.step == "AUTH" || cell.step == "tls" ? "+OK welcome" : "+ go ahead";
    }
    if (cell.step == "tls") return "220 in the clear";
    if (cell.step == "STARTTLS" || cell.step == "DATA") return "250 2.0.0 Ok";
    return "354 go ahead";
}

std::string dripped(const Cell& cell) {
    std::string text = in_smtp(cell) ? "250 " : "+OK ";
    if (cell.step == "greeting" || cell.step == "STARTTLS") text = in_smtp(cell) ? "220 " : "+OK ";
    if (cell.step == "DATA") text = "354 ";
    // The head of a handshake record of 16 KiB that would hold a ServerHello.
    if (cell.step == "tls") text = std::string("\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03", 11);
    text.resize(kDripOctets, 'x');
    return text + "\r\n";
}

void describe(const Cell& cell, Fault& fault) {
    const auto reply = [&](std::string text, Action action = Action::reply) {
        fault.action = action;
        fault.text = std::move(text);
    };
    const std::string& kind = cell.kind;
    if (kind == "reset") {
        fault.action = Action::reset;
    } else if (kind == "close") {
        fault.action = Action::drop;
    } else if (kind == "half_close") {
        fault.action = Action::half_close;
    } else if (kind == "stall") {
        fault.action = Action::stall;
    } else if (kind == "drip") {
        reply(dripped(cell), Action::drip);
        fault.duration = kDripPause;
    } else if (kind == "garbage") {
        reply("\x80\xff{]\x01 what is this?\xfe\r\n", Action::garbage);
    } else if (kind == "endless") {
        fault.action = Action::endless_line;
    } else if (kind == "wrong_order") {
        reply(misplaced(cell));
    } else if (kind == "early") {
        reply(in_smtp(cell) ? "250 2.0.0 early\r\n" : "+OK early\r\n", Action::inject);
    } else if (kind == "tls_alert") {
        fault.action = Action::alert;
    } else if (kind == "4yz") {
        reply(transient(cell));
    } else if (kind == "5yz") {
        reply(permanent(cell));
    } else if (kind == "421") {
        reply(in_smtp(cell) ? "421 4.3.2 closing" : "-ERR [SYS/TEMP] closing",
              Action::reply_then_close);
    } else if (kind == "err" && !in_smtp(cell)) {
        reply("-ERR no");
    } else if (kind == "in_use" && !in_smtp(cell)) {
        reply("-ERR [IN-USE] somebody else reads");
    } else if (kind == "login_delay" && !in_smtp(cell)) {
        reply("-ERR [LOGIN-DELAY] too soon");
    } else if (kind == "221" && in_smtp(cell)) {
        reply("221 2.0.0 closing");
    } else if (kind == "locked" && !in_smtp(cell)) {
        reply("-ERR maildrop already locked");
    } else if (kind == "too_often" && !in_smtp(cell)) {
        reply("-ERR too many connections from your address");
    } else if (kind == "unsupported" && in_smtp(cell)) {
        reply("504 5.5.4 no such mechanism");
    } else {
        throw std::runtime_error(cell.where + ": unknown kind " + kind);
    }
}

}  // namespace

std::vector<Fault> faults_of(const Cell& cell, const std::string& peer) {
    if (cell.stage == "resolve" || cell.stage == "connect") return {};
    if (certificate_of(cell) != CertificateKind::good) return {};
    Fault fault;
    fault.name = name(cell);
    fault.protocol = in_smtp(cell) ? loopback::Protocol::smtp : loopback::Protocol::pop3;
    fault.peer = peer;
    fault.at = cell.step;
    if (cell.step.ends_with('2')) {
        fault.at.pop_back();
        fault.skip = 1;
    }
    describe(cell, fault);
    const bool first = cell.stage == "tls" || cell.stage == "greeting";
    if (!first || fault.action != Action::reset) return {fault};
    Fault pause = fault;
    pause.name += " (pause)";
    pause.action = Action::delay;
    pause.duration = kSettled;
    return {pause, fault};
}

CertificateKind certificate_of(const Cell& cell) {
    const auto* const found =
        std::ranges::find(kCertificates, cell.kind, [](const auto& one) { return one.first; });
    return found == kCertificates.end() ? CertificateKind::good : found->second;
}

bool takes_too_long(const Cell& cell) {
    constexpr auto kSlow =
        std::to_array<std::string_view>({"stall", "drip", "syn_dropped", "hung_name"});
    return std::ranges::find(kSlow, cell.kind) != kSlow.end();
}

}  // namespace mailprobed::grid
