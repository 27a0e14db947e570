#include "smt/gzip_decompress.h"

#include <zlib.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <optional>

#include "runtime/data/value_text.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

// What one record may unpack to, so that a small record cannot take the memory of the whole batch.
constexpr std::size_t kUnpackedBytesMax = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kStepBytes = std::size_t{16} * 1024;
constexpr int kGzipOnly = 16 + MAX_WBITS;

class GzipDecompress final : public data::RecordTransform {
 public:
  explicit GzipDecompress(Side side) : side_(side), ready_(inflateInit2(&stream_, kGzipOnly) == Z_OK) {}
  ~GzipDecompress() override {
    if (ready_) inflateEnd(&stream_);
  }
  GzipDecompress(const GzipDecompress&) = delete;  // zlib's state points back at the stream
  GzipDecompress& operator=(const GzipDecompress&) = delete;

  bool ready() const { return ready_; }

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    const Value& value = side_value(record, side_);
    if (value.is_null()) return {};
    if (!value.is(Kind::kBytes))
      return base::data_error("Only bytes can be decompressed, but the {} is a {}", place(),
                              data::java_class_name(value));
    SLUICE_TRY_ASSIGN(const std::string_view unpacked, unpack(batch.arena(), value.text()));
    return set_side(batch, record, side_, side_schema(batch, record, side_), Value::bytes(unpacked));
  }

 private:
  std::string_view place() const { return side_ == Side::kKey ? "key" : "value"; }

  // One gzip member after another, as Java reads them; what does not begin as a member after the first is left unread.
  base::Result<std::string_view> unpack(data::Arena& arena, std::string_view packed) {
    inflateReset(&stream_);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    std::size_t room = 0;
    std::size_t used = 0;
    std::optional<std::size_t> finished;  // bytes of the members that ended well
    char* out = arena.begin_bytes(kStepBytes, &room);
    for (int state = Z_OK; state != Z_STREAM_END || stream_.avail_in > 0;) {
      if (state == Z_STREAM_END) {
        finished = used;
        inflateReset(&stream_);
      }
      if (used >= kUnpackedBytesMax)
        return base::data_error("The {} unpacks to more than {} bytes", place(), kUnpackedBytesMax);
      if (out != nullptr && room == 0) out = arena.grow_bytes(out, used, kStepBytes, &room);
      if (out == nullptr) return out_of_memory();
      const auto step = static_cast<uInt>(std::min(room, kUnpackedBytesMax - used));
      stream_.next_out = reinterpret_cast<Bytef*>(out + used);
      stream_.avail_out = step;
      state = inflate(&stream_, Z_NO_FLUSH);
      used += step - stream_.avail_out;
      room -= step - stream_.avail_out;
      if (state == Z_OK || state == Z_STREAM_END) continue;
      if (finished == used) break;
      return base::data_error("The {} is not gzip data: {}", place(),
                              state == Z_BUF_ERROR ? "it ends too early" : message(stream_));
    }
    arena.commit_bytes(out, used);
    return std::string_view(out, used);
  }

  static const char* message(const z_stream& stream) { return stream.msg != nullptr ? stream.msg : "it is broken"; }

  const Side side_;
  z_stream stream_ = {};  // used for one record after another
  const bool ready_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side) {
  auto transform = std::make_unique<GzipDecompress>(side);
  if (!transform->ready()) return out_of_memory();
  return transform;
}

}  // namespace

config::ConfigDef gzip_decompress_config() {
  return {};
}

base::Result<std::unique_ptr<data::Transform>> make_gzip_decompress_key(const config::ConfigMap&) {
  return make(Side::kKey);
}

base::Result<std::unique_ptr<data::Transform>> make_gzip_decompress_value(const config::ConfigMap&) {
  return make(Side::kValue);
}

}  // namespace sluice::smt
