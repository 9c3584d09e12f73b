// SPDX-License-Identifier: Apache-2.0
// What is remembered of a mailbox, with servers that break the rules of UIDL.
#include "probes/domain/plan/routing.hpp"
#include "tests/support/known_box.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace mailprobed {
namespace {

TEST(SeenEntries, ReadsEachEntryOnceNewestFirst) {
    Box box;
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{3, 2, 1}));
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}}), (Numbers{4}));
    EXPECT_EQ(fresh(box, {{1, "b"}, {2, "d"}}), (Numbers{}));
}

TEST(SeenEntries, AllIdsChangingAtOnceReadsAllAgain) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}});
    EXPECT_EQ(fresh(box, {{1, "x"}, {2, "y"}}), (Numbers{2, 1}));
}

TEST(SeenEntries, WithoutIdsEverythingIsReadEveryTime) {
    Box box;
    EXPECT_EQ(fresh(box, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(box, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
}

TEST(SeenEntries, OneListingWithoutIdsMakesNothingForgotten) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}});
    EXPECT_EQ(fresh(box, {{1, ""}, {2, ""}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{3}));
}

TEST(SeenEntries, A2_11_AnIdGivenTwiceHidesNothing) {
    Box box;
    fresh(box, {{1, "same"}});
    EXPECT_EQ(fresh(box, {{1, "same"}, {2, "same"}}), (Numbers{2, 1}));
    EXPECT_EQ(fresh(box, {{1, "same"}, {2, "same"}, {3, "same"}}), (Numbers{3, 2, 1}));
    EXPECT_EQ(fresh(box, {{1, "same"}}), (Numbers{1})) << "nothing was remembered of the twins";
}

TEST(SeenEntries, OwnEntriesThatWereNotRemovedAreReadAgainByEveryLook) {
    Box box;
    for (const Entry& entry : box.list({{1, "mine"}}))
        box.known.classified(entry, EntryKind::ours, 3);
    const auto again = box.list({{1, "mine"}});
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].state, EntryState::ours);
}

TEST(SeenEntries, ALaterRunIsToldOfStrangersAndReadsOurOwnAgainBeforeItRemovesThem) {
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

TEST(SeenEntries, WhatAnEarlierRunCalledOursIsReadAgainAndForgotten) {
    Box box;
    box.known.remember_ours(entry_hash("mine"));
    box.known.remember(entry_hash("stranger"));
    const auto entries = box.list({{1, "mine"}, {2, "stranger"}});
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].number, 1U);
    EXPECT_EQ(entries[0].state, EntryState::fresh) << "the server may have begun to count again";
    EXPECT_EQ(box.known.take_changes().gone, std::vector{entry_hash("mine")});
}

TEST(SeenEntries, AnEntryThatCannotBeReadHidesOnlyWhatWasSentBeforeItWasFirstSeen) {
    Box box;
    box.known.unreadable(box.list({{1, "broken"}}, second(10)).at(0));
    const auto again = box.list({{1, "broken"}}, second(20));
    ASSERT_EQ(again.size(), 1U) << "it is tried again";
    box.known.unreadable(again[0]);
    EXPECT_EQ(box.known.hidden_until(), second(10));
    box.known.classified(again[0], EntryKind::stranger);
    EXPECT_FALSE(box.known.hidden_until()) << "it could be read at last";
}

TEST(SeenEntries, AnEntryThatWasReadBeforeHidesNothingThoughItCannotBeReadAgain) {
    Box box;
    const Entry first = box.list({{1, "mine"}}, second(1)).at(0);
    box.known.classified(first, EntryKind::ours, 3);
    const Entry ours = box.list({{1, "mine"}}, second(2)).at(0);
    box.known.broke_session(ours);
    box.known.broke_session(ours);
    EXPECT_FALSE(box.known.hidden_until());
    EXPECT_TRUE(box.known.trouble().take_skip(ours.key)) << "and yet it must not end every session";
}

TEST(SeenEntries, AListingByNumbersHasEverythingReadAgain) {
    Box box;
    box.known.unreadable(box.list({{1, "broken"}}, second(1)).at(0));
    EXPECT_EQ(box.list({{1, ""}}, second(2)).size(), 1U);
    EXPECT_FALSE(box.known.hidden_until());
}

TEST(SeenEntries, AnUnreadableEntryThatIsGoneHidesNothing) {
    Box box;
    box.known.unreadable(box.list({{1, "broken"}}, second(10)).at(0));
    box.list({{1, "another"}}, second(20));
    EXPECT_FALSE(box.known.hidden_until());
}

// One may have taken the place of another: their number tells nothing.
TEST(SeenEntries, UnreadableEntriesWithoutIdsHideWhatWasSentBeforeTheListing) {
    Box box;
    for (const int at : {10, 20}) {
        for (const Entry& entry : box.list({{1, ""}}, second(at)))
            box.known.unreadable(entry);
        EXPECT_EQ(box.known.hidden_until(), second(at));
    }
    box.list({{1, ""}}, second(40));
    EXPECT_FALSE(box.known.hidden_until());
}

TEST(SeenEntries, AnEntryThatEndsSessionsIsTriedEverMoreSeldomButNeverForgotten) {
    Box box;
    std::string tried;
    for (int look = 0; look < 16; ++look) {
        for (const Entry& entry : box.list({{1, "poison"}}, second(look))) {
            const bool left_out = box.known.trouble().take_skip(entry.key);
            tried += left_out ? '.' : 'x';
            if (!left_out) box.known.broke_session(entry);
        }
    }
    EXPECT_EQ(tried, "xx.x...x.......x");
    EXPECT_EQ(box.known.hidden_until(), second(0));
}

TEST(SeenEntries, WhatOtherTagKeysMayRecogniseIsNotToldToALaterRunAndReadAgainAfterAReload) {
    Box box;
    box.known.classified(box.list({{1, "other key"}}, second(1)).at(0),
                         EntryKind::stranger_by_these_keys);
    EXPECT_TRUE(box.known.take_changes().classified.empty());
    EXPECT_TRUE(box.list({{1, "other key"}}, second(2)).empty());
    box.known.keys_changed();
    EXPECT_EQ(box.list({{1, "other key"}}, second(3)).size(), 1U);
}

TEST(SeenEntries, ALineThatIsGivenTwiceIsOneMail) {
    Box box;
    const std::vector<Entry> listed = box.list({{1, "a"}, {1, "a"}, {3, "c"}});
    ASSERT_EQ(listed.size(), 2U);
    EXPECT_NE(listed[1].key, 0U);
}

TEST(SeenEntries, OneLineWithoutAnIdMakesNeitherItForgottenNorTheOthersKept) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}});
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, ""}, {3, "c"}}), (Numbers{2}));
    EXPECT_EQ(fresh(box, {{1, "a"}, {2, "b"}, {3, "c"}}), (Numbers{2}))
        << "b was gone meanwhile for all that the ids told";
}

TEST(SeenEntries, AListingBeyondTheLimitIsSaidToOverflow) {
    Box box;
    box.known.begin_listing(Instant{}, box.share);
    for (std::uint32_t i = 1; i <= SeenEntries::kMaxEntries; ++i) {
        box.known.listed(i, std::to_string(i), Instant{});
    }
    EXPECT_FALSE(box.known.overflowed());
    box.known.listed(200'000, "one more", Instant{});
    EXPECT_TRUE(box.known.overflowed());
}

TEST(SeenEntries, AListingBeyondTheMemoryOfAllLooksIsSaidToOverflow) {
    LookMemory memory(1000);
    LookShare share(memory);
    SeenEntries known;
    known.begin_listing(Instant{}, share);
    for (std::uint32_t i = 1; i <= 100 && !known.overflowed(); ++i)
        known.listed(i, std::to_string(i), Instant{});
    EXPECT_TRUE(known.overflowed());
    EXPECT_LE(memory.held(), 1000U);
    EXPECT_GT(memory.held(), 500U);
}

TEST(SeenEntries, EntriesThatAPartialListingLacksAreNotForgotten) {
    Box box;
    fresh(box, {{1, "a"}, {2, "b"}});
    EXPECT_TRUE(box.list({{1, "a"}}, Instant{}, false).empty());
    EXPECT_TRUE(box.list({{1, "a"}, {2, "b"}}).empty());
}

TEST(SeenEntries, AreRecordedByHostPortAndUserOfTheMailboxAndNeverByAnAccountsName) {
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
