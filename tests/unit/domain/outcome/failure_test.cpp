// SPDX-License-Identifier: Apache-2.0
// The table of (stage, cause) pairs and what is folded into it.
#include "probes/domain/outcome/failure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace mailprobed {
namespace {

TEST(Failures, EveryPairOfTheTableIsCountedAsItself) {
    for (const Side side : {Side::sending, Side::mailbox}) {
        for (const TlsMode mode : {TlsMode::implicit, TlsMode::starttls, TlsMode::none}) {
            for (const StageCause& pair : possible_failures(side, mode)) {
                EXPECT_EQ(counted_as(side, pair), pair);
            }
        }
    }
}

// A value outside of an enumeration's range of bits would be undefined: both have octets beneath.
template <class Enum, std::size_t Size>
void expect_all(const std::array<Enum, Size>& all) {
    for (unsigned value = 0; value < 256; ++value) {
        const Enum candidate = static_cast<Enum>(value);
        EXPECT_EQ(std::ranges::count(all, candidate), to_string(candidate) == "?" ? 0 : 1) << value;
    }
}

TEST(Failures, EveryStageAndCauseStandsInTheListsOfAll) {
    expect_all(kStages);
    expect_all(kCauses);
}

TEST(Failures, OnlyARefusalOfTheDotSaysThatTheServerHasNotTheMail) {
    for (const Stage stage : kStages) {
        for (const Cause cause : kCauses) {
            const bool refused =
                cause == Cause::rejected_transient || cause == Cause::rejected_permanent;
            EXPECT_EQ(may_have_been_taken({stage, cause}), stage == Stage::accept && !refused);
        }
    }
}

TEST(Failures, TransportTroubleHasAPlaceAtEveryStage) {
    for (const Side side : {Side::sending, Side::mailbox}) {
        for (const TlsMode mode : {TlsMode::implicit, TlsMode::starttls, TlsMode::none}) {
            for (const Stage stage : stages_of(side, mode)) {
                if (side == Side::sending && stage == Stage::quit) continue;  // never a failure
                if (stage == Stage::resolve) continue;
                for (const Cause cause : {Cause::timeout, Cause::reset}) {
                    EXPECT_NE(counted_as(side, {stage, cause}).cause, Cause::internal)
                        << to_string(stage) << " " << to_string(cause);
                }
            }
        }
    }
}

TEST(Failures, FoldsAreTheDocumentedOnes) {
    const auto folded = [](Stage stage, Cause cause) {
        return counted_as(Side::sending, {stage, cause}).cause;
    };
    EXPECT_EQ(folded(Stage::hello, Cause::reset), Cause::eof);
    EXPECT_EQ(folded(Stage::accept, Cause::reset), Cause::reset);
    EXPECT_EQ(folded(Stage::hello, Cause::limit_exceeded), Cause::protocol_error);
    EXPECT_EQ(folded(Stage::data, Cause::limit_exceeded), Cause::rejected_permanent);
    EXPECT_EQ(folded(Stage::accept, Cause::protocol_error), Cause::eof);
    EXPECT_EQ(folded(Stage::tls, Cause::eof), Cause::tls_failed);
    EXPECT_EQ(folded(Stage::starttls, Cause::protocol_error), Cause::tls_unavailable);
    EXPECT_EQ(folded(Stage::envelope, Cause::too_big), Cause::rejected_permanent);
    EXPECT_EQ(folded(Stage::quit, Cause::timeout), Cause::internal);
}

TEST(Failures, TheTlsModeDecidesWhichHandshakeStageExists) {
    const auto has = [](TlsMode mode, Stage stage) {
        const auto stages = stages_of(Side::sending, mode);
        return std::ranges::find(stages, stage) != stages.end();
    };
    EXPECT_TRUE(has(TlsMode::implicit, Stage::tls));
    EXPECT_FALSE(has(TlsMode::implicit, Stage::starttls));
    EXPECT_TRUE(has(TlsMode::starttls, Stage::starttls));
    EXPECT_FALSE(has(TlsMode::starttls, Stage::tls));
    EXPECT_FALSE(has(TlsMode::none, Stage::tls));
}

}  // namespace
}  // namespace mailprobed
