// SPDX-License-Identifier: Apache-2.0
// What asking may cost: questions that wait, queries that take too long, and the end of the
// process.
#include "daemon/api/api.hpp"
#include "daemon/store/reader.hpp"
#include "tests/support/ledger_support.hpp"
#include "tests/support/web_client.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

namespace mailprobed {
namespace {

using daemon_test::Connection;
using daemon_test::RunningWeb;

TEST(ApiBounds, ASeventeenthQuestionIsRefusedWhileSixteenWait) {
    std::promise<void> open;
    const std::shared_future<void> gate = open.get_future().share();
    std::atomic<int> taken{0};
    WebHandlers from;
    // The loop asks for the state when it takes a question on.
    from.api_state = [&taken] {
        ++taken;
        return ApiState{};
    };
    from.api = [gate](const ApiTarget&, const ApiState&, ApiClient) {
        gate.wait();
        return api_answer(200, "1");
    };
    const RunningWeb web(from);
    std::vector<std::unique_ptr<Connection>> waiting;
    for (int i = 0; i < 16; ++i) {
        waiting.push_back(std::make_unique<Connection>(web.address()));
        waiting.back()->write("GET /api/v1/probes HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    while (taken < 16)
        std::this_thread::yield();
    const daemon_test::Answer refused = web.get("/api/v1/probes");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.fields.at("retry-after"), "1");
    open.set_value();
    for (const auto& one : waiting)
        EXPECT_EQ(one->read_answer().status, 200);
    EXPECT_EQ(web.get("/api/v1/probes").status, 200);
}

class LongLedger : public testing::Test {
  protected:
    LongLedger() {
        test::JournalRun(here.path()).record(test::intent_of(1));
        here.execute(
            "WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count LIMIT 20000)"
            " INSERT INTO evidence SELECT n, 'late', 'p', 1, 1, n FROM count");
    }
    test::LedgerDirectory here;
};

TEST_F(LongLedger, AQueryEndsWhenItsReaderGivesUp) {
    EXPECT_EQ(LedgerReader(here.ledger(), [] { return false; }).verify().mails, 1U);
    EXPECT_THROW(static_cast<void>(LedgerReader(here.ledger(), [] { return true; }).verify()),
                 std::runtime_error);
}

TEST_F(LongLedger, AtTheEndOfTheProcessNothingIsAnsweredAnyMore) {
    Api api(here.ledger());
    ApiTarget target;
    target.resource = ApiResource::probes;
    EXPECT_EQ(api.answer(target, {}, {}).status, 200U);
    api.end();
    EXPECT_EQ(api.answer(target, {}, {}).status, 503U);
}

TEST(VerdictCount, OnlyAllIsOneAndOnlyNoneIsNothing) {
    EXPECT_EQ((VerdictCount{4, 4}.ratio()), 1);
    EXPECT_EQ((VerdictCount{4, 0}.ratio()), 0);
    EXPECT_EQ((VerdictCount{4, 1}.ratio()), 0.25);
    EXPECT_LT((VerdictCount{3'000'000, 2'999'999}.ratio()), 0.9999995);
    EXPECT_GT((VerdictCount{3'000'000, 1}.ratio()), 0.0000005);
}

}  // namespace
}  // namespace mailprobed
