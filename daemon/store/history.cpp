// SPDX-License-Identifier: Apache-2.0
// Good mails are many and alike: their details go early. Those of the others stay.
#include "daemon/store/history.hpp"

#include "daemon/store/history_text.hpp"

#include <utility>

namespace mailprobed {

History::History(const Settings& settings, Keep keep)
    : details_(settings.details),
      history_(settings.history),
      transcripts_(settings.transcripts),
      keep_(std::move(keep)) {}

void History::take(const AttemptDone& fact) {
    keep_(AttemptDetails{fact.mail, fact.attempt, fact.began, fact.took,
                         conversation_text(fact.conversation), fact.began + details_});
}

void History::take(const MailJudged& fact) {
    if (fact.verdict == Verdict::delivered) return;
    keep_(KeepDetails{fact.mail, fact.at + history_});
}

void History::take(const MailWatched& fact) {
    const Duration kept = fact.verdict == Verdict::delivered ? details_ : history_;
    keep_(LookDetails{fact.mail, looks_text(fact.looks, fact.first), fact.at + kept});
}

}  // namespace mailprobed
