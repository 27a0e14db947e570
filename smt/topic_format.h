#pragma once
// The key `topic.format`: a topic's name made of another one and a time.

#include <string>
#include <string_view>

#include "runtime/config/config_def.h"

namespace sluice::smt {

// Sets `out` to `format` with ${topic} and then ${timestamp} replaced. `scratch` is a buffer to use again.
void format_topic(std::string_view format, std::string_view topic, std::string_view timestamp, std::string& scratch,
                  std::string& out);

// The key, with Kafka's default and text.
config::ConfigKey topic_format_key();

}  // namespace sluice::smt
