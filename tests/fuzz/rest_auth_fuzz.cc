// What decides who may ask: JAAS files, start options, credentials, and the signatures of other workers. Files of users
// are .properties files, which properties_fuzz.cc reads.
// Links: sluice::rest

#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "rest/basic_auth.h"
#include "rest/jaas_config.h"
#include "runtime/base/status.h"
#include "runtime/base/strings.h"
#include "runtime/herder/request_signature.h"

namespace sluice::rest {
namespace {

void check_jaas(std::string_view text) {
  const auto config = parse_jaas(text);
  if (!config) {
    SLUICE_ASSERT(config.error().message().starts_with("line "));
    SLUICE_ASSERT(config.error().message().size() < 200);  // nothing of the file is quoted
    return;
  }
  for (const auto& [name, modules] : *config) {
    for (const LoginModule& module : modules) SLUICE_ASSERT(module.options.size() <= text.size());
  }
}

std::shared_ptr<BasicAuth> one_user() {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("rest-auth-fuzz-{}", ::getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "users") << "alice=correct horse battery staple\n";
  std::ofstream(folder / "jaas") << fmt::format(
      "KafkaConnect {{ org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required "
      "file=\"{}\"; }};",
      (folder / "users").string());
  auto auth = BasicAuth::make((folder / "jaas").string());
  SLUICE_ASSERT(auth.has_value());
  HttpRequest request;
  request.headers.emplace_back("Authorization", "Basic YWxpY2U6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==");
  SLUICE_ASSERT(!(*auth)->refuse(request));  // reads the file of users
  std::filesystem::remove_all(folder);
  return *auth;
}

// Nobody gets in by chance.
void check_credentials(std::string_view text) {
  static const auto auth = one_user();
  HttpRequest request;
  request.headers.emplace_back("Authorization", text);
  const auto plain = auth->refuse(request);
  SLUICE_ASSERT(plain && (plain->status == 401 || plain->status == 500));
  request.headers.back().second = "Basic ";
  base::append_base64(text, request.headers.back().second);
  const auto encoded = auth->refuse(request);
  SLUICE_ASSERT(encoded && encoded->status == 401);
  SLUICE_ASSERT(base::decode_base64(text).has_value() || !base::base64_problem(text).empty());
}

void check_signature(std::string_view text) {
  const std::size_t cut = text.find('\n');
  const store::SessionKey key{"0123456789abcdef0123456789abcdef", "HmacSHA256", 1};
  herder::InternalRequest request;
  request.authorization = std::string(text.substr(0, cut));
  request.signature_algorithm = cut == std::string_view::npos ? "HmacSHA256" : std::string(text.substr(cut + 1));
  request.body = "body";
  const auto refused = herder::verify(request, {"HmacSHA256"}, key, true);
  SLUICE_ASSERT(!refused && refused.error().rest_status() >= 400);
  (void)herder::verify(request, {"HmacSHA256"}, key, false);
  herder::InternalRequest honest{std::nullopt, std::nullopt, std::string(text)};
  SLUICE_ASSERT(herder::sign(honest, "HmacSHA256", key).has_value());
  SLUICE_ASSERT(herder::verify(honest, {"HmacSHA256"}, key, true).has_value());
}

}  // namespace
}  // namespace sluice::rest

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  sluice::rest::check_jaas(bytes);
  (void)sluice::rest::find_jaas_file("", bytes);
  sluice::rest::check_credentials(bytes);
  sluice::rest::check_signature(bytes);
  return 0;
}
