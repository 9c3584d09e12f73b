// SPDX-License-Identifier: Apache-2.0
// What is remembered of a mailbox, with servers that break the rules of UIDL.
#include "probes/monitor/known_entries.hpp"

#include "probes/monitor/routing.hpp"

#include <gtest/gtest.h>

#include <set>

namespace mailprobed {
namespace {

using Lines = std::vector<std::pair<std::uint32_t, std::string>>;

std::vector<std::uint32_t> fresh(KnownEntries& known, const Lines& lines) {
    known.begin_listing();
    for (const auto& [number, uidl] : lines)
        known.listed(number, uidl, Instant{});
    std::vector<std::uint32_t> numbers;
    for (const Entry& entry : known.end_listing()) {
        numbers.push_back(entry.number);
        known.classified(entry.key, std::nullopt);
    }
    return numbers;
}

using Numbers = std::vector<std::uint32_t>;

TEST(KnownEntries, ReadsEachEntryOnceNewestFirst) {
    KnownEntries known;
    EXPECT_EQ(fresh(known, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{3, 2, 1}));
    EXPECT_EQ(fresh(known, {{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}}), (Numbers{4}));
    EXPECT_EQ(fresh(known, {{1, "b"}, {2, "d"}}), (Numbers{}));
}

TEST(KnownEntries, AllIdsChangingAtOnceReadsAllAgain) {
    KnownEntries known;
    fresh(known, {{1, "a"}, {2, "b"}});
    EXPECT_EQ(fresh(known, {{1, "x"}, {2, "y"}}), (Numbers{2, 1}));
}

TEST(KnownEntries, WithoutIdsEverythingIsReadEveryTime) {
    KnownEntries known;
    EXPECT_EQ(fresh(known, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(known, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
}

TEST(KnownEntries, OneListingWithoutIdsMakesNothingForgotten) {
    KnownEntries known;
    fresh(known, {{1, "a"}, {2, "b"}});
    EXPECT_EQ(fresh(known, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(known, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{3}));
}

TEST(KnownEntries, A2_11_AnIdGivenTwiceHidesNothing) {
    KnownEntries known;
    fresh(known, {{1, "same"}});
    EXPECT_EQ(fresh(known, {{1, "same"}, {2, "same"}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(known, {{1, "same"}, {2, "same"}, {3, "same"}}), (Numbers{3, 2, 1}));
    EXPECT_EQ(fresh(known, {{1, "same"}}), (Numbers{1})) << "nothing was remembered of the twins";
}

TEST(KnownEntries, OwnEntriesThatWereNotRemovedComeBackAsOwn) {
    KnownEntries known;
    known.begin_listing();
    known.listed(1, "mine", Instant{});
    for (const Entry& entry : known.end_listing())
        known.classified(entry.key, Tag{1, 2, 3, 1, 5});
    known.begin_listing();
    known.listed(1, "mine", Instant{});
    const auto again = known.end_listing();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].own->mail, 3U);
}

TEST(KnownEntries, ALaterRunIsToldOfStrangersAndReadsOurOwnAgainBeforeItRemovesThem) {
    KnownEntries known;
    known.begin_listing();
    known.listed(1, "mine", Instant{});
    known.listed(2, "stranger", Instant{});
    EXPECT_EQ(known.end_listing().size(), 2U);
    known.classified(entry_hash("mine"), Tag{1, 2, 3, 1, 5});
    known.classified(entry_hash("stranger"), std::nullopt);
    const KnownEntries::Changes told = known.take_changes();
    ASSERT_EQ(told.classified.size(), 1U);
    EXPECT_EQ(told.classified[0].first, entry_hash("stranger"));
    known.removed(entry_hash("mine"));
    EXPECT_TRUE(known.take_changes().gone.empty()) << "nobody was told that it was there";
}

TEST(KnownEntries, WhatAnEarlierRunCalledOursIsReadAgainAndForgotten) {
    KnownEntries known;
    known.remember(entry_hash("mine"), Tag{1, 2, 3, 1, 5});
    known.remember(entry_hash("stranger"), std::nullopt);
    known.begin_listing();
    known.listed(1, "mine", Instant{});
    known.listed(2, "stranger", Instant{});
    const auto entries = known.end_listing();
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].number, 1U);
    EXPECT_FALSE(entries[0].own) << "the server may have begun to count again";
    EXPECT_EQ(known.take_changes().gone, std::vector{entry_hash("mine")});
}

std::vector<Entry> listing(KnownEntries& known, const Lines& lines, Instant at) {
    known.begin_listing();
    for (const auto& [number, uidl] : lines)
        known.listed(number, uidl, at);
    return known.end_listing();
}

Instant second(int n) {
    return Instant{std::chrono::seconds{n}};
}

TEST(KnownEntries, AnEntryThatCannotBeReadHidesOnlyWhatWasSentBeforeItWasFirstSeen) {
    KnownEntries known;
    known.unreadable(listing(known, {{1, "broken"}}, second(10)).at(0));
    const auto again = listing(known, {{1, "broken"}}, second(20));
    ASSERT_EQ(again.size(), 1U) << "it is tried again";
    known.unreadable(again[0]);
    EXPECT_EQ(known.blind_until(), second(10));
    known.classified(again[0].key, std::nullopt);
    EXPECT_FALSE(known.blind_until()) << "it could be read at last";
}

TEST(KnownEntries, AnEntryThatWasReadBeforeHidesNothingThoughItCannotBeReadAgain) {
    KnownEntries known;
    const Entry ours = listing(known, {{1, "mine"}}, second(1)).at(0);
    known.classified(ours.key, Tag{1, 2, 3, 1, 5});
    known.broke_session(ours);
    known.broke_session(ours);
    EXPECT_FALSE(known.blind_until());
    EXPECT_TRUE(known.skips(ours)) << "and yet it must not end every session";
}

TEST(KnownEntries, AListingByNumbersHasEverythingReadAgain) {
    KnownEntries known;
    known.unreadable(listing(known, {{1, "broken"}}, second(1)).at(0));
    EXPECT_EQ(listing(known, {{1, ""}}, second(2)).size(), 1U);
    EXPECT_FALSE(known.blind_until());
}

TEST(KnownEntries, AnUnreadableEntryThatIsGoneHidesNothing) {
    KnownEntries known;
    known.unreadable(listing(known, {{1, "broken"}}, second(10)).at(0));
    listing(known, {{1, "another"}}, second(20));
    EXPECT_FALSE(known.blind_until());
}

TEST(KnownEntries, UnreadableEntriesWithoutIdsHideWhatWasSentBeforeTheyLastBecameMore) {
    KnownEntries known;
    for (const Entry& entry : listing(known, {{1, ""}}, second(10)))
        known.unreadable(entry);
    for (const Entry& entry : listing(known, {{1, ""}}, second(20)))
        known.unreadable(entry);
    EXPECT_EQ(known.blind_until(), second(10));
    for (const Entry& entry : listing(known, {{1, ""}, {2, ""}}, second(30)))
        known.unreadable(entry);
    EXPECT_EQ(known.blind_until(), second(30));
    listing(known, {{1, ""}}, second(40));
    EXPECT_FALSE(known.blind_until());
}

TEST(KnownEntries, AnEntryThatEndsSessionsIsTriedEverMoreSeldomButNeverForgotten) {
    KnownEntries known;
    std::string tried;
    for (int look = 0; look < 16; ++look) {
        for (const Entry& entry : listing(known, {{1, "poison"}}, second(look))) {
            const bool left_out = known.skips(entry);
            tried += left_out ? '.' : 'x';
            if (!left_out) known.broke_session(entry);
        }
    }
    EXPECT_EQ(tried, "xx.x...x.......x");
    EXPECT_EQ(known.blind_until(), second(0));
}

TEST(KnownEntries, WhatOtherTagKeysMayRecogniseIsNotToldToALaterRunAndReadAgainAfterAReload) {
    KnownEntries known;
    known.classified_by_these_keys(listing(known, {{1, "other key"}}, second(1)).at(0).key);
    EXPECT_TRUE(known.take_changes().classified.empty());
    EXPECT_TRUE(listing(known, {{1, "other key"}}, second(2)).empty());
    known.keys_changed();
    EXPECT_EQ(listing(known, {{1, "other key"}}, second(3)).size(), 1U);
}

TEST(KnownEntries, OneLineWithoutAnIdMakesNeitherItForgottenNorTheOthersKept) {
    KnownEntries known;
    fresh(known, {{1, "a"}, {2, "b"}, {3, "c"}});
    EXPECT_EQ(fresh(known, {{1, "a"}, {2, ""}, {3, "c"}}), (Numbers{2}));
    EXPECT_EQ(fresh(known, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{2}))
        << "b was gone meanwhile for all that the ids told";
}

TEST(KnownEntries, AListingBeyondTheLimitIsSaidToOverflow) {
    KnownEntries known;
    known.begin_listing();
    for (std::uint32_t i = 1; i <= KnownEntries::kMaxEntries; ++i) {
        known.listed(i, std::to_string(i), Instant{});
    }
    EXPECT_FALSE(known.overflowed());
    known.listed(200'000, "one more", Instant{});
    EXPECT_TRUE(known.overflowed());
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
