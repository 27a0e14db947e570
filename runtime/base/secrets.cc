#include "runtime/base/secrets.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>

namespace sluice::base {
namespace {

using Head = std::uint32_t;  // the first bytes of a text
static_assert(kSecretBytesMin >= sizeof(Head));

Head head_of(std::string_view text) {
  Head head = 0;
  std::memcpy(&head, text.data(), sizeof head);
  return head;
}

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t size) {
  return (begin == 0 || !is_word_char(text[begin - 1])) &&
         (begin + size == text.size() || !is_word_char(text[begin + size]));
}

struct LongestFirst {
  bool operator()(const std::string& a, const std::string& b) const {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  }
};

// Found by their first bytes, so that a text is looked through once, however many secrets there are.
class Secrets {
 public:
  static Secrets& instance() {
    static Secrets* secrets =
        new Secrets;  // tidy: allow(new): never destroyed, threads may log while the process exits
    return *secrets;
  }

  void keep(std::string_view text) {
    std::unique_lock lock(mutex_);
    if (!known_.emplace(text).second) return;
    order_.emplace_back(text);
    by_head_[head_of(text)].emplace(text);
    if (order_.size() > kSecretsMax) forget_oldest();
    any_.store(true, std::memory_order_release);
  }

  std::string clean(std::string text) {
    if (!any_.load(std::memory_order_acquire) || text.size() < kSecretBytesMin) return text;
    std::shared_lock lock(mutex_);
    std::string out;
    std::size_t copied = 0;
    for (std::size_t at = 0; at + kSecretBytesMin <= text.size();) {
      const std::size_t size = match(text, at);
      if (size == 0) {
        ++at;
        continue;
      }
      out.append(text, copied, at - copied).append(kSecretMask);
      copied = at += size;
    }
    if (copied == 0) return text;
    return out.append(text, copied);
  }

 private:
  // The size of the longest secret at `at`; 0: none.
  std::size_t match(std::string_view text, std::size_t at) const {
    const auto same_head = by_head_.find(head_of(text.substr(at)));
    if (same_head == by_head_.end()) return 0;
    for (const std::string& secret : same_head->second) {
      if (text.substr(at, secret.size()) != secret) continue;
      if (secret.size() >= kSecretBytesAnywhere || stands_alone(text, at, secret.size())) return secret.size();
    }
    return 0;
  }

  void forget_oldest() {
    const std::string oldest = std::move(order_.front());
    order_.pop_front();
    known_.erase(oldest);
    const auto same_head = by_head_.find(head_of(oldest));
    same_head->second.erase(oldest);
    if (same_head->second.empty()) by_head_.erase(same_head);
  }

  std::atomic<bool> any_{false};
  std::shared_mutex mutex_;
  std::unordered_map<Head, std::set<std::string, LongestFirst>> by_head_;
  std::unordered_set<std::string> known_;
  std::deque<std::string> order_;
};

}  // namespace

void keep_secret(std::string_view text) {
  if (text.size() >= kSecretBytesMin && text.size() <= kSecretBytesMax) Secrets::instance().keep(text);
}

std::string without_secrets(std::string text) {
  return Secrets::instance().clean(std::move(text));
}

}  // namespace sluice::base
