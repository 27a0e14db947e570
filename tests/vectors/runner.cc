#include "tests/vectors/runner.h"

#include <fmt/format.h>

#include <regex>

namespace sluice::vectors {
namespace {

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Some messages quote a text of Java's libraries after the first line: the expression and the place in it.
std::string_view comparable(std::string_view message) {
  return message.find("Invalid regex: ") == std::string_view::npos ? message : message.substr(0, message.find('\n'));
}

bool same_error(const Json& expected, bool any_message, const base::Error& error) {
  if (any_message) return true;
  if (expected.at("class").get<std::string>() != error.exception()) return false;
  const std::string message = read_text(expected.value("message", Json())).value_or("");
  return comparable(message) == comparable(without_identities(error.message()));
}

Json write_error(const base::Error& error) {
  Json json{{"class", error.exception()}, {"message", write_text(error.message())}};
  if (error.cause() != nullptr) json["cause"] = write_error(*error.cause());
  return json;
}

Verdict run(const Operations& operations, const Json& test_case) {
  const auto name = test_case.at("op").get<std::string>();
  const auto operation = operations.find(name);
  if (operation == operations.end()) throw NotBuilt(fmt::format("operation '{}' is not built", name));
  const bool expects_error = test_case.contains("error");
  const Json expected = test_case.contains("ok") ? test_case.at("ok") : Json();
  const std::string wanted = expects_error              ? "error " + dump(test_case.at("error"))
                             : test_case.contains("ok") ? dump(expected)
                                                        : "unchanged";

  Notation notation;
  const base::Result<Outcome> outcome = operation->second(test_case, expected, notation);
  if (!outcome) {
    const bool same =
        expects_error && same_error(test_case.at("error"), test_case.value("jvm_message", false), outcome.error());
    return same ? Verdict{Verdict::Kind::kPassed, {}, {}}
                : Verdict{Verdict::Kind::kFailed, wanted, "error " + dump(write_error(outcome.error()))};
  }
  if (!expects_error && outcome->equal) return {Verdict::Kind::kPassed, {}, {}};
  return {Verdict::Kind::kFailed, wanted, dump(outcome->got)};
}

}  // namespace

std::string without_identities(std::string_view text) {
  static const std::regex kIdentity(R"((\[[BCDFIJSZ]|[A-Za-z_$][A-Za-z0-9_$]*)@[0-9a-f]{1,8}\b)");
  if (text.find('@') == std::string_view::npos) return std::string(text);
  return std::regex_replace(std::string(text), kIdentity, "$1@<identity>");
}

Verdict run_case(const Operations& operations, const Json& test_case) {
  try {
    return run(operations, test_case);
  } catch (const NotBuilt& error) {
    return {Verdict::Kind::kNotBuilt, "", error.what()};
  } catch (const std::exception& error) {  // of the notation or of JSON: the file is at fault, or a reader of it
    return {Verdict::Kind::kFailed, "a case in the notation", error.what()};
  }
}

Operations all_operations() {
  Operations operations;
  add_data_operations(operations);
  add_config_operations(operations);
  add_converter_operations(operations);
  add_transform_operations(operations);
  add_group_operations(operations);
  return operations;
}

}  // namespace sluice::vectors
