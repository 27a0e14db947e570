#include "runtime/plugin/library_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "runtime/base/strings.h"

namespace sluice::plugin {
namespace {

namespace fs = std::filesystem;
using base::Code;

tl::unexpected<base::Error> os_error(std::string_view what, const fs::path& path) {
  return base::fail(Code::kFatal, base::exceptions::kConnect, "Cannot {} {}: {}", what, path.string(),
                    std::strerror(errno));
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  SLUICE_ASSERT(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  return base::to_hex(std::string_view(reinterpret_cast<const char*>(digest), size));
}

base::Result<std::string> read_file(const fs::path& path, std::uintmax_t max) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return os_error("open", path);
  struct stat info {};
  std::string content;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return base::fail(Code::kFatal, base::exceptions::kConnect, "{} is not a regular file", path.string());
  }
  if (static_cast<std::uintmax_t>(info.st_size) > max) {
    ::close(fd);
    return base::fail(Code::kFatal, base::exceptions::kConnect, "{} is larger than {} bytes", path.string(), max);
  }
  content.resize(static_cast<std::size_t>(info.st_size));
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t count = ::read(fd, content.data() + have, content.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const auto error = os_error("read", path);
      ::close(fd);
      return error;
    }
    if (count == 0) break;  // it shrank meanwhile; what is missing shows in its hash
    have += static_cast<std::size_t>(count);
  }
  ::close(fd);
  content.resize(have);
  return content;
}

base::Status write_file_atomically(const fs::path& path, std::string_view bytes) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  std::string temporary = path.string() + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return os_error("write", path);
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const auto error = os_error("write", path);
      ::close(fd);
      ::unlink(temporary.c_str());
      return error;
    }
    written += static_cast<std::size_t>(count);
  }
  ::fchmod(fd, 0644);
  ::close(fd);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const auto error = os_error("write", path);
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

base::Result<fs::path> stage_library(const fs::path& state_dir, const std::string& sha256, std::string_view bytes) {
  fs::path staged = state_dir / "plugins" / (sha256 + ".so");
  std::error_code error;
  // A copy of the right size was renamed into place whole; one of another size is somebody's accident.
  if (fs::file_size(staged, error) == bytes.size() && !error) return staged;
  SLUICE_TRY(write_file_atomically(staged, bytes));
  return staged;
}

}  // namespace sluice::plugin
