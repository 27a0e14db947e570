#pragma once
// Java class names that are not components but that a configuration may name all the same. Connect tells "there is no
// such class" from "this class is no converter", and so must we.

#include <string_view>

namespace sluice::config {

struct PlatformClass {
  std::string_view name;
  bool interface = false;
  bool abstract = false;
  std::string_view implements = {};  // the Connect interface it is or extends, if any: "Converter", ...
};

// nullptr if the name is not among them. Not all of Java is.
const PlatformClass* find_platform_class(std::string_view name);

}  // namespace sluice::config
