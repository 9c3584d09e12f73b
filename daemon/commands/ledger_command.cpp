// SPDX-License-Identifier: Apache-2.0
// Rows of the ledger as text and as JSON lines.
#include "daemon/commands/ledger_command.hpp"

#include "daemon/log/log.hpp"
#include "daemon/log/log_format.hpp"
#include "daemon/store/place.hpp"
#include "daemon/store/reader.hpp"
#include "probes/base/file_error.hpp"
#include "probes/base/text.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <iostream>
#include <optional>
#include <vector>

namespace mailprobed {
namespace {

std::string hex(MailId mail) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(mail));
    return text.data();
}

std::optional<MailId> mail_of(const std::string& text) {
    MailId mail = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, mail, 16);
    if (text.size() != 16 || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return mail;
}

std::string timestamp(WallTime at) {
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(at);
    const auto day = std::chrono::floor<std::chrono::days>(milliseconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(milliseconds - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()),
                  static_cast<int>(time.subseconds().count()));
    return text.data();
}

std::string evidence_text(const LedgerMail& mail) {
    std::string text;
    for (const auto& [kind, copies] : mail.evidence) {
        if (!text.empty()) text += ',';
        text += kind + ':' + std::to_string(copies);
    }
    return text;
}

/// The mail as fields; what does not apply is left out.
class Fields {
  public:
    explicit Fields(const LedgerMail& mail)
        : id_(hex(mail.mail)),
          started_(timestamp(mail.started)),
          judged_(mail.judged ? timestamp(*mail.judged) : ""),
          evidence_(evidence_text(mail)) {
        fields_ = {{"mail", id_},
                   {"probe", mail.probe},
                   {"started", started_},
                   {"attempt", std::int64_t{mail.attempt}}};
        text("progress", mail.verdict.empty() ? std::string_view(mail.progress) : "");
        text("verdict", mail.verdict);
        text("judged", judged_);
        if (mail.round_trip) fields_.emplace_back("round_trip", *mail.round_trip);
        if (mail.uncertainty) fields_.emplace_back("uncertainty", *mail.uncertainty);
        text("body", mail.body);
        text("stage", mail.stage);
        text("cause", mail.cause);
        text("status_class", mail.status_class);
        text("detail", mail.detail);
        if (mail.unmeasured) fields_.emplace_back("unmeasured", true);
        if (mail.deadline_uncertain) fields_.emplace_back("deadline_uncertain", true);
        if (mail.at_risk) fields_.emplace_back("at_risk", true);
        text("evidence", evidence_);
        text("hops", mail.hops);
    }

    [[nodiscard]] std::string json() const {
        std::string line;
        append_json(line, fields_);
        return line;
    }
    [[nodiscard]] const std::vector<Field>& all() const noexcept { return fields_; }

  private:
    void text(std::string_view key, std::string_view value) {
        if (!value.empty()) fields_.emplace_back(key, value);
    }

    std::string id_, started_, judged_, evidence_;
    std::vector<Field> fields_;
};

void print_row(const LedgerMail& mail) {
    std::string line = hex(mail.mail) + "  " + timestamp(mail.started) + "  ";
    line += mail.verdict.empty() ? "pending (" + mail.progress + ")" : mail.verdict;
    if (mail.round_trip) {
        std::array<char, 32> seconds{};
        std::snprintf(seconds.data(), seconds.size(), " %.3f s", to_seconds(*mail.round_trip));
        line += seconds.data();
    }
    if (!mail.stage.empty()) line += " " + mail.stage + "/" + mail.cause;
    if (!mail.evidence.empty()) line += " [" + evidence_text(mail) + "]";
    std::cout << line << "  " << mail.probe << '\n';
}

ExitCode show(LedgerReader& reader, const std::string& id) {
    LedgerQuery query;
    query.mail = mail_of(id);
    if (!query.mail) {
        std::cerr << "mailprobed: a mail is named by 16 hexadecimal digits, as logs and `ledger "
                     "list` print them\n";
        return ExitStatus::usage;
    }
    bool found = false;
    reader.each(query, [&found](const LedgerMail& mail) {
        found = true;
        const Fields fields(mail);
        for (const Field& field : fields.all()) {
            std::string line;
            append_logfmt(line, std::span(&field, 1));
            const std::size_t equals = line.find('=');
            std::cout << line.substr(0, equals) << ": " << line.substr(equals + 1) << '\n';
        }
    });
    if (found) return ExitStatus::ok;
    std::cerr << "mailprobed: the ledger has no mail " << printable(id) << '\n';
    return LedgerStatus::problem;
}

ExitCode verify(LedgerReader& reader) {
    const LedgerReport report = reader.verify();
    std::cout << report.mails << " mails = " << report.verdicts << " verdicts + " << report.pending
              << " pending\n";
    for (const std::string& problem : report.problems)
        std::cout << "problem: " << problem << '\n';
    const bool whole = report.problems.empty() && report.mails == report.verdicts + report.pending;
    if (!whole) return LedgerStatus::problem;
    return ExitStatus::ok;
}

ExitCode answer(const std::string& state_directory, const Options& options) {
    LedgerReader reader(ledger_path(state_directory));
    LedgerQuery query;
    query.probe = options.probe;
    switch (options.ledger) {
        case LedgerAction::list:
            query.newest_first = true;
            query.limit = options.limit;
            reader.each(query, print_row);
            return ExitStatus::ok;
        case LedgerAction::show:
            return show(reader, options.mail);
        case LedgerAction::verify:
            return verify(reader);
        case LedgerAction::export_all:
            reader.each(query,
                        [](const LedgerMail& mail) { std::cout << Fields(mail).json() << '\n'; });
            return ExitStatus::ok;
    }
    return ExitStatus::internal;
}

}  // namespace

ExitCode run_ledger(const std::string& state_directory, const Options& options) {
    try {
        return answer(state_directory, options);
    } catch (const std::runtime_error& error) {
        // A person asked and nobody tries again: the place is wrong, or whose it is.
        throw SetupError(error.what());
    }
}

}  // namespace mailprobed
