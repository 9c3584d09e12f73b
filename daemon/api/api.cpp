// SPDX-License-Identifier: Apache-2.0
// From a request understood to its answer.
#include "daemon/api/api.hpp"

#include "daemon/api/assets.hpp"
#include "daemon/api/json_writer.hpp"
#include "daemon/api/mail.hpp"
#include "daemon/api/probe.hpp"
#include "daemon/store/reader.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace mailprobed {
namespace {

constexpr std::string_view kJson = "application/json";
/// An answer about a probe stays for so many times as long as it took to make: asking again and
/// again costs a twentieth of one core, however long the history is.
constexpr int kRest = 20;

const ProbeRow& row_of(const ApiState& state, const std::string& probe) {
    const auto row = std::ranges::find(state.probes, probe, &ProbeRow::name);
    if (row == state.probes.end()) {
        throw ApiError(404, "the configuration has no probe called " + probe);
    }
    return *row;
}

std::string mails(LedgerReader& ledger, const ApiTarget& target) {
    LedgerQuery query;
    query.probe = target.probe;
    query.verdicts = target.verdicts;
    query.from = target.from;
    query.before = target.to;
    query.newest_first = true;
    query.limit = target.limit + 1;
    std::vector<LedgerMail> found;
    ledger.each(query, [&found](const LedgerMail& mail) { found.push_back(mail); });
    const bool more = found.size() > target.limit;
    if (more) found.pop_back();
    JsonWriter json;
    json.begin_object();
    json.key("mails");
    json.begin_array();
    for (const LedgerMail& mail : found)
        write_mail(json, mail);
    json.end_array();
    json.key("next");
    if (more) {
        json.value(std::to_string(found.back().started.time_since_epoch().count()));
    } else {
        json.null();
    }
    json.end_object();
    return json.take();
}

std::string mail(LedgerReader& ledger, const ApiTarget& target, ApiClient client) {
    LedgerQuery query;
    query.mail = target.mail;
    JsonWriter json;
    bool found = false;
    ledger.each(query, [&](const LedgerMail& one) {
        found = true;
        write_mail_detail(json, one, ledger.attempts(one.mail), ledger.looks(one.mail),
                          client.full);
    });
    if (!found) throw ApiError(404, "the ledger has no mail " + mail_name(target.mail));
    return json.take();
}

}  // namespace

WebResponse api_answer(unsigned status, std::string body) {
    return {status, std::string(kJson), std::move(body) + "\n"};
}

WebResponse api_error(unsigned status, std::string_view text) {
    JsonWriter json;
    json.begin_object();
    json.member("error", text);
    json.end_object();
    return api_answer(status, json.take());
}

void Api::forget_others(const ApiState& state) {
    std::erase_if(answers_, [&state](const auto& entry) {
        return std::ranges::find(state.probes, entry.first.first, &ProbeRow::name) ==
               state.probes.end();
    });
}

std::string Api::probes(LedgerReader& ledger, const ApiState& state, ApiClient client) {
    forget_others(state);
    const auto began = Clock::now();
    std::vector<Cached*> fresh;
    const auto rest = [&fresh, began] {
        const auto end = Clock::now();
        for (Cached* cached : fresh)
            cached->until = end + kRest * (end - began);
    };
    try {
        for (const ProbeRow& row : state.probes) {
            Cached& cached = answers_[{row.name, ""}];
            if (began < cached.until) continue;
            JsonWriter json;
            json.begin_object();
            write_summary(json, ledger, row, state.now);
            json.end_object();
            cached.text = json.take();
            fresh.push_back(&cached);
        }
    } catch (...) {
        // It took too long: the next question goes on where this one ended.
        rest();
        throw;
    }
    rest();
    JsonWriter json;
    json.begin_object();
    json.member("now", state.now);
    json.member("version", MAILPROBED_VERSION);
    json.member("instance", state.instance);
    json.member("access", client.full ? "full" : "public");
    json.member("may_run", client.may_run);
    json.member("journal_healthy", state.journal_healthy);
    json.key("probes");
    json.begin_array();
    for (const ProbeRow& row : state.probes)
        json.raw(answers_[{row.name, ""}].text);
    json.end_array();
    json.end_object();
    return json.take();
}

std::string Api::window(LedgerReader& ledger, const ApiTarget& target, const ProbeRow& row,
                        WallTime now) {
    const auto began = Clock::now();
    Cached& cached = answers_[{row.name, target.window_name}];
    if (began < cached.until) return cached.text;
    JsonWriter json;
    json.begin_object();
    write_summary(json, ledger, row, now);
    write_window(json, ledger, target, now);
    json.end_object();
    const auto end = Clock::now();
    cached = {end + kRest * (end - began), json.take()};
    return cached.text;
}

std::string Api::content(const ApiTarget& target, const ApiState& state, ApiClient client,
                         Clock::time_point give_up) {
    if (target.resource == ApiResource::openapi) {
        const Asset* description = find_asset("openapi.json");
        if (description == nullptr) throw ApiError(404, "it is not part of this build");
        return std::string(description->content);
    }
    LedgerReader ledger(ledger_(), [this, give_up] { return ended_ || Clock::now() >= give_up; });
    if (target.resource == ApiResource::probes) return probes(ledger, state, client);
    if (target.resource == ApiResource::mails) return mails(ledger, target);
    if (target.resource == ApiResource::mail) return mail(ledger, target, client);
    const ProbeRow& row = row_of(state, target.probe);
    if (target.resource == ApiResource::probe) return window(ledger, target, row, state.now);
    JsonWriter json;
    write_points(json, ledger, target, row, state.now);
    return json.take();
}

WebResponse Api::answer(const ApiTarget& target, const ApiState& state, ApiClient client) {
    const auto give_up = Clock::now() + kPatience;
    try {
        if (ended_) throw ApiError(503, "mailprobed is about to end");
        return api_answer(200, content(target, state, client, give_up));
    } catch (const ApiError& error) {
        return api_error(error.status(), error.what());
    } catch (const std::exception&) {
        if (Clock::now() >= give_up) {
            return api_error(503,
                             "counting takes too long; ask for a shorter time or for one probe");
        }
        // The reason holds paths; the log has it when it concerns writing, too.
        return api_error(503, "the ledger cannot be read now");
    }
}

}  // namespace mailprobed
