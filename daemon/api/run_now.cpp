// SPDX-License-Identifier: Apache-2.0
// The monitor decides whether a mail can start; this file whether it may.
#include "daemon/api/run_now.hpp"

#include "daemon/api/api.hpp"
#include "daemon/api/json_writer.hpp"
#include "daemon/api/mail.hpp"

#include <utility>

namespace mailprobed {
namespace {

WebResponse later(Duration wait, std::string_view why) {
    WebResponse response = api_error(429, why);
    response.retry_after = std::chrono::ceil<std::chrono::seconds>(wait);
    return response;
}

}  // namespace

Duration RunLimit::wait(const std::string& probe, Instant now) {
    // Probes that are gone need no memory.
    std::erase_if(last_, [now](const auto& entry) { return entry.second + kGap <= now; });
    const auto entry = last_.find(probe);
    return entry == last_.end() ? Duration::zero() : entry->second + kGap - now;
}

WebResponse run_now(Monitor& monitor, RunLimit& limit, const std::string& probe, Instant now) {
    if (!monitor.knows(probe)) {
        return api_error(404, "the configuration has no probe called " + probe);
    }
    const Duration wait = limit.wait(probe, now);
    if (wait > Duration::zero()) {
        return later(wait, "a mail of this probe was sent by hand a moment ago; wait 10 seconds");
    }
    const SentNow sent = monitor.send_now(probe);
    if (sent.hindrance == MissReason::auth_backoff) {
        return later(sent.login_pause,
                     "the login of the sending account was refused; mailprobed waits, so that the "
                     "account does not get locked");
    }
    if (sent.hindrance) return later(RunLimit::kGap, "too many conversations are open");
    if (!sent.known) return api_error(404, "mailprobed is about to end");
    limit.sent(probe, now);
    JsonWriter json;
    json.begin_object();
    json.member("mail", mail_name(sent.mail));
    json.member("probe", probe);
    json.end_object();
    return api_answer(202, json.take());
}

}  // namespace mailprobed
