#pragma once
// Transforms and predicates. RecordTransform and RecordPredicate look at one record at a time; Transform and Predicate
// get the whole batch.
//
//   class Upper final : public sluice::RecordTransform { sluice::Status apply_record(sluice::RecordEditor& record)
//   override; }; SLUICE_PLUGIN("upper", "1.0.0", sluice::transform<Upper>("Upper"))

#include <string_view>
#include <type_traits>

#include <sluice/batch_editor.hpp>
#include <sluice/plugin.hpp>

namespace sluice {

class Transform : public Instance {
 public:
  virtual Status start(const Config&) { return ok(); }
  // Leave records alone that are not live(). An error concerns the whole batch; errors of one record go to
  // context().fail_record.
  virtual Status apply(BatchEditor& batch) = 0;
};

class RecordTransform : public Transform {
 public:
  // Edits one live record; on error the record must be as it was, and the worker's error policy decides about it.
  virtual Status apply_record(RecordEditor& record) = 0;

  Status apply(BatchEditor& batch) final {
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      RecordEditor record = batch[i];
      if (!record.live()) continue;
      Status status = apply_record(record);
      if (batch.failed()) return no_memory("The batch has no memory left.");
      if (!status.is_ok()) context().fail_record(batch.c(), i, status);
    }
    return ok();
  }
};

class Predicate : public Instance {
 public:
  virtual Status start(const Config&) { return ok(); }
  virtual bool test(const RecordView& record) = 0;
};

namespace detail {

template <typename T>
sluice_status create_configured(const sluice_host* host, void* ctx, const sluice_kv* config, std::uint32_t count,
                                void** self, sluice_error* err) noexcept {
  void* made = nullptr;
  const sluice_status created = create_instance<T>(host, ctx, &made, err);
  if (created != SLUICE_OK) return created;
  const sluice_status started = guard(err, [&] {
    return as<T>(made).start(Config({config, count}, config_keys<T>()));
  });
  if (started != SLUICE_OK)
    destroy_instance<T>(made);
  else
    *self = made;
  return started;
}

template <typename T>
struct TransformThunks {
  static sluice_status apply(void* self, sluice_batch* batch, sluice_error* err) noexcept {
    return guard(err, [&]() -> Status {
      BatchEditor editor(batch);
      Transform& transform = as<T>(self);
      Status status = transform.apply(editor);
      if (status.is_ok() && editor.failed()) return no_memory("The batch has no memory left.");
      return status;
    });
  }
  static constexpr sluice_transform_vtable kTable = {sizeof(sluice_transform_vtable), 0, create_configured<T>,
                                                     destroy_instance<T>, apply};
};

template <typename T>
struct PredicateThunks {
  static sluice_status test(void* self, const sluice_batch* batch, std::uint64_t* bitmap, sluice_error* err) noexcept {
    return guard(err, [&]() -> Status {
      for (const RecordView& record : BatchView(batch))
        if (as<T>(self).test(record)) bitmap[record.index() / 64] |= std::uint64_t{1} << (record.index() % 64);
      return {};
    });
  }
  static constexpr sluice_predicate_vtable kTable = {sizeof(sluice_predicate_vtable), 0, create_configured<T>,
                                                     destroy_instance<T>, test};
};

}  // namespace detail

template <typename T>
constexpr Component transform(std::string_view name) {
  static_assert(std::is_base_of_v<Transform, T>);
  return {SLUICE_KIND_TRANSFORM, name, detail::config_keys<T>(), &detail::TransformThunks<T>::kTable};
}

template <typename T>
constexpr Component predicate(std::string_view name) {
  static_assert(std::is_base_of_v<Predicate, T>);
  return {SLUICE_KIND_PREDICATE, name, detail::config_keys<T>(), &detail::PredicateThunks<T>::kTable};
}

}  // namespace sluice
