#pragma once
// A REST server on a free loopback port with a FakeHerder and a small catalog behind it.

#include <gtest/gtest.h>

#include <memory>

#include "rest/rest_server.h"
#include "tests/unit/rest/fake_herder.h"
#include "tests/unit/rest/http_client.h"

namespace sluice::rest {

// Two connectors and a transform without keys of their own.
class FakeCatalog final : public config::ComponentCatalog {
 public:
  std::optional<std::string> resolve(std::string_view name) const override {
    if (name == "org.test.FileSource" || name == "FileSource") return "org.test.FileSource";
    if (name == "org.test.FileSink") return "org.test.FileSink";
    if (name == "org.test.Cast$Key") return "org.test.Cast$Key";
    return std::nullopt;
  }
  bool is_a(std::string_view name, config::ComponentKind kind) const override {
    const auto names = list(kind);
    return std::find(names.begin(), names.end(), name) != names.end();
  }
  std::vector<std::string> list(config::ComponentKind kind) const override {
    if (kind == config::ComponentKind::kSource) return {"org.test.FileSource"};
    if (kind == config::ComponentKind::kSink) return {"org.test.FileSink"};
    if (kind == config::ComponentKind::kTransformation) return {"org.test.Cast$Key"};
    return {};
  }
  std::vector<std::string> versions(std::string_view name) const override {
    if (name == "org.test.FileSink") return {"undefined"};
    return {"1.0"};
  }
  base::Result<std::shared_ptr<const config::ConfigDef>> config_def(std::string_view,
                                                                    config::ComponentKind) const override {
    return std::make_shared<const config::ConfigDef>();
  }
};

inline std::unique_ptr<RestServer> start_server(FakeHerder& herder, RestOptions options = {}) {
  static const FakeCatalog catalog;
  if (options.listeners.empty()) options.listeners.push_back({false, "127.0.0.1", 0});
  auto server = std::make_unique<RestServer>(std::move(options));
  const base::Status bound = server->bind();
  EXPECT_TRUE(bound.has_value()) << bound.error().message();
  Services services;
  services.herder = &herder;
  services.catalog = &catalog;
  server->start(services);
  return server;
}

class RestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = start_server(herder_);
    port_ = server_->listeners().front().port;
  }
  HttpResponse get(std::string_view target, std::string_view headers = "") {
    return exchange(port_, "GET", target, headers);
  }
  HttpResponse json(std::string_view method, std::string_view target, std::string_view body) {
    return send_json(port_, method, target, body);
  }
  void create(std::string_view name) {
    const auto response =
        json("POST", "/connectors", fmt::format(R"({{"name":"{}","config":{{"connector.class":"X"}}}})", name));
    ASSERT_EQ(response.status, 201) << response.body;
  }

  FakeHerder herder_;
  std::unique_ptr<RestServer> server_;
  int port_ = 0;
};

inline std::string header(const HttpResponse& response, std::string_view name) {
  return std::string(response.header(name).value_or("(none)"));
}

}  // namespace sluice::rest
