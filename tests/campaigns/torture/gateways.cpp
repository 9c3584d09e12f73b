// SPDX-License-Identifier: Apache-2.0
// Our own mails through random chains of what gateways do, and letters of many kinds about them: no
// false arrival, no missed one, nothing foreign that might be deleted. `gateways CHAINS [SEED]`.
#include "probes/domain/identity/bounce.hpp"
#include "probes/net/crypto.hpp"
#include "probes/wire/message/mime_part.hpp"
#include "tests/campaigns/torture/gateways_letters.hpp"
#include "tests/campaigns/torture/summary.hpp"
#include "tests/support/bounce_samples.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>

namespace mailprobed::gateways {
namespace {

constexpr std::size_t kMostTransformations = 30;
constexpr int kShown = 5;

class Trial {
  public:
    explicit Trial(std::uint64_t seed) : dice_(seed) {}

    void run(std::size_t chains) {
        for (std::size_t chain = 0; chain < chains; ++chain) {
            facts_.sender_mailbox = dice_.one_in(2);
            facts_.leads_outside = dice_.one_in(4);
            ++mail_;
            tag_ = {1, 2, mail_, 1, 4};
            text_ = codec_.write(tag_);
            Travelling mail = as_sent(text_, facts_);
            if (dice_.one_in(3)) {
                letter(mail);
            } else {
                for (std::size_t n = dice_.below(kMostTransformations + 1); n > 0; --n)
                    transform(mail, text_, dice_);
                travelled(mail);
            }
        }
    }

    [[nodiscard]] int print(std::size_t chains, std::uint64_t seed) const {
        std::printf(
            "gateways: %zu chains, seed %llu: %zu arrivals, %zu others, %zu letters of %zu "
            "kinds, %d faults\n",
            chains, static_cast<unsigned long long>(seed), arrived_, others_, letters_,
            kinds_.size(), faults_);
        test::summarize("gateways",
                        std::to_string(chains) + " chains, " + std::to_string(faults_) + " faults");
        const bool all_met = kinds_.size() == letter_kinds() || chains < 1000;
        if (!all_met) std::printf("not every kind of letter was met\n");
        return faults_ == 0 && all_met ? 0 : 1;
    }

  private:
    void fault(const char* what, const std::string& text, const std::string& story) {
        if (++faults_ > kShown) return;
        std::printf("FAULT %s (%s; sender's mailbox %d, leads outside %d)\n%s\n-----\n", what,
                    story.c_str(), facts_.sender_mailbox, facts_.leads_outside, text.c_str());
    }

    /// Reads as a look does: the header section first, the body where that leaves it open.
    MailReading look(const SplitMail& mail, const std::string& text, const std::string& story) {
        std::string_view body = mail.body;
        const HeaderReading header = read_header(mail.headers, take_line(body), codec_, route_of_);
        const MailReading whole = read_mail(mail.headers, mail.body, codec_, route_of_);
        const bool open = header.says == HeaderSays::needs_body;
        if (!open && (header.says == HeaderSays::arrival) != whole.arrival.has_value())
            fault("header and whole mail disagree", text, story);
        if (open) return whole;
        return {header.says == HeaderSays::arrival ? header.tag : std::nullopt, header.reject,
                header.says == HeaderSays::maybe_report};
    }

    void travelled(const Travelling& mail) {
        std::string story;
        for (const std::string& step : mail.way)
            story += (story.empty() ? "" : ", ") + step;
        const std::string text = mail.text();
        const SplitMail split = split_mail(text);
        const MailReading reading = look(split, text, story);
        const bool expected = arrives(mail.known, facts_);
        (expected ? arrived_ : others_) += 1;
        if (expected && !reading.arrival) fault("missed", text, story);
        if (!expected && reading.arrival) fault("false arrival", text, story);
        if (reading.arrival && *reading.arrival != tag_) fault("another tag", text, story);
        const bool own = mail.known.field || mail.known.message_id;
        if (own != own_mark(split.headers, codec_).has_value()) fault("own mark", text, story);
        const bool intact = decoded_body_digest(split.headers, split.body) == sent_digest();
        if (mail.known.text == Text::intact && !intact) fault("altered?", text, story);
        if (mail.known.text != Text::intact && intact) fault("intact?", text, story);
        if (reading.arrival) return;
        const BounceReading bounce = read_bounce(split.headers, split.body, codec_, route_of_);
        if (bounce.bounce) fault("our mail is a bounce", text, story);
    }

    std::uint64_t sent_digest() {
        const SplitMail sent = split_mail(as_sent(text_, facts_).text());
        return decoded_body_digest(sent.headers, sent.body);
    }

    void letter(const Travelling& about) {
        LetterMail letter = write_letter(about, text_, facts_, dice_);
        for (std::size_t n = dice_.below(6); n > 0; --n)
            transform_harmlessly(letter.mail, dice_);
        ++letters_;
        ++kinds_[letter.kind.name];
        const std::string story(letter.kind.name);
        const std::string text = letter.mail.text();
        const SplitMail split = split_mail(text);
        const MailReading reading = look(split, text, story);
        if (reading.arrival) fault("a letter arrived", text, story);
        const BounceReading bounce = read_bounce(split.headers, split.body, codec_, route_of_);
        const Worth worth = letter.kind.worth;
        const bool failed = bounce.bounce && bounce.bounce->action == BounceAction::failed;
        if (failed != (worth != Worth::nothing)) fault("read as something else", text, story);
        if (failed && bounce.bounce->weak != (worth == Worth::weak)) fault("weight", text, story);
        if (failed && !reading.maybe_report) fault("a report nobody would read", text, story);
        const bool goes = bounce.bounce && bounce.bounce->about_us_alone;
        if (goes && !letter.kind.may_be_deleted) fault("might be deleted", text, story);
    }

    Dice dice_;
    const TagCodec codec_{Secret(std::string(32, 'k')), hmac_sha256};
    RouteFacts facts_{"probe@field.test", "target@ziel.test", false, false};
    const RouteOf route_of_ = [this](const Tag&) { return facts_; };
    MailId mail_ = 1000;
    Tag tag_;
    std::string text_;
    std::size_t arrived_ = 0;
    std::size_t others_ = 0;
    std::size_t letters_ = 0;
    std::map<std::string_view, std::size_t> kinds_;
    int faults_ = 0;
};

}  // namespace
}  // namespace mailprobed::gateways

int main(int argc, char** argv) {
    using namespace mailprobed::gateways;
    const std::size_t chains = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4000;
    const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 11;
    Trial trial(seed);
    trial.run(chains);
    return trial.print(chains, seed);
}
