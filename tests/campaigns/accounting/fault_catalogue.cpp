// SPDX-License-Identifier: Apache-2.0
// Every action of the embedded server at every step where it makes a difference.
#include "tests/campaigns/accounting/fault_plan.hpp"

namespace mailprobed::accounting {
namespace {

FaultKind kind(std::string name, std::string rest = {}, double weight = 1) {
    FaultKind result;
    result.rule = name + ' ' + rest;
    result.name = std::move(name);
    result.weight = weight;
    return result;
}

/// A second kind with the same step and action.
FaultKind variant(std::string_view more, FaultKind of) {
    of.name.append(" ").append(more);
    return of;
}

FaultKind with(Needs needs, FaultKind of) {
    of.needs = needs;
    return of;
}

FaultKind loses(FaultKind of) {
    of.loses = true;
    return of;
}

FaultKind blocks(FaultKind of) {
    of.blocks = true;
    return of;
}

FaultKind refused(std::string name) {
    FaultKind result;
    result.name = std::move(name);
    result.refused = result.blocks = true;
    return result;
}

}  // namespace

std::vector<FaultKind> smtp_faults() {
    return {
        refused("smtp refused"),
        kind("smtp connect drop"),
        kind("smtp connect reset"),
        kind("smtp connect stall"),
        kind("smtp connect half_close"),
        with(Needs::tls, kind("smtp tls drop")),
        with(Needs::tls, kind("smtp tls stall")),
        with(Needs::tls, kind("smtp tls inject", "text=\"no TLS\\r\\n\"")),
        kind("smtp greeting drop"),
        kind("smtp greeting stall"),
        kind("smtp greeting refuse"),
        kind("smtp greeting reply", "text=\"421 too busy\""),
        kind("smtp greeting garbage"),
        kind("smtp greeting split"),
        kind("smtp greeting drip", "for=2ms"),
        kind("smtp greeting endless_line", "bytes=50000"),
        kind("smtp EHLO drop"),
        kind("smtp EHLO refuse"),
        kind("smtp EHLO reply", "text=\"421 closing\""),
        kind("smtp EHLO stall"),
        kind("smtp EHLO garbage"),
        kind("smtp EHLO endless_reply", "bytes=200000"),
        kind("smtp EHLO cut_short"),
        with(Needs::starttls, kind("smtp STARTTLS refuse")),
        with(Needs::starttls, kind("smtp STARTTLS inject", "text=\"250 injected\\r\\n\"")),
        with(Needs::starttls, kind("smtp STARTTLS drop")),
        kind("smtp AUTH refuse"),
        kind("smtp AUTH reply", "text=\"454 4.7.0 later\""),
        kind("smtp AUTH drop"),
        kind("smtp AUTH stall"),
        kind("smtp MAIL refuse"),
        kind("smtp MAIL reply", "text=\"451 4.3.0 later\""),
        kind("smtp MAIL reset"),
        kind("smtp MAIL stall"),
        kind("smtp RCPT refuse"),
        kind("smtp RCPT reply", "text=\"450 4.2.0 greylisted\""),
        kind("smtp RCPT drop"),
        kind("smtp RCPT garbage"),
        kind("smtp DATA refuse"),
        kind("smtp DATA reply", "text=\"451 4.3.0 later\""),
        kind("smtp DATA drop"),
        kind("smtp DATA stall"),
        loses(kind("smtp DATA reply_then_close", "text=\"354 go ahead\"")),
        loses(kind("smtp DOT lose", {}, 3)),
        kind("smtp DOT duplicate", {}, 1.5),
        kind("smtp DOT alter"),
        kind("smtp DOT delay_delivery", "delivery=uniform:500ms:3s"),
        variant("late", kind("smtp DOT delay_delivery", "delivery=uniform:4500ms:9s", 2)),
        kind("smtp DOT keep_and_drop"),
        loses(kind("smtp DOT discard_and_drop")),
        kind("smtp DOT refuse"),
        kind("smtp DOT reply", "text=\"421 4.3.2 closing\""),
        variant("and keep", kind("smtp DOT refuse", "carry_out text=\"451 4.3.0 later\"")),
        loses(kind("smtp DOT stall")),
        variant("and keep", kind("smtp DOT stall", "carry_out")),
        loses(kind("smtp DOT reset")),
        variant("and keep", kind("smtp DOT reset", "carry_out")),
        kind("smtp DOT half_close"),
        kind("smtp DOT garbage"),
        kind("smtp DOT cut_short"),
        kind("smtp DOT split"),
        kind("smtp DOT drip", "for=2ms"),
        kind("smtp DOT inject", "text=\"250 and again\\r\\n\""),
        kind("smtp DOT delay", "for=300ms"),
        kind("smtp DOT endless_line", "bytes=50000"),
        kind("smtp QUIT drop"),
        kind("smtp QUIT stall"),
        kind("smtp QUIT garbage"),
    };
}

std::vector<FaultKind> pop3_faults() {
    return {
        refused("pop3 refused"),
        blocks(kind("pop3 connect drop")),
        blocks(kind("pop3 connect reset")),
        blocks(kind("pop3 connect stall")),
        with(Needs::tls, blocks(kind("pop3 tls drop"))),
        with(Needs::tls, blocks(kind("pop3 tls inject", "text=\"no TLS\\r\\n\""))),
        blocks(kind("pop3 greeting drop")),
        blocks(kind("pop3 greeting stall")),
        blocks(kind("pop3 greeting reply", "text=\"-ERR [SYS/TEMP] later\"")),
        blocks(kind("pop3 greeting garbage")),
        blocks(kind("pop3 greeting endless_line", "bytes=50000")),
        kind("pop3 greeting split"),
        kind("pop3 greeting drip", "for=2ms"),
        kind("pop3 CAPA refuse"),
        blocks(kind("pop3 CAPA drop")),
        blocks(kind("pop3 CAPA garbage")),
        blocks(kind("pop3 CAPA endless_reply", "bytes=200000")),
        with(Needs::starttls, blocks(kind("pop3 STLS refuse"))),
        with(Needs::starttls, blocks(kind("pop3 STLS inject", "text=\"+OK injected\\r\\n\""))),
        blocks(kind("pop3 LOGIN lock_held")),
        blocks(kind("pop3 LOGIN refuse")),
        blocks(kind("pop3 LOGIN reply", "text=\"-ERR [SYS/TEMP] later\"")),
        blocks(kind("pop3 LOGIN drop")),
        blocks(kind("pop3 LOGIN stall")),
        blocks(kind("pop3 STAT drop")),
        blocks(kind("pop3 STAT refuse")),
        blocks(kind("pop3 STAT garbage")),
        kind("pop3 UIDL drop"),
        kind("pop3 UIDL stall"),
        kind("pop3 UIDL cut_short"),
        kind("pop3 UIDL garbage"),
        kind("pop3 UIDL inject", "text=\"+OK and again\\r\\n\""),
        kind("pop3 UIDL split"),
        kind("pop3 UIDL endless_reply", "bytes=400000"),
        kind("pop3 UIDL reply", "text=\"-ERR what?\""),
        kind("pop3 TOP drop", "p=0.5"),
        kind("pop3 TOP reset", "p=0.5"),
        kind("pop3 TOP stall", "p=0.5"),
        kind("pop3 TOP cut_short", "p=0.5"),
        kind("pop3 TOP garbage", "p=0.5"),
        kind("pop3 TOP refuse", "p=0.5"),
        kind("pop3 TOP reply", "p=0.5 text=\"-ERR no such message\""),
        kind("pop3 TOP split", "bytes=50"),
        kind("pop3 TOP drip", "bytes=20 for=2ms"),
        kind("pop3 TOP delay", "for=100ms"),
        kind("pop3 RETR drop", "p=0.5"),
        kind("pop3 RETR stall", "p=0.5"),
        kind("pop3 RETR cut_short", "p=0.5"),
        kind("pop3 RETR refuse", "p=0.5"),
        kind("pop3 RETR reply", "p=0.5 text=\"-ERR gone\""),
        kind("pop3 RETR garbage", "p=0.5"),
        kind("pop3 DELE drop", "p=0.5"),
        kind("pop3 DELE refuse", "p=0.5"),
        kind("pop3 DELE stall", "p=0.5"),
        kind("pop3 QUIT drop"),
        variant("and delete", kind("pop3 QUIT drop", "carry_out")),
        kind("pop3 QUIT stall"),
        kind("pop3 QUIT refuse"),
        kind("pop3 QUIT garbage"),
        kind("pop3 QUIT half_close"),
    };
}

}  // namespace mailprobed::accounting
