// SPDX-License-Identifier: Apache-2.0
// Recorders, runners and the hand-written table of consequences.
#include "tests/session/runs.hpp"

namespace mailprobed::script {

void RecordingTrace::stage_began(Stage stage, Instant at) {
    if (open) ++disorder;
    open = stage;
    began_ = at;
}

void RecordingTrace::stage_ended(Stage stage, Instant at, std::optional<Cause> cause) {
    if (open != stage) ++disorder;
    open.reset();
    std::string text(to_string(stage));
    if (cause) text.append(":").append(to_string(*cause));
    stages.push_back(text);
    took.push_back(at - began_);
}

void RecordingTrace::line(Speaker who, std::string_view text) {
    const char* mark = who == Speaker::client ? "C " : who == Speaker::server ? "S " : "N ";
    lines.push_back(mark + std::string(text));
}

void RecordingTrace::connected(IpFamily family) {
    facts.emplace_back(family == IpFamily::v4 ? "v4" : "other");
}

void RecordingTrace::encrypted(const TlsFacts& tls) {
    facts.push_back(tls.version);
}

std::string RecordingTrace::transcript() const {
    std::string all;
    for (const std::string& line : lines) {
        all += line + '\n';
    }
    return all;
}

bool RecordingTrace::shows(std::string_view text) const {
    return transcript().find(text) != std::string::npos;
}

std::string to_string(const Failure& failure) {
    return std::string(to_string(failure.stage())) + ':' + std::string(to_string(failure.cause()));
}

SmtpRun::SmtpRun(Script script, const SmtpSettings& settings, const Envelope& envelope, Fault fault,
                 Instant give_up)
    : channel(std::move(script), fault), listener(channel) {
    try {
        run(send_mail(channel, settings, envelope, give_up, listener, trace));
    } catch (const Failure& f) {
        failure = f;
    }
}

std::string SmtpRun::outcome() const {
    return failure ? to_string(*failure) : "accepted";
}

std::string SmtpRun::visible() const {
    return trace.transcript() + (failure ? failure->what() : "") + listener.accepted_reply;
}

Pop3Run::Pop3Run(Script script, const MailboxSettings& settings, const Visit& visit, Fault fault,
                 Instant give_up, WordTrust trust)
    : channel(std::move(script), fault) {
    // The last line of a listing is the one that is asked for again.
    Pop3Session session(channel, settings, give_up, trace, [](std::uint64_t) { return 0U; });
    session.trust_words(trust);
    try {
        run(session.open());
        if (visit) run(visit(session));
    } catch (const Failure& f) {
        failure = f;
    }
    login_at = session.login_at();
    login_delay = session.login_gap();
    login = session.login_end();
}

std::string Pop3Run::outcome() const {
    return failure ? to_string(*failure) : "done";
}

std::string Pop3Run::visible() const {
    return trace.transcript() + (failure ? failure->what() : "");
}

namespace {

std::string cause_of_break(Side side, Stage stage, bool reset) {
    switch (stage) {
        case Stage::connect:
            return "refused";
        case Stage::tls:
        case Stage::starttls:
            return "tls_failed";
        case Stage::accept:
            return reset ? "reset" : "eof";
        case Stage::quit:
            return side == Side::sending && reset ? "reset" : "eof";
        default:
            return "eof";
    }
}

std::string cause_of_garbage(Stage stage) {
    if (stage == Stage::starttls) return "tls_unavailable";
    if (stage == Stage::data) return "rejected_permanent";
    if (stage == Stage::accept) return "eof";
    return "protocol_error";
}

}  // namespace

std::string expected_outcome(Side side, const Step& step, const Fault& fault) {
    if (step.stage == Stage::quit) return "";
    const std::string stage = std::string(to_string(step.stage)) + ':';
    switch (fault.what) {
        case Fault::What::none:
        case Fault::What::hangup:
            return "";
        case Fault::What::timeout:
            return stage + "timeout";
        case Fault::What::eof:
            return stage + cause_of_break(side, step.stage, false);
        case Fault::What::reset:
            return stage + cause_of_break(side, step.stage, true);
        case Fault::What::garbage:
            return stage + cause_of_garbage(step.stage);
        case Fault::What::error:
            break;
    }
    if (fault.cause == Cause::reset || fault.cause == Cause::eof) {
        return stage + cause_of_break(side, step.stage, fault.cause == Cause::reset);
    }
    // A bug of ours is one, except where the mail may have left.
    if (fault.cause == Cause::internal) {
        return stage + (step.stage == Stage::accept ? "eof" : "internal");
    }
    // Errors of the layers below that come in mid-dialogue mean that the connection is gone.
    if (step.kind == Kind::client || step.kind == Kind::server) {
        return stage + cause_of_break(side, step.stage, false);
    }
    return stage + std::string(to_string(fault.cause));
}

}  // namespace mailprobed::script
