#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "smt/csv_reader.h"
#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

constexpr const char* kLookup = "io.sluice.transforms.Lookup$Value";

class LookupTest : public SmtTest {
 protected:
  LookupTest() : folder_(std::filesystem::temp_directory_path() / ("sluice-lookup-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~LookupTest() override { std::filesystem::remove_all(folder_); }

  std::string write(const char* name, std::string_view content) {
    const auto path = folder_ / name;
    // As a careful writer does it: another file takes the name.
    std::ofstream(path.string() + ".new", std::ios::binary) << content;
    std::filesystem::rename(path.string() + ".new", path);
    return path.string();
  }
  data::Transform* make(Config keys) {
    auto made = make_transform(kLookup, keys);
    EXPECT_TRUE(made) << made.error().to_string();
    return made ? (made_.emplace_back(std::move(*made))).get() : nullptr;
  }
  std::string refused(Config keys) {
    const auto made = make_transform(kLookup, keys);
    return made ? "" : made.error().message();
  }
  std::string of_map(data::Transform& transform, Value country) {
    fresh();
    set_value(map({{"country", country}}));
    const auto error = apply(transform);
    if (!error.empty()) return error;
    return record().dropped() ? "dropped" : value_text();
  }

  const std::filesystem::path folder_;
  std::vector<std::unique_ptr<data::Transform>> made_;
};

TEST_F(LookupTest, AddsAFieldFromEntries) {
  auto* lookup = make(
      {{"key.fields", "country"}, {"value.fields", "name"}, {"table.inline", "DE:Germany, FR:France: la belle,1:one"}});
  EXPECT_EQ(of_map(*lookup, Value::string("DE")), "{country=DE, name=Germany}");
  EXPECT_EQ(of_map(*lookup, Value::string("FR")), "{country=FR, name=France: la belle}");
  EXPECT_EQ(of_map(*lookup, Value::int32(1)), "{country=1, name=one}");
  EXPECT_EQ(of_map(*lookup, Value::string("IT")), "{country=IT}");
  EXPECT_EQ(of_map(*lookup, Value()), "{country=null}");
}

TEST_F(LookupTest, EveryPolicyForAMiss) {
  const auto with = [&](const char* policy) {
    return make({{"key.fields", "country"},
                 {"value.fields", "v:rate:float64"},
                 {"table.inline", "DE:1.5"},
                 {"on.miss", policy},
                 {"default.values", "0.5"}});
  };
  EXPECT_EQ(of_map(*with("keep"), Value::string("IT")), "{country=IT}");
  EXPECT_EQ(of_map(*with("default"), Value::string("IT")), "{country=IT, rate=0.5}");
  EXPECT_EQ(of_map(*with("default"), Value()), "{country=null, rate=0.5}");
  EXPECT_EQ(of_map(*with("drop"), Value::string("IT")), "dropped");
  EXPECT_EQ(
      of_map(*with("fail"), Value::string("IT")),
      "org.apache.kafka.connect.errors.DataException: Lookup found no row for 'IT' in field country: add the row, "
      "or set on.miss to keep, default or drop");
  EXPECT_EQ(of_map(*with("fail"), Value::string("DE")), "{country=DE, rate=1.5}");
}

TEST_F(LookupTest, StructsGetTypedOptionalFields) {
  const auto path =
      write("rates.csv", "region,code,rate,label,spare\r\neu,1,1.5,\"Europe, \"\"first\"\"\",x\neu,2,2.5,,\n");
  auto* lookup = make({{"key.fields", "where.region,code"},
                       {"field.syntax.version", "V2"},
                       {"table.key.columns", "region,code"},
                       {"table.file", path},
                       {"value.fields", "rate:rate:float64,label"}});
  const Schema* where = struct_schema({{"region", optional(Kind::kString)}}, true);
  const Schema* row = struct_schema({{"where", where}, {"code", pool_.int32()}, {"label", pool_.int64()}});
  const auto run = [&](const char* region, int code) {
    fresh();
    set_value(row,
              {region == nullptr ? Value() : structure(where, {text(region)}), Value::int32(code), Value::int64(9)});
    const auto error = apply(*lookup);
    return error.empty() ? value_text() : error;
  };
  EXPECT_EQ(run("eu", 1), "Struct{where=Struct{region=eu},code=1,label=Europe, \"first\",rate=1.5}");
  const Schema* first = batch_.value_schema(record());
  EXPECT_EQ(first->fields()[2].schema().type(), Kind::kString);
  EXPECT_EQ(first->fields()[3].schema().type(), Kind::kFloat64);
  EXPECT_EQ(run("eu", 2), "Struct{where=Struct{region=eu},code=2,rate=2.5}");
  EXPECT_EQ(run("us", 1), "Struct{where=Struct{region=us},code=1}");
  EXPECT_EQ(run(nullptr, 1), "Struct{code=1}");
  EXPECT_EQ(batch_.value_schema(record()), first);
  const Schema* other = struct_schema({{"code", pool_.int32()}});
  fresh();
  set_value(other, {Value::int32(1)});
  EXPECT_EQ(
      apply(*lookup),
      "org.apache.kafka.connect.errors.DataException: Lookup cannot find field 'where.region' of key.fields in the "
      "schema without a name");
}

TEST_F(LookupTest, ReadsJsonInBothForms) {
  auto* list =
      make({{"key.fields", "country"},
            {"value.fields", "n:n:int32,ok:ok:boolean"},
            {"table.file", write("list.json", R"([{"country":"DE","n":3,"ok":true},{"country":7,"n":null}])")}});
  EXPECT_EQ(of_map(*list, Value::string("DE")), "{country=DE, n=3, ok=true}");
  EXPECT_EQ(of_map(*list, Value::int64(7)), "{country=7, n=null, ok=null}");
  auto* object = make({{"key.fields", "country"},
                       {"value.fields", "name"},
                       {"table.file", write("o.json", R"({"DE":"Germany","FR":{"name":"France"}})")}});
  EXPECT_EQ(of_map(*object, Value::string("DE")), "{country=DE, name=Germany}");
  EXPECT_EQ(of_map(*object, Value::string("FR")), "{country=FR, name=France}");
}

TEST_F(LookupTest, ReadsTheFileAgainAndKeepsTheOldRowsWhereItIsBroken) {
  const auto path = write("t.csv", "country,name\nDE,Germany\n");
  auto* lookup =
      make({{"key.fields", "country"}, {"value.fields", "name"}, {"table.file", path}, {"table.reload.ms", "0"}});
  EXPECT_EQ(of_map(*lookup, Value::string("DE")), "{country=DE, name=Germany}");
  write("t.csv", "country,name\nDE,Deutschland\nIT,Italia\n");
  EXPECT_EQ(of_map(*lookup, Value::string("DE")), "{country=DE, name=Deutschland}");
  write("t.csv", "country,name\nDE\n");
  EXPECT_EQ(of_map(*lookup, Value::string("IT")), "{country=IT, name=Italia}");
  std::filesystem::remove(path);
  EXPECT_EQ(of_map(*lookup, Value::string("IT")), "{country=IT, name=Italia}");
  write("t.csv", "country,name\nIT,Italy\n");
  EXPECT_EQ(of_map(*lookup, Value::string("IT")), "{country=IT, name=Italy}");
  auto* patient =
      make({{"key.fields", "country"}, {"value.fields", "name"}, {"table.file", path}, {"table.reload.ms", "3600000"}});
  write("t.csv", "country,name\nIT,Italien\n");
  EXPECT_EQ(of_map(*patient, Value::string("IT")), "{country=IT, name=Italy}");
}

TEST_F(LookupTest, MistakesAreFoundAtTheStart) {
  const auto file = [&](const char* name, std::string_view content) {
    return refused({{"key.fields", "country"}, {"value.fields", "n:n:int8"}, {"table.file", write(name, content)}});
  };
  EXPECT_NE(file("a.csv", "country,n\nDE,1\nDE,2\n").find("line 3: key 'DE' is there twice"), std::string::npos);
  EXPECT_NE(file("a.csv", "country,n\nDE,300\n").find("line 2: '300' in column 'n' is no int8"), std::string::npos);
  EXPECT_NE(file("a.csv", "country,m\nDE,300\n").find("the first line has no column 'n', only country, m"),
            std::string::npos);
  EXPECT_NE(file("a.csv", "country,n\n\"DE,300\n").find("line 2: a quote is not closed"), std::string::npos);
  EXPECT_NE(file("a.json", "{").find("the file is no JSON"), std::string::npos);
  EXPECT_NE(file("a.json", "[1]").find("row 1 is no object"), std::string::npos);
  EXPECT_NE(file("a.json", R"([{"n":1}])").find("row 1 has no 'country'"), std::string::npos);
  EXPECT_NE(file("a.json", R"([{"country":"DE","n":[1]}])").find("'n' of row 1 holds a list or an object"),
            std::string::npos);
  EXPECT_NE(refused({{"key.fields", "c"}, {"value.fields", "n"}, {"table.file", "/no/such"}})
                .find("the file cannot be opened"),
            std::string::npos);
  EXPECT_EQ(refused({{"key.fields", "c"}, {"value.fields", "n"}}),
            "Lookup needs a table: set either table.inline (key:value,...) or table.file");
  EXPECT_NE(refused({{"key.fields", "c"}, {"value.fields", "n"}, {"table.inline", "x"}}).find("write key:value"),
            std::string::npos);
  EXPECT_NE(
      refused({{"key.fields", "c"}, {"value.fields", "n,m"}, {"table.inline", "x:y"}}).find("one value for one key"),
      std::string::npos);
  EXPECT_NE(refused({{"key.fields", "c"}, {"value.fields", "n:a:uuid"}, {"table.inline", "x:y"}}).find("unknown type"),
            std::string::npos);
  EXPECT_NE(
      refused({{"key.fields", "c"}, {"value.fields", "n,m:n"}, {"table.inline", "x:y"}}).find("'n' is there twice"),
      std::string::npos);
  EXPECT_NE(refused({{"key.fields", "c"}, {"value.fields", "n"}, {"table.inline", "x:y"}, {"on.miss", "default"}})
                .find("give one value for each of the 1"),
            std::string::npos);
}

TEST_F(LookupTest, AKeyMustBeASingleValue) {
  auto* lookup = make({{"key.fields", "country"}, {"value.fields", "name"}, {"table.inline", "DE:Germany"}});
  EXPECT_NE(of_map(*lookup, Value::array(nullptr, 0))
                .find("Lookup needs a single value in field 'country' of key.fields, found a ARRAY"),
            std::string::npos);
}

TEST(CsvReader, ReadsWhatSpreadsheetsWrite) {
  CsvReader reader(
      "\xEF\xBB\xBF"
      "a,\"b\nc\"\r\n\r\n,\"\"\n\"x\"\"y\",z");
  std::vector<std::string> row;
  EXPECT_TRUE(reader.next(row).value());
  EXPECT_EQ(row, (std::vector<std::string>{"a", "b\nc"}));
  EXPECT_TRUE(reader.next(row).value());
  EXPECT_EQ(row, (std::vector<std::string>{"", ""}));
  EXPECT_EQ(reader.line(), 4u);
  EXPECT_TRUE(reader.next(row).value());
  EXPECT_EQ(row, (std::vector<std::string>{"x\"y", "z"}));
  EXPECT_FALSE(reader.next(row).value());
  CsvReader broken("\"a\"b");
  EXPECT_FALSE(broken.next(row));
}

}  // namespace
}  // namespace sluice::smt
