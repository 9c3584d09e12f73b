// SPDX-License-Identifier: Apache-2.0
// Every file of web_config/ gets the answer that its first line expects, from reader and OpenSSL
// together: `# good`, `# warning LINE:COLUMN: TEXT` or `# bad LINE:COLUMN: TEXT`.
#include "daemon/http/security.hpp"
#include "tests/loopback/certificate.hpp"
#include "tests/support/config_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace mailprobed::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A folder with certificates, into which samples are put.
class SampleFolder {
  public:
    SampleFolder() {
        const auto one = loopback::make_certificates(loopback::CertificateKind::good);
        const auto other = loopback::make_certificates(loopback::CertificateKind::good);
        folder_.write("server.pem", one.leaf);
        folder_.write("server.key", one.key);
        folder_.write("ca.pem", one.ca);
        folder_.write("other.key", other.key);
    }

    /// Writes a sample; a line `@FILE@` becomes the content of that file, indented alike.
    std::string put(const std::string& name, const std::string& sample) {
        std::string text;
        std::istringstream lines(sample);
        for (std::string line; std::getline(lines, line);) {
            const std::size_t indent = line.find('@');
            if (indent == std::string::npos || !line.ends_with('@') || line.front() == '#') {
                text += line + "\n";
                continue;
            }
            const std::string file = line.substr(indent + 1, line.size() - indent - 2);
            std::istringstream content(file_content(folder_.path() / file));
            for (std::string one; std::getline(content, one);)
                text += line.substr(0, indent) + one + "\n";
        }
        return folder_.write(name, text);
    }
    [[nodiscard]] std::string path() const { return folder_.path().string(); }

  private:
    PrivateFolder folder_;
};

std::vector<std::filesystem::path> samples() {
    std::vector<std::filesystem::path> result;
    for (const auto& entry :
         std::filesystem::directory_iterator(source_file("tests/unit/http/web_config"))) {
        result.push_back(entry.path());
    }
    std::ranges::sort(result);
    return result;
}

TEST(WebConfigSamples, EachGetsTheAnswerThatItsFirstLineExpects) {
    SampleFolder folder;
    std::size_t good = 0;
    std::size_t bad = 0;
    for (const auto& sample : samples()) {
        SCOPED_TRACE(sample.filename().string());
        const std::string content = file_content(sample);
        std::string expected = content.substr(2, content.find('\n') - 2);
        if (const auto at = expected.find("FOLDER"); at != std::string::npos) {
            expected.replace(at, 6, folder.path());
        }
        const std::string file = folder.put(sample.filename().string(), content);
        std::vector<ConfigProblem> warnings;
        const std::vector<ConfigProblem> problems = check_web_config(file, warnings);
        const std::string text = messages(problems);
        EXPECT_THAT(text + messages(warnings), Not(HasSubstr("canary")));
        EXPECT_THAT(text + messages(warnings), Not(HasSubstr("PRIVATE")));
        if (expected.starts_with("bad ")) {
            ++bad;
            EXPECT_THAT(text, StartsWith(file + ":" + expected.substr(4)));
            EXPECT_LE(problems.size(), 2U) << text;
            continue;
        }
        ++good;
        EXPECT_EQ(text, "");
        const std::string warning = expected == "good" ? "" : file + ":" + expected.substr(8);
        EXPECT_THAT(messages(warnings), StartsWith(warning));
        EXPECT_EQ(warnings.empty(), expected == "good") << messages(warnings);
    }
    EXPECT_GE(good, 20U);
    EXPECT_GE(bad, 40U);
}

TEST(WebConfigSamples, AFileThatIsNotThereIsToldByItsName) {
    std::vector<ConfigProblem> warnings;
    const auto problems = check_web_config("/nonexistent/web.yml", warnings);
    EXPECT_THAT(messages(problems), StartsWith("/nonexistent/web.yml:1:1: the file "));
}

TEST(WebConfigSamples, AKeyWithAPassphraseIsRefusedInsteadOfAskedForAtTheTerminal) {
    SampleFolder folder;
    const std::string file =
        folder.put("encrypted.yml",
                   "tls_server_config:\n  cert_file: server.pem\n  key: |\n"
                   "    -----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                   "    MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAi7Oa2DGxxrmgICCAAw\n"
                   "    DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEJfB0nE8VVN3hBWvxDwDUkwEQHkn\n"
                   "    -----END ENCRYPTED PRIVATE KEY-----\n");
    std::vector<ConfigProblem> warnings;
    EXPECT_THAT(messages(check_web_config(file, warnings)), HasSubstr("without a passphrase"));
}

}  // namespace
}  // namespace mailprobed::test
