// SPDX-License-Identifier: Apache-2.0
// Pauses after refused logins of the sending halves, across reloads.
#pragma once

#include "probes/base/secret.hpp"
#include "probes/base/tls_mode.hpp"
#include "probes/domain/plan/backoff.hpp"
#include "probes/domain/settings/settings.hpp"

#include <map>
#include <vector>

namespace mailprobed {

/// The logins of all probes, by server and user name, so that probes of one account do not try in
/// turns. References to pauses stay valid.
class SubmissionLogins {
  public:
    /// Makes those of the configured probes; a pause ends only where what was rejected may work
    /// now.
    void settle(const Settings& settings);
    /// The pauses of a half that settle() has seen.
    [[nodiscard]] AuthBackoff& pauses_of(const SmtpSettings& half);

  private:
    /// What a refused login may have been refused for.
    struct Form {
        Secret password;
        SmtpAuth auth = SmtpAuth::automatic;
        TlsMode tls = TlsMode::implicit;
        friend bool operator==(const Form&, const Form&) = default;
    };
    /// The pauses of a login, and the forms that its accounts try it in.
    struct Login {
        AuthBackoff pauses;
        std::vector<Form> forms;
    };

    std::map<MailboxId, Login> logins_;
};

}  // namespace mailprobed
