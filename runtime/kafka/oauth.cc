#include "runtime/kafka/oauth.h"

#include <httplib.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/base/strings.h"

namespace sluice::kafka {
namespace {

using Json = nlohmann::json;
constexpr std::size_t kTokenBytesMax = 256 * 1024;

std::optional<std::string> decode_base64_url(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (plain.size() % 4 != 0) plain.push_back('=');
  return base::decode_base64(plain);
}

tl::unexpected<base::Error> no_token(std::string_view why) {
  return base::fail(base::Code::kRetry, "org.apache.kafka.common.errors.SaslAuthenticationException", "{}", why);
}

base::Result<std::string> read_token_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return no_token(fmt::format("cannot read the token file {}", path));
  std::string text(kTokenBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kTokenBytesMax)
    return no_token(fmt::format("the token file {} is larger than {} bytes", path, kTokenBytesMax));
  return std::string(base::java_trim(text));
}

base::Result<std::string> request_token(const OauthSettings& settings) {
  const auto path_at = settings.token_endpoint_url.find('/', settings.token_endpoint_url.find("://") + 3);
  const std::string origin = settings.token_endpoint_url.substr(0, path_at);
  const std::string path = path_at == std::string::npos ? "/" : settings.token_endpoint_url.substr(path_at);
  httplib::Client client(origin);
  client.set_connection_timeout(settings.connect_timeout);
  client.set_read_timeout(settings.read_timeout);
  client.set_write_timeout(settings.read_timeout);
  const auto part = [&](const std::string& text) { return settings.header_urlencode ? base::url_encode(text) : text; };
  client.set_basic_auth(part(settings.client_id), part(settings.client_secret));
  std::string form = "grant_type=client_credentials";
  if (!settings.scope.empty()) form += "&scope=" + base::url_encode(settings.scope);
  const auto answer =
      client.Post(path, httplib::Headers{{"Accept", "application/json"}}, form, "application/x-www-form-urlencoded");
  if (!answer)
    return no_token(
        fmt::format("{} does not answer: {}", settings.token_endpoint_url, httplib::to_string(answer.error())));
  if (answer->status != 200)
    return no_token(fmt::format("{} answered with status {}", settings.token_endpoint_url, answer->status));
  if (answer->body.size() > kTokenBytesMax) return no_token("the token endpoint's answer is too large");
  const Json body = Json::parse(answer->body, nullptr, false);
  if (!body.is_object() || !body.contains("access_token") || !body["access_token"].is_string())
    return no_token("the token endpoint's answer holds no access_token");
  return body["access_token"].get<std::string>();
}

}  // namespace

base::Result<OauthToken> read_jwt(std::string_view token, std::string_view subject_claim) {
  const auto parts = base::split(token, '.');
  if (parts.size() != 3) return no_token("the token is not a JWT of three parts");
  const auto claims_text = decode_base64_url(parts[1]);
  const Json claims = claims_text ? Json::parse(*claims_text, nullptr, false) : Json();
  if (!claims.is_object()) return no_token("the token's claims are not JSON");
  const auto expiry = claims.find("exp");
  const auto subject = claims.find(std::string(subject_claim));
  if (expiry == claims.end() || !expiry->is_number()) return no_token("the token has no exp claim");
  if (subject == claims.end() || !subject->is_string())
    return no_token(fmt::format("the token has no {} claim", subject_claim));
  const double seconds = expiry->get<double>();
  if (!(seconds > 0 && seconds < 1e12)) return no_token("the token's exp claim is out of range");
  return OauthToken{std::string(token), subject->get<std::string>(), static_cast<std::int64_t>(seconds * 1000)};
}

base::Result<OauthToken> fetch_oauth_token(const OauthSettings& settings, std::int64_t now_ms) {
  std::string text;
  try {
    SLUICE_TRY_ASSIGN(text,
                      settings.token_file.empty() ? request_token(settings) : read_token_file(settings.token_file));
    SLUICE_TRY_ASSIGN(OauthToken token, read_jwt(text, settings.subject_claim));
    if (token.expires_ms <= now_ms) return no_token("the token has expired already");
    return token;
  } catch (const std::exception& error) {  // httplib and nlohmann may throw on allocation or on an unusable URL
    return no_token(fmt::format("the token could not be fetched: {}", error.what()));
  }
}

}  // namespace sluice::kafka
