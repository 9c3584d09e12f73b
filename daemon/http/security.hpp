// SPDX-License-Identifier: Apache-2.0
// What --web.config.file says, kept up to date with the files it names.
#pragma once

#include "config/web/web_config.hpp"

#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace mailprobed {

/// One state of the files; connections hold on to theirs.
struct WebSecurity {
    WebConfig config;
    /// Null: plain HTTP.
    std::shared_ptr<boost::asio::ssl::context> tls;
};

/// The file or what it names cannot be used; the text has a line for each problem.
class WebConfigError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Reads the file and looks at every use whether anything has changed (time, size, inode). A change
/// for the worse leaves the old state in force.
class WebSecurityFile {
  public:
    using Told = std::function<void(const std::vector<ConfigProblem>&)>;

    /// `path` may be empty: plain HTTP for everybody. `told` learns of each change, with what is
    /// wrong with it. Throws WebConfigError.
    WebSecurityFile(std::string path, Told told);

    /// The state in force.
    [[nodiscard]] const std::shared_ptr<const WebSecurity>& current();

  private:
    /// Device, inode, size, and both times in nanoseconds; all 0 if there is no such file.
    using Stamp =
        std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::int64_t, std::int64_t>;
    struct Watched {
        std::string path;
        Stamp stamp;
    };

    static Stamp stamp_of(const std::string& path);
    std::vector<ConfigProblem> load();

    std::string path_;
    Told told_;
    std::vector<Watched> watched_;
    std::shared_ptr<const WebSecurity> current_;
};

/// What is wrong with the file at `path` and with what it names; adds what is only odd to
/// `warnings`.
[[nodiscard]] std::vector<ConfigProblem> check_web_config(const std::string& path,
                                                          std::vector<ConfigProblem>& warnings);

}  // namespace mailprobed
