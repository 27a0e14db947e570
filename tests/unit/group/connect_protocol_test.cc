// The connect protocol's bytes against those of Kafka Connect (tests/golden/vectors/group-protocol).

#include "runtime/group/connect_protocol.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/base/strings.h"

namespace sluice::group {
namespace {

using Json = nlohmann::json;

Json read_vectors(const std::string& name) {
  std::ifstream in(SLUICE_SOURCE_DIR "/tests/golden/vectors/group-protocol/" + name);
  return Json::parse(in);
}

std::string bytes_of(const Json& hex) {
  const auto bytes = base::from_hex(hex.get<std::string>());
  EXPECT_TRUE(bytes);
  return bytes.value_or("");
}

Work work_of(const Json& value, const std::string& prefix) {
  Work work;
  if (!value.contains(prefix + "tasks")) return work;
  for (const auto& connector : value.at(prefix + "connectors")) work.connectors.push_back(connector);
  for (const auto& task : value.at(prefix + "tasks")) work.tasks.push_back({task[0], task[1]});
  return work;
}

Assignment assignment_of(const Json& value) {
  const auto text = [](const Json& json) { return json.is_null() ? std::string() : json.get<std::string>(); };
  Assignment assignment;
  assignment.version = value.value("version", std::int16_t{0});
  assignment.error = value.at("error");
  assignment.leader = text(value.at("leader"));
  assignment.leader_url = text(value.at("leader_url"));
  assignment.config_offset = value.at("config_offset");
  assignment.assigned = work_of(value, "");
  assignment.revoked = work_of(value, "revoked_");
  assignment.delay_ms = value.value("delay_ms", 0);
  return assignment;
}

void expect_metadata(const MemberMetadata& metadata, const Json& expected) {
  EXPECT_EQ(metadata.url, expected.at("url"));
  EXPECT_EQ(metadata.config_offset, expected.at("config_offset"));
  if (!expected.contains("allocation")) return;
  if (expected.at("allocation").at("leader").is_null()) {  // how the recorder shows that there is none
    EXPECT_FALSE(metadata.allocation);
  } else {
    ASSERT_TRUE(metadata.allocation);
    EXPECT_EQ(*metadata.allocation, assignment_of(expected.at("allocation")));
  }
}

std::int16_t version_of(const Json& name) {
  const auto protocol = protocol_of_name(name.get<std::string>());
  EXPECT_TRUE(protocol) << name;
  return static_cast<std::int16_t>(protocol.value_or(ConnectProtocol::kEager));
}

TEST(ConnectProtocolVectors, Assignments) {
  const Json cases = read_vectors("assignment.json");
  ASSERT_GT(cases.size(), 10u);
  for (const auto& one : cases) {
    SCOPED_TRACE(one.dump());
    Assignment value = assignment_of(one.at("value"));
    EXPECT_EQ(value.version, version_of(one.at("protocol")));
    EXPECT_EQ(base::to_hex(encode(value)), one.at("bytes"));
    const auto read = decode_assignment(bytes_of(one.at("bytes")));
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(*read, assignment_of(one.at("read_back")));
  }
}

TEST(ConnectProtocolVectors, Metadata) {
  const Json cases = read_vectors("metadata.json");
  ASSERT_GT(cases.size(), 10u);
  for (const auto& one : cases) {
    SCOPED_TRACE(one.dump());
    MemberMetadata value;
    value.version = version_of(one.at("protocol"));
    value.url = one.at("url");
    value.config_offset = one.at("config_offset");
    if (one.contains("allocation") && !one.at("allocation").is_null())
      value.allocation = assignment_of(one.at("allocation"));
    EXPECT_EQ(base::to_hex(encode(value)), one.at("bytes"));
    const auto read = decode_metadata(bytes_of(one.at("bytes")));
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(read->version, value.version);
    expect_metadata(*read, one.at("read_back"));
  }
}

TEST(ConnectProtocolVectors, OfferedProtocols) {
  const std::map<std::string, ConnectProtocol> modes{{"eager", ConnectProtocol::kEager},
                                                     {"compatible", ConnectProtocol::kCompatible},
                                                     {"sessioned", ConnectProtocol::kSessioned}};
  for (const auto& one : read_vectors("join-protocols.json")) {
    SCOPED_TRACE(one.dump());
    EXPECT_EQ(one.at("protocol_type"), kProtocolType);
    const auto offered = offered_protocols(modes.at(one.at("connect.protocol")));
    ASSERT_EQ(offered.size(), one.at("protocols").size());
    for (std::size_t i = 0; i < offered.size(); ++i) {
      MemberMetadata value;
      value.version = static_cast<std::int16_t>(offered[i]);
      value.url = one.at("url");
      value.config_offset = one.at("config_offset");
      if (!one.at("allocation").is_null()) value.allocation = assignment_of(one.at("allocation"));
      EXPECT_EQ(protocol_name(offered[i]), one.at("protocols")[i].at("name"));
      EXPECT_EQ(base::to_hex(encode(value)), one.at("protocols")[i].at("metadata"));
    }
  }
}

TEST(ConnectProtocolVectors, Malformed) {
  int refused = 0;
  for (const auto& one : read_vectors("malformed.json")) {
    SCOPED_TRACE(one.dump());
    const std::string bytes = bytes_of(one.at("bytes"));
    std::optional<base::Error> error;
    if (one.at("kind") == "assignment") {
      const auto read = decode_assignment(bytes);
      if (!read) error = read.error();
      if (read && one.contains("read_back")) {
        EXPECT_EQ(*read, assignment_of(one.at("read_back")));
      }
    } else {
      const auto read = decode_metadata(bytes);
      if (!read) error = read.error();
      if (read && one.contains("read_back")) {
        expect_metadata(*read, one.at("read_back"));
      }
    }
    EXPECT_EQ(error.has_value(), one.contains("error"));
    if (!error) continue;
    ++refused;
    EXPECT_EQ(error->code(), base::Code::kBadRecord);
  }
  EXPECT_GT(refused, 20);
}

// Metadata of version 0 never says what the member runs, and the leader reads all versions alike.
TEST(ConnectProtocol, EagerMetadataHasNoAllocation) {
  MemberMetadata value{.version = 0, .url = "http://w1:8083/", .config_offset = 7, .allocation = Assignment{}};
  const auto read = decode_metadata(encode(value));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->allocation);
}

TEST(ConnectProtocol, CountsBeyondTheBytesAreRefusedAtOnce) {
  Assignment value;
  value.version = 2;
  std::string bytes = encode(value);
  const std::size_t assigned = 2 + 2 + 2 + 2 + 8;
  bytes.replace(assigned, 4, "\x7f\xff\xff\xff");
  EXPECT_FALSE(decode_assignment(bytes));
  bytes.replace(assigned, 4, "\xff\xff\xff\xfe");  // -2
  EXPECT_FALSE(decode_assignment(bytes));
}

TEST(ConnectProtocol, NamesOfProtocols) {
  EXPECT_EQ(protocol_of_name("sessioned"), ConnectProtocol::kSessioned);
  EXPECT_EQ(protocol_of_name("default"), ConnectProtocol::kEager);
  EXPECT_FALSE(protocol_of_name("eager"));
}

}  // namespace
}  // namespace sluice::group
