#include "smt/builtin.h"

#include "smt/extract_field.h"
#include "smt/filter.h"
#include "smt/hoist_field.h"
#include "smt/insert_field.h"
#include "smt/insert_header.h"
#include "smt/predicates.h"
#include "smt/regex_router.h"

namespace sluice::smt {

const std::vector<BuiltinTransform>& builtin_transforms() {
  static const std::vector<BuiltinTransform> kTransforms = {
      {"org.apache.kafka.connect.transforms.ExtractField$Key", extract_field_config, make_extract_field_key},
      {"org.apache.kafka.connect.transforms.ExtractField$Value", extract_field_config, make_extract_field_value},
      {"org.apache.kafka.connect.transforms.Filter", filter_config, make_filter},
      {"org.apache.kafka.connect.transforms.HoistField$Key", hoist_field_config, make_hoist_field_key},
      {"org.apache.kafka.connect.transforms.HoistField$Value", hoist_field_config, make_hoist_field_value},
      {"org.apache.kafka.connect.transforms.InsertField$Key", insert_field_config, make_insert_field_key},
      {"org.apache.kafka.connect.transforms.InsertField$Value", insert_field_config, make_insert_field_value},
      {"org.apache.kafka.connect.transforms.InsertHeader", insert_header_config, make_insert_header},
      {"org.apache.kafka.connect.transforms.RegexRouter", regex_router_config, make_regex_router},
  };
  return kTransforms;
}

const std::vector<BuiltinPredicate>& builtin_predicates() {
  static const std::vector<BuiltinPredicate> kPredicates = {
      {"org.apache.kafka.connect.transforms.predicates.HasHeaderKey", has_header_key_config, make_has_header_key},
      {"org.apache.kafka.connect.transforms.predicates.RecordIsTombstone", record_is_tombstone_config,
       make_record_is_tombstone},
      {"org.apache.kafka.connect.transforms.predicates.TopicNameMatches", topic_name_matches_config,
       make_topic_name_matches},
  };
  return kPredicates;
}

}  // namespace sluice::smt
