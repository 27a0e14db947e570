#include "append_lines.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace file_stream {
namespace {

void cut_off(int fd, std::string_view written) {
  const std::size_t whole = written.rfind('\n') + 1;  // 0 where there is no newline
  struct stat now {};
  if (whole == written.size() || ::fstat(fd, &now) != 0 || !S_ISREG(now.st_mode)) return;
  static_cast<void>(::ftruncate(fd, now.st_size - static_cast<off_t>(written.size() - whole)) == 0);
}

}  // namespace

std::string append_lines(int fd, std::string_view lines) {
  std::size_t written = 0;
  while (written < lines.size()) {
    const ssize_t got = ::write(fd, lines.data() + written, lines.size() - written);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int problem = errno;
      cut_off(fd, lines.substr(0, written));
      return std::strerror(problem);
    }
    written += static_cast<std::size_t>(got);
  }
  return {};
}

}  // namespace file_stream
