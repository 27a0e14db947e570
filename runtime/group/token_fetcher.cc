#include "runtime/group/token_fetcher.h"

#include "runtime/base/clock.h"

namespace sluice::group {

TokenFetcher::TokenFetcher(std::function<base::Result<SaslOptions::Token>()> fetch, Post post)
    : fetch_(std::move(fetch)), post_(std::move(post)) {}

TokenFetcher::~TokenFetcher() {
  if (thread_.joinable()) thread_.join();
}

void TokenFetcher::fetch(Done done) {
  if (token_ && base::system_clock().now_ms() < use_until_ms_) {
    post_([done = std::move(done), token = *token_] { done(token); });
    return;
  }
  waiting_.push_back(std::move(done));
  if (std::exchange(fetching_, true)) return;
  if (thread_.joinable()) thread_.join();  // has posted its token and ends
  thread_ = std::thread([this] {
    auto token = fetch_();
    post_([this, token = std::move(token)] { arrived(token); });
  });
}

void TokenFetcher::arrived(base::Result<SaslOptions::Token> token) {
  fetching_ = false;
  token_.reset();
  if (token && token->expires_at_ms > 0) {
    const std::int64_t now = base::system_clock().now_ms();
    token_ = *token;
    use_until_ms_ = now + (token->expires_at_ms - now) / 2;
  }
  for (auto& done : std::exchange(waiting_, {})) done(token);
}

}  // namespace sluice::group
