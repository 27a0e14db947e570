#pragma once
// Inside the module: gets OAUTHBEARER tokens on a thread of its own, which lives as long as a fetch, and keeps a token
// for the first half of its life.

#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "runtime/group/broker_channel.h"

namespace sluice::group {

class TokenFetcher final : public TokenSource {
 public:
  using Post = std::function<void(std::function<void()>)>;

  // `fetch` blocks for a bounded time. `post` brings work to the thread that calls fetch() and outlives the fetcher.
  TokenFetcher(std::function<base::Result<SaslOptions::Token>()> fetch, Post post);
  // Waits for a fetch that is under way.
  ~TokenFetcher() override;

  void fetch(Done done) override;

 private:
  void arrived(base::Result<SaslOptions::Token> token);

  std::function<base::Result<SaslOptions::Token>()> fetch_;
  Post post_;
  std::thread thread_;
  bool fetching_ = false;
  std::vector<Done> waiting_;
  std::optional<SaslOptions::Token> token_;
  std::int64_t use_until_ms_ = 0;  // since the epoch
};

}  // namespace sluice::group
