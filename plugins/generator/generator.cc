// GeneratorSource: records made from nothing, the source end of every demo and benchmark. The n-th record of a task
// depends only on the task's number, n and generator.seed, so runs can be compared and a restart goes on where it
// stopped.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <sluice/source.hpp>

namespace {

using sluice::Value;

constexpr std::uint32_t kBatchRecords = 2000;
constexpr std::int64_t kFirstTimestampMs =
    1'700'000'000'000;  // times in rows count up from here, a millisecond a record
constexpr std::chrono::milliseconds kWaitMax{500};

// SplitMix64: enough for payload that should not compress to nothing.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

class GeneratorSource final : public sluice::SourceTask {
 public:
  static constexpr auto kConfig = sluice::config(
      sluice::string_key("topic").doc("Topic to write to.").high().required().non_empty(),
      sluice::long_key("generator.count")
          .doc("Records that each task makes before it idles; -1 for no end.")
          .default_value(-1)
          .at_least(-1),
      sluice::long_key("generator.rate")
          .doc("Records a second for each task; 0 for as fast as possible.")
          .default_value(0)
          .at_least(0),
      sluice::string_key("generator.shape")
          .doc("What a record holds: bytes, string, row (a struct of eight columns) or envelope (a change event with "
               "that row).")
          .default_value("bytes")
          .one_of("bytes", "string", "row", "envelope"),
      sluice::int_key("generator.size")
          .doc("Bytes of a value of shape bytes or string.")
          .default_value(100)
          .range(1, 1'000'000),
      sluice::long_key("generator.seed").doc("Another seed makes other payload.").default_value(1),
      sluice::boolean_key("generator.stamp")
          .doc("Whether a value of shape bytes or string begins with the time of its making: 19 digits, nanoseconds "
               "since 1970.")
          .default_value(false),
      sluice::int_key("task.id").doc("Number of the task; set by the connector.").default_value(0).internal());

  static std::uint64_t capabilities(const sluice::Config&) { return SLUICE_CAPABILITY_EXACTLY_ONCE_SUPPORTED; }

  sluice::Status start(const sluice::Config& config) override {
    topic_ = config.string("topic");
    count_ = config.int64("generator.count");
    rate_ = config.int64("generator.rate");
    size_ = static_cast<std::size_t>(config.int32("generator.size"));
    seed_ = static_cast<std::uint64_t>(config.int64("generator.seed"));
    stamp_ = config.boolean("generator.stamp");
    task_ = config.int64("task.id");
    const std::string shape = config.string("generator.shape");
    shape_ = shape == "string"     ? Shape::kString
             : shape == "row"      ? Shape::kRow
             : shape == "envelope" ? Shape::kEnvelope
                                   : Shape::kBytes;
    next_ = context().stored_offset({{"task", task_}}).int64_or("n", 0);
    begin_ = std::chrono::steady_clock::now();
    begin_n_ = next_;
    if (stamp_ && size_ < kStampDigits)
      return sluice::invalid_config("generator.stamp needs a generator.size of at least {} bytes, not {}", kStampDigits,
                                    size_);
    describe_schemas();
    fill_payload();
    return sluice::ok();
  }

  sluice::Status poll(sluice::BatchBuilder& out) override {
    const std::int64_t wanted = due();
    if (wanted <= 0) return sluice::ok();
    const sluice::TopicIndex topic = out.topic(topic_);
    const sluice::PartitionIndex partition = out.partition({{"task", task_}});
    for (std::int64_t i = 0; i < wanted; ++i) {
      auto record = out.add(topic);
      fill(out, record, next_);
      ++next_;
      record.source(partition, {{"n", next_}});
    }
    return sluice::ok();
  }

 private:
  enum class Shape { kBytes, kString, kRow, kEnvelope };

  // How many records to make now; waits for the first one that is due.
  std::int64_t due() {
    std::int64_t wanted = kBatchRecords;
    if (count_ >= 0) wanted = std::min<std::int64_t>(wanted, count_ - next_);
    if (wanted <= 0) {
      context().sleep_for(kWaitMax);
      return 0;
    }
    if (rate_ == 0) return wanted;
    const auto elapsed = std::chrono::steady_clock::now() - begin_;
    const double seconds = std::chrono::duration<double>(elapsed).count();
    const std::int64_t allowed = begin_n_ + static_cast<std::int64_t>(seconds * static_cast<double>(rate_)) - next_;
    if (allowed > 0) return std::min(wanted, allowed);
    const double wait_s = static_cast<double>(next_ + 1 - begin_n_) / static_cast<double>(rate_) - seconds;
    const std::chrono::milliseconds wait(static_cast<std::int64_t>(wait_s * 1000) + 1);
    context().sleep_for(std::min(wait, kWaitMax));
    return 0;
  }

  void fill(sluice::BatchBuilder& out, sluice::RecordBuilder& record, std::int64_t n) {
    switch (shape_) {
      case Shape::kBytes:
        record.value(bytes_schema_, Value::bytes(payload_of(out, n)));
        break;
      case Shape::kString:
        record.value(string_schema_, Value::string(payload_of(out, n)));
        break;
      case Shape::kRow:
        record.key(key_schema_, key(out, n));
        record.value(row_schema_, row(out, n));
        break;
      case Shape::kEnvelope:
        record.key(key_schema_, key(out, n));
        record.value(envelope_schema_, envelope(out, n));
        break;
    }
  }

  // A window into one block of payload: no bytes are made or copied for a record, unless it is stamped.
  std::string_view payload_of(sluice::BatchBuilder& out, std::int64_t n) {
    const std::size_t begin = static_cast<std::size_t>(mix(static_cast<std::uint64_t>(n))) % kPayloadStarts;
    const std::string_view payload = std::string_view(payload_).substr(begin, size_);
    if (!stamp_) return payload;
    stamped_.assign(payload);
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    std::to_chars(stamped_.data(), stamped_.data() + kStampDigits,
                  std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
    return out.copy(stamped_);
  }

  Value key(sluice::BatchBuilder& out, std::int64_t n) const {
    return out.structure(key_schema_).set(0, Value::int64(n));
  }

  Value row(sluice::BatchBuilder& out, std::int64_t n) const {
    static constexpr std::string_view kStatus[] = {"NEW", "PAID", "SENT", "DONE"};
    const std::uint64_t random = mix(static_cast<std::uint64_t>(n) ^ seed_);
    return out.structure(row_schema_)
        .set(0, Value::int64(n))
        .set(1, Value::int64(100'000 + static_cast<std::int64_t>(random % 900'000)))
        .set(2, Value::string(kStatus[random >> 20 & 3]))
        .set(3, Value::float64(static_cast<double>(random >> 24 & 0xffff) / 100))
        .set(4, Value::string(std::string_view(payload_).substr(random % kPayloadStarts, kNoteBytes)))
        .set(5, Value::int64(kFirstTimestampMs + n))
        .set(6, Value::boolean((random >> 40 & 1) != 0))
        .set(7, Value::int32(static_cast<std::int32_t>(random >> 44 & 0x3f)));
  }

  Value envelope(sluice::BatchBuilder& out, std::int64_t n) const {
    const std::int64_t at = kFirstTimestampMs + n;
    const Value source = out.structure(source_schema_)
                             .set(0, Value::string("3.6.1.Final"))
                             .set(1, Value::string("postgresql"))
                             .set(2, Value::string("s"))
                             .set(3, Value::int64(at))
                             .set(4, Value::string("false"))
                             .set(5, Value::string("shop"))
                             .set(6, Value::string(R"(["24023119","24023128"])"))
                             .set(7, Value::string("public"))
                             .set(8, Value::string("orders"))
                             .set(9, Value::int64(700 + n / 10))
                             .set(10, Value::int64(24'023'128 + n * 64));
    return out.structure(envelope_schema_)
        .set(1, row(out, n))
        .set(2, source)
        .set(3, Value::string("c"))
        .set(4, Value::int64(at + 3));
  }

  void describe_schemas() {
    const sluice::Schemas& schemas = context().schemas();
    bytes_schema_ = schemas.bytes();
    string_schema_ = schemas.string();
    key_schema_ = sluice::SchemaBuilder::structure("s.public.orders.Key").field("id", schemas.int64()).build(schemas);
    const auto row = [&](bool optional) {
      auto builder = sluice::SchemaBuilder::structure("s.public.orders.Value");
      builder.field("id", schemas.int64())
          .field("customer_id", schemas.int64())
          .field("status", schemas.string())
          .field("amount", schemas.float64())
          .field("note", schemas.optional_string())
          .field("created_at", schemas.int64())
          .field("flag", schemas.boolean())
          .field("qty", schemas.int32());
      return optional ? builder.optional().build(schemas) : builder.build(schemas);
    };
    row_schema_ = row(shape_ == Shape::kEnvelope);
    source_schema_ = sluice::SchemaBuilder::structure("io.debezium.connector.postgresql.Source")
                         .field("version", schemas.string())
                         .field("connector", schemas.string())
                         .field("name", schemas.string())
                         .field("ts_ms", schemas.int64())
                         .field("snapshot", schemas.optional_string())
                         .field("db", schemas.string())
                         .field("sequence", schemas.optional_string())
                         .field("schema", schemas.string())
                         .field("table", schemas.string())
                         .field("txId", schemas.optional_int64())
                         .field("lsn", schemas.optional_int64())
                         .build(schemas);
    envelope_schema_ = sluice::SchemaBuilder::structure("s.public.orders.Envelope")
                           .field("before", row_schema_)
                           .field("after", row_schema_)
                           .field("source", source_schema_)
                           .field("op", schemas.string())
                           .field("ts_ms", schemas.optional_int64())
                           .build(schemas);
  }

  void fill_payload() {
    static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  ";
    payload_.resize(kPayloadStarts + std::max(size_, kNoteBytes));
    for (std::size_t i = 0; i < payload_.size(); ++i) payload_[i] = kLetters[mix(i ^ (seed_ << 32)) & 63];
  }

  static constexpr std::size_t kPayloadStarts = 65536;
  static constexpr std::size_t kNoteBytes = 36;
  static constexpr std::size_t kStampDigits = 19;

  std::string topic_;
  std::int64_t count_ = -1, rate_ = 0, task_ = 0, next_ = 0, begin_n_ = 0;
  std::size_t size_ = 100;
  std::uint64_t seed_ = 1;
  Shape shape_ = Shape::kBytes;
  std::chrono::steady_clock::time_point begin_;
  bool stamp_ = false;
  std::string payload_, stamped_;
  const sluice::Schema* bytes_schema_ = nullptr;
  const sluice::Schema* string_schema_ = nullptr;
  const sluice::Schema* key_schema_ = nullptr;
  const sluice::Schema* row_schema_ = nullptr;
  const sluice::Schema* source_schema_ = nullptr;
  const sluice::Schema* envelope_schema_ = nullptr;
};

}  // namespace

SLUICE_PLUGIN(
    "generator", "0.1.0",
    sluice::parallel_source<GeneratorSource>("GeneratorSource").summary("Makes records, for demos and benchmarks"));
