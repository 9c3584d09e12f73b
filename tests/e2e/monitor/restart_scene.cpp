// SPDX-License-Identifier: Apache-2.0
// Two lives of a daemon over one ledger. Two other probes keep both mailboxes watched all the time,
// so that what comes after a verdict is seen.
#include "tests/e2e/monitor/restart_scene.hpp"

#include "daemon/store/place.hpp"
#include "daemon/store/schema.hpp"
#include "daemon/store/writer.hpp"
#include "probes/domain/identity/tag.hpp"
#include "probes/net/boot_clock.hpp"
#include "probes/net/crypto.hpp"

#include <algorithm>
#include <filesystem>
#include <future>
#include <set>

namespace mailprobed::test {

using loopback::Event;
using loopback::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr seconds kPatience{40};
constexpr std::string_view kAlice = "alice@test.invalid";

/// What the daemons told so far, both lives together.
class Facts {
  public:
    void note(std::string_view probe, std::string_view what) {
        const std::lock_guard lock(mutex_);
        if (probe == "alice" && what == "judged") ++judged_;
        if (probe == "alice" && (what == "judged" || what == "evidence")) ++told_;
        if (what == "look") ++looks_[std::string(probe)];
        if (what == "look" && probe == "bob" && judged_ > 0) ++looks_after_;
        changed_.notify_all();
    }
    void wake() { changed_.notify_all(); }
    bool wait(const std::function<bool(const Facts&)>& ready) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kPatience, [&] { return ready(*this); });
    }
    [[nodiscard]] int judged() const { return judged_; }
    [[nodiscard]] int told() const { return told_; }
    [[nodiscard]] int looks_after() const { return looks_after_; }
    [[nodiscard]] int looks(const std::string& mailbox) const {
        const auto found = looks_.find(mailbox);
        return found == looks_.end() ? 0 : found->second;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int judged_ = 0;
    int told_ = 0;
    int looks_after_ = 0;
    std::map<std::string, int> looks_;
};

bool is_mail_of_alice(const Event& event) {
    return event.kind == EventKind::mail && event.mail && event.mail->sender == kAlice;
}

class Scene {
  public:
    Scene(const Row& row, End end, std::string cut)
        : row_(row), end_(end), cut_(std::move(cut)), server_(options()) {
        server_.start();
        for (const std::string& fault : row.faults)
            server_.add_fault(loopback::parse_fault(fault));
        if (row.outage != Outage::none) server_.refuse(loopback::Protocol::pop3);
    }

    Left run() {
        // Making the ledger may take longer than the tick is away.
        {
            const LedgerWriter made(ledger_path(first_.path()), read_clocks());
        }
        settings_ = settings();
        std::thread others([this] { disturb(); });
        auto life = std::make_unique<Life>(*this, first_.path(), end_ != End::none);
        if (end_ != End::none) {
            if (!life->came_to_the_cut()) left_.wrong += "never came to the cut; ";
            life->join();
            if (end_ == End::killed) server_.cut_sessions(loopback::Protocol::any);
            life.reset();
            const bool killed = end_ == End::killed;
            life = std::make_unique<Life>(*this, killed ? copy_.path() : first_.path(), false);
        }
        const auto wanted = 1 + std::ranges::count(row_.evidence, ':');
        if (!facts_.wait([&](const Facts& facts) { return facts.told() >= wanted; })) {
            left_.wrong += "not all was told; ";
        }
        others.join();
        const int bob = looks("bob");
        const int alice = looks("alice");
        // Nothing more may come of it.
        facts_.wait([&](const Facts& facts) {
            return facts.looks("bob") >= bob + 3 && facts.looks("alice") >= alice + 3;
        });
        life->stop();
        const std::string directory = life->directory();
        life.reset();
        read_ledger(directory);
        check_server();
        left_.told = facts_.told();
        return left_;
    }

  private:
    /// One daemon. It may end by itself: at the cut.
    struct Life {
        Life(Scene& in, std::string where, bool ends)
            : scene(in), directory_(std::move(where)), ends_at_cut(ends) {
            recorder.on_fact = [this](std::string_view who, std::string_view what) {
                scene.facts_.note(who, what);
                if (ends_at_cut && scene.is_cut(who, what)) {
                    ends_at_cut = false;
                    end_when_due(what);
                }
            };
            Settings settings = scene.settings_;
            settings.state_directory = directory_;
            monitor = std::make_unique<MonitorThread>(std::move(settings), recorder);
            ready.set_value(monitor.get());
        }
        ~Life() {
            if (joined) recorder.on_fact = {};
            monitor.reset();
            for (const std::string& error : recorder.internal_errors)
                scene.left_.wrong += error + "; ";
        }
        Life(const Life&) = delete;
        Life& operator=(const Life&) = delete;

        void end_when_due(std::string_view what) {
            MonitorThread* self = started.get();
            // Answers and looks are noted and not waited for: without them it is another story.
            if (what == "quit" || what == "accept failed" || what == "look") {
                self->when_kept([this, self] { end(self); });
            } else {
                end(self);
            }
        }
        void end(MonitorThread* self) {
            if (scene.end_ == End::killed) {
                self->die(scene.copy_.path());
            } else {
                self->cancel();
            }
            over.set_value();
        }
        bool came_to_the_cut() {
            if (over.get_future().wait_for(kPatience) == std::future_status::ready) return true;
            monitor->cancel();
            return false;
        }
        void join() {
            monitor->join();
            joined = true;
        }
        void stop() {
            monitor->stop();
            joined = true;
        }
        [[nodiscard]] const std::string& directory() const { return directory_; }

        Scene& scene;
        std::string directory_;
        bool ends_at_cut;
        bool joined = false;
        Recorder recorder;
        std::promise<void> over;
        std::promise<MonitorThread*> ready;
        std::shared_future<MonitorThread*> started = ready.get_future().share();
        std::unique_ptr<MonitorThread> monitor;
    };

    static loopback::Options options() {
        loopback::Options result;
        result.accounts = accounts_for({"alice", "bob", "carol"});
        return result;
    }

    [[nodiscard]] Settings settings() const {
        Settings result = settings_for(server_, {"alice", "bob", "carol"});
        ProbeSettings& mail = result.probes[0];
        mail.to = "bob";
        mail.to_address = "bob@test.invalid";
        mail.interval = interval_with_tick_soon("alice");
        mail.max_attempts = row_.attempts;
        mail.retry_after = row_.retry_after;
        mail.deadline = row_.deadline;
        mail.verdict_grace = row_.grace;
        for (const std::size_t other : {1U, 2U}) {
            ProbeSettings& probe = result.probes[other];
            probe.to = other == 1 ? "bob" : "alice";
            probe.to_address = probe.to + "@test.invalid";
            probe.name = "tick-" + probe.to;
            probe.from = "carol";
            probe.bounces = false;
        }
        return result;
    }

    [[nodiscard]] bool is_cut(std::string_view who, std::string_view what) {
        const std::size_t number = cut_.find('#');
        if (what != cut_.substr(0, number)) return false;
        if (what != "look") {
            if (who == "alice") ++seen_;
            return who == "alice" && (number == std::string::npos || seen_ == 2);
        }
        // The one that follows the verdict and everything that came with it.
        bool after = false;
        facts_.wait([&](const Facts& facts) {
            after = who == "bob" && facts.looks_after() >= 2;
            return true;
        });
        return after;
    }

    int looks(const std::string& mailbox) {
        int result = 0;
        facts_.wait([&](const Facts& facts) {
            result = facts.looks(mailbox);
            return true;
        });
        return result;
    }

    /// What the world does meanwhile.
    void disturb() {
        if (row_.outage == Outage::until_verdict) {
            facts_.wait([](const Facts& facts) { return facts.judged() > 0; });
        }
        if (row_.outage == Outage::until_deadline) await_deadline();
        if (row_.outage != Outage::none) server_.resume(loopback::Protocol::pop3);
        for (const Copy& copy : row_.copies) {
            std::string tag = tag_of_attempt(std::max(copy.attempt, 1));
            if (copy.attempt == 0) {
                const TagCodec codec(settings_.tag_key, hmac_sha256);
                tag = codec.write({name_id(settings_.instance), probe_id("alice"), 5, 1, 1});
            }
            if (copy.when == CopyWhen::deleted) {
                const auto removed = [](const Event& event) {
                    return event.kind == EventKind::deleted && event.mail &&
                           event.mail->sender == kAlice;
                };
                if (!server_.wait_for(removed, kPatience)) left_.wrong += "never deleted; ";
            }
            if (copy.when == CopyWhen::looked) {
                // Where a daemon ends at that look, it comes before the next one looks.
                facts_.wait([](const Facts& facts) { return facts.looks_after() >= 2; });
            }
            std::string raw = "X-Mailprobed-Tag: " + tag + "\r\n\r\ncopy\r\n";
            if (copy.what == CopyOf::letter) {
                loopback::BounceParts parts;
                parts.kind = loopback::BounceKind::qmail;
                parts.hostname = "loopback.invalid";
                parts.sender = kAlice;
                parts.recipient = "bob@test.invalid";
                parts.message = raw;
                server_.inject("alice", make_bounce(parts), copy.delay);
            } else {
                server_.inject("bob", std::move(raw), copy.delay);
            }
        }
    }

    /// Waits for 300 ms after the deadline; the server's clock is the timer.
    void await_deadline() {
        server_.wait_for(is_mail_of_alice, kPatience);
        // Nobody reads carol's mailbox.
        const std::uint64_t id =
            server_.inject("carol", "Subject: now\r\n\r\n", row_.deadline + milliseconds{300});
        const auto now = [id](const Event& event) {
            return event.kind == EventKind::visible && event.mail && event.mail->id == id;
        };
        if (!server_.wait_for(now, kPatience)) left_.wrong += "no deadline; ";
    }

    [[nodiscard]] std::string tag_of_attempt(int attempt) {
        server_.wait_for_count(is_mail_of_alice, static_cast<std::size_t>(attempt), kPatience);
        for (const Event& event : server_.events()) {
            if (is_mail_of_alice(event) && --attempt == 0) return event.mail->tag;
        }
        left_.wrong += "never sent; ";
        return {};
    }

    void read_ledger(const std::string& directory);
    void check_server();

    const Row& row_;
    End end_;
    std::string cut_;
    int seen_ = 0;
    loopback::Server server_;
    Settings settings_;
    TemporaryDirectory first_;
    TemporaryDirectory copy_;
    Facts facts_;
    Left left_;
};

void Scene::read_ledger(const std::string& directory) {
    soci::session sql;
    open_ledger(sql, directory + "/ledger.db", LedgerAccess::read);
    const auto text = [&sql](const std::string& query) {
        std::string all;
        const soci::rowset<std::string> rows = (sql.prepare << query);
        for (const std::string& row : rows)
            all += row + " ";
        return all;
    };
    left_.verdict = text(
        "SELECT verdict || CASE WHEN stage <> '' THEN ' ' || stage || ' ' || cause ELSE '' END"
        " || CASE WHEN status_class <> '' THEN ' ' || status_class ELSE '' END"
        " FROM mails WHERE probe = 'alice'");
    if (!left_.verdict.empty()) left_.verdict.pop_back();
    left_.evidence = text(
        "SELECT kind || ':' || SUM(copies) FROM evidence WHERE probe = 'alice'"
        " GROUP BY kind ORDER BY kind");
    // How often it was removed is not among them: what ends after QUIT cannot know.
    left_.details =
        text(
            "SELECT 'attempt ' || attempt || ' refused ' || refused || ' arrived ' || arrived ||"
            " ' bounced ' || bounced || ' of attempt ' || arrived_attempt || ' duplicates ' ||"
            " duplicates || ' body ' || body FROM mails"
            " WHERE probe = 'alice'") +
        text(
            "SELECT 'streak ' || bad_streak || ' recent ' || recent_bad FROM probes"
            " WHERE probe = 'alice'");
    const auto counts = [&text](const std::string& column) {
        return text("SELECT 'yes' FROM mails WHERE probe = 'alice' AND " + column + " = 1") ==
               "yes ";
    };
    left_.wrong += text(
        "SELECT 'arrived by no attempt;' FROM mails"
        " WHERE probe = 'alice' AND arrived = 1 AND arrived_attempt = 0");
    left_.uncertain = counts("deadline_uncertain");
    left_.unmeasured = counts("unmeasured");
}

void Scene::check_server() {
    std::set<std::string> sent;
    for (const Event& event : server_.events()) {
        if (event.kind != EventKind::mail || !event.mail || event.mail->sender.empty()) continue;
        if (event.mail->copy_of != 0 || event.mail->tag.empty()) continue;
        if (!sent.insert(event.mail->tag).second) left_.wrong += "sent twice; ";
    }
    const auto mails = server_.mailbox("bob");
    const auto stayed = std::ranges::count_if(
        mails, [&](const loopback::StoredMail& mail) { return sent.contains(mail.tag); });
    // The other probe's last mails are on their way when everything ends.
    for (const Event& event : server_.events()) {
        if (!is_mail_of_alice(event)) continue;
        if (stayed > 0 && std::ranges::any_of(mails, [&](const loopback::StoredMail& mail) {
                return mail.tag == event.mail->tag;
            })) {
            left_.wrong += "a copy stayed; ";
        }
        for (const loopback::StoredMail& report : server_.mailbox("alice")) {
            if (report.raw.find(event.mail->tag) == std::string::npos) continue;
            // A letter that no machine wrote for machines is left where it is.
            if (report.raw.find("multipart/report") == std::string::npos) continue;
            left_.wrong += "a report stayed; ";
        }
    }
}

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "mailprobed-e2e-XXXXXX";
    path_ = ::mkdtemp(name.data());
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Duration interval_with_tick_soon(const std::string& probe) {
    // A tick is at (n + phase) intervals of Unix time; with this one there is such an n for
    // `wanted`.
    const Duration wanted = wall_now().time_since_epoch() + milliseconds{1200};
    const double phase = static_cast<double>(name_id(probe)) / 4294967296.0;
    const auto n = static_cast<double>(wanted / std::chrono::hours{1});
    return Duration{static_cast<Duration::rep>(static_cast<double>(wanted.count()) / (n + phase))};
}

Left play(const Row& row, End end, const std::string& cut) {
    return Scene(row, end, cut).run();
}

}  // namespace mailprobed::test
