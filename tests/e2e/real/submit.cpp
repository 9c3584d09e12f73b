// SPDX-License-Identifier: Apache-2.0
// Submits standard input as it is: PORT USER PASSWORD TO. The daemon composes its mails itself;
// what a real server makes of other payloads is tried with this. Prints `accepted`, or stage and
// cause of the failure.
#include "probes/net/socket_channel.hpp"
#include "probes/net/task_group.hpp"
#include "probes/session/smtp/session.hpp"

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>

namespace mailprobed::test {
namespace {

class Deaf final : public SendListener {
    void connecting(Instant /*at*/) override {}
    void handed(Instant /*at*/) override {}
    void accepted(Instant /*at*/, std::string_view /*reply*/) override {}
};

// Owns the channel, whose watchdog would keep the loop running.
Awaitable<void> submit(std::unique_ptr<Channel> channel, const SmtpSettings& settings,
                       const Envelope& envelope) {
    Deaf listener;
    Trace trace;
    const Instant give_up = channel->now() + std::chrono::seconds{20};
    co_await send_mail(*channel, settings, envelope, give_up, listener, trace);
}

std::string run(const SmtpSettings& settings, const Envelope& envelope) {
    asio::io_context io(1);
    Connector connector(io.get_executor());
    std::string outcome = "accepted";
    TaskGroup tasks(io.get_executor(), [&](const std::exception_ptr& error) {
        try {
            std::rethrow_exception(error);
        } catch (const Failure& failure) {
            outcome = std::string(to_string(failure.stage())) + " ";
            outcome += to_string(failure.cause());
        }
    });
    tasks.spawn(submit(connector.make(settings.server), settings, envelope));
    io.run();
    return outcome;
}

}  // namespace
}  // namespace mailprobed::test

int main(int count, char** words) {
    if (count != 5) {
        std::cerr << "usage: " << words[0] << " PORT USER PASSWORD TO <MAIL\n";
        return 2;
    }
    mailprobed::SmtpSettings settings;
    settings.server.host = "127.0.0.1";
    settings.server.port = static_cast<std::uint16_t>(std::strtoul(words[1], nullptr, 10));
    settings.server.tls = mailprobed::TlsMode::none;
    settings.username = words[2];
    settings.password = mailprobed::Secret(words[3]);
    settings.allow_plaintext_auth = true;
    const std::string message(std::istreambuf_iterator<char>(std::cin), {});
    const mailprobed::Envelope envelope{words[2], words[4], message};
    std::cout << mailprobed::test::run(settings, envelope) << "\n";
    return 0;
}
