#include "smt/builtin.h"

#include "smt/calculate.h"
#include "smt/cast.h"
#include "smt/condition_filter.h"
#include "smt/content_based_router.h"
#include "smt/debezium_extract_changed_record_state.h"
#include "smt/debezium_extract_new_document_state.h"
#include "smt/debezium_extract_new_record_state.h"
#include "smt/debezium_extract_schema_to_new_record.h"
#include "smt/debezium_header_to_value.h"
#include "smt/debezium_logical_router.h"
#include "smt/debezium_partition_routing.h"
#include "smt/debezium_read_to_insert_event.h"
#include "smt/debezium_schema_change_event_filter.h"
#include "smt/decode_logical_message.h"
#include "smt/drop.h"
#include "smt/drop_headers.h"
#include "smt/enforce_record_size.h"
#include "smt/extract_field.h"
#include "smt/extract_topic.h"
#include "smt/filter.h"
#include "smt/flatten.h"
#include "smt/geometry_format.h"
#include "smt/gzip_decompress.h"
#include "smt/header_from.h"
#include "smt/hoist_field.h"
#include "smt/insert_field.h"
#include "smt/insert_header.h"
#include "smt/lookup.h"
#include "smt/mapping.h"
#include "smt/mask_field.h"
#include "smt/message_timestamp_router.h"
#include "smt/mongo_event_router.h"
#include "smt/outbox_event_router.h"
#include "smt/outbox_options.h"
#include "smt/predicates.h"
#include "smt/regex_router.h"
#include "smt/replace_field.h"
#include "smt/replace_nested_field.h"
#include "smt/script_filter.h"
#include "smt/set_schema_metadata.h"
#include "smt/swap_geometry_coordinates.h"
#include "smt/timestamp_converter.h"
#include "smt/timestamp_router.h"
#include "smt/timezone_converter.h"
#include "smt/tombstone_handler.h"
#include "smt/value_to_key.h"
#include "smt/vector_to_json.h"

namespace sluice::smt {

const std::vector<BuiltinTransform>& builtin_transforms() {
  static const std::vector<BuiltinTransform> kTransforms = {
      {"io.confluent.connect.transforms.Drop$Key", drop_config, make_drop_key},
      {"io.confluent.connect.transforms.Drop$Value", drop_config, make_drop_value},
      {"io.confluent.connect.transforms.ExtractTopic$Header", extract_topic_header_config, make_extract_topic_header},
      {"io.confluent.connect.transforms.ExtractTopic$Key", extract_topic_config, make_extract_topic_key},
      {"io.confluent.connect.transforms.ExtractTopic$Value", extract_topic_config, make_extract_topic_value},
      {"io.confluent.connect.transforms.Filter$Key", condition_filter_config, make_condition_filter_key},
      {"io.confluent.connect.transforms.Filter$Value", condition_filter_config, make_condition_filter_value},
      {"io.confluent.connect.transforms.Flatten$Key", confluent_flatten_config, make_confluent_flatten_key},
      {"io.confluent.connect.transforms.Flatten$Value", confluent_flatten_config, make_confluent_flatten_value},
      {"io.confluent.connect.transforms.GzipDecompress$Key", gzip_decompress_config, make_gzip_decompress_key},
      {"io.confluent.connect.transforms.GzipDecompress$Value", gzip_decompress_config, make_gzip_decompress_value},
      {"io.confluent.connect.transforms.MessageTimestampRouter", message_timestamp_router_config,
       make_message_timestamp_router},
      {"io.confluent.connect.transforms.ReplaceField$Key", replace_field_config, make_replace_nested_field_key},
      {"io.confluent.connect.transforms.ReplaceField$Value", replace_field_config, make_replace_nested_field_value},
      {"io.confluent.connect.transforms.TombstoneHandler", tombstone_handler_config, make_tombstone_handler},
      {"io.debezium.connector.mongodb.transforms.ExtractNewDocumentState", extract_new_document_state_config,
       make_extract_new_document_state},
      {"io.debezium.connector.mongodb.transforms.outbox.MongoEventRouter", mongo_event_router_config,
       make_mongo_event_router},
      {"io.debezium.connector.mysql.transforms.ReadToInsertEvent", read_to_insert_event_config,
       make_read_to_insert_event},
      {"io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent", decode_logical_message_config,
       make_decode_logical_message},
      {"io.debezium.transforms.ByLogicalTableRouter", by_logical_table_router_config, make_by_logical_table_router},
      {"io.debezium.transforms.ContentBasedRouter", content_based_router_config, make_content_based_router},
      {"io.debezium.transforms.EnforceRecordSize", enforce_record_size_config, make_enforce_record_size},
      {"io.debezium.transforms.ExtractChangedRecordState", extract_changed_record_state_config,
       make_extract_changed_record_state},
      {"io.debezium.transforms.ExtractNewRecordState", extract_new_record_state_config, make_extract_new_record_state},
      {"io.debezium.transforms.ExtractSchemaToNewRecord", extract_schema_to_new_record_config,
       make_extract_schema_to_new_record},
      {"io.debezium.transforms.Filter", script_filter_config, make_script_filter},
      {"io.debezium.transforms.GeometryFormatTransformer", geometry_format_config, make_geometry_format},
      {"io.debezium.transforms.HeaderToValue", header_to_value_config, make_header_to_value},
      {"io.debezium.transforms.SchemaChangeEventFilter", schema_change_event_filter_config,
       make_schema_change_event_filter},
      {"io.debezium.transforms.SwapGeometryCoordinates", swap_geometry_coordinates_config,
       make_swap_geometry_coordinates},
      {"io.debezium.transforms.TimezoneConverter", timezone_converter_config, make_timezone_converter},
      {"io.debezium.transforms.ToLogicalTopicRouter", to_logical_topic_router_config, make_to_logical_topic_router},
      {"io.debezium.transforms.VectorToJsonConverter", vector_to_json_config, make_vector_to_json},
      {"io.debezium.transforms.outbox.EventRouter", event_router_config, make_outbox_event_router},
      {"io.debezium.transforms.partitions.PartitionRouting", partition_routing_config, make_partition_routing},
      {"io.sluice.transforms.Calculate$Key", calculate_config, make_calculate_key},
      {"io.sluice.transforms.Calculate$Value", calculate_config, make_calculate_value},
      {"io.sluice.transforms.Lookup$Key", lookup_config, make_lookup_key},
      {"io.sluice.transforms.Lookup$Value", lookup_config, make_lookup_value},
      {"io.sluice.transforms.Mapping$Key", mapping_config, make_mapping_key},
      {"io.sluice.transforms.Mapping$Value", mapping_config, make_mapping_value},
      {"org.apache.kafka.connect.transforms.Cast$Key", cast_config, make_cast_key},
      {"org.apache.kafka.connect.transforms.Cast$Value", cast_config, make_cast_value},
      {"org.apache.kafka.connect.transforms.DropHeaders", drop_headers_config, make_drop_headers},
      {"org.apache.kafka.connect.transforms.ExtractField$Key", extract_field_config, make_extract_field_key},
      {"org.apache.kafka.connect.transforms.ExtractField$Value", extract_field_config, make_extract_field_value},
      {"org.apache.kafka.connect.transforms.Filter", filter_config, make_filter},
      {"org.apache.kafka.connect.transforms.Flatten$Key", flatten_config, make_flatten_key},
      {"org.apache.kafka.connect.transforms.Flatten$Value", flatten_config, make_flatten_value},
      {"org.apache.kafka.connect.transforms.HeaderFrom$Key", header_from_config, make_header_from_key},
      {"org.apache.kafka.connect.transforms.HeaderFrom$Value", header_from_config, make_header_from_value},
      {"org.apache.kafka.connect.transforms.HoistField$Key", hoist_field_config, make_hoist_field_key},
      {"org.apache.kafka.connect.transforms.HoistField$Value", hoist_field_config, make_hoist_field_value},
      {"org.apache.kafka.connect.transforms.InsertField$Key", insert_field_config, make_insert_field_key},
      {"org.apache.kafka.connect.transforms.InsertField$Value", insert_field_config, make_insert_field_value},
      {"org.apache.kafka.connect.transforms.InsertHeader", insert_header_config, make_insert_header},
      {"org.apache.kafka.connect.transforms.MaskField$Key", mask_field_config, make_mask_field_key},
      {"org.apache.kafka.connect.transforms.MaskField$Value", mask_field_config, make_mask_field_value},
      {"org.apache.kafka.connect.transforms.RegexRouter", regex_router_config, make_regex_router},
      {"org.apache.kafka.connect.transforms.ReplaceField$Key", replace_field_config, make_replace_field_key},
      {"org.apache.kafka.connect.transforms.ReplaceField$Value", replace_field_config, make_replace_field_value},
      {"org.apache.kafka.connect.transforms.SetSchemaMetadata$Key", set_schema_metadata_config,
       make_set_schema_metadata_key},
      {"org.apache.kafka.connect.transforms.SetSchemaMetadata$Value", set_schema_metadata_config,
       make_set_schema_metadata_value},
      {"org.apache.kafka.connect.transforms.TimestampConverter$Key", timestamp_converter_config,
       make_timestamp_converter_key},
      {"org.apache.kafka.connect.transforms.TimestampConverter$Value", timestamp_converter_config,
       make_timestamp_converter_value},
      {"org.apache.kafka.connect.transforms.TimestampRouter", timestamp_router_config, make_timestamp_router},
      {"org.apache.kafka.connect.transforms.ValueToKey", value_to_key_config, make_value_to_key},
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
