// Answers as Kafka Connect 4.3.1 gave them to the same requests.

#include "rest/basic_auth.h"

#include <filesystem>
#include <fstream>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "tests/unit/rest/rest_fixture.h"

namespace sluice::rest {
namespace {

std::string jaas_error(std::string_view text) {
  const auto config = parse_jaas(text);
  return config ? "(none)" : config.error().message();
}

TEST(JaasConfig, ReadsWhatJavaReads) {
  const auto config = parse_jaas(R"(// a comment
KafkaClient { com.sun.security.auth.module.Krb5LoginModule Required useKeyTab=true keyTab="/etc/\"x\".keytab"; };
/* another
   one */ KafkaConnect {
  org.example.One sufficient file="a b" other-option="\061\t";
  org.example.Two OPTIONAL;
};
Empty { };)");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->size(), 3U);
  const auto& modules = config->find("KafkaConnect")->second;
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].class_name, "org.example.One");
  EXPECT_EQ(modules[0].control, LoginModule::Control::kSufficient);
  EXPECT_EQ(modules[0].options.at("file"), "a b");
  EXPECT_EQ(modules[0].options.at("other-option"), "1\t");
  EXPECT_EQ(modules[1].control, LoginModule::Control::kOptional);
  EXPECT_EQ(config->find("KafkaClient")->second[0].options.at("keyTab"), "/etc/\"x\".keytab");
  EXPECT_TRUE(parse_jaas("")->empty());
}

TEST(JaasConfig, ErrorsNameTheLineAndNoText) {
  EXPECT_EQ(jaas_error("A {\n secret\n"), "line 3: expected required, requisite, sufficient or optional");
  EXPECT_EQ(jaas_error("A {\n m required p=\"secret\"\n}"), "line 3: expected an option or ';'");
  EXPECT_EQ(jaas_error("A {\n m required p=\"secret\n;};"), "line 2: expected the value of an option, in quotes");
  EXPECT_EQ(jaas_error("A { m required p \"secret\"; };"), "line 1: expected '='");
  EXPECT_EQ(jaas_error("A { }"), "line 1: expected ';'");
  EXPECT_EQ(jaas_error("A { }; A { };"), "line 1: this section is there already");
  EXPECT_EQ(jaas_error("= { };"), "line 1: expected the name of a section");
  EXPECT_NE(jaas_error("A { m required file=\"${user.home}/x\"; };").find("system properties"), std::string::npos);
}

TEST(JaasFile, IsFoundAsAStartScriptNamesIt) {
  EXPECT_EQ(find_jaas_file(" /a/b ", "-Djava.security.auth.login.config=/c"), "/a/b");
  EXPECT_EQ(find_jaas_file("", "-Xmx1g -Djava.security.auth.login.config=/c/d.conf -Dx=y"), "/c/d.conf");
  EXPECT_EQ(find_jaas_file("", "'-Djava.security.auth.login.config=/c d.conf'"), "/c d.conf");
  EXPECT_EQ(find_jaas_file("", "-Djava.security.auth.login.config=\"/c d.conf\""), "/c d.conf");
  EXPECT_EQ(find_jaas_file("", "-Djava.security.auth.login.config==file:///c"), "/c");
  EXPECT_EQ(find_jaas_file("", "-Djava.security.auth.login.config=/a -Djava.security.auth.login.config=/b"), "/b");
  EXPECT_EQ(find_jaas_file("", "-Dother=1"), std::nullopt);
  EXPECT_EQ(find_jaas_file("", ""), std::nullopt);
}

class BasicAuthTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("rest-auth-{}", ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const char* name, std::string_view text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return (folder_ / name).string();
  }
  // A JAAS file with this section KafkaConnect.
  std::string jaas(std::string_view modules) {
    return write("jaas.conf", fmt::format("KafkaConnect {{ {} }};", modules));
  }
  static std::string module(std::string_view control, std::string_view file) {
    return fmt::format("org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule {} file=\"{}\";",
                       control, file);
  }
  std::shared_ptr<BasicAuth> auth(std::string_view modules) {
    auto made = BasicAuth::make(jaas(modules));
    EXPECT_TRUE(made) << made.error().message();
    return made ? *made : nullptr;
  }
  static std::string credentials(std::string_view text) {
    std::string line = "Authorization: Basic ";
    base::append_base64(text, line);
    return line + "\r\n";
  }
  void serve(std::shared_ptr<BasicAuth> basic_auth) {
    RestOptions options;
    options.basic_auth = std::move(basic_auth);
    options.admin_listeners.emplace().push_back({false, "127.0.0.1", 0});
    options.cors.emplace("http://example.com", "GET,PUT");
    server_ = start_server(herder_, std::move(options));
    port_ = server_->listeners().front().port;
  }
  HttpResponse ask(std::string_view headers, std::string_view method = "GET", std::string_view target = "/connectors") {
    return exchange(port_, method, target, headers);
  }

  std::filesystem::path folder_;
  FakeHerder herder_;
  std::unique_ptr<RestServer> server_;
  int port_ = 0;
};

TEST_F(BasicAuthTest, OnlyUsersOfTheFileMayAsk) {
  serve(auth(module("required", write("users", "alice=s3cret\nb\\=ob=x:y\n"))));
  EXPECT_EQ(ask(credentials("alice:s3cret")).status, 200);
  EXPECT_EQ(ask(credentials("b=ob:x:y")).status, 200);
  const auto refused = ask("");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.body, "User cannot access the resource.");
  EXPECT_EQ(header(refused, "Content-Type"), "application/json");
  EXPECT_EQ(header(refused, "WWW-Authenticate"), "(none)");
  EXPECT_EQ(header(refused, "Vary"), "Origin");
  for (const char* text : {"alice:wrong", "alice:", "alice", "bob:x", ":s3cret", "", "Alice:s3cret", "alice:s3cret "})
    EXPECT_EQ(ask(credentials(text)).status, 401) << text;
  EXPECT_EQ(ask("Authorization: bAsIc YWxpY2U6czNjcmV0\r\n").status, 200);
  EXPECT_EQ(ask("Authorization: Bearer YWxpY2U6czNjcmV0\r\n").status, 401);
  EXPECT_EQ(ask("Authorization: YWxpY2U6czNjcmV0\r\n").status, 401);
}

TEST_F(BasicAuthTest, CredentialsThatAreNotBase64AreErrors) {
  serve(auth(module("required", write("users", "alice=s3cret"))));
  EXPECT_EQ(ask("Authorization: Basic %%%\r\n").body, R"({"error_code":500,"message":"Illegal base64 character 25"})");
  EXPECT_EQ(ask("Authorization: Basic  YWxpY2U6czNjcmV0\r\n").body,
            R"({"error_code":500,"message":"Illegal base64 character 20"})");
}

TEST_F(BasicAuthTest, GuardsEndpointsAndNothingElse) {
  serve(auth(module("required", write("users", "alice=s3cret"))));
  for (const char* path : {"/", "/health", "/connectors/a/tasks", "/connectors/a/tasks/x/status", "/sluice/v1/plugins"})
    EXPECT_EQ(ask("", "GET", path).status, 401) << path;
  EXPECT_EQ(ask("", "HEAD", "/").status, 401);
  EXPECT_EQ(ask("", "GET", "/no/such").status, 404);
  EXPECT_EQ(ask("", "DELETE", "/").status, 405);
  EXPECT_EQ(ask("Accept: text/html\r\n", "GET", "/").status, 406);
  EXPECT_EQ(ask("Content-Type: text/plain\r\n", "POST", "/connectors").status, 415);
  EXPECT_EQ(ask("Content-Type: application/json\r\n", "POST", "/connectors").status, 401);
  const auto options = ask("Origin: http://example.com\r\nAccess-Control-Request-Method: PUT\r\n", "OPTIONS");
  EXPECT_EQ(options.status, 401);
  EXPECT_EQ(header(options, "Content-Type"), "text/plain");
  EXPECT_EQ(header(options, "Access-Control-Allow-Origin"), "http://example.com");
}

TEST_F(BasicAuthTest, WorkersAndAdminListenersNeedNoCredentials) {
  serve(auth(module("required", write("users", "alice=s3cret"))));
  EXPECT_EQ(exchange(port_, "POST", "/connectors/a/tasks", "", "[]").status, 404);  // the herder's answer
  EXPECT_EQ(ask("", "PUT", "/connectors/a/fence/").status, 404);
  EXPECT_EQ(exchange(server_->admin_listeners().front().port, "GET", "/admin/loggers/root").status, 200);
}

TEST_F(BasicAuthTest, FilesAreReadOnceAndRefuseEveryoneWhileTheyAreMissing) {
  const std::string path = (folder_ / "later").string();
  serve(auth(module("required", path)));
  EXPECT_EQ(ask(credentials("alice:s3cret")).status, 401);
  write("later", "alice=s3cret");
  EXPECT_EQ(ask(credentials("alice:s3cret")).status, 200);
  write("later", "alice=changed");
  EXPECT_EQ(ask(credentials("alice:s3cret")).status, 200);
  EXPECT_EQ(ask(credentials("alice:changed")).status, 401);
}

TEST_F(BasicAuthTest, AnEmptyFileAdmitsEveryone) {
  serve(auth(module("required", write("users", "# nobody\n"))));
  EXPECT_EQ(ask("").status, 200);
  EXPECT_EQ(ask(credentials("x:y")).status, 200);
}

TEST_F(BasicAuthTest, ModulesStackAsInJava) {
  const std::string alice = write("alice", "alice=a");
  const std::string bob = write("bob", "bob=b");
  const auto status = [&](std::string_view modules, std::string_view user) {
    HttpRequest request;
    request.method = "GET";
    std::string line = credentials(user);
    request.headers.emplace_back("Authorization", line.substr(15, line.size() - 17));
    const auto refusal = auth(modules)->refuse(request);
    return refusal ? refusal->status : 200;
  };
  const std::string both = module("required", alice) + module("required", bob);
  EXPECT_EQ(status(both, "alice:a"), 200);
  EXPECT_EQ(status(both, "bob:b"), 200);
  EXPECT_EQ(status(both, "bob:a"), 401);
  const std::string missing = (folder_ / "none").string();
  EXPECT_EQ(status(module("required", missing) + module("required", bob), "bob:b"), 401);
  EXPECT_EQ(status(module("requisite", missing) + module("sufficient", bob), "bob:b"), 401);
  EXPECT_EQ(status(module("optional", missing) + module("sufficient", bob), "bob:b"), 200);
  EXPECT_EQ(status(module("sufficient", bob) + module("required", missing), "bob:b"), 200);
  EXPECT_EQ(status("", "bob:b"), 401);
  EXPECT_EQ(status("org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required;", "bob:b"),
            401);
}

TEST_F(BasicAuthTest, UnusableFilesStopTheStart) {
  const auto error = [](const std::string& file) {
    const auto made = BasicAuth::make(file);
    return made ? "(none)" : made.error().message();
  };
  EXPECT_NE(error((folder_ / "none").string()).find("is no file that can be read"), std::string::npos);
  EXPECT_NE(error(folder_.string()).find("is no file that can be read"), std::string::npos);
  EXPECT_NE(error(write("bad", "KafkaConnect { s3cret")).find("line 1: expected"), std::string::npos);
  EXPECT_EQ(error(write("bad", "KafkaConnect { s3cret")).find("s3cret"), std::string::npos);
  EXPECT_NE(error(jaas("org.example.LdapLoginModule required;")).find("org.example.LdapLoginModule"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::rest
