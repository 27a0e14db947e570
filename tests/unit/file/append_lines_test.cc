#include "plugins/file/append_lines.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace file_stream {
namespace {

// A file in a folder of its own, which the process may not make larger than a few bytes.
class AppendLines : public ::testing::Test {
 protected:
  AppendLines() : path_(std::filesystem::path(::testing::TempDir()) / ("append-lines-" + std::to_string(::getpid()))) {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC, 0600);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
  }
  ~AppendLines() override {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
    ::close(fd_);
    std::filesystem::remove(path_);
  }
  void allow(rlim_t bytes) {
    const struct rlimit limit { bytes, before_.rlim_max };
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  std::string content() const {
    std::ifstream in(path_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::filesystem::path path_;
  int fd_ = -1;
  struct rlimit before_ {};
  void (*handler_)(int) = SIG_DFL;
};

TEST_F(AppendLines, WritesAll) {
  EXPECT_EQ(append_lines(fd_, "one\ntwo\n"), "");
  EXPECT_EQ(append_lines(fd_, ""), "");
  EXPECT_EQ(append_lines(fd_, "three\n"), "");
  EXPECT_EQ(content(), "one\ntwo\nthree\n");
}

TEST_F(AppendLines, LeavesNoTornLine) {
  ASSERT_EQ(append_lines(fd_, "one\n"), "");
  allow(10);
  EXPECT_EQ(append_lines(fd_, "two\nthree\n"), "File too large");
  EXPECT_EQ(content(), "one\ntwo\n");
  EXPECT_EQ(append_lines(fd_, "three\n"), "File too large");
  EXPECT_EQ(content(), "one\ntwo\n");
}

TEST_F(AppendLines, SaysThatTheDeviceIsFull) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  EXPECT_EQ(append_lines(full, "one\n"), "No space left on device");
  ::close(full);
}

}  // namespace
}  // namespace file_stream
