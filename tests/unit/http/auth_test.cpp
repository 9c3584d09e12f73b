// SPDX-License-Identifier: Apache-2.0
// Logins: what counts as one, what is remembered, and what nobody can learn from their time.
#include "daemon/http/auth.hpp"

#include "probes/base/base64.hpp"
#include "tests/support/config_support.hpp"
#include "tests/support/web_client.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace mailprobed::daemon_test {
namespace {

/// Hashes of "open sesame" and "tell nobody".
constexpr const char* kSesame4 = "$2b$04$N9qo8uLOickgx2ZMRZoMyeD6cuue4VdM9VS1cJ/wwOaQJuY83FyIy";
constexpr const char* kSesame5 = "$2b$05$N9qo8uLOickgx2ZMRZoMye6evqYeyoDjki0uR82VhxlN1KZnbezRK";
constexpr const char* kSesame10 = "$2y$10$N9qo8uLOickgx2ZMRZoMyeVFLs9T.Z2wQtTt6PM7AVkrimixl9nTy";
constexpr const char* kNobody4 = "$2a$04$N9qo8uLOickgx2ZMRZoMyeic6JCbefQpTUr5clGp6jiUvnmVMHQnG";

PasswordTask task(const char* password, const char* hash, unsigned cost = 4, unsigned total = 4) {
    return {Secret(password), Secret(hash), true, cost, total};
}

TEST(WebLogin, EveryKindOfBcryptIsCheckedByThePassword) {
    EXPECT_TRUE(password_matches(task("open sesame", kSesame4)));
    EXPECT_TRUE(password_matches(task("tell nobody", kNobody4)));
    EXPECT_TRUE(password_matches(task("open sesame", kSesame10, 10, 10)));
    for (const char* wrong : {"", "open sesam", "open sesame ", "Open sesame"}) {
        EXPECT_FALSE(password_matches(task(wrong, kSesame4))) << wrong;
    }
    PasswordTask unknown = task("open sesame", kSesame4);
    unknown.known = false;
    EXPECT_FALSE(password_matches(unknown));
    EXPECT_FALSE(password_matches(task("open sesame", "$2b$04$nonsense")));
}

double cpu_seconds(int whose = RUSAGE_THREAD) {
    rusage usage{};
    ::getrusage(whose, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/// The least processor time of five checks.
double time_of(const PasswordTask& one) {
    double best = 1e9;
    for (int i = 0; i < 5; ++i) {
        const double before = cpu_seconds();
        static_cast<void>(password_matches(one));
        best = std::min(best, cpu_seconds() - before);
    }
    return best;
}

TEST(WebLogin, UnknownUsersAndThoseWithCheapHashesTakeAsLongAsTheDearestKnownOne) {
    const double dear = time_of(task("wrong", kSesame10, 10, 10));
    const double cheap = time_of(task("wrong", kSesame4, 4, 10));
    PasswordTask unknown =
        task("wrong", "$2b$10$......................................................", 10, 10);
    unknown.known = false;
    const double nobody = time_of(unknown);
    EXPECT_GT(dear, 0.01);
    EXPECT_NEAR(cheap / dear, 1, 0.3);
    EXPECT_NEAR(nobody / dear, 1, 0.3);
}

TEST(WebLogin, OnlyWellFormedBasicCredentialsAreRead) {
    const auto good = basic_credentials("bAsIc  " + base64("alice:open:sesame"));
    ASSERT_TRUE(good);
    EXPECT_EQ(good->user, "alice");
    EXPECT_EQ(good->password.reveal(), "open:sesame");
    EXPECT_TRUE(basic_credentials("Basic " + base64(":")));
    for (const std::string& bad :
         {std::string(), std::string("Basic"), std::string("Basic "), std::string("Basic !!!"),
          "Bearer " + base64("a:b"), "Basic " + base64("no colon"), "Basic" + base64("a:b"),
          "Basic " + base64("a:b") + ", Basic " + base64("c:d")}) {
        EXPECT_FALSE(basic_credentials(bad)) << bad;
    }
}

TEST(WebLogin, NoTwoAttemptsShareADigestHoweverTheirPartsAreCut) {
    const PasswordMemory memory;
    const auto digest = [&memory](const char* user, const char* hash, const char* password) {
        return memory.digest(user, task(password, hash));
    };
    const auto one = digest("alice", kSesame4, "open");
    EXPECT_EQ(one, digest("alice", kSesame4, "open"));
    EXPECT_NE(one, digest("alic", (std::string("e") + kSesame4).c_str(), "open"));
    EXPECT_NE(one, digest("alice", (std::string(kSesame4) + "o").c_str(), "pen"));
    EXPECT_NE(one, digest("alice", kNobody4, "open"));
    // Another process has another key: a digest is worth nothing elsewhere.
    EXPECT_NE(one, PasswordMemory().digest("alice", task("open", kSesame4)));
}

TEST(WebLogin, RefusedAttemptsDoNotPushAcceptedOnesOut) {
    PasswordMemory memory;
    const auto digest = [&memory](int i) {
        return memory.digest("alice", task(std::to_string(i).c_str(), kSesame4));
    };
    memory.keep(digest(-1), true);
    for (int i = 0; i < 1000; ++i)
        memory.keep(digest(i), false);
    EXPECT_EQ(memory.recall(digest(-1)), true);
    EXPECT_EQ(memory.recall(digest(999)), false);
    EXPECT_EQ(memory.recall(digest(0)), std::nullopt);
}

/// The status for credentials, "" for none, on a connection of its own.
int status(const RunningWeb& web, const std::string& credentials,
           const std::string& target = "/metrics") {
    Connection connection(web.address());
    std::string field;
    if (!credentials.empty()) field = "Authorization: Basic " + base64(credentials) + "\r\n";
    connection.write("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + field + "\r\n");
    const Answer answer = connection.read_answer();
    EXPECT_EQ(answer.fields.contains("www-authenticate"), answer.status == 401);
    return answer.status;
}

TEST(WebLogin, EveryPageNeedsALoginWhereThereAreUsers) {
    test::PrivateFolder folder;
    const std::string file = folder.write(
        "web.yml", std::string("basic_auth_users:\n  alice: ") + kSesame4 + "\n  bob: " + kNobody4);
    WebHandlers handlers;
    handlers.metrics = [] { return std::string("a_total 1\n"); };
    handlers.config = [] { return std::string("accounts: []\n"); };
    const RunningWeb web(handlers, {}, {{"127.0.0.1:0"}, {}, file});
    for (const char* page :
         {"/", "/metrics", "/config", "/-/healthy", "/-/ready", "/api/v1/probes", "/nothing"}) {
        EXPECT_EQ(status(web, "", page), 401) << page;
    }
    // Each twice: computed, and remembered.
    for (int turn = 0; turn < 2; ++turn) {
        EXPECT_EQ(status(web, "alice:open sesame"), 200);
        EXPECT_EQ(status(web, "bob:tell nobody"), 200);
        EXPECT_EQ(status(web, "alice:tell nobody"), 401);
        EXPECT_EQ(status(web, "bob:open sesame"), 401);
        EXPECT_EQ(status(web, "carol:open sesame"), 401);
        EXPECT_EQ(status(web, "alice:"), 401);
        EXPECT_EQ(status(web, std::string("alice:open sesame\0x", 19)), 401);
        EXPECT_EQ(status(web, std::string("alice:open sesame\0", 18)), 401);
    }
}

TEST(WebLogin, ACacheOfOutcomesDoesNotLetAnybodyInUnderAMadeUpName) {
    // CVE-2022-46146: who knew a hash could make the cache say yes to any password.
    test::PrivateFolder folder;
    const std::string file =
        folder.write("web.yml", std::string("basic_auth_users:\n  alice: ") + kSesame4);
    WebHandlers handlers;
    handlers.metrics = [] { return std::string("a_total 1\n"); };
    const RunningWeb web(handlers, {}, {{"127.0.0.1:0"}, {}, file});
    const std::string hash = kSesame4;
    for (const std::string& user : {"alice" + hash, hash, std::string("fake"), "alice:" + hash}) {
        EXPECT_EQ(status(web, user + ":fakepassword"), 401);
        EXPECT_EQ(status(web, "alice:" + user), 401);
        EXPECT_EQ(status(web, "alice:fakepassword"), 401);
    }
}

TEST(WebLogin, GuessedPasswordsThatWaitForTheirTurnDoNotHoldUpTheEnd) {
    test::PrivateFolder folder;
    const std::string file =
        folder.write("web.yml", std::string("basic_auth_users:\n  alice: ") + kSesame10);
    RunningWeb web({}, {}, {{"127.0.0.1:0"}, {}, file});
    std::vector<std::unique_ptr<Connection>> guessing;
    for (int i = 0; i < 40; ++i) {
        guessing.push_back(std::make_unique<Connection>(web.address()));
        guessing.back()->write("GET / HTTP/1.1\r\nAuthorization: Basic " +
                               base64("alice:" + std::to_string(i)) + "\r\n\r\n");
    }
    // The first answer: the others are in the queue.
    EXPECT_EQ(guessing.front()->read_answer().status, 401);
    const auto before = cpu_seconds(RUSAGE_SELF);
    web.stop();
    EXPECT_LT(cpu_seconds(RUSAGE_SELF) - before, 10 * time_of(task("wrong", kSesame10, 10, 10)));
}

TEST(WebLogin, UsersChangeWithTheFileAndABrokenFileLeavesTheOldOnesInForce) {
    test::PrivateFolder folder;
    const auto write = [&folder](const std::string& text) { return folder.write("web.yml", text); };
    const std::string file = write(std::string("basic_auth_users:\n  alice: ") + kSesame4);
    std::vector<std::size_t> told;
    WebHandlers handlers;
    handlers.metrics = [] { return std::string("a_total 1\n"); };
    WebSetup setup{{"127.0.0.1:0"}, {}, file};
    setup.config_changed = [&told](const std::vector<ConfigProblem>& problems) {
        told.push_back(problems.size());
    };
    RunningWeb web(handlers, {}, setup);
    EXPECT_EQ(status(web, "alice:open sesame"), 200);
    write("basic_auth_users: [broken");
    EXPECT_EQ(status(web, "alice:open sesame"), 200);
    EXPECT_EQ(status(web, ""), 401);
    write(std::string("basic_auth_users:\n  bobby: ") + kSesame5);
    EXPECT_EQ(status(web, "bobby:open sesame"), 200);
    EXPECT_EQ(status(web, "alice:open sesame"), 401);
    web.stop();
    // Each change is told once, however often the file is looked at.
    EXPECT_EQ(told, (std::vector<std::size_t>{1, 0}));
}

}  // namespace
}  // namespace mailprobed::daemon_test
