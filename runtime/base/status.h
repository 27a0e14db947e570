#pragma once
// The one error type of the worker. An Error says what the caller should do (`Code`), what a Kafka Connect client would
// have seen (`exception`, the Java class name, and `message`, its literal text) and what caused it.
//
//   Result<int> parse(std::string_view text);
//   Status start() {
//     SLUICE_TRY_ASSIGN(int n, parse(text));   // returns the error to our caller
//     if (n < 1) return fail(Code::kInvalidConfig, exceptions::kConfig, "tasks.max must be >= 1, got {}", n);
//     return {};
//   }
//
// Errors are values: nothing in the worker throws across a module.

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace sluice::base {

// The reaction that an error asks for. Values equal the SLUICE_* status codes of <sluice/abi.h>.
enum class Code : int {
  kRetry = 1,          // transient: try again, Java's RetriableException
  kBadRecord = 2,      // this record only: errors.tolerance decides
  kInvalidConfig = 3,  // the user must change a configuration value
  kStopping = 4,       // a stop was requested: unwind quietly
  kUnsupported = 5,    // the component cannot do this
  kNoMemory = 6,       // a budget or the heap is exhausted
  kFatal = 7,          // the task or connector must fail
  kBug = 8,            // a contract was broken: report the component
  kNotFound = 9,       // the named thing does not exist
  kExists = 10,        // the named thing exists already
  kTimeout = 11,       // a deadline passed
};
std::string_view code_name(Code code);

// Java class names that clients see in traces, vectors and headers. Others may be given as any static string.
namespace exceptions {
inline constexpr const char* kConnect = "org.apache.kafka.connect.errors.ConnectException";
inline constexpr const char* kRetriable = "org.apache.kafka.connect.errors.RetriableException";
inline constexpr const char* kData = "org.apache.kafka.connect.errors.DataException";
inline constexpr const char* kSchemaBuilder = "org.apache.kafka.connect.errors.SchemaBuilderException";
inline constexpr const char* kSchemaProjector = "org.apache.kafka.connect.errors.SchemaProjectorException";
inline constexpr const char* kNotFound = "org.apache.kafka.connect.errors.NotFoundException";
inline constexpr const char* kAlreadyExists = "org.apache.kafka.connect.errors.AlreadyExistsException";
inline constexpr const char* kBadRequest = "org.apache.kafka.connect.runtime.rest.errors.BadRequestException";
inline constexpr const char* kConfig = "org.apache.kafka.common.config.ConfigException";
inline constexpr const char* kSerialization = "org.apache.kafka.common.errors.SerializationException";
inline constexpr const char* kKafka = "org.apache.kafka.common.KafkaException";
inline constexpr const char* kTimeout = "org.apache.kafka.common.errors.TimeoutException";
inline constexpr const char* kNullPointer = "java.lang.NullPointerException";
inline constexpr const char* kClassCast = "java.lang.ClassCastException";
inline constexpr const char* kIllegalArgument = "java.lang.IllegalArgumentException";
inline constexpr const char* kIllegalState = "java.lang.IllegalStateException";
inline constexpr const char* kUnsupportedOperation = "java.lang.UnsupportedOperationException";
inline constexpr const char* kNumberFormat = "java.lang.NumberFormatException";
inline constexpr const char* kIndexOutOfBounds = "java.lang.IndexOutOfBoundsException";
inline constexpr const char* kRuntime = "java.lang.RuntimeException";
// A REST exception whose HTTP status is told by Error::rest_status().
inline constexpr const char* kConnectRest = "org.apache.kafka.connect.runtime.rest.errors.ConnectRestException";
// Another worker must answer: Error::redirect() is its URL, empty where none is known.
inline constexpr const char* kNotLeader = "org.apache.kafka.connect.runtime.distributed.NotLeaderException";
inline constexpr const char* kNotAssigned = "org.apache.kafka.connect.runtime.distributed.NotAssignedException";
inline constexpr const char* kRebalanceNeeded = "org.apache.kafka.connect.runtime.distributed.RebalanceNeededException";
}  // namespace exceptions

// One pointer to shared facts, so that what functions return stays small: success is the common answer, and a record
// meets many. Copies share; there is no cheaper move, so that an error may still be asked after it was handed on.
class [[nodiscard]] Error {
 public:
  // `exception` must outlive the program (a string literal).
  Error(Code code, const char* exception, std::string message)
      : Error(Facts{code, exception, std::move(message), nullptr, std::nullopt}) {}
  Error(const Error&) = default;
  Error& operator=(const Error&) = default;
  ~Error() = default;

  // This error with `cause` beneath it, as Java's two-argument exception constructors do.
  Error with_cause(const Error& cause) const;
  // With the URL of the worker that can do what was asked (kNotLeader, kNotAssigned); may be empty.
  Error with_redirect(std::string url) const;
  // With the HTTP status of a kConnectRest error.
  Error with_rest_status(int status) const;

  Code code() const { return facts_->code; }
  const char* exception() const { return facts_->exception; }
  const std::string& message() const { return facts_->message; }
  const Error* cause() const { return facts_->cause.get(); }
  const std::string* redirect() const { return facts_->redirect ? &*facts_->redirect : nullptr; }
  int rest_status() const { return facts_->rest_status; }  // 0: none

  // "exception: message", and one "Caused by: ..." line for each cause.
  std::string to_string() const;
  // The text that Connect puts into `trace` and `__connect.errors.exception.stacktrace`: like to_string, with a
  // location line.
  std::string trace() const;

 private:
  struct Facts {
    Code code;
    const char* exception;
    std::string message;
    std::shared_ptr<const Error> cause;
    std::optional<std::string> redirect;
    int rest_status = 0;
  };
  explicit Error(Facts facts) : facts_(std::make_shared<const Facts>(std::move(facts))) {}

  std::shared_ptr<const Facts> facts_;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = tl::expected<void, Error>;

template <typename... Args>
tl::unexpected<Error> fail(Code code, const char* exception, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error(code, exception, fmt::format(format, std::forward<Args>(args)...)));
}
inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

// The exceptions that come up everywhere.
template <typename... Args>
tl::unexpected<Error> data_error(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Code::kBadRecord, exceptions::kData, format, std::forward<Args>(args)...);
}
template <typename... Args>
tl::unexpected<Error> config_error(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Code::kInvalidConfig, exceptions::kConfig, format, std::forward<Args>(args)...);
}
template <typename... Args>
tl::unexpected<Error> connect_error(fmt::format_string<Args...> format, Args&&... args) {
  return fail(Code::kFatal, exceptions::kConnect, format, std::forward<Args>(args)...);
}

[[noreturn]] void assert_failed(const char* expression, const char* file, int line);

}  // namespace sluice::base

#define SLUICE_CONCAT_INNER(a, b) a##b
#define SLUICE_CONCAT(a, b) SLUICE_CONCAT_INNER(a, b)

// Returns the error of `expression` (a Status or Result) to the caller, if it has one.
#define SLUICE_TRY(expression)                                                            \
  do {                                                                                    \
    if (auto sluice_try_result = (expression); !sluice_try_result) [[unlikely]]           \
      return tl::unexpected<::sluice::base::Error>(std::move(sluice_try_result).error()); \
  } while (false)

// Declares or assigns `target` from a Result, or returns its error to the caller.
#define SLUICE_TRY_ASSIGN(target, expression) \
  SLUICE_TRY_ASSIGN_INNER(SLUICE_CONCAT(sluice_try_, __LINE__), target, expression)
#define SLUICE_TRY_ASSIGN_INNER(result, target, expression)                  \
  auto result = (expression);                                                \
  if (!result) [[unlikely]]                                                  \
    return tl::unexpected<::sluice::base::Error>(std::move(result).error()); \
  target = std::move(*result)

// Programmer mistakes only, never input. On in every build.
#define SLUICE_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::sluice::base::assert_failed(#expression, __FILE_NAME__, __LINE__))
