// SPDX-License-Identifier: Apache-2.0
// Shows the effective configuration, defaults filled in, without what is secret.
#include "config/load/credentials.hpp"
#include "config/load/draft.hpp"
#include "config/load/durations.hpp"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

namespace mailprobed {

namespace {

class Writer {
  public:
    void begin_map() { out_ << YAML::BeginMap; }
    void end_map() { out_ << YAML::EndMap; }
    void begin_list() { out_ << YAML::BeginSeq; }
    void end_list() { out_ << YAML::EndSeq; }
    void key(const char* name) { out_ << YAML::Key << name << YAML::Value; }

    void text(const char* name, const std::string& value) {
        if (value.empty()) return;
        key(name);
        out_ << shown(value);
    }
    /// A header or label, whose value may be empty.
    void pair(const std::string& name, const std::string& value) {
        out_ << YAML::Key << shown(name) << YAML::Value << shown(value);
    }
    void word(const char* name, const char* value) {
        key(name);
        out_ << value;
    }
    /// One text as such, several as a list.
    void texts(const char* name, const std::vector<std::string>& values) {
        if (values.size() == 1) {
            text(name, values.front());
            return;
        }
        key(name);
        out_ << YAML::BeginSeq;
        for (const std::string& value : values)
            out_ << shown(value);
        out_ << YAML::EndSeq;
    }
    void number(const char* name, std::uint32_t value) {
        key(name);
        out_ << value;
    }
    void decimal(const char* name, double value) {
        key(name);
        out_ << value;
    }
    void flag(const char* name, bool value) { word(name, value ? "true" : "false"); }
    void duration(const char* name, Duration value) { text(name, format_duration(value)); }
    /// Writes that there is a secret, and where it came from.
    void secret(const char* name, const std::string& source) {
        if (source.empty()) return;
        word(name, "<secret>");
        out_ << YAML::Comment("from " + source);
    }
    [[nodiscard]] std::string result() const { return std::string(out_.c_str()) + "\n"; }

  private:
    /// A login may stand where any text is allowed, in a label or as a user's name.
    static std::string shown(const std::string& value) {
        return holds_credentials(value) ? "<secret>" : value;
    }

    YAML::Emitter out_;
};

const char* word_of(TlsMode mode) noexcept {
    if (mode == TlsMode::implicit) return "implicit";
    return mode == TlsMode::starttls ? "starttls" : "none";
}

const char* word_of(IpFamily family) noexcept {
    if (family == IpFamily::any) return "any";
    return family == IpFamily::v4 ? "4" : "6";
}

const char* word_of(SmtpAuth auth) noexcept {
    switch (auth) {
        case SmtpAuth::automatic:
            return "auto";
        case SmtpAuth::none:
            return "none";
        case SmtpAuth::plain:
            return "plain";
        case SmtpAuth::login:
            return "login";
        case SmtpAuth::cram_md5:
            return "cram-md5";
    }
    return "?";
}

const char* word_of(Pop3Auth auth) noexcept {
    switch (auth) {
        case Pop3Auth::automatic:
            return "auto";
        case Pop3Auth::user_pass:
            return "user-pass";
        case Pop3Auth::plain:
            return "plain";
        case Pop3Auth::apop:
            return "apop";
    }
    return "?";
}

constexpr const char* word_of(LogFormat format) noexcept {
    switch (format) {
        case LogFormat::automatic:
            return "auto";
        case LogFormat::logfmt:
            return "logfmt";
        case LogFormat::json:
            return "json";
        case LogFormat::journal:
            return "journal";
    }
    return "";
}

const char* word_of(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::trace:
            return "trace";
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            return "error";
    }
    return "?";
}

/// Half of an account, up to what the protocols do not share.
template <class Half>
void write_common(Writer& out, const Half& half, const std::string& source) {
    out.text("host", half.server.host);
    out.number("port", half.server.port);
    out.word("tls", word_of(half.server.tls));
    out.text("username", half.username);
    out.secret("password", source);
    out.word("auth", word_of(half.auth));
    out.flag("allow_plaintext_auth", half.allow_plaintext_auth);
    out.text("ca_file", half.server.ca_file);
    out.flag("tls_verify", half.server.tls_verify);
    out.word("ip_family", word_of(half.server.ip_family));
    out.text("source_address", half.server.source_address);
    out.word("pipelining", half.pipelining ? "on" : "off");
    const Timeouts& timeouts = half.timeouts;
    out.key("timeouts");
    out.begin_map();
    out.duration("resolve", timeouts.resolve);
    out.duration("connect", timeouts.connect);
    out.duration("tls", timeouts.tls);
    out.duration("greeting", timeouts.greeting);
    out.duration("command", timeouts.command);
    out.duration("auth", timeouts.auth);
    out.duration("accept", timeouts.accept);
    out.duration("quit", timeouts.quit);
    out.duration("total", timeouts.total);
    out.end_map();
}

void write_window(Writer& out, const ListWindow& window) {
    if (window == ListWindow{}) return;
    out.key("window");
    out.begin_map();
    if (window.age > Duration::zero()) out.duration("age", window.age);
    if (window.oldest > 0) out.number("oldest", window.oldest);
    out.end_map();
}

void write_account(Writer& out, const AccountSettings& account, const AccountNotes& notes) {
    out.begin_map();
    out.text("name", account.name);
    out.text("address", account.address);
    if (account.smtp) {
        out.key("smtp");
        out.begin_map();
        write_common(out, *account.smtp, notes.smtp_password_source);
        out.text("ehlo_name", account.smtp->ehlo_name);
        out.end_map();
    }
    if (account.mailbox) {
        const PollSettings& poll = account.mailbox->poll;
        out.key("pop3");
        out.begin_map();
        write_common(out, *account.mailbox, notes.pop3_password_source);
        out.number("scan_limit", account.mailbox->scan_limit);
        out.text("delete", account.mailbox->remove_own ? "own" : "never");
        out.text("authserv_id", account.mailbox->authserv_id);
        write_window(out, account.mailbox->window);
        out.key("poll");
        out.begin_map();
        out.duration("first", poll.first);
        out.decimal("growth", poll.growth);
        out.duration("max", poll.max);
        out.number("max_logins_per_hour", poll.logins_per_hour);
        out.end_map();
        out.end_map();
    }
    out.end_map();
}

void write_probe(Writer& out, const ProbeSettings& probe) {
    out.begin_map();
    out.text("name", probe.name);
    out.text("from", probe.from);
    out.text("to", probe.to);
    out.text("to_address", probe.to_address);
    out.duration("interval", probe.interval);
    out.duration("deadline", probe.deadline);
    if (probe.verdict_grace) out.duration("verdict_grace", *probe.verdict_grace);
    out.duration("slo_latency", probe.slo_latency);
    out.number("max_attempts", probe.max_attempts);
    out.duration("retry_after", probe.retry_after);
    out.flag("bounces", probe.bounces);
    if (!probe.headers.empty()) {
        out.key("headers");
        out.begin_map();
        for (const auto& [name, value] : probe.headers)
            out.pair(name, value);
        out.end_map();
    }
    if (!probe.labels.empty()) {
        out.key("labels");
        out.begin_map();
        for (const auto& [name, value] : probe.labels)
            out.pair(name, value);
        out.end_map();
    }
    out.end_map();
}

}  // namespace

std::string masked_yaml(const Draft& draft) {
    const Settings& settings = draft.settings;
    Writer out;
    out.begin_map();
    out.text("instance", settings.instance);
    // One line for both keys: the map of their sources would not say that they were read.
    const std::string& previous = draft.previous_tag_key_source;
    out.secret("tag_key", draft.tag_key_source +
                              (previous.empty() ? "" : ", the previous one from " + previous));
    out.text("state_directory", settings.state_directory);
    out.duration("evidence", settings.evidence);
    out.duration("history", settings.history);
    out.duration("details", settings.details);
    out.flag("transcripts", settings.transcripts);
    out.key("web");
    out.begin_map();
    out.texts("listen", settings.web.listen);
    if (!settings.web.allowed_hosts.empty()) {
        out.texts("allowed_hosts", settings.web.allowed_hosts);
    }
    out.end_map();
    out.key("log");
    out.begin_map();
    out.word("level", word_of(settings.log.level));
    out.word("format", word_of(settings.log.format));
    out.end_map();
    out.key("accounts");
    out.begin_list();
    for (std::size_t i = 0; i < settings.accounts.size(); ++i) {
        write_account(out, settings.accounts[i], draft.accounts[i]);
    }
    out.end_list();
    out.key("probes");
    out.begin_list();
    for (const ProbeSettings& probe : settings.probes)
        write_probe(out, probe);
    out.end_list();
    out.end_map();
    return out.result();
}

}  // namespace mailprobed
