// SPDX-License-Identifier: Apache-2.0
// What requests of the API ask for.
#include "daemon/api/target.hpp"

#include "daemon/api/json_writer.hpp"

#include <gtest/gtest.h>

namespace mailprobed {
namespace {

unsigned status_of(std::string_view target) {
    try {
        static_cast<void>(read_api_target(target));
    } catch (const ApiError& error) {
        return error.status();
    }
    return 200;
}

TEST(ApiTarget, EveryResourceHasItsPath) {
    EXPECT_EQ(read_api_target("/api/v1/probes").resource, ApiResource::probes);
    EXPECT_EQ(read_api_target("/api/v1/probes/a").resource, ApiResource::probe);
    EXPECT_EQ(read_api_target("/api/v1/probes/a/points").resource, ApiResource::points);
    EXPECT_EQ(read_api_target("/api/v1/probes/a/run").resource, ApiResource::run);
    EXPECT_EQ(read_api_target("/api/v1/mails").resource, ApiResource::mails);
    EXPECT_EQ(read_api_target("/api/v1/openapi.json").resource, ApiResource::openapi);
    const ApiTarget mail = read_api_target("/api/v1/mails/00000000000000Ff");
    EXPECT_EQ(mail.resource, ApiResource::mail);
    EXPECT_EQ(mail.mail, 255U);
}

TEST(ApiTarget, AnEncodedSlashDoesNotSeparate) {
    const ApiTarget target = read_api_target("/api/v1/probes/a%2Fpoints");
    EXPECT_EQ(target.resource, ApiResource::probe);
    EXPECT_EQ(target.probe, "a/points");
}

TEST(ApiTarget, UnknownPathsAreNotFound) {
    for (const char* target : {"/api/v1/", "/api/v1/x", "/api/v1/probes/a/b", "/api/v1//probes",
                               "/api/v1/openapi.json/x"})
        EXPECT_EQ(status_of(target), 404U) << target;
}

TEST(ApiTarget, WrongParametersAreRefusedByName) {
    for (const char* target :
         {"/api/v1/probes?limit=1", "/api/v1/probes/a?window=2h", "/api/v1/mails?limit=0",
          "/api/v1/mails?limit=1001", "/api/v1/mails?limit=1x",
          "/api/v1/mails?from=", "/api/v1/mails?from=-1", "/api/v1/mails?to=1e300",
          "/api/v1/mails?to=nan", "/api/v1/mails?verdict=lost,x", "/api/v1/mails?before=1.5",
          "/api/v1/mails?colour=red", "/api/v1/mails?probe=%4", "/api/v1/mails?probe=%zz",
          "/api/v1/mails/12", "/api/v1/mails/00000000000000gg", "/api/v1/probes/a/points?from=1"})
        EXPECT_EQ(status_of(target), 400U) << target;
}

TEST(ApiTarget, FiltersAreRead) {
    const ApiTarget target = read_api_target(
        "/api/v1/mails?probe=a+b%21&verdict=bad,pending&from=1.5&to=3&limit=7&before=2000000000");
    EXPECT_EQ(target.probe, "a b!");
    EXPECT_EQ(target.verdicts,
              (std::vector<std::string>{"send_failed", "bounced", "lost", "unobserved", ""}));
    EXPECT_EQ(target.from, WallTime{std::chrono::milliseconds{1500}});
    // The earlier of both ends.
    EXPECT_EQ(target.to, WallTime{std::chrono::seconds{2}});
    EXPECT_EQ(target.limit, 7U);
}

TEST(ApiTarget, APrintedTimeDividesWhatCameBeforeItFromTheThingItWasPrintedFor) {
    // What a client reads as the start of a mail, it gives back as an end of its next question.
    for (std::int64_t ns = 1'790'000'000'123'456'000; ns < 1'790'000'000'123'459'000; ns += 37) {
        const WallTime started{Duration{ns}};
        JsonWriter json;
        json.value(started);
        const std::string printed = json.take();
        EXPECT_LE(*read_api_target("/api/v1/mails?from=" + printed).from, started) << ns;
        EXPECT_LE(*read_api_target("/api/v1/mails?to=" + printed).to, started) << ns;
        EXPECT_GT(*read_api_target("/api/v1/mails?from=" + printed).from,
                  started - std::chrono::microseconds{1})
            << ns;
    }
}

TEST(ApiTarget, AWindowIsOneOfFour) {
    EXPECT_EQ(read_api_target("/api/v1/probes/a").window, std::chrono::hours{24});
    const ApiTarget target = read_api_target("/api/v1/probes/a/points?window=7d");
    EXPECT_EQ(target.window, std::chrono::days{7});
    EXPECT_EQ(target.window_name, "7d");
}

}  // namespace
}  // namespace mailprobed
