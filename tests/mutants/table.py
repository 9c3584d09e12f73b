# SPDX-License-Identifier: Apache-2.0
"""The sabotaged copies: what is broken, and the test that must notice.

Each `old` text stands exactly once in its file; a text that is gone is an error, so that this table
cannot grow stale in silence. The mutants of the first block are those that issue 3 asks for."""
from typing import NamedTuple


class Mutant(NamedTuple):
    name: str    # the sabotage, in words
    file: str
    old: str
    new: str
    caught_by: str  # <target without _tests>:<test>
    hangs: bool = False  # whether that the test does not end counts as well


MUTANTS = [
    Mutant("intent written after sending", "probes/monitor/prober.cpp",
           "    trace.done();\n",
           "    trace.done();\n    co_await record_intent(mail, attempt);\n",
           "e2e:Order.NoConnectionIsMadeForAMailBeforeItsIntentIsKept"),
    Mutant("intent not written at all", "probes/monitor/prober.cpp",
           "    const Route way = route();\n    co_await record_intent(mail, attempt);\n",
           "    const Route way = route();\n",
           "e2e:Order.NoConnectionIsMadeForAMailBeforeItsIntentIsKept"),
    Mutant("delete before record", "probes/monitor/watcher.cpp",
           "        const bool safe = co_await tell_ledger(look, planned_at);\n"
           "        const bool confirmed = co_await look.clean_up(session, safe, give_up);\n",
           "        const bool confirmed = co_await look.clean_up(session, true, give_up);\n"
           "        static_cast<void>(co_await tell_ledger(look, planned_at));\n",
           "e2e:Order.NothingIsRemovedBeforeItsVerdictIsKept"),
    Mutant("`lost` after an incomplete look", "probes/domain/ledger.cpp",
           "if (!complete || !login_at) {", "if (static_cast<void>(complete), !login_at) {",
           "unit:LedgerTest.LostOnlyByACompleteLookAtOrAfterTheDeadline"),
    Mutant("QUIT without +OK taken as deleted", "probes/session/pop3_session.cpp",
           "    s.talk.channel().close();\n    co_return held;\n",
           "    s.talk.channel().close();\n    held = true;\n    co_return held;\n",
           "session:Pop3Session.A2_14_DeletionsHoldOnlyAfterQuitSaysOk"),
    Mutant("unconfirmed QUIT believed by the look", "probes/monitor/look.cpp",
           "if (confirmed) note_removed(marked);", "note_removed(marked);",
           "e2e:Quit.A2_14_ALostOneRemovesNothingAndMakesNoDuplicate"),
    Mutant("U taken after TOP", "probes/monitor/watcher.cpp",
           "        Outcome outcome = context_.ledger.sighted(index_, found.sighting, "
           "BootClock::now());\n",
           "        Sighting late = found.sighting;\n        late.listed_at = BootClock::now();\n"
           "        Outcome outcome = context_.ledger.sighted(index_, late, BootClock::now());\n",
           "e2e:Order.AnArrivalIsDatedByItsListingAndNotByTheReadingOfIt"),
    Mutant("tag check off", "probes/domain/tag.cpp",
           "if (equal_in_constant_time(rest, std::span(mac).first(kMac))) return {tag, std::nullopt};",
           "if (equal_in_constant_time(rest, std::span(mac).first(kMac)) || key.id == key_id)\n"
           "            return {tag, std::nullopt};",
           "unit:Tag.EveryChangedCharacterIsNoticed"),
    Mutant("`unconfirmed` retried", "probes/monitor/prober_retry.cpp",
           "failure.cause() == Cause::rejected_transient || failure.cause() == Cause::auth_transient;",
           "failure.cause() == Cause::rejected_transient ||\n"
           "        failure.cause() == Cause::auth_transient || is_unconfirmed(failure);",
           "e2e:Order.AMailWhoseDotWasNotAnsweredIsNeverSentAgain"),

    # What is sent, and when.
    Mutant("retry after 5yz", "probes/monitor/prober_retry.cpp",
           "failure.cause() == Cause::rejected_transient || failure.cause() == Cause::auth_transient;",
           "failure.cause() != Cause::timeout;",
           "e2e:Order.AFinalRefusalIsNotTriedAgain"),
    Mutant("one attempt too many", "probes/monitor/prober_retry.cpp",
           "if (attempt >= route().probe->max_attempts)", "if (attempt > route().probe->max_attempts)",
           "e2e:Order.NoMailIsTriedMoreOftenThanConfigured"),
    Mutant("an interrupted mail is tried again after a restart", "probes/monitor/monitor.cpp",
           "if (mail.progress == Progress::retry) {",
           "if (mail.progress == Progress::retry || mail.progress == Progress::intended) {",
           "e2e:Order.AMailInterruptedByACrashIsWatchedAndNotSentAgain"),
    Mutant("an interrupted mail counts as never sent", "probes/domain/ledger_queries.cpp",
           "            entry.state = State::unconfirmed;\n"
           "            entry.failure = StageCause{Stage::accept, Cause::interrupted};\n",
           "            entry.state = State::intended;\n"
           "            entry.failure = StageCause{Stage::accept, Cause::interrupted};\n",
           "e2e:Order.AMailInterruptedByACrashIsWatchedAndNotSentAgain"),
    Mutant("a used slot is used again after a restart", "probes/monitor/prober.cpp",
           "last_start_ && already_used(wall + (due - now), *last_start_, probe.interval);",
           "last_start_ && due < now;",
           "e2e:Order.ASlotUsedBeforeARestartIsNotUsedAgain"),
    Mutant("hand-over dated after the dot was answered", "probes/session/smtp_transfer.cpp",
           "    listener.handed(smtp.talk().enter(Stage::accept));\n"
           "    const SmtpReply reply = co_await smtp.exchange(payload);\n",
           "    smtp.talk().enter(Stage::accept);\n"
           "    const SmtpReply reply = co_await smtp.exchange(payload);\n"
           "    listener.handed(smtp.talk().channel().now());\n",
           "session:QqDialogue.MomentsAreTakenRightBeforeConnectAndRightBeforeTheMailIsWritten"),
    Mutant("octets behind STARTTLS believed", "probes/session/smtp_session.cpp",
           "if (!talk_.input().empty()) {", "if (false) {",
           "session:SmtpStartTls.B1_5_OctetsBehindTheReplyAreAnInjection"),

    # What is claimed.
    Mutant("any complete look is the deadline look", "probes/domain/ledger.cpp",
           "if (*login_at < mail.deadline || *login_at > mail.grace_end) continue;",
           "if (*login_at > mail.grace_end) continue;",
           "unit:LedgerTest.LostOnlyByACompleteLookAtOrAfterTheDeadline"),
    Mutant("a look after the grace claims a loss", "probes/domain/ledger.cpp",
           "if (*login_at < mail.deadline || *login_at > mail.grace_end) continue;",
           "if (*login_at < mail.deadline) continue;",
           "unit:LedgerTest.ALookAfterTheGraceClaimsNoLoss"),
    Mutant("the grace is ignored", "probes/domain/ledger.cpp",
           "if (now < mail.grace_end) continue;", "if (now < mail.deadline) continue;",
           "unit:LedgerTest.UnobservedWhenNoCompleteLookFallsIntoTheGrace"),
    Mutant("L taken when the look ends", "probes/domain/ledger.cpp",
           "box.complete_login = *login_at;", "box.complete_login = now;",
           "unit:LedgerTest.DeliveredLiesBetweenTheLastLookWithoutItAndTheListingLine"),
    Mutant("L taken after the login", "probes/session/pop3_auth.cpp",
           "    login_at = pop3.talk().channel().now();\n"
           "    pop3.talk().queue_secret(line.reveal(), \"PASS <secret>\");\n"
           "    answer = co_await pop3.exchange();\n",
           "    pop3.talk().queue_secret(line.reveal(), \"PASS <secret>\");\n"
           "    answer = co_await pop3.exchange();\n"
           "    login_at = pop3.talk().channel().now();\n",
           "session:Pop3Auth.LoginAtIsTheInstantBeforeThePasswordLeaves"),
    Mutant("a gap that failed looks widened is measured", "probes/domain/ledger.cpp",
           "const bool unmeasured = box.hindered_until > lower || mail.inexact;",
           "const bool unmeasured = mail.inexact;",
           "unit:LedgerTest.AnIncompleteLookProvesPresenceButNotAbsence"),
    Mutant("late evidence called found", "probes/domain/ledger_evidence.cpp",
           "settled.verdict == Verdict::unobserved && lower < settled.deadline",
           "settled.verdict == Verdict::unobserved && lower < Instant::max()",
           "unit:LedgerTest.AnUnobservedMailIsFoundIfItMayHaveComeInTimeAndLateIfNot"),
    Mutant("a removed entry that shows again is a duplicate", "probes/domain/ledger_evidence.cpp",
           "return entry == 0 || entry != settled.removed_entry;", "return entry != 1'000'000;",
           "unit:LedgerTest.TheSameIdAgainAfterAConfirmedRemovalIsNoDuplicate"),
    Mutant("an orphan is counted at every look", "probes/domain/ledger.cpp",
           "            settled_.emplace(sighting.mail, settled);\n", "",
           "unit:LedgerTest.AnOwnMailUnknownToTheLedgerIsAnOrphanOnce"),
    Mutant("mails of other instances are removed", "probes/monitor/watcher.cpp",
           "    if (!ours) return Home::foreign;\n", "    static_cast<void>(ours);\n",
           "e2e:TagTest.B4_8_OnlyVerifiedOwnMailsAreRemoved"),
    Mutant("a renamed instance disowns its mails", "probes/monitor/watcher.cpp",
           "tag.instance == context_.instance || context_.ledger.is_restored(tag.mail);",
           "tag.instance == context_.instance;",
           "e2e:RestartRules.AMailSentUnderAnotherNameOfTheInstanceIsStillOurs"),
    Mutant("a bounce with a forged tag is believed", "probes/domain/tag.cpp",
           "if (equal_in_constant_time(rest, std::span(mac).first(kMac))) return {tag, std::nullopt};",
           "if (equal_in_constant_time(rest, std::span(mac).first(kMac)) || key.id == key_id)\n"
           "            return {tag, std::nullopt};",
           "unit:BounceTest.A5_05_ATagThatDoesNotVerifyIsNamedAndNeverABounce"),
    Mutant("a bounce whose tags disagree is believed", "probes/domain/bounce.cpp",
           "    if (original.tag || original.reject) evidence.add({original.tag, original.reject});\n",
           "    if (!evidence.tag()) evidence.add({original.tag, original.reject});\n",
           "unit:BounceTest.TwoTagsThatDisagreeCountForNothing"),
    Mutant("a notice of delay is a bounce", "probes/monitor/watcher.cpp",
           "        if (found.bounce.action != BounceAction::failed) continue;\n", "",
           "e2e:BounceVerdict.A5_02_ANoticeOfDelayKeepsTheMailPendingUntilItArrives"),

    # What is durable.
    Mutant("deletes while the journal fails", "probes/monitor/watcher.cpp",
           "co_return kept == Durability::durable&& context_.needs.journal.healthy();",
           "co_return kept == Durability::durable;",
           "e2e:Order.NothingIsRemovedWhileTheJournalFails"),
    Mutant("deletes what a crash would forget", "probes/monitor/watcher.cpp",
           "co_return kept == Durability::durable&& context_.needs.journal.healthy();",
           "co_return static_cast<int>(kept) >= 0 && context_.needs.journal.healthy();",
           "e2e:Order.AMailWhoseVerdictMayBeForgottenIsNotRemoved"),
    Mutant("healthy while the rest of the backlog is on its way", "daemon/sql_journal.cpp",
           "if (!healthy && upto >= owed) {", "if (!healthy) {",
           "unit:JournalPatience.AJournalIsNotHealthyWhileTheRestOfItsBacklogIsOnItsWayToTheDisk"),
    Mutant("healthy only when nothing is on its way", "daemon/sql_journal.cpp",
           "    if (!waits) {\n        // The disk works", "    if (!healthy) {\n        // The disk works",
           "unit:JournalPatience.AJournalRecoversThoughRecordsKeepComing"),
    Mutant("a long outage loses verdicts of mails on the disk", "daemon/sql_journal_backlog.cpp",
           "return get<EvidenceRecord>(queued)", "return get<VerdictRecord>(queued)",
           "unit:SqlJournalTrouble.AMailOnTheDiskKeepsItsVerdictHoweverLongTheDiskFails"),
    Mutant("entries are remembered by their account's name", "probes/monitor/watcher.cpp",
           "return mailbox_text(mailbox_key(*duty_.account->pop3));", "return duty_.account->name;",
           "e2e:RestartEntries.OfOneUserSayNothingOfAnotherUnderTheSameAccount"),
    Mutant("a dead disk holds mails up for good", "daemon/sql_journal.cpp",
           "    if (!sweeping) arm_sweep();\n", "",
           "unit:JournalPatience.ADiskThatDoesNotAnswerHoldsAMailUpForASecondAndIsToldOf"),
    Mutant("a dead disk is called durable", "daemon/sql_journal.cpp",
           "std::move(waiter.resume)(Durability::lost_on_crash);",
           "std::move(waiter.resume)(Durability::durable);",
           "unit:JournalPatience.ADiskThatDoesNotAnswerHoldsAMailUpForASecondAndIsToldOf"),
    Mutant("records are dropped when a write fails", "daemon/sql_journal.cpp",
           "        } else {\n            asio::post(executor, [self = weak_from_this(), why = error] {\n",
           "        } else {\n            group.clear();\n"
           "            asio::post(executor, [self = weak_from_this(), why = error] {\n",
           "unit:JournalPatience.WhatCouldNotBeWrittenIsWrittenWhenItCan"),
    Mutant("durable is said without a commit", "daemon/ledger_writer.cpp",
           "    impl_->write_probes();\n    all_or_nothing.commit();\n",
           "    impl_->write_probes();\n    all_or_nothing.rollback();\n",
           "unit:JournalPatience.DurableMeansThatAnotherReaderFindsIt"),
    Mutant("what nobody waits for stays in memory", "daemon/sql_journal.cpp",
           "    if (!pressing() && backlog.empty()) {\n", "    while (!pressing()) {\n",
           "unit:JournalPatience.WhatNobodyWaitsForIsWrittenSoonAnyway"),
    Mutant("a start without a verdict is forgotten", "daemon/ledger_recall.cpp",
           "if (!entry->last_started || *entry->last_started < started)",
           "if (!entry->last_started && started < WallTime{})",
           "unit:JournalPatience.AStartIsRememberedBeforeAndAfterItsVerdictAndNeverGoesBack"),
    Mutant("a commit does not wait for the disk", "daemon/ledger_schema.cpp",
           "PRAGMA synchronous = FULL", "PRAGMA synchronous = NORMAL",
           "unit:LedgerFile.ACommitWaitsForTheDisk"),

    # A reload with mails in flight.
    Mutant("a reload moves mails in flight", "probes/domain/ledger.cpp",
           "    probes_.at(probe).settings = settings;\n",
           "    for (auto& [id, mail] : pending_) {\n"
           "        if (mail.probe != probe) continue;\n"
           "        std::erase(mailboxes_.at(mail.mailbox).pending, id);\n"
           "        mail.mailbox = settings.mailbox;\n"
           "        mailboxes_.at(mail.mailbox).pending.push_back(id);\n"
           "    }\n"
           "    probes_.at(probe).settings = settings;\n",
           "e2e:Reload.AMailInFlightStaysWithItsMailboxWhenTheProbeMovesToAnother"),
    Mutant("a mailbox that a probe left vouches for its new mails", "probes/monitor/watcher.cpp",
           "return same ? Home::here : Home::elsewhere;", "return same ? Home::here : Home::here;",
           "e2e:ReloadRules.ACopyInTheMailboxThatTheProbeLeftIsNoArrivalInTheOther"),
    Mutant("a reload forgets the key before the last", "probes/monitor/monitor.cpp",
           "    codec.know_keys_of(context.codec);\n", "",
           "e2e:ReloadRules.AMailInFlightIsRecognisedThoughTheKeyWasChangedTwice"),
    Mutant("an old password pauses the new one", "probes/monitor/prober.cpp",
           "if (half && *half == *way.from->smtp)", "if (half)",
           "e2e:ReloadRules.AConversationWithTheOldPasswordDoesNotPauseTheNewOne"),
    Mutant("a further attempt ignores a refused login", "probes/monitor/prober_retry.cpp",
           "std::max(due, route().login->until())", "due",
           "e2e:ReloadRules.AFurtherAttemptDoesNotLogInWhileTheLoginRests"),
    Mutant("a reload wakes every prober", "probes/monitor/prober.cpp",
           "if (route().removed || route().probe->interval != interval_) ticking_->cancel();",
           "ticking_->cancel();",
           "e2e:Reload.AProbeThatDidNotChangeKeepsItsPhase"),
    Mutant("a removed probe goes on sending", "probes/monitor/prober.cpp",
           "if (route().removed || route().probe->interval != interval_) break;",
           "if (route().probe->interval != interval_) break;",
           "e2e:Reload.ARemovedProbeGetsTheVerdictsOfItsMailsAndThenIsGone"),
    Mutant("a new password does not end a pause", "probes/monitor/monitor.cpp",
           "if (!(login.half == half)) {", "if (false) {",
           "e2e:Reload.ANewPasswordEndsThePauseAfterRefusedSubmissions"),
    Mutant("a further attempt goes where nobody looks", "probes/monitor/prober_retry.cpp",
           "if (!mine || context_.mailbox_ids[*home] != route().mailbox_id) {", "if (!mine || !home) {",
           "e2e:ReloadRules.AFurtherAttemptIsNotSentWhereNobodyWouldLookForIt"),
    Mutant("an empty answer to TOP makes a stranger", "probes/monitor/look.cpp",
           "if (!arrival.tag && !is_whole(message)) {",
           "if (!arrival.tag && !is_whole(message) && entry.number == 0) {",
           "e2e:TroubledMailbox.AnEmptyOrCutAnswerToTopDoesNotMakeOurMailAStranger"),
    Mutant("what cannot be read counts as gone", "probes/monitor/look.cpp",
           "if (!shortfall_ && blind && ", "if (!shortfall_ && blind && *messages_ == 0 && ",
           "e2e:TroubledMailbox.AMailThatTheServerCannotReadIsNeverCalledLost"),
    Mutant("what stayed is removed by its id alone", "probes/monitor/look.cpp",
           "        if (!mail.entry.own) {\n            numbers", "        if (mail.entry.number != 0) {\n            numbers",
           "e2e:TroubledMailbox.AStrangersMailWithTheIdOfOneOfOursThatStayedIsNotRemoved"),
    Mutant("`delete: never` is ignored", "probes/monitor/look.cpp",
           "if (safe && settings_.remove_own) marked", "if (safe) marked",
           "e2e:TroubledMailbox.B4_8_NothingIsRemovedWhereTheConfigurationSaysNever"),
    # What the alert rules rest on.
    Mutant("the exported clock stands still", "daemon/metrics.cpp",
           "    impl_->clock.Set(unix_seconds(wall_now()));\n", "",
           "unit:MetricsReload.EveryScrapeTellsTheClockThatOtherInstantsAreToBeComparedWith"),
]
