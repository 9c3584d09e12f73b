// SPDX-License-Identifier: Apache-2.0
// Names of the series with the label `mailbox`, and what each fact about a mailbox changes.
#include "daemon/metrics/mailbox_metrics.hpp"

#include "daemon/metrics/probe_metrics.hpp"

namespace mailprobed {

MailboxFamilies::MailboxFamilies(MetricStore& store)
    : looks(store.counter("mailbox_looks_total", "Visits to the mailbox.")),
      complete_looks(store.counter("mailbox_complete_looks_total",
                                   "Visits that saw everything, so that absence is proved.")),
      deleted(
          store.counter("mailbox_deleted_total", "Own mails whose deletion the server confirmed.")),
      came_again(store.counter("mailbox_removals_undone_total",
                               "Own mails that were removed and are listed again.")),
      left(store.gauge("mailbox_own_messages_left",
                       "Own mails and reports about them that stay in the mailbox.")),
      failures(store.counter("mailbox_failures_total",
                             "Visits that failed or were incomplete, by stage and cause.")),
      tags_rejected(store.counter("mailbox_tags_rejected_total",
                                  "Mails with something like a tag that were no arrival.")),
      messages(store.gauge("mailbox_messages", "Messages in the mailbox at the last visit.")),
      look_interval(store.gauge("mailbox_look_interval_seconds",
                                "Shortest time between visits that plan and server allow now.")),
      logins_left(store.gauge("mailbox_logins_left",
                              "Logins that the budget allows at once, at the last visit.")),
      clock_ahead(
          store.gauge("mailbox_clock_ahead_seconds",
                      "Received stamp of the server minus the time the mail was seen: above "
                      "0 its clock is ahead of ours by at least that.")),
      last_complete_look(store.gauge("mailbox_last_complete_look_timestamp_seconds",
                                     "End of the last complete visit; 0 before the first.")),
      look_seconds(store.summary("mailbox_look_seconds", "Duration of visits.")) {}

MailboxMetrics::MailboxMetrics(MailboxFamilies& families, const std::string& name,
                               const MailboxSettings& settings)
    : labels_(clean({{"mailbox", name}})),
      looks_(series_.add(families.looks, labels_)),
      complete_looks_(series_.add(families.complete_looks, labels_)),
      deleted_(series_.add(families.deleted, labels_)),
      came_again_(series_.add(families.came_again, labels_)),
      left_(series_.add(families.left, labels_)),
      failures_(series_, families.failures, labels_, Side::mailbox, settings.server.tls),
      messages_(series_.add(families.messages, labels_)),
      look_interval_(series_.add(families.look_interval, labels_)),
      clock_ahead_(series_.add(families.clock_ahead, labels_)),
      last_complete_look_(series_.add(families.last_complete_look, labels_)),
      look_seconds_(series_.add(families.look_seconds, labels_)) {
    if (settings.poll.logins_per_hour != 0)
        logins_left_ = &series_.add(families.logins_left, labels_);
    for (std::size_t i = 0; i < kTagRejects.size(); ++i) {
        prometheus::Labels labels = labels_;
        labels["reason"] = to_string(kTagRejects[i]);
        tags_rejected_[i] = &series_.add(families.tags_rejected, labels);
    }
}

void MailboxMetrics::look_done(const LookDone& fact) {
    looks_.Increment();
    look_seconds_.observe(to_seconds(fact.took));
    if (fact.complete) {
        complete_looks_.Increment();
        last_complete_look_.Set(unix_seconds(fact.at));
    }
    if (fact.failure) failures_.count(*fact.failure);
    if (fact.messages) messages_.Set(*fact.messages);
    deleted_.Increment(fact.deleted);
    came_again_.Increment(fact.came_again);
    left_.Set(static_cast<double>(fact.left));
    look_interval_.Set(to_seconds(fact.look_interval));
    if (fact.clock_ahead) clock_ahead_.Set(to_seconds(*fact.clock_ahead));
    if (fact.logins_left && logins_left_ != nullptr) logins_left_->Set(*fact.logins_left);
}

void MailboxMetrics::tag_rejected(TagReject reason) {
    tags_rejected_[static_cast<std::size_t>(reason)]->Increment();
}

}  // namespace mailprobed
