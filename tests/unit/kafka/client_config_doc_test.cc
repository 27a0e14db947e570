// docs/client-config.md holds the table of client_config.h. To write it anew: SLUICE_UPDATE_DOCS=1 unit_kafka
// --gtest_filter='ClientConfigDoc.*'

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "runtime/kafka/client_config.h"

namespace sluice::kafka {
namespace {

constexpr const char* kPath = SLUICE_SOURCE_DIR "/docs/client-config.md";
constexpr std::string_view kBegin = "<!-- table begin -->\n";
constexpr std::string_view kEnd = "<!-- table end -->\n";

std::string render_table() {
  std::string out = "| Java key | clients | what happens | librdkafka's key | remarks |\n|---|---|---|---|---|\n";
  for (const KeyRow& row : client_config_table()) {
    std::string kinds;
    for (const auto kind : {ClientKind::kProducer, ClientKind::kConsumer, ClientKind::kAdmin})
      if (row.kinds & (1U << static_cast<unsigned>(kind)))
        kinds += (kinds.empty() ? "" : ", ") + std::string(client_kind_name(kind));
    const char* action = row.action == KeyAction::kTranslated ? "translated"
                         : row.action == KeyAction::kIgnored  ? "ignored"
                                                              : "refused";
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", row.key, kinds, action, row.target, row.note);
  }
  return out;
}

TEST(ClientConfigDoc, HoldsTheTable) {
  std::ifstream in(kPath);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto begin = text.find(kBegin);
  const auto end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const auto start = begin + kBegin.size();
  if (std::getenv("SLUICE_UPDATE_DOCS")) {
    text.replace(start, end - start, render_table());
    std::ofstream(kPath) << text;
    return;
  }
  EXPECT_EQ(text.substr(start, end - start), render_table()) << "write it anew: see the head of this file";
}

TEST(ClientConfigDoc, NoKeyTwiceForAClient) {
  std::set<std::pair<std::string_view, unsigned>> seen;
  for (const KeyRow& row : client_config_table()) {
    EXPECT_NE(row.kinds, 0u) << row.key;
    for (unsigned bit : {1U, 2U, 4U}) EXPECT_TRUE(!(row.kinds & bit) || seen.emplace(row.key, bit).second) << row.key;
    EXPECT_TRUE(row.action != KeyAction::kRefused || !row.note.empty()) << row.key << ": say what to write instead";
  }
  EXPECT_GT(seen.size(), 250u);
}

}  // namespace
}  // namespace sluice::kafka
