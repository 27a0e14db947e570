#pragma once
// Converters: bytes of a message's key, value or header <-> Connect values.
//
//   SLUICE_PLUGIN("hex", "1.0.0", sluice::converter<HexConverter>("HexConverter"))

#include <string_view>
#include <type_traits>

#include <sluice/plugin.hpp>

namespace sluice {

// data() == nullptr: null (a tombstone), not an empty text.
using NullableBytes = std::string_view;

struct Converted {
  const Schema* schema = nullptr;  // nullptr: schemaless
  Value value;
};

class Converter : public Instance {
 public:
  virtual Status start(const Config&, [[maybe_unused]] bool is_key) { return ok(); }
  // Results live in `arena`, or are views of the input. `header` is empty unless it is a header converter that is
  // asked.
  virtual Status from_connect(std::string_view topic, std::string_view header, const Schema* schema, const Value& value,
                              ArenaWriter& arena, NullableBytes* bytes) = 0;
  virtual Status to_connect(std::string_view topic, std::string_view header, NullableBytes bytes, ArenaWriter& arena,
                            Converted* out) = 0;
};

namespace detail {

template <typename T>
struct ConverterThunks {
  static sluice_status create(const sluice_host* host, void* ctx, const sluice_kv* config, std::uint32_t count,
                              std::int32_t is_key, void** self, sluice_error* err) noexcept {
    void* made = nullptr;
    const sluice_status created = create_instance<T>(host, ctx, &made, err);
    if (created != SLUICE_OK) return created;
    const sluice_status started = guard(err, [&] {
      return as<T>(made).start(Config({config, count}, config_keys<T>()), is_key != 0);
    });
    if (started != SLUICE_OK)
      destroy_instance<T>(made);
    else
      *self = made;
    return started;
  }
  static sluice_status from_connect(void* self, sluice_str topic, sluice_str header, const sluice_schema* schema,
                                    const sluice_value* value, sluice_arena* arena, sluice_str* bytes,
                                    sluice_error* err) noexcept {
    return guard(err, [&]() -> Status {
      ArenaWriter writer(arena);
      NullableBytes made;
      Status status = as<T>(self).from_connect(view(topic), view(header), static_cast<const Schema*>(schema),
                                               Value(*value), writer, &made);
      if (status.is_ok() && writer.failed()) return no_memory("The batch has no memory left.");
      *bytes = str(made);
      return status;
    });
  }
  static sluice_status to_connect(void* self, sluice_str topic, sluice_str header, sluice_str bytes,
                                  sluice_arena* arena, const sluice_schema** schema, sluice_value* value,
                                  sluice_error* err) noexcept {
    return guard(err, [&]() -> Status {
      ArenaWriter writer(arena);
      Converted made;
      Status status = as<T>(self).to_connect(view(topic), view(header), view(bytes), writer, &made);
      if (status.is_ok() && writer.failed()) return no_memory("The batch has no memory left.");
      *schema = made.schema;
      *value = made.value;
      return status;
    });
  }
  static constexpr sluice_converter_vtable kTable = {
      sizeof(sluice_converter_vtable), 0, create, destroy_instance<T>, from_connect, to_connect};
};

}  // namespace detail

template <typename T>
constexpr Component converter(std::string_view name) {
  static_assert(std::is_base_of_v<Converter, T>);
  return {SLUICE_KIND_CONVERTER, name, detail::config_keys<T>(), &detail::ConverterThunks<T>::kTable};
}

template <typename T>
constexpr Component header_converter(std::string_view name) {
  static_assert(std::is_base_of_v<Converter, T>);
  return {SLUICE_KIND_HEADER_CONVERTER, name, detail::config_keys<T>(), &detail::ConverterThunks<T>::kTable};
}

}  // namespace sluice
