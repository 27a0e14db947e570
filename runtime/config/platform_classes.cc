#include "runtime/config/platform_classes.h"

#include <algorithm>
#include <array>

namespace sluice::config {
namespace {

constexpr PlatformClass plain(std::string_view name) {
  return {name, false, false, {}};
}
constexpr PlatformClass abstract_class(std::string_view name, std::string_view implements = {}) {
  return {name, false, true, implements};
}
constexpr PlatformClass interface_of(std::string_view name, std::string_view implements = {}) {
  return {name, true, true, implements};
}

constexpr std::array kClasses = {
    plain("java.io.File"),
    interface_of("java.io.Serializable"),
    interface_of("java.lang.AutoCloseable"),
    plain("java.lang.Boolean"),
    plain("java.lang.Byte"),
    interface_of("java.lang.CharSequence"),
    plain("java.lang.Character"),
    plain("java.lang.Class"),
    interface_of("java.lang.Cloneable"),
    interface_of("java.lang.Comparable"),
    plain("java.lang.Double"),
    abstract_class("java.lang.Enum"),
    plain("java.lang.Error"),
    plain("java.lang.Exception"),
    plain("java.lang.Float"),
    plain("java.lang.Integer"),
    interface_of("java.lang.Iterable"),
    plain("java.lang.Long"),
    plain("java.lang.Math"),
    abstract_class("java.lang.Number"),
    plain("java.lang.Object"),
    abstract_class("java.lang.Record"),
    interface_of("java.lang.Runnable"),
    plain("java.lang.RuntimeException"),
    plain("java.lang.Short"),
    plain("java.lang.String"),
    plain("java.lang.StringBuilder"),
    plain("java.lang.System"),
    plain("java.lang.Thread"),
    plain("java.lang.Throwable"),
    plain("java.lang.Void"),
    plain("java.math.BigDecimal"),
    plain("java.math.BigInteger"),
    plain("java.net.URI"),
    abstract_class("java.util.AbstractList"),
    abstract_class("java.util.AbstractMap"),
    plain("java.util.ArrayList"),
    plain("java.util.Arrays"),
    interface_of("java.util.Collection"),
    plain("java.util.Collections"),
    plain("java.util.Date"),
    interface_of("java.util.Deque"),
    plain("java.util.HashMap"),
    plain("java.util.HashSet"),
    interface_of("java.util.Iterator"),
    plain("java.util.LinkedHashMap"),
    plain("java.util.LinkedHashSet"),
    plain("java.util.LinkedList"),
    interface_of("java.util.List"),
    plain("java.util.Locale"),
    interface_of("java.util.Map"),
    interface_of("java.util.Map$Entry"),
    plain("java.util.Objects"),
    plain("java.util.Optional"),
    plain("java.util.Properties"),
    interface_of("java.util.Queue"),
    plain("java.util.Random"),
    interface_of("java.util.Set"),
    plain("java.util.Stack"),
    plain("java.util.TreeMap"),
    plain("java.util.TreeSet"),
    plain("java.util.UUID"),
    plain("java.util.Vector"),
    abstract_class("org.apache.kafka.connect.connector.Connector", "Connector"),
    abstract_class("org.apache.kafka.connect.converters.NumberConverter", "Converter"),
    abstract_class("org.apache.kafka.connect.sink.SinkConnector", "SinkConnector"),
    abstract_class("org.apache.kafka.connect.source.SourceConnector", "SourceConnector"),
    interface_of("org.apache.kafka.connect.storage.Converter", "Converter"),
    interface_of("org.apache.kafka.connect.storage.HeaderConverter", "HeaderConverter"),
    interface_of("org.apache.kafka.connect.transforms.Transformation", "Transformation"),
    interface_of("org.apache.kafka.connect.transforms.predicates.Predicate", "Predicate"),
};

}  // namespace

const PlatformClass* find_platform_class(std::string_view name) {
  const auto place =
      std::find_if(kClasses.begin(), kClasses.end(), [&](const auto& known) { return known.name == name; });
  return place == kClasses.end() ? nullptr : &*place;
}

}  // namespace sluice::config
