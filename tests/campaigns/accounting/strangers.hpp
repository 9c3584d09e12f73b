// SPDX-License-Identifier: Apache-2.0
// Mails in the watched mailboxes that the daemon must not take for its own, and one sort that is
// its own although nobody knows it any more.
#pragma once

#include "probes/domain/identity/tag.hpp"
#include "probes/domain/settings/settings.hpp"
#include "tests/campaigns/accounting/history.hpp"
#include "tests/loopback/server.hpp"

#include <cstddef>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mailprobed::accounting {

/// Makes them from mails that the server throws away: whoever takes such a stranger for an arrival
/// calls a lost mail delivered.
class Strangers {
  public:
    /// The judge reads `path`.
    Strangers(const Settings& settings, const std::filesystem::path& path);

    /// A mail to `mailbox` is going to be thrown away; some get a stranger. Any thread.
    void doomed(const std::string& mailbox, std::string_view octets);
    /// Puts those that wait into the mailboxes, on the caller's thread.
    void inject(loopback::Server& server);

  private:
    struct Stranger {
        std::string kind;
        std::string mailbox;
        std::string raw;
    };
    [[nodiscard]] Stranger make(std::size_t number, const std::string& mailbox,
                                std::string_view octets) const;

    TagCodec codec_;
    JsonFile file_;
    std::vector<std::string> mailboxes_;
    std::mutex mutex_;
    std::size_t doomed_ = 0;
    std::string last_tag_;
    std::vector<Stranger> waiting_;
};

}  // namespace mailprobed::accounting
