// SPDX-License-Identifier: Apache-2.0
// Writes the effective configuration as YAML, without what is secret.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace YAML {
class Emitter;
}

namespace mailprobed {

/// Where each secret of a file came from ("file /etc/mailprobed/qq"), by the path of its key with
/// numbers from 0: `accounts[0].smtp.password`.
using SecretSources = std::map<std::string, std::string, std::less<>>;

/// One YAML document whose root is a map. Texts that hold a login are shown as `<secret>`.
class YamlWriter {
  public:
    /// `sources` must live as long as the writer.
    explicit YamlWriter(const SecretSources& sources);
    YamlWriter(const YamlWriter&) = delete;
    YamlWriter& operator=(const YamlWriter&) = delete;
    ~YamlWriter();

    /// A text that may be anything.
    void text(std::string_view key, const std::string& value);
    /// A list of such texts.
    void texts(std::string_view key, const std::vector<std::string>& values);
    /// A word or number that the program chose.
    void word(std::string_view key, std::string_view value);
    /// A number with a fraction.
    void decimal(std::string_view key, double value);
    /// A line of a map whose names may be anything, too.
    void pair(const std::string& name, const std::string& value);
    /// That there is a secret and where it came from; nothing if there is none.
    void secret(std::string_view key);

    /// What follows stands in the map at `key`, until end_map().
    void begin_map(std::string_view key);
    void end_map();
    /// What follows are the items of the list at `key`, until end_list().
    void begin_list(std::string_view key);
    void end_list();
    /// What follows stands in a map, the list's next item, until end_item().
    void begin_item();
    void end_item();

    /// Ends the root; the document.
    [[nodiscard]] std::string finish();

  private:
    void begin_line(std::string_view key);

    const SecretSources& sources_;
    std::unique_ptr<YAML::Emitter> out_;
    /// Where the writer is, each part with its dot: "accounts[0].smtp.".
    std::vector<std::string> path_;
    /// The number of the next item of each list that is open.
    std::vector<std::size_t> items_;
};

}  // namespace mailprobed
