#include "runtime/store/file_replace.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace sluice::store {
namespace {

constexpr const char* kIoException = "java.io.IOException";

std::string reason(int error) {
  return std::generic_category().message(error);
}

tl::unexpected<base::Error> io_error(const std::filesystem::path& path, int error) {
  return base::fail(base::Code::kRetry, kIoException, "{}: {}", path.native(), reason(error));
}

// An open file that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int close() {
    const int result = fd_ >= 0 ? ::close(fd_) : 0;
    fd_ = -1;
    return result;
  }

 private:
  int fd_;
};

// 0, or errno.
int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

int write_synced(const std::filesystem::path& path, std::string_view content, const struct stat* like) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file.get() < 0) return errno;
  if (like != nullptr && ::fchmod(file.get(), like->st_mode & 07777) != 0) return errno;
  if (const int error = write_all(file.get(), content); error != 0) return error;
  if (::fsync(file.get()) != 0) return errno;
  return file.close() != 0 ? errno : 0;
}

}  // namespace

base::Status replace_file(const std::filesystem::path& path, std::string_view content) {
  // A link stays a link: what it leads to is replaced.
  std::error_code ignored;
  std::filesystem::path target = std::filesystem::canonical(path, ignored);
  if (ignored) target = path;
  std::filesystem::path temporary = target;
  temporary += ".tmp";

  struct stat old {};
  const bool existed = ::stat(target.c_str(), &old) == 0;
  if (const int error = write_synced(temporary, content, existed ? &old : nullptr); error != 0) {
    ::unlink(temporary.c_str());
    return io_error(temporary, error);
  }
  if (std::rename(temporary.c_str(), target.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return io_error(target, error);
  }
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
  Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return io_error(folder, errno);
  return {};
}

base::Result<std::optional<std::string>> read_whole_file(const std::filesystem::path& path, std::size_t bytes_max) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 && errno == ENOENT) return std::optional<std::string>();
  const auto refuse = [&](std::string_view why) {
    return base::fail(base::Code::kFatal, kIoException, "{}: {}", path.native(), why);
  };
  if (file.get() < 0) return refuse(reason(errno));
  std::string content;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse(reason(errno));
    if (got == 0) return std::optional<std::string>(std::move(content));
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > bytes_max) return refuse(fmt::format("larger than {} bytes", bytes_max));
  }
}

}  // namespace sluice::store
