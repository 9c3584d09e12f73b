// SPDX-License-Identifier: Apache-2.0
// The rules that a soak must keep.
#include "tests/campaigns/torture/soak_verdict.hpp"

#include "tests/campaigns/torture/summary.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

namespace mailprobed::soak {

void Counter::take(const MailJudged& fact) {
    ++verdicts.at(static_cast<std::size_t>(fact.verdict));
}

void Counter::take(const EvidenceFound& fact) {
    ++evidence.at(static_cast<std::size_t>(fact.kind));
}

void Counter::take(const TickMissed& fact) {
    missed += fact.count;
}

void Counter::take(const InternalError& fact) {
    std::printf("bug: %.*s: %.*s\n", static_cast<int>(fact.where.size()), fact.where.data(),
                static_cast<int>(fact.what.size()), fact.what.data());
    ++bugs;
}

namespace {

/// From here on every die falls often enough, and a run lasts for many times what is remembered.
constexpr std::uint64_t kLong = 150'000;
/// Descriptors that the journal may have opened since it began.
constexpr std::ptrdiff_t kOpen = 8;
/// Parts of a run that are compared, and the share of their moments that is quiet.
constexpr double kMiddle = 0.35;
constexpr double kEnd = 0.7;
constexpr double kQuiet = 0.1;

class Checks {
  public:
    void operator()(bool holds, const std::string& what) {
        std::printf("%-72s %s\n", what.c_str(), holds ? "yes" : "NO");
        good = good && holds;
    }
    bool good = true;
};

void print(const std::string& what, std::uint64_t value) {
    std::printf("%-30s %10llu\n", what.c_str(), static_cast<unsigned long long>(value));
}

std::uint64_t verdicts_of(const Result& result, Verdict verdict) {
    return result.counter.verdicts.at(static_cast<std::size_t>(verdict));
}

std::uint64_t strikes_of(const Result& result, Effect effect) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kDice.size(); ++i)
        sum += kDice[i].effect == effect ? result.strikes[i] : 0;
    return sum;
}

void print_figures(const Result& result) {
    for (const Verdict verdict : kVerdicts)
        print(std::string(to_string(verdict)), verdicts_of(result, verdict));
    for (const Evidence kind : kEvidences)
        print("after: " + std::string(to_string(kind)),
              result.counter.evidence.at(static_cast<std::size_t>(kind)));
    for (std::size_t i = 0; i < kDice.size(); ++i)
        print("die: " + std::string(kDice[i].name), result.strikes[i]);
    print("missed ticks", result.counter.missed);
}

/// The verdicts against what the server did. The machine may be busy, above all during the short
/// run of `make test`: some mails may end in a timeout without any die, and a look that takes
/// seconds may see what comes late, but the server's word alone makes a mail lost.
void check_verdicts(const Result& result, Checks& check) {
    const std::uint64_t few = 3 + result.totals.verdicts / 1000;
    const std::uint64_t slack = result.wanted >= kLong ? few : result.totals.verdicts / 50;
    const std::uint64_t unobserved = verdicts_of(result, Verdict::unobserved);
    const std::uint64_t lost = verdicts_of(result, Verdict::lost);
    const std::uint64_t swallowed = strikes_of(result, Effect::lost);
    check(lost <= swallowed, "only what the server kept back was lost");
    check(lost + unobserved + few >= swallowed, "whatever the server kept back was noticed");
    const std::uint64_t failed = verdicts_of(result, Verdict::send_failed);
    const std::uint64_t ended = strikes_of(result, Effect::send_failed);
    check(failed <= ended + strikes_of(result, Effect::maybe_send_failed) + slack,
          "only what the server did not take was send_failed");
    check(failed + unobserved + few >= ended, "whatever the server did not take was noticed");
    const std::uint64_t bounced = verdicts_of(result, Verdict::bounced);
    check(bounced <= strikes_of(result, Effect::bounced), "only what bounced was bounced");
    check(bounced + unobserved + few >= strikes_of(result, Effect::bounced),
          "every bounce was noticed");
    // The dice end 4 % of the mails otherwise, hung looks a few more.
    check(verdicts_of(result, Verdict::delivered) * 100 >= result.totals.verdicts * 93,
          "93 % of the verdicts are delivered");
}

void check_variety(const Result& result, Checks& check) {
    const auto some = [](std::uint64_t count) { return count > 0; };
    check(std::ranges::all_of(result.strikes, some), "every die fell");
    check(std::ranges::all_of(result.counter.verdicts, some), "every verdict was given");
    check(std::ranges::all_of(result.counter.evidence, some), "every kind of later evidence came");
}

/// Compared is what is held at the quietest tenth of the moments: load comes and goes with the
/// machine, a leak stays. Warm-up is over when the first mails are forgotten, after half a minute:
/// from then on the heap in use has been seen within 0.2 MiB for as long as the load was the same.
void check_sizes(const Result& result, Checks& check) {
    const Sizes& sizes = result.sizes;
    const auto flat = [&](double Size::* member, const char* what) {
        const double middle = sizes.quantile(kMiddle, kEnd, kQuiet, member);
        const double end = sizes.quantile(kEnd, 1, kQuiet, member);
        std::printf("%s: middle %.2f MiB, end %.2f MiB\n", what, middle, end);
        check(end <= middle * 1.03 + 0.5, std::string(what) + " is flat (3 % and 0.5 MiB)");
    };
    flat(&Size::heap_mib, "heap in use");
    flat(&Size::resident_mib, "what is resident");
    check(sizes.quantile(kEnd, 1, 1, &Size::threads) <=
              sizes.quantile(kMiddle, kEnd, 1, &Size::threads),
          "threads are flat");
}

}  // namespace

bool judge(const Result& result) {
    print_figures(result);
    Checks check;
    const LedgerTotals& totals = result.totals;
    std::uint64_t told = 0;
    for (const std::uint64_t count : result.counter.verdicts)
        told += count;
    check(!result.stuck, "it came to an end by itself");
    check(totals.verdicts >= result.wanted, "as many verdicts as wanted");
    check(totals.pending == 0, "no mail is pending");
    check(totals.started + totals.restored == totals.verdicts + totals.pending,
          "started + restored = verdicts + pending");
    check(told == totals.verdicts, "every verdict was told once");
    check(result.counter.bugs == 0, "no internal error");
    check(result.unhealthy == 0, "the journal was healthy all the time");
    std::printf("descriptors left open %td\n", result.descriptors_left);
    check(result.descriptors_left <= kOpen, "every conversation was closed");
    check_verdicts(result, check);
    if (result.wanted >= kLong) {
        check_variety(result, check);
        check(result.sizes.enough(), "enough sizes to compare");
        check_sizes(result, check);
    }
    const auto share = static_cast<double>(verdicts_of(result, Verdict::delivered)) * 100 /
                       static_cast<double>(std::max<std::uint64_t>(1, totals.verdicts));
    std::array<char, 200> line{};
    std::snprintf(line.data(), line.size(),
                  "%llu verdicts, %.1f %% delivered, %llu lost, heap %.1f -> %.1f MiB",
                  static_cast<unsigned long long>(totals.verdicts), share,
                  static_cast<unsigned long long>(verdicts_of(result, Verdict::lost)),
                  result.sizes.quantile(kMiddle, kEnd, kQuiet, &Size::heap_mib),
                  result.sizes.quantile(kEnd, 1, kQuiet, &Size::heap_mib));
    test::summarize("soak", line.data());
    return check.good;
}

}  // namespace mailprobed::soak
