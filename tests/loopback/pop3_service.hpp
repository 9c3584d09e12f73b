// SPDX-License-Identifier: Apache-2.0
// The POP3 side (RFC 1939, 2449, 2595, 5034, 3206): one session from greeting to UPDATE.
#pragma once

#include "tests/loopback/session.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::loopback {

/// A client that reads a mailbox.
class Pop3Session final : public Session {
  public:
    using Session::Session;

  protected:
    std::optional<Step> next() override;
    void execute(Step step, const Fault* fault) override;
    void decline(Step step, const Fault& fault, int code) override;
    void finish() override;
    [[nodiscard]] std::string refusal(Step step) const override;
    [[nodiscard]] int code_of(std::string_view text) const override;
    [[nodiscard]] std::string endless_head(Step step) const override;
    [[nodiscard]] std::string endless_line(Step step, std::uint64_t number) const override;

  private:
    struct Listed {
        Entry entry;
        bool deleted = false;
    };

    void greet();
    void capa();
    void auth();
    void sasl_step(Sasl::Outcome outcome);
    void pass();
    void apop();
    void login();
    void refuse_login(std::string_view reason, std::string_view reply);
    bool login_allowed();
    void stat();
    void list(Step step);
    void retrieve(Step step);
    void dele();
    void quit();
    void release();
    /// The mail named by the first word of the argument, or null after an -ERR.
    Listed* find(std::string_view number);
    void tell(EventKind kind, const Listed& mail, std::string_view text);
    [[nodiscard]] const Pop3Options& options() const { return shared_.options.pop3; }

    std::string_view argument_;
    std::string timestamp_;
    Credentials credentials_;
    /// Set while logged in: the session holds its lock.
    Mailbox* mailbox_ = nullptr;
    /// The maildrop as it was at login; what comes later is not seen (RFC 1939 8).
    std::vector<Listed> snapshot_;
};

}  // namespace mailprobed::loopback
