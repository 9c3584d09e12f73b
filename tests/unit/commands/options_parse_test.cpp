// SPDX-License-Identifier: Apache-2.0
// The command line: what is accepted, what is refused and how.
#include "daemon/commands/nagios.hpp"
#include "daemon/commands/options.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mailprobed::daemon_test {
namespace {

ParsedOptions parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "mailprobed");
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

Options good(const std::vector<const char*>& arguments) {
    ParsedOptions parsed = parse(arguments);
    EXPECT_TRUE(parsed.options) << parsed.text;
    return parsed.options.value_or(Options{});
}

std::string refused(const std::vector<const char*>& arguments) {
    const ParsedOptions parsed = parse(arguments);
    EXPECT_FALSE(parsed.options);
    EXPECT_EQ(parsed.status, ExitStatus::usage);
    EXPECT_FALSE(parsed.text.empty());
    return parsed.text;
}

TEST(CommandLine, AConfigurationFileAloneRuns) {
    const Options options = good({"--config", "f.yaml"});
    EXPECT_EQ(options.action, Action::run);
    EXPECT_EQ(options.config_file, "f.yaml");
    EXPECT_FALSE(options.log_level);
    EXPECT_FALSE(options.log_format);
    EXPECT_EQ(good({"--config=f.yaml"}).config_file, "f.yaml");
    EXPECT_EQ(good({"-c", "f.yaml"}).config_file, "f.yaml");
    EXPECT_EQ(good({}).config_file, "/etc/mailprobed/mailprobed.yaml");
    EXPECT_EQ(good({"once", "qq"}).config_file, "/etc/mailprobed/mailprobed.yaml");
    EXPECT_EQ(good({"status"}).config_file, "") << "it asks where the daemon is by default";
}

TEST(CommandLine, CheckConfigOnlyChecks) {
    EXPECT_EQ(good({"--config", "f", "--check-config"}).action, Action::check_config);
}

TEST(CommandLine, LogLevelAndFormatAreNames) {
    EXPECT_EQ(good({"-c", "f", "--log.level", "trace"}).log_level, LogLevel::trace);
    EXPECT_EQ(good({"-c", "f", "--log.level=warning"}).log_level, LogLevel::warning);
    EXPECT_EQ(good({"-c", "f", "--log.format", "json"}).log_format, LogFormat::json);
    EXPECT_NE(refused({"-c", "f", "--log.level", "loud"}).find("loud"), std::string::npos);
    refused({"-c", "f", "--log.level", "0"});
    refused({"-c", "f", "--log.format", "xml"});
}

TEST(CommandLine, OnceTakesAProbeAndMayPrintTheTranscript) {
    const Options options = good({"-c", "f", "once", "qq"});
    EXPECT_EQ(options.action, Action::once);
    EXPECT_EQ(options.probe, "qq");
    EXPECT_FALSE(options.transcript);
    EXPECT_TRUE(good({"-c", "f", "once", "qq", "--transcript"}).transcript);
}

TEST(CommandLine, StatusNeedsNoConfiguration) {
    const Options plain = good({"status"});
    EXPECT_EQ(plain.action, Action::status);
    EXPECT_TRUE(plain.status.url.empty());
    EXPECT_FALSE(plain.status.watch);
    const Options all = good({"status", "--watch", "--url", "https://a", "--user", "me",
                              "--ca-file", "ca.pem", "--charset", "ascii", "--config", "f"});
    EXPECT_TRUE(all.status.watch);
    EXPECT_EQ(all.status.url, "https://a");
    EXPECT_EQ(all.status.user, "me");
    EXPECT_EQ(all.status.ca_file, "ca.pem");
    EXPECT_EQ(all.status.charset, Charset::ascii);
    EXPECT_EQ(all.config_file, "f");
    refused({"status", "--password", "x"});
    refused({"status", "me"});
    refused({"status", "--charset", "latin1"});
    refused({"-c", "f", "--check-config", "status"});
}

TEST(CommandLine, ACheckGetsOneLineForAWrongCommandLineToo) {
    EXPECT_TRUE(good({"-c", "f", "once", "qq", "--nagios"}).nagios);
    for (const std::vector<const char*>& wrong : std::vector<std::vector<const char*>>{
             {"once", "qq", "--nagios", "--limit"},
             {"-c", "f", "once", "--nagios"},
             {"-c", "f", "once", "qq", "--nagios", "--a|b\nc"},
             {"-c", "f", "once", "qq", "--nagios", "--transcript"}}) {
        const ParsedOptions parsed = parse(wrong);
        EXPECT_FALSE(parsed.options);
        EXPECT_EQ(parsed.status, CheckStatus::unknown);
        EXPECT_TRUE(parsed.text.starts_with("MAILPROBED UNKNOWN - command line: ")) << parsed.text;
        EXPECT_EQ(parsed.text.find('\n'), parsed.text.size() - 1);
        EXPECT_EQ(parsed.text.find('|'), std::string::npos);
    }
    EXPECT_EQ(parse({"once", "--nagios", "--help"}).status, ExitStatus::ok);
}

TEST(CommandLine, GeneralOptionsMayFollowTheSubcommand) {
    const Options options =
        good({"once", "qq", "--transcript", "--config", "f", "--log.level", "debug"});
    EXPECT_EQ(options.config_file, "f");
    EXPECT_EQ(options.log_level, LogLevel::debug);
    EXPECT_TRUE(options.transcript);
}

TEST(CommandLine, WhatDoesNotFitTogetherIsAUsageError) {
    EXPECT_NE(refused({"-c", "f", "once"}).find("PROBE"), std::string::npos);
    EXPECT_NE(refused({"-c", "f", "--wrong"}).find("--wrong"), std::string::npos);
    refused({"-c", "f", "twice"});
    refused({"-c", "f", "--transcript"});
    refused({"-c", "f", "once", "a", "b"});
    refused({"-c", ""});
    refused({"-c", "f", "--check-config", "once", "qq"});
    refused({"-c", "f", "once", "qq", "--check-config"});
    EXPECT_EQ(ExitCode(ExitStatus::usage).value(), 64);
}

TEST(CommandLine, HelpAndVersionSucceedWithoutAConfiguration) {
    const ParsedOptions help = parse({"--help"});
    EXPECT_FALSE(help.options);
    EXPECT_EQ(help.status, ExitStatus::ok);
    for (const char* word :
         {"--config", "--check-config", "--version", "--log.level",
          "{trace,debug,info,warning,error}", "--log.format", "once", "Exit status"}) {
        EXPECT_NE(help.text.find(word), std::string::npos) << word << " in\n" << help.text;
    }
    const ParsedOptions version = parse({"--version"});
    EXPECT_EQ(version.status, ExitStatus::ok);
    EXPECT_EQ(version.text, version_text() + "\n");
    EXPECT_TRUE(version.text.starts_with("mailprobed " MAILPROBED_VERSION " ("));
    EXPECT_NE(parse({"once", "--help"}).text.find("--transcript"), std::string::npos);
}

}  // namespace
}  // namespace mailprobed::daemon_test
