// SPDX-License-Identifier: Apache-2.0
// What is read again before a mail is called absent: ids, sizes and servers that are not to be
// trusted.
#include "tests/support/known_box.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

namespace mailprobed {
namespace {

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

TEST(Doubtful, ASizeOfZeroTellsNothingThoughNoMailWasMeasured) {
    Box box;
    for (const Entry& entry : box.list_sized({{1, "a", 0}}, second(0)))
        box.known.classified(entry, EntryKind::stranger);
    box.list_sized({{1, "a", 0}}, second(20));
    EXPECT_EQ(numbers(box.known.doubtful(second(15))), (Numbers{1}))
        << "it may be as large as ours";
}

// An entry that nobody can show, and an id that is used again.
TEST(Doubtful, WhatCannotBeReadAndHasAnotherSizeMayHaveComeNow) {
    Box box;
    const auto look = [&box](int size, int at) {
        for (const Entry& entry : box.list_sized({{1, "a", size}}, second(at)))
            box.known.unreadable(entry);
        box.known.size_unreadable();
        return box.known.hidden_until();
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
    fresh(position, {{1, "1"}, {2, "x"}});
    watch(position, {{1, "1"}, {2, "x"}}, 3600, day);
    EXPECT_FALSE(position.known.ids().lasting(second(day)));
    watch(position, {{1, "y"}, {2, "x"}}, day + 3600, 2 * day);
    EXPECT_TRUE(position.known.ids().lasting(second(2 * day)));

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

}  // namespace
}  // namespace mailprobed
