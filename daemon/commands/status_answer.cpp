// SPDX-License-Identifier: Apache-2.0
// From JSON to plain values; every field is checked, for the answer may be anybody's.
#include "daemon/commands/status_answer.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mailprobed {
namespace {

namespace json = boost::json;

/// No time or count of ours is larger; what comes of it can be computed with.
constexpr double kLargest = 1e12;

/// Caught where parsing begins.
class Mismatch : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A value and where it stands.
class Reader {
  public:
    Reader(const json::value& value, std::string path) : value_(value), path_(std::move(path)) {}

    [[nodiscard]] Reader at(std::string_view key) const {
        const json::object* object = value_.if_object();
        if (object == nullptr) fail("an object");
        const json::value* found = object->if_contains({key.data(), key.size()});
        const std::string path = (path_.empty() ? "" : path_ + ".") + std::string(key);
        if (found == nullptr) throw Mismatch("`" + path + "` is missing");
        return {*found, path};
    }
    [[nodiscard]] bool null() const noexcept { return value_.is_null(); }
    [[nodiscard]] std::string text() const {
        const json::string* text = value_.if_string();
        if (text == nullptr) fail("a text");
        return {text->data(), text->size()};
    }
    [[nodiscard]] std::string text_or_null() const { return null() ? std::string() : text(); }
    [[nodiscard]] bool boolean() const {
        const bool* found = value_.if_bool();
        if (found == nullptr) fail("true or false");
        return *found;
    }
    [[nodiscard]] double number() const {
        if (!value_.is_number()) fail("a number");
        return std::clamp(value_.to_number<double>(), -kLargest, kLargest);
    }
    [[nodiscard]] std::optional<double> number_or_null() const {
        return null() ? std::nullopt : std::optional(number());
    }
    [[nodiscard]] std::uint64_t count() const {
        const double found = number();
        if (found < 0) fail("0 or more");
        return static_cast<std::uint64_t>(found);
    }
    template <class Item>
    void each(Item item) const {
        const json::array* items = value_.if_array();
        if (items == nullptr) fail("a list");
        for (std::size_t i = 0; i < items->size(); ++i)
            item(Reader((*items)[i], path_ + "[" + std::to_string(i) + "]"));
    }
    [[noreturn]] void fail(std::string_view expected) const {
        throw Mismatch("`" + path_ + "` is not " + std::string(expected));
    }

  private:
    const json::value& value_;
    std::string path_;
};

ProbeState state_of(const Reader& reader) {
    const std::string word = reader.text();
    if (word == "up") return ProbeState::up;
    if (word == "down") return ProbeState::down;
    if (word == "new") return ProbeState::fresh;
    reader.fail("up, down or new");
}

StatusProbe probe_of(const Reader& from) {
    StatusProbe probe;
    probe.name = from.at("name").text();
    probe.state = state_of(from.at("state"));
    probe.since = from.at("since").number_or_null();
    probe.pending = from.at("pending").count();
    probe.bad_streak = from.at("bad_streak").count();
    probe.slo_latency = from.at("slo_latency").number_or_null();
    probe.last_round_trip = from.at("last_round_trip").number_or_null();
    probe.last_uncertainty = from.at("last_uncertainty").number_or_null();
    const Reader success = from.at("success");
    probe.success_1h = success.at("1h").at("ratio").number_or_null();
    probe.success_24h = success.at("24h").at("ratio").number_or_null();
    probe.success_30d = success.at("30d").at("ratio").number_or_null();
    from.at("recent").each([&probe](const Reader& mail) {
        probe.recent.push_back({mail.at("verdict").text(), mail.at("round_trip").number_or_null()});
    });
    const Reader last = from.at("last");
    if (last.null()) return probe;
    probe.verdict = last.at("verdict").text_or_null();
    probe.stage = last.at("stage").text_or_null();
    probe.cause = last.at("cause").text_or_null();
    return probe;
}

std::optional<json::value> parse(std::string_view text) {
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error);
    return error ? std::nullopt : std::optional(std::move(value));
}

}  // namespace

ParsedStatus parse_status(std::string_view text) {
    const std::optional<json::value> value = parse(text);
    if (!value) return {std::nullopt, "it is not JSON"};
    try {
        const Reader from(*value, "");
        StatusAnswer answer;
        answer.now = from.at("now").number();
        answer.version = from.at("version").text();
        answer.instance = from.at("instance").text();
        answer.journal_healthy = from.at("journal_healthy").boolean();
        from.at("probes").each(
            [&answer](const Reader& probe) { answer.probes.push_back(probe_of(probe)); });
        return {std::move(answer), {}};
    } catch (const Mismatch& mismatch) {
        return {std::nullopt, mismatch.what()};
    }
}

std::string api_error(std::string_view text) {
    const std::optional<json::value> value = parse(text);
    const json::object* object = value ? value->if_object() : nullptr;
    const json::value* error = object != nullptr ? object->if_contains("error") : nullptr;
    const json::string* words = error != nullptr ? error->if_string() : nullptr;
    return words != nullptr ? std::string(words->data(), words->size()) : std::string();
}

}  // namespace mailprobed
