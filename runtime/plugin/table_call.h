#pragma once
// Calling a plugin's table: what the adapters of each kind share.

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "runtime/base/status.h"
#include "runtime/plugin/host_services.h"

namespace sluice::plugin {

// The function of a table, if the table is large enough to have it and it is set.
#define SLUICE_TABLE_FUNCTION(table, member)                                                              \
  ((table).struct_size >= offsetof(std::remove_cvref_t<decltype(table)>, member) + sizeof((table).member) \
       ? (table).member                                                                                   \
       : nullptr)

struct CError {
  CError() : raw{} { raw.struct_size = sizeof raw; }
  sluice_error raw;
};

inline base::Status outcome(sluice_status status, const CError& error) {
  if (status == SLUICE_OK) return {};
  return base::fail(to_error(status, error.raw));
}

inline base::Status missing(std::string_view function) {
  return base::fail(base::Code::kBug, base::exceptions::kConnect, "The component's table has no {}", function);
}

// A source or transform may only point where its tables reach: one bad index would be read far outside them.
base::Status check_indices(const sluice_batch& batch);
base::Status broken_batch(std::string_view what, std::uint32_t index);

// While the plugin is in one of its functions.
class Inside {
 public:
  Inside(const HostTable& host, Callback callback) : Inside(*host.services, callback) {}
  Inside(HostServices& services, Callback callback) : services_(services) { services_.entered(callback); }
  ~Inside() { services_.left(); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  HostServices& services_;
};

}  // namespace sluice::plugin
