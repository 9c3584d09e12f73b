// SPDX-License-Identifier: Apache-2.0
// The SMTP side (RFC 5321, 3207, 4954, 2920, 1870): one session from greeting to QUIT.
#pragma once

#include "tests/loopback/bounce_report.hpp"
#include "tests/loopback/session.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::loopback {

/// A client that submits mail.
class SmtpSession final : public Session {
  public:
    using Session::Session;

  protected:
    std::optional<Step> next() override;
    void execute(Step step, const Fault* fault) override;
    void decline(Step step, const Fault& fault, int code) override;
    void amend(int code) override;
    void settle(bool sent) override;
    [[nodiscard]] std::string refusal(Step step) const override;
    [[nodiscard]] int code_of(std::string_view text) const override;
    [[nodiscard]] std::string endless_head(Step step) const override;
    [[nodiscard]] std::string endless_line(Step step, std::uint64_t number) const override;

  private:
    std::optional<Step> next_dot();
    void hello(Step step);
    void auth();
    void sasl_step(Sasl::Outcome outcome);
    void login();
    void mail();
    void rcpt();
    /// True if all of `parameters` are known and well-formed; otherwise the refusal is said.
    bool take_parameters(std::string_view parameters, bool of_mail, DsnRequest& request);
    void dot(const Fault* fault);
    MailFacts facts_of(const std::string& recipient, Fate fate, const Fault* fault);
    void store(MailFacts& facts, Mailbox& mailbox, Nanoseconds delay, const Fault* fault);
    /// Puts a mail into a mailbox as it is.
    void keep(MailFacts& facts, Mailbox& mailbox, Nanoseconds delay, std::string raw);
    /// Sends the fault's mail back to the sender; false if there is none to send or nobody to get
    /// it.
    bool bounce(const MailFacts& facts, const Fault& fault);
    /// Keeps the facts until it is known whether the answer went out.
    void seal(MailFacts facts);
    void end_transaction();
    /// "CODE ENHANCED TEXT", the enhanced code only where it is switched on.
    void say(std::string_view code, std::string_view enhanced, std::string_view text);
    [[nodiscard]] const SmtpOptions& options() const { return shared_.options.smtp; }

    /// The argument of the command in hand.
    std::string_view argument_;
    std::string helo_;
    bool extended_ = false;
    bool authenticated_ = false;
    bool in_mail_ = false;
    bool reading_data_ = false;
    bool data_begun_ = false;
    bool too_big_ = false;
    std::size_t data_scanned_ = 0;
    std::int64_t dot_ns_ = 0;
    std::string message_;
    /// RET and ENVID of the transaction, and with NOTIFY and ORCPT by recipient.
    DsnRequest mail_request_;
    std::map<std::string, DsnRequest> requests_;
    std::vector<MailFacts> sealed_;
};

/// How a parameter of MAIL or RCPT was taken.
enum class Parameter : std::uint8_t { good, unknown, malformed };
/// RET and ENVID.
[[nodiscard]] Parameter take_mail_parameter(std::string_view key, std::string_view value,
                                            DsnRequest& request);
/// NOTIFY and ORCPT.
[[nodiscard]] Parameter take_rcpt_parameter(std::string_view key, std::string_view value,
                                            DsnRequest& request);

/// Takes the first word and the spaces behind it off the front.
std::string_view next_word(std::string_view& text);

/// "FROM:<a@b> SIZE=1" to the address and its parameters; nothing if it is malformed.
struct PathArgument {
    std::string address;
    std::string_view parameters;
};
[[nodiscard]] std::optional<PathArgument> parse_path(std::string_view argument,
                                                     std::string_view keyword);

}  // namespace mailprobed::loopback
