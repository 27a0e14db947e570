// GeometryFormatTransformer and SwapGeometryCoordinates.

#include "runtime/base/strings.h"
#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kSwap = "io.debezium.transforms.SwapGeometryCoordinates";
constexpr std::string_view kFormat = "io.debezium.transforms.GeometryFormatTransformer";

const std::string kOne = "000000000000f03f";    // 1.0, little endian
const std::string kTwo = "0000000000000040";    // 2.0
const std::string kThree = "0000000000000840";  // 3.0
const std::string kPoint = "0101000000" + kOne + kTwo;
const std::string kPointSwapped = "0101000000" + kTwo + kOne;
const std::string kExtendedPoint = "0101000020e6100000" + kOne + kTwo;  // SRID 4326

class Geometry : public SmtTest {
 protected:
  const Schema* geometry() {
    return data::SchemaBuilder::structure()
        .name("io.debezium.data.geometry.Geometry")
        .version(1)
        .optional()
        .field("wkb", pool_.bytes())
        .field("srid", optional(Kind::kInt32))
        .build(pool_)
        .value();
  }
  Value geometry_of(const std::string& hex, const Value& srid) {
    return structure(geometry(), {Value::bytes(batch_.arena().copy(base::from_hex(hex).value())), srid});
  }
  // The bytes of a geometry that stands in a struct in the value, after the transform; or its error.
  std::string run(data::Transform& transform, const std::string& hex, const Value& srid = Value::int32(4326)) {
    fresh();
    const Schema* row = struct_schema({{"g", geometry()}}, true);
    set_value(struct_schema({{"after", row}}), {structure(row, {geometry_of(hex, srid)})});
    const std::string error = apply(transform);
    if (!error.empty()) return error;
    return base::to_hex(value().items()[0].items()[0].items()[0].text());
  }
  std::string swap(const std::string& hex, const Value& srid = Value::int32(4326)) {
    return run(*make_transform(kSwap, {}).value(), hex, srid);
  }
};

TEST_F(Geometry, SwapsTheFirstTwoOrdinates) {
  EXPECT_EQ(swap(kPoint), kPointSwapped);
  EXPECT_EQ(swap("01010000a0e6100000" + kOne + kTwo + kThree), "01010000a0e6100000" + kTwo + kOne + kThree);
  EXPECT_EQ(swap("0102000000"
                 "02000000" +
                 kOne + kTwo + kThree + kOne),
            "0102000000"
            "02000000" +
                kTwo + kOne + kOne + kThree);
  EXPECT_EQ(swap("0103000000"
                 "01000000"
                 "01000000" +
                 kOne + kTwo),
            "0103000000"
            "01000000"
            "01000000" +
                kTwo + kOne);
  EXPECT_EQ(swap("0104000000"
                 "01000000" +
                 kPoint),
            "0104000000"
            "01000000" +
                kPointSwapped);
  EXPECT_EQ(swap("0107000000"
                 "01000000" +
                 kExtendedPoint),
            "0107000000"
            "01000000"
            "0101000020e6100000" +
                kTwo + kOne);
  EXPECT_EQ(swap("0000000001"
                 "3ff0000000000000"
                 "4000000000000000"),
            "0000000001"
            "4000000000000000"
            "3ff0000000000000");
}

TEST_F(Geometry, WritesPartsInTheByteOrderOfTheWholeAsDebeziumDoes) {
  EXPECT_EQ(swap("0107000000"
                 "01000000"
                 "00"
                 "00000001"
                 "3ff0000000000000"
                 "4000000000000000"),
            "0107000000"
            "01000000"
            "00"
            "01000000" +
                kTwo + kOne);
}

TEST_F(Geometry, DropsBytesBehindTheGeometry) {
  EXPECT_EQ(swap(kPoint + "ffff"), kPointSwapped);
}

TEST_F(Geometry, RefusesWhatIsNoGeometry) {
  const std::string refused = "io.debezium.DebeziumException: Failed to swap EWKB/WKB coordinates";
  EXPECT_EQ(swap(""), refused);
  EXPECT_EQ(swap("01"), refused);
  EXPECT_EQ(swap("0109000000"), refused);
  EXPECT_EQ(swap("0101000000" + kOne), refused);
  EXPECT_EQ(swap("0102000000"
                 "ffffff7f"),
            refused);
  EXPECT_EQ(swap("0102000000"
                 "ffffffff"),
            "0102000000"
            "ffffffff")
      << "a negative count is no point";
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "010700000001000000";
  EXPECT_EQ(swap(nested), refused);
}

TEST_F(Geometry, SwapsOnlyTheIdentifiersAskedFor) {
  EXPECT_EQ(swap(kPoint, Value::int32(3187)), kPoint);
  EXPECT_EQ(swap(kPoint, Value()), kPoint);
  auto transform = make_transform(kSwap, {{"srids", "3187, 1"}});
  EXPECT_EQ(run(**transform, kPoint, Value::int32(3187)), kPointSwapped);
  EXPECT_EQ(run(**transform, kPoint), kPoint);
  EXPECT_EQ(make_transform(kSwap, {{"srids", "x"}}).error().to_string(),
            "java.lang.NumberFormatException: For input string: \"x\"");
}

TEST_F(Geometry, SwapsWithinArraysAndMaps) {
  const Schema* items = data::SchemaBuilder::array(geometry()).build(pool_).value();
  const Schema* by_name = data::SchemaBuilder::map(pool_.string(), geometry()).build(pool_).value();
  set_value(struct_schema({{"a", items}, {"m", by_name}}), {list({geometry_of(kPoint, Value::int32(3857)), Value()}),
                                                            map({{"k", geometry_of(kPoint, Value::int32(4269))}})});
  EXPECT_EQ(apply(*make_transform(kSwap, {}).value()), "");
  EXPECT_EQ(base::to_hex(value().items()[0].items()[0].items()[0].text()), kPointSwapped);
  EXPECT_TRUE(value().items()[0].items()[1].is_null());
  EXPECT_EQ(base::to_hex(value().items()[1].items()[1].items()[0].text()), kPointSwapped);
}

TEST_F(Geometry, TheFormatWkbBecomesExtended) {
  auto transform = make_transform(kFormat, {});
  EXPECT_EQ(run(**transform, kPoint), kExtendedPoint);
  EXPECT_EQ(run(**transform, kPoint, Value()),
            "org.apache.kafka.connect.errors.ConnectException: Cannot convert to EWKB when SRID is null");
  EXPECT_TRUE(run(**transform, "0101").starts_with("java.nio.BufferUnderflowException"));
}

TEST_F(Geometry, TheFormatEwkbBecomesPlain) {
  auto transform = make_transform(kFormat, {{"format", " EWKB "}});
  EXPECT_EQ(run(**transform, kExtendedPoint), kPoint);
  EXPECT_EQ(run(**transform, kPoint), kPoint);
  EXPECT_TRUE(run(**transform, "0101000020e610").starts_with("java.nio.BufferUnderflowException"));
}

TEST_F(Geometry, AnExtendedGeometryTurnsTheFormatForGood) {
  auto transform = make_transform(kFormat, {{"format", "wkb"}});
  EXPECT_EQ(run(**transform, kExtendedPoint), kPoint);
  EXPECT_EQ(run(**transform, kPoint), kPoint);
}

TEST_F(Geometry, AnUnknownFormatIsRefused) {
  EXPECT_EQ(
      make_transform(kFormat, {{"format", "wkt"}}).error().message(),
      "Invalid value wkt for configuration format: The 'format' value is invalid: Value must be one of ewkb, wkb");
}

TEST_F(Geometry, ReadingAFieldMakesItsDefaultOfANull) {
  const Schema* five = data::SchemaBuilder(Kind::kInt32).optional().default_value(Value::int32(5)).build(pool_).value();
  set_value(struct_schema({{"n", five}}), {Value()});
  EXPECT_EQ(apply(*make_transform(kFormat, {}).value()), "");
  EXPECT_EQ(value_text(), "Struct{n=5}");
}

}  // namespace
}  // namespace sluice::smt
