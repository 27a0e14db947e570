#include "runtime/store/file_offset_store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include "runtime/store/java_serialization.h"

namespace sluice::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FileOffsetStoreTest : public testing::Test {
 protected:
  FileOffsetStoreTest() {
    std::string name = (fs::temp_directory_path() / "offsets-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    file_ = folder_ / "standalone.offsets";
  }
  ~FileOffsetStoreTest() override { fs::remove_all(folder_); }

  static base::Status put(OffsetStore& store, std::vector<OffsetRecord> records) {
    std::promise<base::Status> done;
    store.put(std::move(records), [&](base::Status status) { done.set_value(std::move(status)); });
    return done.get_future().get();
  }
  static std::optional<std::string> get(OffsetStore& store, const std::string& key) {
    return store.get({key}, std::chrono::steady_clock::now() + 1s).value()[0];
  }
  std::string content() const {
    std::ifstream file(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write_file(std::string_view bytes) const { std::ofstream(file_, std::ios::binary) << bytes; }

  fs::path folder_, file_;
};

TEST_F(FileOffsetStoreTest, KeepsOffsetsAcrossRestarts) {
  {
    FileOffsetStore store(file_);
    ASSERT_TRUE(store.start());
    ASSERT_TRUE(put(store, {{"[\"c\",{\"p\":1}]", "{\"o\":1}"}, {"[\"c\",{\"p\":2}]", "{\"o\":2}"}}));
    ASSERT_TRUE(put(store, {{"[\"c\",{\"p\":1}]", std::nullopt}}));
    EXPECT_EQ(get(store, "[\"c\",{\"p\":1}]"), std::nullopt);
    store.stop();
  }
  FileOffsetStore store(file_);
  ASSERT_TRUE(store.start());
  EXPECT_EQ(get(store, "[\"c\",{\"p\":2}]"), "{\"o\":2}");
  EXPECT_EQ(store.all_of("c", {}).value().size(), 1u);
  EXPECT_TRUE(store.all_of("other", {}).value().empty());
}

TEST_F(FileOffsetStoreTest, WritesWhatItAcceptedBeforeItStops) {
  FileOffsetStore store(file_);
  ASSERT_TRUE(store.start());
  std::atomic<int> done = 0;
  for (int i = 0; i < 100; ++i)
    store.put({{"[\"c\",{\"p\":" + std::to_string(i) + "}]", "{}"}},
              [&](const base::Status& status) { done += status ? 1 : 0; });
  store.stop();
  EXPECT_EQ(done, 100);
  EXPECT_EQ(read_java_byte_map(content()).value().size(), 100u);
  EXPECT_FALSE(put(store, {{"k", "v"}}));
}

TEST_F(FileOffsetStoreTest, FindsKeysWithTheirMembersInAnotherOrder) {
  write_file(write_java_byte_map({{R"(["m",{"cluster":"a","partition":0,"topic":"t"}])", R"({"offset":7})"}}));
  FileOffsetStore store(file_);
  ASSERT_TRUE(store.start());
  EXPECT_EQ(get(store, R"(["m",{"topic":"t","partition":0,"cluster":"a"}])"), R"({"offset":7})");
  ASSERT_TRUE(put(store, {{R"(["m",{"topic":"t","partition":0,"cluster":"a"}])", R"({"offset":8})"}}));
  const JavaByteMap expected = {{R"(["m",{"cluster":"a","partition":0,"topic":"t"}])", R"({"offset":8})"}};
  EXPECT_EQ(read_java_byte_map(content()).value(), expected);
}

TEST_F(FileOffsetStoreTest, EmptyFileMeansNoOffsets) {
  write_file("");
  FileOffsetStore store(file_);
  ASSERT_TRUE(store.start());
  EXPECT_EQ(get(store, "k"), std::nullopt);
}

TEST_F(FileOffsetStoreTest, NeverTouchesAForeignFile) {
  write_file("precious notes");
  FileOffsetStore store(file_);
  const auto status = store.start();
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find(file_.string()), std::string::npos);
  EXPECT_NE(status.error().message().find("It was left as it is"), std::string::npos);
  EXPECT_FALSE(put(store, {{"k", "v"}}));
  EXPECT_EQ(content(), "precious notes");
}

TEST_F(FileOffsetStoreTest, RefusesAFolderInPlaceOfAFile) {
  FileOffsetStore store(folder_);
  EXPECT_FALSE(store.start());
}

TEST_F(FileOffsetStoreTest, KeepsPermissionsAndLinks) {
  const fs::path real = folder_ / "real";
  std::ofstream(real) << "";
  chmod(real.c_str(), 0640);
  fs::create_symlink(real, file_);
  FileOffsetStore store(file_);
  ASSERT_TRUE(store.start());
  ASSERT_TRUE(put(store, {{"k", "v"}}));
  EXPECT_TRUE(fs::is_symlink(file_));
  struct stat info {};
  ASSERT_EQ(stat(real.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u);
  EXPECT_EQ(read_java_byte_map(content()).value().size(), 1u);
}

// What a full disk does, without one: the size of files is limited for a while.
TEST_F(FileOffsetStoreTest, FailedWriteLosesNothing) {
  FileOffsetStore store(file_);
  ASSERT_TRUE(store.start());
  ASSERT_TRUE(put(store, {{"a", "1"}}));
  const std::string before = content();

  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit small{16, old_limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto status = put(store, {{"a", "2"}, {"b", "2"}});
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), base::Code::kRetry);
  EXPECT_NE(status.error().message().find(file_.string()), std::string::npos);
  EXPECT_EQ(content(), before);
  EXPECT_EQ(get(store, "a"), "1");
  EXPECT_EQ(get(store, "b"), std::nullopt);
  EXPECT_FALSE(fs::exists(file_.string() + ".tmp"));

  ASSERT_TRUE(put(store, {{"a", "2"}, {"b", "2"}}));
  EXPECT_EQ(get(store, "a"), "2");
}

TEST_F(FileOffsetStoreTest, MissingFolderIsSaidAndPassesWhenItAppears) {
  const fs::path late = folder_ / "late" / "offsets";
  FileOffsetStore store(late);
  ASSERT_TRUE(store.start());
  EXPECT_FALSE(put(store, {{"a", "1"}}));
  fs::create_directory(folder_ / "late");
  EXPECT_TRUE(put(store, {{"a", "1"}}));
}

}  // namespace
}  // namespace sluice::store
