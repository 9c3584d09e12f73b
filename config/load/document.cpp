// SPDX-License-Identifier: Apache-2.0
// The only place that parses YAML. It listens to the parser's events instead of taking its tree,
// which has lost duplicate keys; limits hold while the file is read, not afterwards.
#include "config/load/document.hpp"

#include "config/load/plain_text.hpp"
#include "config/load/yaml_error.hpp"
#include "probes/base/secret.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <istream>
#include <map>
#include <sstream>
#include <utility>

namespace mailprobed {

namespace {

/// The deepest configuration that means something has seven levels.
constexpr std::size_t kMostLevels = 32;
/// Ten thousand probes with an account each have about half of this.
constexpr std::size_t kMostNodes = 1'000'000;

/// Stops the parser; never leaves this file.
struct Refusal {
    ConfigPlace place;
    std::string what;
    std::string expected;
};

ConfigPlace place_of(const YAML::Mark& mark) {
    return {mark.line + 1, mark.column + 1};
}

class Builder final : public YAML::EventHandler {
  public:
    explicit Builder(std::string_view source) : source_(source) {}

    [[nodiscard]] std::shared_ptr<const ConfigNode> root() const { return root_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (root_) {
            throw Refusal{place_of(mark), "a second document ('---' or '...')",
                          "one document in the file"};
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(make(ConfigNode::Kind::null, mark, anchor));
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check_tag(mark, tag);
        if (tag == "!" && mark.pos >= 0 &&
            !quote_closed(
                source_.substr(std::min(source_.size(), static_cast<std::size_t>(mark.pos))))) {
            throw Refusal{place_of(mark), "a quote that is never closed",
                          "a closing quote of the same kind"};
        }
        if (const auto name = odd_quote(value); !name.empty() && tag == "?") {
            throw Refusal{place_of(mark), value_here() + " begins with " + std::string(name),
                          "straight quotes (' or \"); around that quote, if it is meant"};
        }
        const auto node = make(ConfigNode::Kind::text, mark, anchor);
        node->text = value;
        add(node);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(ConfigNode::Kind::list, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(ConfigNode::Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        const bool inside_itself =
            found != anchors_.end() &&
            std::ranges::any_of(open_, [&](const Open& o) { return o.node == found->second; });
        if (found == anchors_.end() || inside_itself) {
            throw Refusal{place_of(mark), "an alias (*) inside of what it repeats",
                          "an alias of something complete"};
        }
        count(mark, found->second->weight);
        if (open_.size() + found->second->height > kMostLevels) refuse_depth(mark);
        add(found->second);
    }

  private:
    struct Open {
        std::shared_ptr<ConfigNode> node;
        std::shared_ptr<const ConfigNode> key;
    };

    static void check_tag(const YAML::Mark& mark, const std::string& tag) {
        // "?" is an untagged plain value, "!" a quoted one. A password may look like a tag, so the
        // message does not repeat it.
        if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
        throw Refusal{place_of(mark), "a YAML tag (!)",
                      "a plain value; put a value that begins with ! in single quotes"};
    }

    [[noreturn]] static void refuse_depth(const YAML::Mark& mark) {
        throw Refusal{place_of(mark), "lists and maps nested too deep", "at most 32 levels"};
    }

    void count(const YAML::Mark& mark, std::size_t nodes) {
        nodes_ += nodes;
        if (nodes_ > kMostNodes) {
            throw Refusal{place_of(mark), "too many values, aliases unfolded",
                          "at most 1000000 values"};
        }
    }

    std::shared_ptr<ConfigNode> make(ConfigNode::Kind kind, const YAML::Mark& mark,
                                     YAML::anchor_t anchor) {
        count(mark, 1);
        auto node = std::make_shared<ConfigNode>(kind, place_of(mark));
        if (anchor != 0) anchors_[anchor] = node;
        return node;
    }

    /// How messages call the value that comes next.
    [[nodiscard]] std::string value_here() const {
        const bool keyed = !open_.empty() && open_.back().key;
        if (!keyed || continues_secret_key(open_.back().key->text)) return "a value";
        return "the value of " + wrong_in_quotes(open_.back().key->text);
    }

    void open(ConfigNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        check_tag(mark, tag);
        if (open_.size() >= kMostLevels) refuse_depth(mark);
        open_.push_back({make(kind, mark, anchor), nullptr});
    }

    void close() {
        const std::shared_ptr<ConfigNode> node = open_.back().node;
        open_.pop_back();
        add(node);
    }

    void add(const std::shared_ptr<const ConfigNode>& node) {
        if (open_.empty()) {
            root_ = node;
            return;
        }
        Open& parent = open_.back();
        if (parent.node->kind == ConfigNode::Kind::list) {
            parent.node->items.push_back(node);
        } else if (!parent.key) {
            if (node->kind != ConfigNode::Kind::text) {
                throw Refusal{node->place, "a key that is " + std::string(kind_name(*node)),
                              "a word as key; quote a value that begins with { or ["};
            }
            parent.key = node;
            return;
        } else {
            parent.node->entries.push_back({parent.key->text, parent.key->place, node});
            parent.key = nullptr;
        }
        parent.node->weight += node->weight;
        parent.node->height = std::max(parent.node->height, node->height + 1);
    }

    std::string_view source_;
    std::shared_ptr<const ConfigNode> root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, std::shared_ptr<const ConfigNode>> anchors_;
    std::size_t nodes_ = 0;
};

}  // namespace

ConfigNode::~ConfigNode() {
    wipe(text.data(), text.size());
}

std::string_view kind_name(const ConfigNode& node) noexcept {
    switch (node.kind) {
        case ConfigNode::Kind::null:
            return "empty";
        case ConfigNode::Kind::text:
            return "a text";
        case ConfigNode::Kind::list:
            return "a list";
        case ConfigNode::Kind::map:
            return "a map";
    }
    return "?";
}

std::shared_ptr<const ConfigNode> parse_document(std::string_view text, ProblemList& problems,
                                                 bool may_be_empty) {
    // A byte order mark would shift every column of the first line.
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    problems.guard(text);
    if (!is_plain_text(text, problems)) return nullptr;
    Builder builder(text);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Refusal& refusal) {
        problems.error(refusal.place, refusal.what, refusal.expected);
        return nullptr;
    } catch (const YAML::Exception& error) {
        note_yaml_error(error.msg, place_of(error.mark), text, problems);
        return nullptr;
    }
    auto root = builder.root();
    if (!root || root->kind == ConfigNode::Kind::null) {
        if (may_be_empty) {
            return std::make_shared<ConfigNode>(ConfigNode::Kind::map, ConfigPlace{});
        }
        problems.error({}, "the file is empty", "at least `accounts:` and `probes:`");
        return nullptr;
    }
    return root;
}

}  // namespace mailprobed
