// SPDX-License-Identifier: Apache-2.0
// Surroundings for configuration tests: small documents, a private folder, a made-up environment.
#pragma once

#include "config/load.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::test {

/// The smallest useful configuration: one account, one probe. Loads with a warning per password.
[[nodiscard]] std::string minimal_config();

/// `text` with its only occurrence of `from` replaced by `to`; a test failure if there is not
/// exactly one.
[[nodiscard]] std::string replaced(std::string text, std::string_view from, std::string_view to);

/// Surroundings with this environment and nothing else.
[[nodiscard]] LoadContext made_up_context(std::map<std::string, std::string> environment = {});

/// Loads `text` as "test.yaml" in made-up surroundings.
[[nodiscard]] LoadedConfig load_text(std::string_view text);

/// The messages of problems, a line each.
[[nodiscard]] std::string messages(const std::vector<ConfigProblem>& problems);

/// A secret long enough that a message may cut it, and with no word of a configuration in it.
inline constexpr std::string_view kSecret = "Geheim77XyzQw8";
/// It as SASL sends it behind the user's name "u" (RFC 4616).
inline constexpr std::string_view kSaslPlain = "AHUAR2VoZWltNzdYeXpRdzg=";
/// It as AUTH LOGIN sends it, alone.
inline constexpr std::string_view kSaslLogin = "R2VoZWltNzdYeXpRdzg=";
/// It as browsers send it behind the user's name "u" (RFC 7617).
inline constexpr std::string_view kBasic = "dTpHZWhlaW03N1h5elF3OA==";

/// `text` if it holds a part of that secret that tells something, else nothing.
[[nodiscard]] std::string leaked(const std::string& text);

/// What is told of a main configuration in which the variable PW is set, masked view and all.
[[nodiscard]] std::string told(const std::string& text);

/// The content of a file.
[[nodiscard]] std::string file_content(const std::filesystem::path& path);

/// A file of the source tree.
[[nodiscard]] std::filesystem::path source_file(const std::string& path);

/// A folder of the test's own, removed at the end.
class PrivateFolder {
  public:
    PrivateFolder();
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;
    ~PrivateFolder();

    /// Writes a file with this mode and returns its path.
    std::string write(const std::string& name, std::string_view content, unsigned mode = 0600);
    /// The folder's path.
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

/// A configuration of one account and probe whose password, as written, is `password`.
[[nodiscard]] std::string with_password(const std::string& password);

}  // namespace mailprobed::test
