// SPDX-License-Identifier: Apache-2.0
// Names and help texts of the series with the label `probe`; README.md has the long version.
#include "daemon/metrics/probe_metrics.hpp"

namespace mailprobed {

ProbeFamilies::ProbeFamilies(MetricStore& store)
    : mails(store.mail_counts()),
      retries(store.counter("retries_total",
                            "Attempts refused for the time being that were made again.")),
      bounces(store.counter("bounces_total", "Mails judged bounced, by class of their status.")),
      send_failures(
          store.counter("send_failures_total", "Mails judged send_failed, by stage and cause.")),
      after_verdict(store.counter("after_verdict_total",
                                  "What turned up in the mailbox after the verdict, by kind.")),
      altered_mails(
          store.counter("altered_mails_total", "Delivered mails whose body was not the one sent.")),
      unmeasured_mails(store.counter("unmeasured_mails_total",
                                     "Delivered mails left out of the histogram because failed "
                                     "looks widened the uncertainty.")),
      deadline_uncertain(store.counter("deadline_uncertain_total",
                                       "Delivered mails whose deadline lies within the "
                                       "uncertainty of their arrival.")),
      slo_good(store.counter("slo_good_total",
                             "Delivered mails whose round trip was at most the objective.")),
      ticks_missed(
          store.counter("ticks_missed_total", "Intended starts that did not happen, by reason.")),
      round_trip(store.histogram("round_trip_seconds",
                                 "From the first connect to the sight of the mail in the mailbox; "
                                 "delivered and measured mails only.")),
      delivery(store.summary("delivery_seconds",
                             "From handing the mail over to the sight of it in the mailbox; "
                             "delivered and measured mails only.")),
      late(store.summary("late_seconds",
                         "From the first connect to the sight of mails that came after their "
                         "deadline.")),
      start_lag(store.summary("start_lag_seconds", "How late starts were on the time grid.")),
      stage_seconds(store.summary("stage_seconds",
                                  "Time spent in a stage of the submission that succeeded.")),
      transit(store.gauge("received_transit_seconds",
                          "First to last Received stamp of the mail delivered last, by the clocks "
                          "of the servers that wrote them; below 0 where those disagree.")),
      authentication(store.gauge("authentication_pass",
                                 "1 if the trusted server passed the mail delivered last.")),
      last_round_trip(
          store.gauge("last_round_trip_seconds", "Round trip of the mail delivered last.")),
      last_uncertainty(store.gauge("last_uncertainty_seconds",
                                   "By how much the last round trip may be too long.")),
      probe_up(store.gauge("probe_up", "1 if the last verdict was delivered.")),
      bad_streak(store.gauge("bad_streak", "Verdicts since a mail was delivered.")),
      recent_bad(store.gauge("recent_bad", "Not delivered among the last 10 verdicts.")),
      oldest_pending(store.gauge("oldest_pending_timestamp_seconds",
                                 "Start of the oldest mail without a verdict; 0 if none.")),
      last_started(store.gauge("last_started_timestamp_seconds",
                               "Start of the last mail; 0 before the first.")),
      last_delivered(store.gauge("last_delivered_timestamp_seconds",
                                 "Time of the last verdict delivered; 0 before the first.")),
      last_verdict(store.gauge("last_verdict_timestamp_seconds",
                               "Time of the last verdict; 0 before the first.")),
      interval(store.gauge("interval_seconds", "Configured time between two starts.")),
      deadline(store.gauge("deadline_seconds", "Configured time a mail has to arrive.")),
      slo_latency(store.gauge("slo_latency_seconds", "Configured objective of the round trip.")),
      info(store.gauge("probe_info", "Accounts and configured labels of a probe; always 1.")) {}

}  // namespace mailprobed
