// SPDX-License-Identifier: Apache-2.0
// The loops of a watcher or two, ended by the verdict.
#include "probes/monitor/by_hand.hpp"

#include "probes/monitor/prober.hpp"
#include "probes/monitor/watcher.hpp"

#include <boost/asio/this_coro.hpp>

#include <exception>

namespace mailprobed {

Awaitable<Judgement> ByHand::run(TaskGroup& tasks) {
    context_.on_judgement = [this](const Judgement& judgement) { verdict_ = judgement; };
    if (reports_ != nullptr) tasks.spawn(look_for_reports());
    tasks.spawn(send());
    std::exception_ptr end;
    try {
        co_await look();
    } catch (...) {
        end = std::current_exception();
    }
    context_.on_judgement = {};
    // After a cancellation every co_await throws until the state is reset.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await tasks.cancel_and_wait();
    if (end) std::rethrow_exception(end);
    co_return *verdict_;
}

Awaitable<void> ByHand::send() {
    co_await prober_.send(Duration::zero(), prober_.new_mail_id());
    sent_ = true;
    arrivals_.notify();
}

Awaitable<void> ByHand::look_for_reports() {
    std::exception_ptr end;
    try {
        while (!verdict_)
            co_await reports_->step();
    } catch (...) {
        end = std::current_exception();
    }
    // However it ended: nobody may wait for what is over.
    reports_done_ = true;
    arrivals_.notify();
    if (end) std::rethrow_exception(end);
}

Awaitable<void> ByHand::look() {
    // Looks go on beside the submission; the one that brings the verdict also removes the mail. A
    // report is waited for only if it was what decided: the sender's mailbox may be slow.
    const auto removes_report = [this] {
        return reports_ != nullptr && !reports_done_ && verdict_->verdict == Verdict::bounced;
    };
    while (!sent_ || !verdict_ || removes_report()) {
        if (verdict_ && reports_ != nullptr) reports_->notify();
        co_await arrivals_.step();
    }
}

}  // namespace mailprobed
