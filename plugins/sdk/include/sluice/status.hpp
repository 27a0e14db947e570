#pragma once
// What a call of a plugin answers: OK, or a code that names the reaction it asks of the worker, with a text for people.
//
//   if (port_ == 0) return sluice::invalid_config("port must be 1 to 65535, got {}", port_);
//   return sluice::ok();

#include <chrono>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <sluice/abi.h>
#include <sluice/format.hpp>

namespace sluice {

class [[nodiscard]] Status {
 public:
  Status() noexcept = default;  // OK
  Status(sluice_status code, std::string message) : code_(code), message_(std::move(message)) {}

  explicit operator bool() const noexcept { return code_ == SLUICE_OK; }
  bool is_ok() const noexcept { return code_ == SLUICE_OK; }
  sluice_status code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  std::chrono::milliseconds retry_after() const noexcept { return retry_after_; }

  // With SLUICE_RETRY: how long the worker waits. Without it the worker chooses.
  Status&& after(std::chrono::milliseconds pause) && {
    retry_after_ = pause;
    return std::move(*this);
  }

 private:
  sluice_status code_ = SLUICE_OK;
  std::chrono::milliseconds retry_after_{0};
  std::string message_;
};

inline Status ok() noexcept {
  return {};
}
inline Status stopping() {
  return {SLUICE_STOPPING, {}};
}

// Each takes a text with {} for each argument.
template <typename... Args>
Status retry(std::string_view text, const Args&... args) {
  return {SLUICE_RETRY, format(text, args...)};
}
template <typename... Args>
Status bad_record(std::string_view text, const Args&... args) {
  return {SLUICE_BAD_RECORD, format(text, args...)};
}
template <typename... Args>
Status invalid_config(std::string_view text, const Args&... args) {
  return {SLUICE_INVALID_CONFIG, format(text, args...)};
}
template <typename... Args>
Status unsupported(std::string_view text, const Args&... args) {
  return {SLUICE_UNSUPPORTED, format(text, args...)};
}
template <typename... Args>
Status no_memory(std::string_view text, const Args&... args) {
  return {SLUICE_NO_MEMORY, format(text, args...)};
}
template <typename... Args>
Status fatal(std::string_view text, const Args&... args) {
  return {SLUICE_FATAL, format(text, args...)};
}
template <typename... Args>
Status bug(std::string_view text, const Args&... args) {
  return {SLUICE_BUG, format(text, args...)};
}

// Thrown by the typed getters of Config; becomes SLUICE_INVALID_CONFIG (or, in validate, an issue with `key`).
class ConfigError : public std::runtime_error {
 public:
  ConfigError(std::string_view key, const std::string& message) : std::runtime_error(message), key_(key) {}
  const std::string& key() const noexcept { return key_; }

 private:
  std::string key_;
};

namespace detail {

inline void fill_error(sluice_error* err, sluice_status code, std::string_view message,
                       std::chrono::milliseconds retry_after) noexcept {
  if (err == nullptr || err->struct_size < sizeof(sluice_error)) return;
  std::size_t size = message.size() < SLUICE_ERROR_MESSAGE_MAX ? message.size() : SLUICE_ERROR_MESSAGE_MAX;
  if (size < message.size())  // never cut inside a character
    while (size > 0 && (static_cast<unsigned char>(message[size]) & 0xC0) == 0x80) --size;
  err->status = code;
  err->retry_after_ms = static_cast<std::uint32_t>(retry_after.count() > 0 ? retry_after.count() : 0);
  err->message_size = static_cast<std::uint32_t>(size);
  if (size > 0) std::memcpy(err->message, message.data(), size);
}

inline sluice_status to_c(const Status& status, sluice_error* err) noexcept {
  if (!status.is_ok()) fill_error(err, status.code(), status.message(), status.retry_after());
  return status.code();
}

// A Status from what the host answered.
inline Status from_c(sluice_status code, const sluice_error& err) {
  if (code == SLUICE_OK) return {};
  return Status(code, std::string(err.message, err.message_size)).after(std::chrono::milliseconds(err.retry_after_ms));
}

inline sluice_error empty_error() noexcept {
  sluice_error err;
  err.struct_size = sizeof err;
  err.status = SLUICE_OK;
  err.retry_after_ms = err.message_size = 0;
  return err;
}

// Runs `call`, which returns a Status, and turns whatever comes out of it into a C status: nothing unwinds into the
// host.
template <typename Call>
sluice_status guard(sluice_error* err, Call&& call) noexcept {
  try {
    return to_c(call(), err);
  } catch (const ConfigError& error) {
    fill_error(err, SLUICE_INVALID_CONFIG, error.what(), {});
    return SLUICE_INVALID_CONFIG;
  } catch (const std::bad_alloc&) {
    fill_error(err, SLUICE_NO_MEMORY, "out of memory", {});
    return SLUICE_NO_MEMORY;
  } catch (const std::exception& error) {
    fill_error(err, SLUICE_BUG, error.what(), {});
    return SLUICE_BUG;
  } catch (...) {
    fill_error(err, SLUICE_BUG, "an exception that is not a std::exception", {});
    return SLUICE_BUG;
  }
}

}  // namespace detail
}  // namespace sluice
