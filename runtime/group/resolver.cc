#include "runtime/group/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace sluice::group {

struct Lookup::Job {
  std::string host;
  addrinfo hints{};
  gaicb request{};
  int start_error = 0;

  ~Job() {
    if (request.ar_result != nullptr) freeaddrinfo(request.ar_result);
  }
  bool running() { return start_error == 0 && gai_error(&request) == EAI_INPROGRESS; }
};

Lookup::Lookup(const std::string& host) : job_(std::make_unique<Job>()) {
  job_->host = host;
  job_->hints.ai_family = AF_UNSPEC;
  job_->hints.ai_socktype = SOCK_STREAM;
  job_->request.ar_name = job_->host.c_str();
  job_->request.ar_request = &job_->hints;
  gaicb* list[] = {&job_->request};
  job_->start_error = getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr);
}

Lookup::~Lookup() {
  if (!job_->running() || gai_cancel(&job_->request) == EAI_CANCELED) return;
  // The C library still writes into the job. It is kept until that is over, which the next one to come here looks for.
  static std::mutex mutex;
  static std::vector<std::unique_ptr<Job>> left_alone;  // guarded by mutex
  const std::lock_guard lock(mutex);
  left_alone.push_back(std::move(job_));
  std::erase_if(left_alone, [](const auto& job) { return !job->running(); });
}

std::optional<base::Result<std::vector<std::string>>> Lookup::poll() const {
  if (job_->running()) return std::nullopt;
  const int error = job_->start_error != 0 ? job_->start_error : gai_error(&job_->request);
  std::vector<std::string> addresses;
  if (error == 0) {
    for (const addrinfo* at = job_->request.ar_result; at != nullptr; at = at->ai_next) {
      std::array<char, NI_MAXHOST> text;
      if (getnameinfo(at->ai_addr, at->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0 &&
          std::find(addresses.begin(), addresses.end(), text.data()) == addresses.end())
        addresses.emplace_back(text.data());
    }
  }
  if (addresses.empty())
    return base::fail(base::Code::kRetry, "java.net.UnknownHostException", "cannot resolve the host name {}: {}",
                      job_->host, error != 0 ? gai_strerror(error) : "it has no address");
  return addresses;
}

}  // namespace sluice::group
