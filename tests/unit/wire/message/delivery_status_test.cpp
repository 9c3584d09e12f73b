// SPDX-License-Identifier: Apache-2.0
// Delivery reports: multipart/report, its status fields and their bounds.
#include "probes/wire/message/delivery_status.hpp"

#include "probes/wire/message/mime_part.hpp"
#include "probes/wire/message/status_code.hpp"

#include <gtest/gtest.h>

#include <string>

namespace mailprobed {
namespace {

MailHeaders report_headers(
    std::string_view type = "multipart/report; report-type=delivery-status; boundary=\"b 1\"") {
    MailHeaders headers;
    headers.add_line("Content-Type: " + std::string(type));
    return headers;
}

std::string with_lf(std::string text) {
    std::erase(text, '\r');
    return text;
}

std::string report(std::string_view status, std::string_view returned = "Subject: s\r\n\r\nbody") {
    return "preamble\r\n--b 1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b 1\r\n"
           "Content-Type: message/delivery-status\r\n\r\n" +
           std::string(status) + "\r\n--b 1\r\nContent-Type: message/rfc822\r\n\r\n" +
           std::string(returned) + "\r\n--b 1--\r\nepilogue\r\n";
}

constexpr std::string_view kOne =
    "Reporting-MTA: dns; mx.example\r\nOriginal-Envelope-Id: id+2B7+3d\r\n\r\n"
    "Final-Recipient: rfc822; x@example\r\nAction: Failed (really)\r\nStatus: 5.1.1 (no such)\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1\r\n  no \x1b[2J such user\r\n";

/// What comes back with such a report.
ReturnedMail returned(std::string_view body) {
    const auto mails =
        returned_among(mime_leaves(report_headers(), body.substr(0, kMaxReportBytes)));
    return mails.empty() ? ReturnedMail{} : mails.front();
}

TEST(DeliveryStatus, FieldsOfTheMessageAndItsRecipientInCrlfAndLf) {
    const std::string text = report(kOne);
    for (const std::string& body : {text, with_lf(text)}) {
        const auto read = read_delivery_status(report_headers(), body);
        ASSERT_TRUE(read);
        EXPECT_EQ(read->original_envelope_id, "id+7=");
        ASSERT_EQ(read->recipients.size(), 1U);
        EXPECT_EQ(read->recipients[0].action, "failed");
        EXPECT_EQ(read->recipients[0].status, "5.1.1");
        EXPECT_EQ(read->recipients[0].diagnostic, "smtp; 550 5.1.1 no \\x1b[2J such user");
        EXPECT_TRUE(returned(body).headers.starts_with("Subject: s"));
        EXPECT_EQ(returned(body).headers.find("body"), std::string::npos);
        EXPECT_EQ(returned(body).first_line, "body");
    }
}

TEST(DeliveryStatus, StatusPartsAreReadInEveryMultipartThatHasItsBoundary) {
    const std::string body = report(kOne);
    EXPECT_TRUE(read_delivery_status(report_headers("Multipart/Report; boundary=\"b 1\""), body));
    EXPECT_TRUE(read_delivery_status(
        report_headers("multipart/report (c); report-type=\"Delivery-Status\"; Boundary=\"b 1\""),
        body));
    EXPECT_TRUE(read_delivery_status(report_headers("multipart/mixed; boundary=\"b 1\""), body))
        << "gateways change the main type";
    EXPECT_FALSE(is_delivery_report(report_headers("multipart/mixed; boundary=\"b 1\"")));
    EXPECT_FALSE(is_delivery_report(report_headers(
        "multipart/report; report-type=disposition-notification; boundary=\"b 1\"")));
    for (const char* type : {"text/plain", "multipart/report; report-type=delivery-status",
                             "multipart/report; report-type=delivery-status; boundary=\"b 2\"",
                             "multipart/report; x=\"; boundary=b 1; y", ""}) {
        EXPECT_FALSE(read_delivery_status(report_headers(type), body)) << type;
    }
    EXPECT_FALSE(read_delivery_status(report_headers(), ""));
    EXPECT_FALSE(read_delivery_status(MailHeaders(), body));
}

TEST(DeliveryStatus, AMissingClosingBoundaryEndsWithTheText) {
    std::string body = report(kOne);
    body.resize(body.find("\r\n--b 1--"));
    const auto read = read_delivery_status(report_headers(), body);
    ASSERT_TRUE(read);
    EXPECT_EQ(returned(body).first_line, "body");
    body.resize(body.find("\r\n--b 1\r\nContent-Type: message/rfc822"));
    const auto shorter = read_delivery_status(report_headers(), body);
    ASSERT_TRUE(shorter);
    EXPECT_EQ(shorter->recipients.size(), 1U);
    EXPECT_EQ(returned(body).headers, "");
}

TEST(DeliveryStatus, ABoundaryInsideThatBeginsAlikeIsNoneOfOurs) {
    const std::string body = report(kOne,
                                    "Content-Type: multipart/mixed; boundary=\"b 12\"\r\n\r\n"
                                    "--b 12\r\n\r\nx\r\n--b 12--\r\n");
    const auto read = read_delivery_status(report_headers(), body);
    ASSERT_TRUE(read);
    EXPECT_EQ(returned(body).first_line, "--b 12");
}

TEST(DeliveryStatus, CodedPartsAreDecoded) {
    // base64 of "\nAction: delayed\nFinal-Recipient: rfc822;x\nStatus: 4.0.0\n", by base64(1).
    const std::string body =
        "--b 1\nContent-Type: message/global-delivery-status\nContent-Transfer-Encoding: Base64\n\n"
        "CkFjdGlvbjogZGVsYXllZApGaW5hbC1SZWNpcGllbnQ6\nIHJmYzgyMjt4ClN0YXR1czogNC4wLjAK\n"
        "--b 1\nContent-Type: text/rfc822-headers\nContent-Transfer-Encoding: quoted-printable\n\n"
        "Subject: a=\n=62c=3D=zz\n--b 1--\n";
    const auto read = read_delivery_status(report_headers(), body);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->recipients.size(), 1U);
    EXPECT_EQ(read->recipients[0].action, "delayed");
    EXPECT_EQ(read->recipients[0].status, "4.0.0");
    EXPECT_EQ(returned(body).headers, "Subject: abc==zz\n");
}

TEST(DeliveryStatus, BlankAndMissingLinesBetweenBlocksAreForgiven) {
    const auto read = read_delivery_status(
        report_headers(),
        report("\r\n\r\nOriginal-Envelope-Id: e\r\nAction: delayed\r\n \t \r\n\r\n"
               "Final-Recipient: rfc822; y\r\nOriginal-Envelope-Id: not-this"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->original_envelope_id, "e");
    ASSERT_EQ(read->recipients.size(), 2U);
    EXPECT_EQ(read->recipients[0].action, "delayed");
    EXPECT_EQ(read->recipients[1].action, "");
    EXPECT_EQ(read->recipients[1].status, "");
}

TEST(DeliveryStatus, B4_3_TenThousandRecipientsMakeSixteen) {
    std::string status = "Reporting-MTA: dns; x\n";
    for (int i = 0; i < 10'000; ++i)
        status += "\nFinal-Recipient: rfc822; x" + std::to_string(i) + "@y\nAction: failed\n";
    const auto read = read_delivery_status(report_headers(), report(status));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->recipients.size(), kMaxStatusRecipients);
}

TEST(DeliveryStatus, B4_3_EverythingKeptIsCapped) {
    const std::string big(100'000, 'x');
    const std::string body = report("Original-Envelope-Id: " + big + "\r\n\r\nAction: " + big +
                                        "\r\nDiagnostic-Code: " + std::string(20'000, '\x02'),
                                    "Subject: " + big);
    const auto read = read_delivery_status(report_headers(), body);
    ASSERT_TRUE(read);
    EXPECT_LE(read->original_envelope_id.size(), 1024U);
    ASSERT_EQ(read->recipients.size(), 1U);
    EXPECT_LE(read->recipients[0].action.size(), 64U);
    EXPECT_LE(read->recipients[0].diagnostic.size(), 1024U);
    EXPECT_LE(returned(body).headers.size(), 65536U);
    // What stands beyond the looked-at part of a body does not exist.
    const std::string late = "--b 1\n\n" + std::string(kMaxReportBytes, '\n') + report(kOne);
    EXPECT_FALSE(read_delivery_status(report_headers(), late));
}

TEST(DeliveryStatus, B4_3_AThousandLevelsAreNotFollowed) {
    std::string body;
    for (int depth = 0; depth < 1000; ++depth) {
        const std::string name = "d" + std::to_string(depth);
        body += "--" + (depth == 0 ? "b 1" : "d" + std::to_string(depth - 1)) +
                "\nContent-Type: multipart/report; boundary=" + name + "\n\n";
    }
    body += "--d999\nContent-Type: message/delivery-status\n\nAction: failed\n";
    EXPECT_FALSE(read_delivery_status(report_headers(), body));
    EXPECT_EQ(mime_parts(report_headers(), body).size(), 1U);
    std::string many;
    for (int part = 0; part < 10'000; ++part)
        many += "--b 1\n\nx\n";
    EXPECT_EQ(mime_parts(report_headers(), many).size(), kMaxParts);
}

TEST(DeliveryStatus, XtextOfTheRfc) {
    EXPECT_EQ(from_xtext("abc"), "abc");
    EXPECT_EQ(from_xtext("a+20b+2Bc+3D"), "a b+c=");
    EXPECT_EQ(from_xtext("+"), "+");
    EXPECT_EQ(from_xtext("+2"), "+2");
    EXPECT_EQ(from_xtext("+2x+zz"), "+2x+zz");
}

TEST(StatusCode, StandsAloneOrIsNone) {
    for (const char* text :
         {"5.1.1", "550-5.1.1 x", "(#5.1.1)", "is 5.1.1.", "5.1 5.1.1", "x;5.1.1"}) {
        EXPECT_EQ(find_status_code(text), "5.1.1") << text;
    }
    for (const char* text : {"", "5", "5.", "5.1", "5.1.", "5.1.1.1", "15.1.1", "v5.1.1", "5.1.1a",
                             "5.1111.1", "5.1.1111", "3.1.1", "1.5.1.1", "5..1"}) {
        EXPECT_EQ(find_status_code(text), "") << text;
    }
    EXPECT_EQ(find_status_code("5.1.1 then 4.999.999", 3), "4.999.999");
}

}  // namespace
}  // namespace mailprobed
