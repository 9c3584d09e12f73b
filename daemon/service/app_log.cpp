// SPDX-License-Identifier: Apache-2.0
// Events that are nobody's but the process's own.
#include "daemon/service/app_log.hpp"

namespace mailprobed {

void log_journal_state(Log& log, bool healthy, const std::string& why) {
    if (healthy) {
        log.write(LogLevel::info, "journal_recovered");
        if (why.empty()) return;
        log.write(LogLevel::error, "journal_gap",
                  {{"why", why},
                   {"effect",
                    "the ledger lacks mails and what followed verdicts of that time; "
                    "metrics and log have them"},
                   {"remedy", "see journal_failed before it for what the disk had"}});
        return;
    }
    log.write(LogLevel::error, "journal_failed",
              {{"why", why},
               {"effect", "probing goes on; a crash now would forget mails"},
               {"remedy", "free or mend the disk of state_directory"}});
}

void log_web_config(Log& log, const std::vector<ConfigProblem>& problems) {
    if (problems.empty()) log.write(LogLevel::info, "web_config_changed");
    for (const ConfigProblem& problem : problems) {
        log.write(LogLevel::error, "web_config_refused",
                  {{"why", problem.text()}, {"effect", "the old one stays in force"}});
    }
}

void log_bug(Log& log, const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        log.write(LogLevel::error, "internal_error", {{"what", e.what()}});
    } catch (...) {
        log.write(LogLevel::error, "internal_error");
    }
}

}  // namespace mailprobed
