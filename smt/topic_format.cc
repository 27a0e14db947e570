#include "smt/topic_format.h"

namespace sluice::smt {
namespace {

// Appends `text` with each `from` replaced by `to`.
void append_replaced(std::string_view text, std::string_view from, std::string_view to, std::string& out) {
  std::size_t start = 0;
  for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, start)) {
    out.append(text.substr(start, at - start)).append(to);
    start = at + from.size();
  }
  out.append(text.substr(start));
}

}  // namespace

void format_topic(std::string_view format, std::string_view topic, std::string_view timestamp, std::string& scratch,
                  std::string& out) {
  scratch.clear();
  append_replaced(format, "${topic}", topic, scratch);
  out.clear();
  append_replaced(scratch, "${timestamp}", timestamp, out);
}

config::ConfigKey topic_format_key() {
  return config::optional_key("topic.format", config::Type::kString, "${topic}-${timestamp}", config::Importance::kHigh,
                              "Format string which can contain <code>${topic}</code> and <code>${timestamp}</code> as "
                              // tidy: allow(word): Kafka's own text
                              "placeholders for the topic and timestamp, respectively.");
}

}  // namespace sluice::smt
