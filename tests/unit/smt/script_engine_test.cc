#include "smt/script_engine.h"

#include "smt/script_memory.h"
#include "tests/unit/smt/smt_test.h"

namespace sluice::smt {
namespace {

using std::chrono::milliseconds;

class ScriptEngineTest : public SmtTest {
 protected:
  ScriptEngineTest() {
    row_ = struct_schema({{"id", pool_.int64()},
                          {"name", optional(Kind::kString)},
                          {"qty", pool_.int32()},
                          {"price", optional(Kind::kFloat64)},
                          {"paid", pool_.boolean()}},
                         true);
    envelope_ = data::SchemaBuilder::structure()
                    .name("s.orders.Envelope")
                    .version(2)
                    .field("before", row_)
                    .field("after", row_)
                    .field("op", pool_.string())
                    .field("tags", data::SchemaBuilder::array(pool_.string()).build(pool_).value())
                    .field("at", data::SchemaBuilder::timestamp().optional().build(pool_).value())
                    .field("raw", optional(Kind::kBytes))
                    .build(pool_)
                    .value();
    set_value(
        envelope_,
        {Value(),
         structure(row_, {Value::int64(7), text("Zoë"), Value::int32(3), Value::float64(1.5), Value::boolean(true)}),
         text("u"), list({text("a"), text("b")}), Value::instant(1700000000000), Value::bytes("\x01\xff")});
  }

  // The text of the result, or of the error.
  std::string run(std::string_view source) {
    const auto engine = ScriptEngine::compile(source);
    if (!engine) return engine.error().to_string();
    return evaluate(**engine);
  }
  std::string evaluate(ScriptEngine& engine) {
    const auto result = engine.evaluate(batch_, record());
    return result ? (result->other ? "other " : "") + data::value_text(result->value) : result.error().to_string();
  }

  const Schema* row_ = nullptr;
  const Schema* envelope_ = nullptr;
};

TEST_F(ScriptEngineTest, ReadsFieldsByName) {
  EXPECT_EQ(run("value.op == 'u' && value.after.qty == 3"), "true");
  EXPECT_EQ(run("value.op === 'u' && value.before == null;"), "true");
  EXPECT_EQ(run("value['after']['name']"), "Zoë");
  EXPECT_EQ(run("value.after.price * 2"), "3.0");
  EXPECT_EQ(run("value.after.price"), "1.5");
  EXPECT_EQ(run("value.get('after').get('paid')"), "true");
  EXPECT_EQ(run("value.nothing == null"), "true");
  EXPECT_EQ(run("value.before?.qty ?? 0"), "0");
  EXPECT_EQ(run("topic"), "orders");
  EXPECT_EQ(run("key"), "null");
  EXPECT_EQ(run("Object.keys(value.after).join()"), "id,name,qty,price,paid");
  EXPECT_EQ(run("'qty' in value.after && !('x' in value.after)"), "true");
  EXPECT_EQ(run("JSON.stringify(value.after)"), R"({"id":7,"name":"Zoë","qty":3,"price":1.5,"paid":true})");
}

TEST_F(ScriptEngineTest, GivesDatesListsAndBytes) {
  EXPECT_EQ(run("value.at.getTime()"), "1.7E12");
  EXPECT_EQ(run("new Date(value.at) > new Date('2023-01-01')"), "true");
  EXPECT_EQ(run("value.tags.includes('b') && value.tags.length == 2 && value.tags.get(0) == 'a'"), "true");
  EXPECT_EQ(run("value.tags.some(t => t === 'b')"), "true");
  EXPECT_EQ(run("value.raw[1]"), "-1");
  EXPECT_EQ(run("value.after"), "Struct{id=7,name=Zoë,qty=3,price=1.5,paid=true}");
  EXPECT_EQ(run("value.tags"), "other a,b");
  EXPECT_EQ(run("'' + value.after"), "Struct{id=7,name=Zoë,qty=3,price=1.5,paid=true}");
}

TEST_F(ScriptEngineTest, ShowsSchemasAndHeaders) {
  EXPECT_EQ(run("valueSchema.name() + valueSchema.version() + valueSchema.field('op').schema().type()"),
            "s.orders.Envelope2STRING");
  EXPECT_EQ(run("valueSchema.fields().map(f => f.name()).join() + keySchema"),
            "before,after,op,tags,at,raw"
            "null");
  EXPECT_EQ(run("valueSchema.field('before').schema().isOptional()"), "true");
  EXPECT_EQ(run("valueSchema.field('nothing')"), "null");
  sluice_header headers[] = {{str("id"), nullptr, Value::int32(1)}, {str("id"), pool_.int32(), Value::int32(2)}};
  record().headers = headers;
  record().header_count = 2;
  EXPECT_EQ(run("header.id.value == 2 && headers.id.schema.type().getName() == 'int32' && header.x == null"), "true");
}

TEST_F(ScriptEngineTest, ReadsMapsWithoutSchema) {
  fresh();
  set_value(map({{"op", text("c")}, {"row", map({{"id", Value::int64(1)}})}}));
  EXPECT_EQ(run("value.op == 'c' && value.row.id == 1 && value.get('none') === null && value.none === undefined"),
            "true");
  EXPECT_EQ(run("value.size() + Object.keys(value).join() + value.row.containsKey('id')"), "2op,rowtrue");
  set_value(text("plain"));
  EXPECT_EQ(run("value + value.length"), "plain5");
}

TEST_F(ScriptEngineTest, RunsWholeScriptsAgainAndAgain) {
  const auto engine =
      ScriptEngine::compile("const after = value.after; let n = 0; for (const t of value.tags) n++; n + after.qty");
  ASSERT_TRUE(engine) << engine.error().to_string();
  EXPECT_EQ(evaluate(**engine), "5");
  EXPECT_EQ(evaluate(**engine), "5");
  EXPECT_EQ(run("if (value.op == 'u') { 'updates' } else { 'rest' }"), "updates");
  EXPECT_EQ(run("value.op == 'u'; // updates only"), "true");
}

TEST_F(ScriptEngineTest, ChangesNothing) {
  const std::string refused =
      "javax.script.ScriptException: TypeError: Record attributes must not be modified from within this transformation";
  EXPECT_EQ(run("value.op = 'c'"), refused);
  EXPECT_EQ(run("value = 1"), refused);
  EXPECT_EQ(run("delete value.op"), refused);
  EXPECT_EQ(run("Object.defineProperty(value, 'op', {value: 1})"), refused);
}

TEST_F(ScriptEngineTest, ForgetsObjectsOfEarlierRecords) {
  const auto engine = ScriptEngine::compile("globalThis.old = globalThis.old || value; globalThis.old.op");
  EXPECT_EQ(evaluate(**engine), "u");
  EXPECT_EQ(evaluate(**engine),
            "javax.script.ScriptException: TypeError: this object belongs to an earlier record; keep texts and numbers "
            "instead");
}

TEST_F(ScriptEngineTest, FindsMistakesWhenItCompiles) {
  EXPECT_EQ(run("value.op == "), "javax.script.ScriptException: SyntaxError: unexpected token in expression: ''");
  EXPECT_EQ(run("a) || (b").find("javax.script.ScriptException: SyntaxError"), 0u);
  EXPECT_EQ(run(" ; "), "javax.script.ScriptException: the expression is empty");
}

TEST_F(ScriptEngineTest, AThrowIsTheRecordsError) {
  EXPECT_EQ(run("value.before.qty"), "javax.script.ScriptException: TypeError: cannot read property 'qty' of null");
  EXPECT_EQ(run("throw new Error('no ' + value.op)"), "javax.script.ScriptException: Error: no u");
  EXPECT_EQ(run("nonsense"), "javax.script.ScriptException: ReferenceError: 'nonsense' is not defined");
  EXPECT_EQ(run("(function f() { return f(); })()").find("javax.script.ScriptException: InternalError: stack overflow"),
            0u);
}

TEST_F(ScriptEngineTest, StopsEndlessLoopsAndGoesOn) {
  const auto engine = ScriptEngine::compile("while (value.op == 'u') { try { for (;;); } catch (e) {} } value.op",
                                            {.cpu_time_max = milliseconds(20)});
  ASSERT_TRUE(engine);
  EXPECT_EQ(evaluate(**engine).find("javax.script.ScriptException: the expression used more than 20 ms of CPU time"),
            0u);
  fresh();
  set_value(map({{"op", text("c")}}));
  EXPECT_EQ(evaluate(**engine), "c");
}

TEST_F(ScriptEngineTest, StopsRegularExpressionsThatBacktrack) {
  const auto engine = ScriptEngine::compile("/^(a+)+$/.test('a'.repeat(40) + 'b')", {.cpu_time_max = milliseconds(20)});
  EXPECT_EQ(evaluate(**engine).find("javax.script.ScriptException: the expression used more than 20 ms"), 0u);
}

TEST_F(ScriptEngineTest, BoundsMemoryAndGoesOn) {
  for (const auto* source : {"var a = []; if (value.op == 'u') for (;;) a.push('x' + a.length); value.op",
                             "var s = 'x'; if (value.op == 'u') for (;;) s += s; value.op",
                             "var b; if (value.op == 'u') b = new Uint8Array(1e9); value.op",
                             "if (value.op == 'u') new Array(1e8).fill(0).map(x => ({x})); value.op"}) {
    const auto engine = ScriptEngine::compile(source, {.memory_bytes_max = 4 << 20});
    ASSERT_TRUE(engine);
    const auto failed = evaluate(**engine);
    EXPECT_TRUE(failed.find("javax.script.ScriptException: the expression used more than 4 MiB of memory") == 0 ||
                failed == "javax.script.ScriptException: InternalError: string too long")
        << source << ": " << failed;
    fresh();
    set_value(map({{"op", text("c")}}));
    EXPECT_EQ(evaluate(**engine), "c");
    set_value(map({{"op", text("u")}}));
  }
}

// Wherever the memory ends, the engine gives an error and works again with the next record.
TEST_F(ScriptEngineTest, SurvivesWantOfMemoryAnywhere) {
  std::size_t compiled = 0;
  for (std::size_t limit = 0; limit < 20'000; limit += 97) {
    const auto engine = ScriptEngine::compile(
        "value.tags.map(t => t + JSON.stringify(value.after)).join() + valueSchema.fields().length",
        {.memory_bytes_max = limit});
    if (!engine) continue;
    ++compiled;
    for (int i = 0; i < 2; ++i) {
      const auto result = evaluate(**engine);
      EXPECT_TRUE(result.find("of memory") != std::string::npos || result.find("Zo") != std::string::npos) << result;
    }
  }
  EXPECT_GT(compiled, 10u);
}

TEST(ScriptMemory, CountsAndGivesBack) {
  ScriptMemory memory;
  memory.limit_more(100);
  void* a = memory.allocate(60);
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(memory.allocate(41), nullptr);
  EXPECT_EQ(memory.resize(a, 101), nullptr);
  a = memory.resize(a, 30);
  EXPECT_EQ(memory.bytes(), 30u);
  void* b = memory.allocate(70);
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(ScriptMemory::size_of(b), 70u);
  memory.release(a);
  EXPECT_EQ(memory.bytes(), 70u);
  memory.release_all();
  EXPECT_EQ(memory.bytes(), 0u);
}

}  // namespace
}  // namespace sluice::smt
