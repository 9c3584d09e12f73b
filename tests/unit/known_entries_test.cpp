// SPDX-License-Identifier: Apache-2.0
// What is remembered of a mailbox, with servers that break the rules of UIDL.
#include "probes/monitor/known_entries.hpp"

#include "probes/monitor/routing.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace mailprobed {
namespace {

using Lines = std::vector<std::pair<std::uint32_t, std::string>>;

LookMemory& plenty() {
    static LookMemory memory;
    return memory;
}

/// Entries of a mailbox and a look into it that is under way.
struct Box {
    KnownEntries known;
    LookShare share{plenty()};

    std::vector<Entry> list(const Lines& lines, Instant at = Instant{}, bool whole = true) {
        known.begin_listing(at, share);
        for (const auto& [number, uidl] : lines)
            known.listed(number, uidl, at);
        return known.end_listing(whole);
    }
    std::vector<Entry> list_sized(const std::vector<std::tuple<int, std::string, int>>& lines,
                                  Instant at) {
        known.begin_listing(at, share);
        for (const auto& [number, uidl, size] : lines) {
            known.listed(static_cast<std::uint32_t>(number), uidl, at);
            known.sized(static_cast<std::uint32_t>(number), static_cast<std::uint64_t>(size));
        }
        return known.end_listing(true);
    }
};

/// Somebody looks every hour, the last time at `until`.
void watch(Box& box, const Lines& lines, int from, int until) {
    for (int s = from; s <= until; s += 3600)
        (void)box.list(lines, Instant{std::chrono::seconds{s}});
}

std::vector<std::uint32_t> fresh(Box& box, const Lines& lines) {
    std::vector<std::uint32_t> numbers;
    for (const Entry& entry : box.list(lines)) {
        numbers.push_back(entry.number);
        box.known.classified(entry, EntryKind::stranger);
    }
    return numbers;
}

using Numbers = std::vector<std::uint32_t>;

TEST(KnownEntries, ReadsEachEntryOnceNewestFirst) {
    Box box;
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{3, 2, 1}));
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}}), (Numbers{4}));
    EXPECT_EQ(fresh(box, {{1, "b"}, {2, "d"}}), (Numbers{}));
}

TEST(KnownEntries, AllIdsChangingAtOnceReadsAllAgain) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}});
    EXPECT_EQ(fresh(box, {{1, "x"}, {2, "y"}}), (Numbers{2, 1}));
}

TEST(KnownEntries, WithoutIdsEverythingIsReadEveryTime) {
    Box box;
    EXPECT_EQ(fresh(box, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(box, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
}

TEST(KnownEntries, OneListingWithoutIdsMakesNothingForgotten) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}});
    EXPECT_EQ(fresh(box, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{3}));
}

TEST(KnownEntries, A2_11_AnIdGivenTwiceHidesNothing) {
    Box box;
    fresh(box, {{1, "same"}});
    EXPECT_EQ(fresh(box, {{1, "same"}, {2, "same"}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(box, {{1, "same"}, {2, "same"}, {3, "same"}}), (Numbers{3, 2, 1}));
    EXPECT_EQ(fresh(box, {{1, "same"}}), (Numbers{1})) << "nothing was remembered of the twins";
}

TEST(KnownEntries, OwnEntriesThatWereNotRemovedAreReadAgainByEveryLook) {
    Box box;
    for (const Entry& entry : box.list({{1, "mine"}}))
        box.known.classified(entry, EntryKind::ours, 3);
    const auto again = box.list({{1, "mine"}});
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].state, EntryState::ours);
}

TEST(KnownEntries, ALaterRunIsToldOfStrangersAndReadsOurOwnAgainBeforeItRemovesThem) {
    Box box;
    const auto entries = box.list({{1, "stranger"}, {2, "mine"}, {3, "report"}, {4, "left"}});
    ASSERT_EQ(entries.size(), 4U);
    box.known.classified(entries[3], EntryKind::stranger);
    box.known.classified(entries[2], EntryKind::ours, 3);
    box.known.classified(entries[1], EntryKind::report, 3);
    box.known.classified(entries[0], EntryKind::left, 3);
    EXPECT_EQ(box.known.left(), 2U);
    EXPECT_EQ(box.known.take_changes().classified,
              (std::vector{entry_hash("stranger"), entry_hash("left")}));
    box.known.removed(entry_hash("mine"));
    EXPECT_TRUE(box.known.take_changes().gone.empty()) << "nobody was told that it was there";
}

TEST(KnownEntries, WhatAnEarlierRunCalledOursIsReadAgainAndForgotten) {
    Box box;
    box.known.remember_ours(entry_hash("mine"));
    box.known.remember(entry_hash("stranger"));
    const auto entries = box.list({{1, "mine"}, {2, "stranger"}});
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].number, 1U);
    EXPECT_EQ(entries[0].state, EntryState::fresh) << "the server may have begun to count again";
    EXPECT_EQ(box.known.take_changes().gone, std::vector{entry_hash("mine")});
}

Instant second(int n) {
    return Instant{std::chrono::seconds{n}};
}

TEST(KnownEntries, AnEntryThatCannotBeReadHidesOnlyWhatWasSentBeforeItWasFirstSeen) {
    Box box;
    box.known.unreadable(box.list({{1, "broken"}}, second(10)).at(0));
    const auto again = box.list({{1, "broken"}}, second(20));
    ASSERT_EQ(again.size(), 1U) << "it is tried again";
    box.known.unreadable(again[0]);
    EXPECT_EQ(box.known.blind_until(), second(10));
    box.known.classified(again[0], EntryKind::stranger);
    EXPECT_FALSE(box.known.blind_until()) << "it could be read at last";
}

TEST(KnownEntries, AnEntryThatWasReadBeforeHidesNothingThoughItCannotBeReadAgain) {
    Box box;
    const Entry first = box.list({{1, "mine"}}, second(1)).at(0);
    box.known.classified(first, EntryKind::ours, 3);
    const Entry ours = box.list({{1, "mine"}}, second(2)).at(0);
    box.known.broke_session(ours);
    box.known.broke_session(ours);
    EXPECT_FALSE(box.known.blind_until());
    EXPECT_TRUE(box.known.trouble().skips(ours.key)) << "and yet it must not end every session";
}

TEST(KnownEntries, AListingByNumbersHasEverythingReadAgain) {
    Box box;
    box.known.unreadable(box.list({{1, "broken"}}, second(1)).at(0));
    EXPECT_EQ(box.list({{1, ""}}, second(2)).size(), 1U);
    EXPECT_FALSE(box.known.blind_until());
}

TEST(KnownEntries, AnUnreadableEntryThatIsGoneHidesNothing) {
    Box box;
    box.known.unreadable(box.list({{1, "broken"}}, second(10)).at(0));
    box.list({{1, "another"}}, second(20));
    EXPECT_FALSE(box.known.blind_until());
}

// One may have taken the place of another: their number tells nothing.
TEST(KnownEntries, UnreadableEntriesWithoutIdsHideWhatWasSentBeforeTheListing) {
    Box box;
    for (const int at : {10, 20}) {
        for (const Entry& entry : box.list({{1, ""}}, second(at)))
            box.known.unreadable(entry);
        EXPECT_EQ(box.known.blind_until(), second(at));
    }
    box.list({{1, ""}}, second(40));
    EXPECT_FALSE(box.known.blind_until());
}

TEST(KnownEntries, AnEntryThatEndsSessionsIsTriedEverMoreSeldomButNeverForgotten) {
    Box box;
    std::string tried;
    for (int look = 0; look < 16; ++look) {
        for (const Entry& entry : box.list({{1, "poison"}}, second(look))) {
            const bool left_out = box.known.trouble().skips(entry.key);
            tried += left_out ? '.' : 'x';
            if (!left_out) box.known.broke_session(entry);
        }
    }
    EXPECT_EQ(tried, "xx.x...x.......x");
    EXPECT_EQ(box.known.blind_until(), second(0));
}

TEST(KnownEntries, WhatOtherTagKeysMayRecogniseIsNotToldToALaterRunAndReadAgainAfterAReload) {
    Box box;
    box.known.classified(box.list({{1, "other key"}}, second(1)).at(0),
                         EntryKind::stranger_by_these_keys);
    EXPECT_TRUE(box.known.take_changes().classified.empty());
    EXPECT_TRUE(box.list({{1, "other key"}}, second(2)).empty());
    box.known.keys_changed();
    EXPECT_EQ(box.list({{1, "other key"}}, second(3)).size(), 1U);
}

TEST(KnownEntries, OneLineWithoutAnIdMakesNeitherItForgottenNorTheOthersKept) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}});
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, ""}, {3, "c"}}), (Numbers{2}));
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{2}))
        << "b was gone meanwhile for all that the ids told";
}

TEST(KnownEntries, AListingBeyondTheLimitIsSaidToOverflow) {
    Box box;
    box.known.begin_listing(Instant{}, box.share);
    for (std::uint32_t i = 1; i <= KnownEntries::kMaxEntries; ++i) {
        box.known.listed(i, std::to_string(i), Instant{});
    }
    EXPECT_FALSE(box.known.overflowed());
    box.known.listed(200'000, "one more", Instant{});
    EXPECT_TRUE(box.known.overflowed());
}

TEST(KnownEntries, AListingBeyondTheMemoryOfAllLooksIsSaidToOverflow) {
    LookMemory memory(1000);
    LookShare share(memory);
    KnownEntries known;
    known.begin_listing(Instant{}, share);
    for (std::uint32_t i = 1; i <= 100 && !known.overflowed(); ++i)
        known.listed(i, std::to_string(i), Instant{});
    EXPECT_TRUE(known.overflowed());
    EXPECT_LE(memory.held(), 1000U);
    EXPECT_GT(memory.held(), 500U);
}

TEST(KnownEntries, EntriesThatAPartialListingLacksAreNotForgotten) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}});
    EXPECT_TRUE(box.list({{1, "a"}}, Instant{}, false).empty());
    EXPECT_TRUE(box.list({{1, "a"}, {2, "b"}}).empty());
}

std::vector<std::uint32_t> numbers(const std::vector<Entry>& entries) {
    std::vector<std::uint32_t> result;
    for (const Entry& entry : entries)
        result.push_back(entry.number);
    return result;
}

TEST(Doubtful, AStrangerIsReadAgainWhenItsSizeIsUnknownOrHasChanged) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}});
    box.list_sized({{1, "a", 100}, {2, "b", 90'000'000}}, second(10));
    EXPECT_EQ(numbers(box.known.doubtful(second(5))), (Numbers{2, 1}));
    EXPECT_EQ(box.known.proven_until(second(5)), Instant::min());
    for (const Entry& entry : box.known.doubtful(second(5)))
        box.known.classified(entry, EntryKind::stranger);
    EXPECT_TRUE(box.known.doubtful(second(5)).empty());
    EXPECT_EQ(box.known.proven_until(second(5)), second(10));
    box.list_sized({{1, "a", 101}, {2, "b", 90'000'000}}, second(20));
    EXPECT_EQ(numbers(box.known.doubtful(second(15))), (Numbers{1}));
}

TEST(Doubtful, AStrangerAsLargeAsAMailOfOursIsReadAgainAfterEveryDeadline) {
    Box box;
    const std::vector<std::tuple<int, std::string, int>> lines{
        {1, "tiny", 200}, {2, "small", 2000}, {3, "large", 300'000}};
    for (const Entry& entry : box.list_sized(lines, second(10)))
        box.known.classified(entry, EntryKind::stranger);
    EXPECT_TRUE(box.known.doubtful(second(10)).empty()) << "all were read since";
    box.list_sized(lines, second(20));
    EXPECT_EQ(numbers(box.known.doubtful(second(15))), (Numbers{2}));
    EXPECT_EQ(box.known.proven_until(second(15)), second(10))
        << "mails whose deadline was before it was read cannot be behind it";
}

TEST(Doubtful, AServerWhoseIdsLastedForADayIsBelieved) {
    Box box;
    const std::vector<std::tuple<int, std::string, int>> lines{{1, "small", 2000}};
    for (const Entry& entry : box.list_sized(lines, second(0)))
        box.known.classified(entry, EntryKind::stranger);
    const int day = 24 * 3600;
    watch(box, {{1, "small"}}, 3600, day - 3600);
    box.list_sized(lines, second(day - 1));
    EXPECT_EQ(box.known.doubtful(second(day - 1)).size(), 1U);
    box.list_sized(lines, second(day));
    EXPECT_TRUE(box.known.doubtful(second(day)).empty());
    box.list_sized({{1, "small", 2001}}, second(day + 1));
    EXPECT_EQ(box.known.doubtful(second(day)).size(), 1U) << "another size is another mail";
}

TEST(Doubtful, ADayInWhichNobodyLookedProvesNothing) {
    Box box;
    const int day = 24 * 3600;
    fresh(box, {{1, "a"}});
    fresh(box, {{1, "a"}});
    (void)box.list({{1, "a"}}, second(3 * day));
    EXPECT_FALSE(box.known.ids().lasting(second(3 * day)));
    watch(box, {{1, "a"}}, 3 * day, 4 * day);
    EXPECT_TRUE(box.known.ids().lasting(second(4 * day)));
}

// All are as large as one another, so that sizes do not tell of a mailbox that was made anew.
TEST(Doubtful, OursThatStayAreReadAgainThoughIdsLast) {
    Box box;
    const int day = 24 * 3600;
    for (const Entry& entry : box.list_sized({{1, "a", 900}, {2, "b", 900}}, second(0)))
        box.known.classified(entry, entry.number == 1 ? EntryKind::left : EntryKind::stranger, 1);
    watch(box, {{1, "a"}, {2, "b"}}, 3600, day);
    box.list_sized({{1, "a", 900}, {2, "b", 900}}, second(day + 1));
    ASSERT_TRUE(box.known.ids().lasting(second(day + 1)));
    EXPECT_EQ(numbers(box.known.doubtful(second(day))), (Numbers{1}));
    EXPECT_EQ(box.known.proven_until(second(day)), second(day + 1)) << "more than a look reads";
}

TEST(Doubtful, WhatWasTooLargeIsReadAgainWhenItIsNot) {
    Box box;
    for (const Entry& entry : box.list_sized({{1, "a", 300'000}}, second(0)))
        box.known.classified(entry, EntryKind::too_large);
    box.list_sized({{1, "a", 300'000}}, second(10));
    EXPECT_TRUE(box.known.doubtful(second(5)).empty());
    box.list_sized({{1, "a", 900}}, second(20));
    EXPECT_EQ(numbers(box.known.doubtful(second(15))), (Numbers{1}));
    EXPECT_EQ(box.known.proven_until(second(15)), Instant::min());
}

TEST(Doubtful, SizesThatCannotBeAreNoEvidence) {
    for (const int said : {0, 1}) {
        Box box;
        for (const Entry& entry : box.list_sized({{1, "a", said}}, second(0))) {
            box.known.holds(entry, 500);
            box.known.classified(entry, EntryKind::stranger);
        }
        box.list_sized({{1, "a", said}}, second(20));
        EXPECT_EQ(numbers(box.known.doubtful(second(15))), (Numbers{1})) << said;
    }
}

// An entry that nobody can show, and an id that is used again.
TEST(Doubtful, WhatCannotBeReadAndHasAnotherSizeMayHaveComeNow) {
    Box box;
    const auto look = [&box](int size, int at) {
        for (const Entry& entry : box.list_sized({{1, "a", size}}, second(at)))
            box.known.unreadable(entry);
        box.known.size_unreadable();
        return box.known.blind_until();
    };
    EXPECT_EQ(look(700, 0), second(0));
    EXPECT_EQ(look(700, 10), second(0)) << "of one size since it was listed first";
    EXPECT_EQ(look(900, 20), second(20));
    EXPECT_EQ(look(900, 30), second(20));
    EXPECT_EQ(look(0, 40), second(40)) << "nobody tells";
    box.known.ids().reused(second(50));
    EXPECT_EQ(look(900, 60), second(60)) << "ids are used again, and it is as large as ours";
}

TEST(Doubtful, AnIdThatCameBackOrIsAPositionProvesNothing) {
    const int day = 24 * 3600;
    Box reused;
    fresh(reused, {{1, "a"}});
    fresh(reused, {{1, "b"}});
    watch(reused, {{1, "b"}}, 3600, day - 3600);
    reused.list_sized({{1, "a", 2000}}, second(day));
    EXPECT_TRUE(reused.known.ids().lasting(second(day)));
    for (const Entry& entry : reused.list_sized({{1, "a", 2000}}, second(day)))
        reused.known.classified(entry, EntryKind::stranger);
    EXPECT_FALSE(reused.known.ids().lasting(second(day + 1)));
    watch(reused, {{1, "a"}}, day + 3600, 2 * day);
    EXPECT_TRUE(reused.known.ids().lasting(second(2 * day)));

    Box position;
    fresh(position, {{1, "1"}, {2, "2"}});
    position.list({{1, "1"}, {2, "2"}}, second(day));
    EXPECT_FALSE(position.known.ids().lasting(second(day)));

    // GNU mailutils gives the lowest free id: at once, to our own next mail.
    Box ours;
    ours.known.classified(ours.list({{1, "x"}}).at(0), EntryKind::ours, 1);
    ours.known.removed(entry_hash("x"));
    ours.known.classified(ours.list({{1, "x"}}, second(day)).at(0), EntryKind::ours, 2);
    EXPECT_FALSE(ours.known.ids().lasting(second(day)));
}

TEST(Doubtful, OurOwnAreReadByEveryLookAndNotTwiceInOne) {
    Box box;
    box.known.classified(box.list({{1, "1"}}).at(0), EntryKind::ours, 1);
    EXPECT_EQ(box.list_sized({{1, "1", 2000}}, second(10)).size(), 1U);
    EXPECT_TRUE(box.known.ids().broken(second(10)));
    EXPECT_TRUE(box.known.doubtful(second(10)).empty());
}

TEST(Doubtful, ARemovalThatDoesNotHoldTellsNothingOfTheIds) {
    Box box;
    box.known.classified(box.list({{1, "x"}}).at(0), EntryKind::ours, 1);
    box.known.removed(entry_hash("x"));
    const int day = 24 * 3600;
    watch(box, {}, 3600, day - 3600);
    box.known.classified(box.list({{1, "x"}}, second(day)).at(0), EntryKind::left, 1, true);
    EXPECT_TRUE(box.known.ids().lasting(second(day)));
}

TEST(Doubtful, SizesThatChangeByThemselvesAreToldOnceAndNoEvidenceAnyMore) {
    Box box;
    std::vector<std::tuple<int, std::string, int>> lines;
    for (int i = 1; i <= 5; ++i)
        lines.emplace_back(i, "id" + std::to_string(i), 300'000);
    for (const Entry& entry : box.list_sized(lines, second(10)))
        box.known.classified(entry, EntryKind::stranger);
    for (auto& line : lines)
        ++std::get<2>(line);
    box.list_sized(lines, second(20));
    EXPECT_EQ(box.known.doubtful(second(15)).size(), 5U);
    EXPECT_FALSE(box.known.tell_changing_sizes());
    for (const Entry& entry : box.known.doubtful(second(15)))
        box.known.classified(entry, EntryKind::stranger);
    EXPECT_TRUE(box.known.tell_changing_sizes());
    EXPECT_FALSE(box.known.tell_changing_sizes());
    box.list_sized(lines, second(30));
    EXPECT_EQ(box.known.doubtful(second(25)).size(), 5U)
        << "a large size does not clear a stranger any more";
}

TEST(KnownEntries, AreRecordedByHostPortAndUserOfTheMailboxAndNeverByAnAccountsName) {
    const std::set<std::string> texts{
        mailbox_text({"a.invalid", 995, "u"}), mailbox_text({"b.invalid", 995, "u"}),
        mailbox_text({"a.invalid", 110, "u"}), mailbox_text({"a.invalid", 995, "v"})};
    EXPECT_EQ(texts.size(), 4U);
    for (const std::string& text : texts) {
        EXPECT_EQ(text.front(), '#');
        EXPECT_LE(text.size(), 64U) << "the width of the column";
    }
}

}  // namespace
}  // namespace mailprobed
