#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <fstream>

#include "rest/tls_context.h"
#include "tests/unit/rest/rest_fixture.h"
#include "tests/unit/rest/test_identity.h"

namespace sluice::rest {
namespace {

class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("rest-tls-{}", ::getpid());
    std::filesystem::create_directories(folder_);
    identity_ = new Identity();
    identity_->write_pem(file("server.pem"));
    PKCS12* pkcs12 = PKCS12_create(kPassword, "server", identity_->key, identity_->certificate, nullptr, 0, 0, 0, 0, 0);
    std::FILE* store = std::fopen(file("server.p12").c_str(), "w");
    i2d_PKCS12_fp(store, pkcs12);
    std::fclose(store);
    PKCS12_free(pkcs12);
    std::ofstream(file("server.jks"), std::ios::binary) << "\xFE\xED\xFE\xED\x00\x00\x00\x02";
  }
  static void TearDownTestSuite() {
    delete identity_;
    std::filesystem::remove_all(folder_);
  }
  static std::string file(const char* name) { return (folder_ / name).string(); }

  static RestOptions https(config::ConfigMap tls) {
    RestOptions options;
    options.listeners.push_back({true, "127.0.0.1", 0});
    options.tls = std::move(tls);
    return options;
  }

  // One request over TLS; status 0 if the handshake or the exchange failed.
  static HttpResponse get(int port, std::string_view target, bool with_certificate) {
    HttpResponse response;
    response.status = 0;
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    if (with_certificate) {
      SSL_CTX_use_certificate(context, identity_->certificate);
      SSL_CTX_use_PrivateKey(context, identity_->key);
    }
    BIO* connection = BIO_new_ssl_connect(context);
    BIO_set_conn_hostname(connection, fmt::format("127.0.0.1:{}", port).c_str());
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: secure:{}\r\nConnection: close\r\n\r\n", target, port);
    std::string text;
    if (BIO_do_connect(connection) == 1 &&
        BIO_write(connection, request.data(), static_cast<int>(request.size())) > 0) {
      char block[4096];
      for (int got; (got = BIO_read(connection, block, sizeof block)) > 0;)
        text.append(block, static_cast<std::size_t>(got));
    }
    BIO_free_all(connection);
    SSL_CTX_free(context);
    if (text.size() > 12) {
      response.status = std::stoi(text.substr(9, 3));
      response.body = text.substr(text.find("\r\n\r\n") + 4);
    }
    return response;
  }

  static constexpr const char* kPassword = "open sesame";
  static inline std::filesystem::path folder_;
  static inline Identity* identity_ = nullptr;
  FakeHerder herder_;
};

TEST_F(TlsTest, PemStoresServe) {
  const auto server =
      start_server(herder_, https({{"ssl.keystore.type", "PEM"}, {"ssl.keystore.location", file("server.pem")}}));
  const int port = server->listeners().front().port;
  const auto response = get(port, "/connectors", false);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "[]");
}

TEST_F(TlsTest, Pkcs12StoresServeUnderEitherName) {
  for (const char* type : {"PKCS12", "JKS"}) {  // Java reads PKCS12 files under the name JKS too
    const auto server = start_server(herder_, https({{"ssl.keystore.type", type},
                                                     {"ssl.keystore.location", file("server.p12")},
                                                     {"ssl.keystore.password", kPassword}}));
    EXPECT_EQ(get(server->listeners().front().port, "/", false).status, 200) << type;
  }
}

TEST_F(TlsTest, ClientsCanBeMadeToProveThemselves) {
  const auto server = start_server(herder_, https({{"ssl.keystore.type", "PEM"},
                                                   {"ssl.keystore.location", file("server.pem")},
                                                   {"ssl.truststore.type", "PEM"},
                                                   {"ssl.truststore.location", file("server.pem")},
                                                   {"ssl.client.auth", "required"}}));
  const int port = server->listeners().front().port;
  EXPECT_EQ(get(port, "/", false).status, 0);
  EXPECT_EQ(get(port, "/", true).status, 200);
}

TEST_F(TlsTest, PlainRequestsOnASecurePortAreDropped) {
  const auto server =
      start_server(herder_, https({{"ssl.keystore.type", "PEM"}, {"ssl.keystore.location", file("server.pem")}}));
  EXPECT_EQ(exchange(server->listeners().front().port, "GET", "/").status, 0);
}

TEST_F(TlsTest, UnusableStoresAreExplainedWithoutTheirPasswords) {
  const auto error = [](config::ConfigMap map) {
    const auto context = TlsContext::make(map);
    return context ? std::string("(none)") : context.error().message();
  };
  EXPECT_NE(error({{"ssl.keystore.location", file("server.jks")}}).find("keytool -importkeystore"), std::string::npos);
  EXPECT_NE(error({{"ssl.keystore.type", "PEM"}, {"ssl.keystore.location", file("none.pem")}}).find("cannot be opened"),
            std::string::npos);
  EXPECT_NE(error({}).find("ssl.keystore.location"), std::string::npos);
  const std::string wrong = error({{"ssl.keystore.type", "PKCS12"},
                                   {"ssl.keystore.location", file("server.p12")},
                                   {"ssl.keystore.password", "s3cret"}});
  EXPECT_NE(wrong.find("cannot be read with ssl.keystore.password"), std::string::npos);
  EXPECT_EQ(wrong.find("s3cret"), std::string::npos);
  EXPECT_NE(error({{"ssl.enabled.protocols", "TLSv1"}}).find("TLSv1.2 and TLSv1.3"), std::string::npos);
  EXPECT_NE(
      error({{"ssl.keystore.type", "PEM"}, {"ssl.keystore.location", file("server.pem")}, {"ssl.client.auth", "maybe"}})
          .find("ssl.client.auth"),
      std::string::npos);
}

TEST_F(TlsTest, PrefixedKeysReplaceAllOthers) {
  const config::ConfigMap worker{{"ssl.keystore.location", "a"}, {"listeners.https.ssl.keystore.type", "PEM"}};
  EXPECT_EQ(listener_tls_config(worker, "listeners.https."), (config::ConfigMap{{"ssl.keystore.type", "PEM"}}));
  EXPECT_EQ(listener_tls_config(worker, "admin.listeners.https."), worker);
}

}  // namespace
}  // namespace sluice::rest
