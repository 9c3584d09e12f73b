// SPDX-License-Identifier: Apache-2.0
// Both ends of the host: as much of SMTP as a submission needs, and the interface of a mailbox.
#include "tests/support/memory_host.hpp"

#include "probes/net/boot_clock.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mailprobed::test {
namespace {

constexpr std::string_view kEndOfLine = "\r\n";

/// Calls `each` with every line of `text`, without its end.
template <class Each>
void for_lines(std::string_view text, Each each) {
    while (!text.empty()) {
        const std::size_t end = text.find(kEndOfLine);
        each(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    }
}

}  // namespace

/// A submission.
class MemoryHost::Line final : public Channel {
  public:
    explicit Line(MemoryHost& host) : host_(host) {}

    void expect_by(Instant) override {}
    [[nodiscard]] Instant now() const override { return BootClock::now(); }
    Awaitable<void> resolve() override { co_return; }
    Awaitable<void> connect() override {
        said_ = "220 memory\r\n";
        co_return;
    }
    Awaitable<void> handshake() override { co_return; }
    Awaitable<std::size_t> read(std::span<char> buffer) override {
        if (said_.empty()) throw ChannelError(Cause::eof, "the host has nothing to say");
        const std::size_t size = std::min(buffer.size(), said_.size());
        said_.copy(buffer.data(), size);
        said_.erase(0, size);
        co_return size;
    }
    Awaitable<void> write(std::string_view bytes) override {
        heard_ += bytes;
        for (std::size_t end = heard_.find(kEndOfLine); end != std::string::npos;
             end = heard_.find(kEndOfLine)) {
            const std::string line = heard_.substr(0, end);
            heard_.erase(0, end + 2);
            take(line);
        }
        co_return;
    }
    void close() noexcept override {}
    [[nodiscard]] std::string address_literal() const override { return "[192.0.2.1]"; }
    [[nodiscard]] IpFamily family() const override { return IpFamily::v4; }
    [[nodiscard]] std::optional<TlsFacts> tls_facts() const override { return std::nullopt; }

  private:
    void take(const std::string& line) {
        if (in_data_ && line != ".") {
            mail_ += line.substr(line.starts_with('.') ? 1 : 0);
            mail_ += kEndOfLine;
            return;
        }
        if (in_data_) {
            in_data_ = false;
            if (!host_.habits_.loses) host_.deliver(std::exchange(mail_, {}));
        }
        in_data_ = line == "DATA";
        said_ += in_data_ ? "354 go on\r\n" : line == "QUIT" ? "221 bye\r\n" : "250 well\r\n";
    }

    MemoryHost& host_;
    std::string said_;
    std::string heard_;
    std::string mail_;
    bool in_data_ = false;
};

/// A look into the mailbox.
class MemoryHost::Visit final : public MailboxSession {
  public:
    explicit Visit(MemoryHost& host) : host_(host) {}

    Awaitable<void> open() override {
        connect_at_ = BootClock::now();
        if (host_.habits_.refuses_logins) {
            throw Failure(Stage::auth, Cause::auth_transient, "not now");
        }
        ++host_.logins_;
        shown_ = host_.stored_;
        co_return;
    }
    [[nodiscard]] std::optional<Instant> connect_at() const noexcept override {
        return connect_at_;
    }
    void trust_words(WordTrust) noexcept override {}
    [[nodiscard]] LoginEnd login_end() const noexcept override {
        return connect_at_ && !host_.habits_.refuses_logins ? LoginEnd::worked : LoginEnd::untold;
    }
    [[nodiscard]] Duration login_gap() const noexcept override { return Duration::zero(); }
    Awaitable<std::uint32_t> count() override {
        co_return static_cast<std::uint32_t>(shown_.size());
    }
    [[nodiscard]] bool has_ids() const noexcept override { return true; }
    Awaitable<void> list(std::function<void(const ListedEntry&)> each) override {
        for (std::uint32_t i = 0; i < shown_.size(); ++i)
            each({i + 1, shown_[i].id, std::nullopt, BootClock::now()});
        if (host_.habits_.breaks_listings) {
            throw Failure(Stage::list, Cause::eof, "the listing has no end");
        }
        co_return;
    }
    Awaitable<void> sizes(std::function<void(const ListedEntry&)> each) override {
        for (std::uint32_t i = 0; i < shown_.size(); ++i)
            each({i + 1, shown_[i].id, shown_[i].raw.size(), BootClock::now()});
        co_return;
    }
    Awaitable<void> headers(std::span<const std::uint32_t> numbers, Pace,
                            std::function<void(FetchedMessage&&)> each) override {
        for (const std::uint32_t number : numbers)
            each(message(number, false));
        co_return;
    }
    Awaitable<FetchedMessage> retrieve(std::uint32_t number, bool) override {
        co_return message(number, true);
    }
    void distrust_headers() noexcept override {}
    Awaitable<bool> verify_step() override { co_return !host_.habits_.repeats_nothing; }
    [[nodiscard]] bool out_of_step() const noexcept override { return false; }
    Awaitable<Removal> remove(std::span<const std::uint32_t> numbers, Instant) override {
        Removal removal;
        for (const std::uint32_t number : numbers) {
            ++host_.removals_;
            gone_.insert(shown_.at(number - 1).id);
            removal.marked.push_back(number);
        }
        co_return removal;
    }
    Awaitable<Farewell> close() override {
        std::erase_if(host_.stored_, [this](const Stored& one) { return gone_.contains(one.id); });
        Farewell farewell;
        farewell.confirmed = true;
        farewell.in_step = true;
        co_return farewell;
    }

  private:
    [[nodiscard]] FetchedMessage message(std::uint32_t number, bool whole) const {
        const std::string& raw = shown_.at(number - 1).raw;
        const std::size_t end = raw.find("\r\n\r\n");
        const std::string_view body =
            end == std::string::npos ? std::string_view() : std::string_view(raw).substr(end + 4);
        FetchedMessage message;
        message.number = number;
        message.present = true;
        message.header_ended = end != std::string::npos;
        for_lines(std::string_view(raw).substr(0, end),
                  [&message](std::string_view line) { message.headers.add_line(line); });
        message.first_line = body.substr(0, std::min(body.find(kEndOfLine), kMaxFirstLine));
        if (whole) message.body = std::string(body);
        return message;
    }

    MemoryHost& host_;
    std::optional<Instant> connect_at_;
    std::vector<Stored> shown_;
    std::set<std::string> gone_;
};

ChannelFactory MemoryHost::channels() {
    return [this](const Endpoint&) { return std::make_unique<Line>(*this); };
}

MailboxSessions MemoryHost::mailboxes() {
    return [this](Channel&, const MailboxSettings&, Instant, Trace&) {
        return std::make_unique<Visit>(*this);
    };
}

void MemoryHost::deliver(std::string raw) {
    stored_.push_back({"id" + std::to_string(++last_id_), std::move(raw)});
}

}  // namespace mailprobed::test
