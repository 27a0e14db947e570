#pragma once
// librdkafka error codes as the worker's errors. The numbers are librdkafka's (negative: its own, positive: the
// broker's, as in the Kafka protocol), carried as plain ints so that no librdkafka header leaks out of this module.

#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::kafka {

// 0 is "no error". Codes that callers name.
namespace error_code {
inline constexpr int kNone = 0;
inline constexpr int kQueueFull = -184;        // the local producer queue is at buffer.memory
inline constexpr int kMessageTimedOut = -192;  // delivery.timeout.ms passed
inline constexpr int kTimedOut = -185;
inline constexpr int kPurgedQueue = -152;     // purge(): never sent
inline constexpr int kPurgedInFlight = -151;  // purge(): sent, outcome unknown
inline constexpr int kFatal = -150;
inline constexpr int kOffsetOutOfRange = 1;
inline constexpr int kUnknownTopicOrPartition = 3;
inline constexpr int kMessageTooLarge = 10;
inline constexpr int kTopicAlreadyExists = 36;
}  // namespace error_code

// librdkafka's text for the code.
std::string_view error_text(int code);
// The symbolic name, for instance "MSG_SIZE_TOO_LARGE".
std::string_view error_name(int code);
// The Java exception class that Kafka's own client would raise; exceptions::kKafka where there is no better one.
const char* error_exception(int code);
// True where Java's client has a RetriableException.
bool is_retriable(int code);

// "<what>: <text of code>" (or `detail` in place of the text if not empty), with the reaction and the Java class of the
// code.
base::Error make_error(int code, std::string_view what, std::string_view detail = {});

}  // namespace sluice::kafka
