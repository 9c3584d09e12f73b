// SPDX-License-Identifier: Apache-2.0
// X.509 by hand, P-256 keys because they are made and used fast.
#include "tests/loopback/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace mailprobed::loopback {
namespace {

template <auto free_function>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free_function(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<&X509_free>>;
using Bio = std::unique_ptr<BIO, Free<&BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<&X509_EXTENSION_free>>;

constexpr long kDay = 24L * 3600L;

void need(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("certificate: ") + what);
}

Key make_key() {
    Key key(EVP_EC_gen("P-256"));
    need(key != nullptr, "key");
    return key;
}

struct Plan {
    const char* common_name;
    const char* alternative_names;  // null for a CA
    long begins;                    // seconds from now
    long ends;
};

void extend(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    need(extension && X509_add_ext(certificate, extension.get(), -1) == 1, value);
}

// An issuer of null makes a self-signed certificate.
Certificate make(const Plan& plan, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    Certificate certificate(X509_new());
    auto* const c = certificate.get();
    need(c != nullptr && X509_set_version(c, 2) == 1, "version");
    std::uint64_t serial = 0;
    need(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "serial");
    need(ASN1_INTEGER_set_uint64(X509_get_serialNumber(c), serial >> 1U) == 1, "serial");
    X509_gmtime_adj(X509_getm_notBefore(c), plan.begins);
    X509_gmtime_adj(X509_getm_notAfter(c), plan.ends);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(plan.common_name), -1, -1, 0);
    X509* const signer = issuer != nullptr ? issuer : c;
    need(X509_set_issuer_name(c, X509_get_subject_name(signer)) == 1, "issuer");
    need(X509_set_pubkey(c, key) == 1, "public key");
    const bool ca = plan.alternative_names == nullptr;
    extend(c, signer, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(c, signer, NID_key_usage,
           ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    extend(c, signer, NID_subject_key_identifier, "hash");
    extend(c, signer, NID_authority_key_identifier, "keyid:always");
    if (!ca) {
        extend(c, signer, NID_ext_key_usage, "serverAuth");
        extend(c, signer, NID_subject_alt_name, plan.alternative_names);
    }
    need(X509_sign(c, issuer_key != nullptr ? issuer_key : key, EVP_sha256()) > 0, "signature");
    return certificate;
}

std::string text_of(const Bio& bio) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    need(bio && PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM");
    return text_of(bio);
}

std::string pem(EVP_PKEY* key) {
    const Bio bio(BIO_new(BIO_s_mem()));
    need(
        bio && PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "PEM");
    return text_of(bio);
}

}  // namespace

Certificates make_certificates(CertificateKind kind) {
    const Plan ca_plan{"mailprobed loopback CA", nullptr, -30 * kDay, 30 * kDay};
    Plan plan{"localhost", "DNS:localhost,IP:127.0.0.1,IP:::1", -kDay, 14 * kDay};
    if (kind == CertificateKind::expired) {
        plan.begins = -10 * kDay;
        plan.ends = -kDay;
    } else if (kind == CertificateKind::not_yet_valid) {
        plan.begins = kDay;
    } else if (kind == CertificateKind::wrong_name) {
        plan.common_name = "elsewhere.invalid";
        plan.alternative_names = "DNS:elsewhere.invalid";
    }
    const auto ca_key = make_key();
    const auto ca = make(ca_plan, ca_key.get(), nullptr, nullptr);
    const auto key = make_key();
    Certificate leaf;
    if (kind == CertificateKind::self_signed) {
        leaf = make(plan, key.get(), nullptr, nullptr);
    } else if (kind == CertificateKind::unknown_ca) {
        // Same name, other key: the chain must be built on signatures, not on names.
        const auto other_key = make_key();
        const auto other = make(ca_plan, other_key.get(), nullptr, nullptr);
        leaf = make(plan, key.get(), other.get(), other_key.get());
    } else {
        leaf = make(plan, key.get(), ca.get(), ca_key.get());
    }
    return {pem(ca.get()), pem(leaf.get()), pem(key.get())};
}

}  // namespace mailprobed::loopback
