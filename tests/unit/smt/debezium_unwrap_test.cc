// ExtractNewRecordState and its kin over several records with one instance, and on records that are not as they should
// be.

#include "tests/unit/smt/debezium_test.h"

namespace sluice::smt {
namespace {

class DebeziumUnwrap : public DebeziumTest {
 protected:
  static std::unique_ptr<data::Transform> unwrap(Config keys) {
    return make_transform("io.debezium.transforms.ExtractNewRecordState", keys).value();
  }
};

TEST_F(DebeziumUnwrap, OneInstanceUnwrapsRecordsOfSeveralSchemas) {
  const auto transform = unwrap({{"add.fields", "op,table"}, {"add.headers", "source.ts_ms"}});
  for (int round = 0; round < 2; ++round) {
    for (const char* table : {"shop.orders", "shop.items"}) {
      fresh();
      const Schema* envelope = envelope_schema(table);
      set_event(envelope, "u", row(envelope, 1, text("old")), row(envelope, 2, Value()), table);
      ASSERT_EQ(apply(*transform), "");
      EXPECT_EQ(value_text(), "Struct{id=2,__op=u,__table=" + std::string(table) + "}");
      EXPECT_EQ(batch_.value_schema(record())->name(), std::string(table) + ".Value");
      EXPECT_FALSE(batch_.value_schema(record())->optional());
      EXPECT_EQ(header_text("__source_ts_ms"), "7");
    }
  }
}

TEST_F(DebeziumUnwrap, AnErrorLeavesTheRecordAsItWas) {
  const auto transform = unwrap({{"add.headers", "op"}, {"route.by.field", "absent"}});
  const Schema* envelope = envelope_schema();
  set_event(envelope, "c", Value(), row(envelope, 2, Value()));
  EXPECT_EQ(apply(*transform), "org.apache.kafka.connect.errors.DataException: absent is not a valid field name");
  EXPECT_EQ(record().header_count, 0U);
  EXPECT_EQ(batch_.value_schema(record()), envelope);
  EXPECT_EQ(topic(), "orders");
}

TEST_F(DebeziumUnwrap, AValueThatIsNoStructFailsItsRecordOnly) {
  const auto transform = unwrap({});
  fresh();
  record().value_schema = batch_.schema_index(envelope_schema());
  set_value(text("x"));
  EXPECT_EQ(
      apply(*transform),
      "org.apache.kafka.connect.errors.DataException: Only Struct objects supported for [field extraction], found: "
      "java.lang.String");
}

TEST_F(DebeziumUnwrap, DroppedFieldsMayChangeFromRecordToRecord) {
  const auto transform = unwrap({{"drop.fields.header.name", "drop"}, {"drop.fields.keep.schema.compatible", "false"}});
  const Schema* names = data::SchemaBuilder::array(pool_.string()).build(pool_).value();
  const Schema* envelope = envelope_schema();
  const auto dropped = [&](std::string_view name) {
    fresh();
    set_event(envelope, "c", Value(), row(envelope, 2, text("n")));
    add_header("drop", names, list({text(name)}));
    EXPECT_EQ(apply(*transform), "");
    return value_text();
  };
  EXPECT_EQ(dropped("id"), "Struct{note=n}");
  EXPECT_EQ(dropped("note"), "Struct{id=2}");
  EXPECT_EQ(dropped("id"), "Struct{note=n}");
  EXPECT_EQ(dropped("other"), "Struct{id=2,note=n}");
}

TEST_F(DebeziumUnwrap, ATombstoneWithoutSchemaHasNoFieldsToKeep) {
  const auto transform =
      unwrap({{"delete.tombstone.handling.mode", "delete-to-tombstone"}, {"drop.fields.header.name", "drop"}});
  const Schema* envelope = envelope_schema();
  set_event(envelope, "d", row(envelope, 1, Value()), Value());
  add_header("drop", data::SchemaBuilder::array(pool_.string()).build(pool_).value(), list({text("note")}));
  EXPECT_TRUE(apply(*transform).starts_with("java.lang.NullPointerException"));
}

TEST_F(DebeziumUnwrap, FieldsOfAStructThatEventsLackAreAnError) {
  const auto transform = unwrap({{"add.fields", "total_order"}});
  const Schema* envelope = envelope_schema();
  set_event(envelope, "c", Value(), row(envelope, 2, Value()));
  EXPECT_TRUE(apply(*transform).starts_with("java.lang.NullPointerException"));
}

TEST_F(DebeziumUnwrap, BadReferencesAreRefusedAtOnce) {
  const auto problem = [](const char* fields) {
    return make_transform("io.debezium.transforms.ExtractNewRecordState", {{"add.fields", fields}}).error().to_string();
  };
  EXPECT_EQ(problem("a:b:c"), "java.lang.IllegalArgumentException: Unexpected field name: a:b:c");
  EXPECT_EQ(problem("op,:"), "java.lang.ArrayIndexOutOfBoundsException: Index 0 out of bounds for length 0");
  EXPECT_EQ(problem("."), "java.lang.ArrayIndexOutOfBoundsException: Index 1 out of bounds for length 0");
}

TEST_F(DebeziumUnwrap, ChangedFieldsAreListedEvenWhereNothingWasCompared) {
  const auto transform = make_transform("io.debezium.transforms.ExtractChangedRecordState",
                                        {{"header.changed.name", "changed"}, {"header.unchanged.name", "same"}})
                             .value();
  const Schema* envelope = envelope_schema();
  set_event(envelope, "u", row(envelope, 1, text("a")), row(envelope, 1, text("b")));
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(header_text("changed"), "[note]");
  EXPECT_EQ(header_text("same"), "[id]");
  fresh();
  set_event(envelope, "c", Value(), row(envelope, 1, text("b")));
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(header_text("changed"), "[]");
}

TEST_F(DebeziumUnwrap, ReadsOfASnapshotBecomeInserts) {
  const auto transform = make_transform("io.debezium.connector.mysql.transforms.ReadToInsertEvent", {}).value();
  const Schema* envelope = envelope_schema();
  set_event(envelope, "r", Value(), row(envelope, 1, Value()));
  const Value before = value();
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(value().items()[3].text(), "c");
  EXPECT_EQ(before.items()[3].text(), "r");  // the old struct may be shared
  fresh();
  set_event(envelope, "u", Value(), row(envelope, 1, Value()));
  EXPECT_EQ(apply(*transform), "");
  EXPECT_EQ(value().items()[3].text(), "u");
  fresh();  // a tombstone
  EXPECT_EQ(apply(*transform), "");
  EXPECT_TRUE(value().is_null());
}

}  // namespace
}  // namespace sluice::smt
