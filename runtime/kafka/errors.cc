#include "runtime/kafka/errors.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>

namespace sluice::kafka {
namespace {

using base::Code;

static_assert(error_code::kQueueFull == RD_KAFKA_RESP_ERR__QUEUE_FULL);
static_assert(error_code::kMessageTimedOut == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT);
static_assert(error_code::kTimedOut == RD_KAFKA_RESP_ERR__TIMED_OUT);
static_assert(error_code::kPurgedQueue == RD_KAFKA_RESP_ERR__PURGE_QUEUE);
static_assert(error_code::kPurgedInFlight == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT);
static_assert(error_code::kFatal == RD_KAFKA_RESP_ERR__FATAL);
static_assert(error_code::kMessageTooLarge == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);

struct Row {
  int code;
  Code reaction;
  const char* exception;
};

#define KAFKA_ERROR(name) "org.apache.kafka.common.errors." name

// What Java's client makes of each code. Codes that are not here are kFatal, KafkaException. `kRetry` is
// RetriableException.
constexpr auto kRows = std::to_array<Row>({
    {RD_KAFKA_RESP_ERR__TRANSPORT, Code::kRetry, KAFKA_ERROR("NetworkException")},
    {RD_KAFKA_RESP_ERR__RESOLVE, Code::kRetry, KAFKA_ERROR("NetworkException")},
    {RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, Code::kRetry, KAFKA_ERROR("NetworkException")},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, Code::kRetry, KAFKA_ERROR("TimeoutException")},
    {RD_KAFKA_RESP_ERR__TIMED_OUT, Code::kTimeout, KAFKA_ERROR("TimeoutException")},
    {RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, Code::kTimeout, KAFKA_ERROR("TimeoutException")},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, Code::kRetry, KAFKA_ERROR("TimeoutException")},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, Code::kRetry, KAFKA_ERROR("UnknownTopicOrPartitionException")},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Code::kRetry, KAFKA_ERROR("UnknownTopicOrPartitionException")},
    {RD_KAFKA_RESP_ERR__WAIT_COORD, Code::kRetry, KAFKA_ERROR("CoordinatorNotAvailableException")},
    {RD_KAFKA_RESP_ERR__WAIT_CACHE, Code::kRetry, KAFKA_ERROR("LeaderNotAvailableException")},
    {RD_KAFKA_RESP_ERR__IN_PROGRESS, Code::kRetry, base::exceptions::kKafka},
    {RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS, Code::kRetry, base::exceptions::kKafka},
    {RD_KAFKA_RESP_ERR__RETRY, Code::kRetry, base::exceptions::kKafka},
    {RD_KAFKA_RESP_ERR__PURGE_QUEUE, Code::kStopping, base::exceptions::kKafka},
    {RD_KAFKA_RESP_ERR__PURGE_INFLIGHT, Code::kStopping, base::exceptions::kKafka},
    {RD_KAFKA_RESP_ERR__DESTROY, Code::kStopping, base::exceptions::kKafka},
    {RD_KAFKA_RESP_ERR__INTR, Code::kStopping, KAFKA_ERROR("InterruptException")},
    {RD_KAFKA_RESP_ERR__SSL, Code::kFatal, KAFKA_ERROR("SslAuthenticationException")},
    {RD_KAFKA_RESP_ERR__AUTHENTICATION, Code::kFatal, KAFKA_ERROR("SaslAuthenticationException")},
    {RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, Code::kUnsupported, KAFKA_ERROR("UnsupportedVersionException")},
    {RD_KAFKA_RESP_ERR__FENCED, Code::kFatal, KAFKA_ERROR("ProducerFencedException")},
    {RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST, Code::kFatal, "org.apache.kafka.clients.consumer.CommitFailedException"},
    {RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED, Code::kRetry, base::exceptions::kKafka},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, Code::kFatal,
     "org.apache.kafka.clients.consumer.NoOffsetForPartitionException"},
    {RD_KAFKA_RESP_ERR__INVALID_ARG, Code::kBug, base::exceptions::kIllegalArgument},
    {RD_KAFKA_RESP_ERR__STATE, Code::kBug, base::exceptions::kIllegalState},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, Code::kFatal,
     "org.apache.kafka.clients.consumer.OffsetOutOfRangeException"},
    {RD_KAFKA_RESP_ERR_INVALID_MSG, Code::kRetry, KAFKA_ERROR("CorruptRecordException")},
    {RD_KAFKA_RESP_ERR__BAD_MSG, Code::kRetry, KAFKA_ERROR("CorruptRecordException")},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Code::kRetry, KAFKA_ERROR("UnknownTopicOrPartitionException")},
    {RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, Code::kRetry, KAFKA_ERROR("LeaderNotAvailableException")},
    {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Code::kRetry, KAFKA_ERROR("NotLeaderOrFollowerException")},
    {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, Code::kRetry, KAFKA_ERROR("TimeoutException")},
    {RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, Code::kRetry, KAFKA_ERROR("ReplicaNotAvailableException")},
    {RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE, Code::kRetry, KAFKA_ERROR("BrokerNotAvailableException")},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Code::kBadRecord, KAFKA_ERROR("RecordTooLargeException")},
    {RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE, Code::kFatal, KAFKA_ERROR("OffsetMetadataTooLarge")},
    {RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, Code::kRetry, KAFKA_ERROR("NetworkException")},
    {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, Code::kRetry, KAFKA_ERROR("CoordinatorLoadInProgressException")},
    {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, Code::kRetry, KAFKA_ERROR("CoordinatorNotAvailableException")},
    {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, Code::kRetry, KAFKA_ERROR("NotCoordinatorException")},
    {RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, Code::kFatal, KAFKA_ERROR("InvalidTopicException")},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, Code::kBadRecord, KAFKA_ERROR("RecordBatchTooLargeException")},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Code::kRetry, KAFKA_ERROR("NotEnoughReplicasException")},
    {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, Code::kRetry,
     KAFKA_ERROR("NotEnoughReplicasAfterAppendException")},
    {RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, Code::kFatal, KAFKA_ERROR("InvalidRequiredAcksException")},
    {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, Code::kFatal, "org.apache.kafka.clients.consumer.CommitFailedException"},
    {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, Code::kFatal, KAFKA_ERROR("UnknownMemberIdException")},
    {RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, Code::kFatal, KAFKA_ERROR("InconsistentGroupProtocolException")},
    {RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, Code::kFatal, KAFKA_ERROR("InvalidGroupIdException")},
    {RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, Code::kFatal, KAFKA_ERROR("InvalidSessionTimeoutException")},
    {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, Code::kRetry, KAFKA_ERROR("RebalanceInProgressException")},
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Code::kFatal, KAFKA_ERROR("TopicAuthorizationException")},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, Code::kFatal, KAFKA_ERROR("GroupAuthorizationException")},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Code::kFatal, KAFKA_ERROR("ClusterAuthorizationException")},
    {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, Code::kBadRecord, KAFKA_ERROR("InvalidTimestampException")},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, Code::kFatal, KAFKA_ERROR("UnsupportedSaslMechanismException")},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, Code::kUnsupported, KAFKA_ERROR("UnsupportedVersionException")},
    {RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, Code::kExists, KAFKA_ERROR("TopicExistsException")},
    {RD_KAFKA_RESP_ERR_INVALID_PARTITIONS, Code::kInvalidConfig, KAFKA_ERROR("InvalidPartitionsException")},
    {RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR, Code::kInvalidConfig,
     KAFKA_ERROR("InvalidReplicationFactorException")},
    {RD_KAFKA_RESP_ERR_INVALID_CONFIG, Code::kInvalidConfig, KAFKA_ERROR("InvalidConfigurationException")},
    {RD_KAFKA_RESP_ERR_NOT_CONTROLLER, Code::kRetry, KAFKA_ERROR("NotControllerException")},
    {RD_KAFKA_RESP_ERR_INVALID_REQUEST, Code::kFatal, KAFKA_ERROR("InvalidRequestException")},
    {RD_KAFKA_RESP_ERR_POLICY_VIOLATION, Code::kFatal, KAFKA_ERROR("PolicyViolationException")},
    {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Code::kFatal, KAFKA_ERROR("OutOfOrderSequenceException")},
    {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, Code::kFatal, KAFKA_ERROR("InvalidProducerEpochException")},
    {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, Code::kFatal, KAFKA_ERROR("InvalidTxnStateException")},
    {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, Code::kRetry, KAFKA_ERROR("ConcurrentTransactionsException")},
    {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Code::kFatal,
     KAFKA_ERROR("TransactionalIdAuthorizationException")},
    {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, Code::kRetry, KAFKA_ERROR("KafkaStorageException")},
    {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, Code::kFatal, KAFKA_ERROR("SaslAuthenticationException")},
    {RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP, Code::kFatal, KAFKA_ERROR("GroupNotEmptyException")},
    {RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, Code::kNotFound, KAFKA_ERROR("GroupIdNotFoundException")},
    {RD_KAFKA_RESP_ERR_TOPIC_DELETION_DISABLED, Code::kFatal, KAFKA_ERROR("TopicDeletionDisabledException")},
    {RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH, Code::kRetry, KAFKA_ERROR("FencedLeaderEpochException")},
    {RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH, Code::kRetry, KAFKA_ERROR("UnknownLeaderEpochException")},
    {RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, Code::kFatal, KAFKA_ERROR("UnsupportedCompressionTypeException")},
    {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, Code::kRetry, KAFKA_ERROR("OffsetNotAvailableException")},
    {RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED, Code::kFatal, KAFKA_ERROR("GroupMaxSizeReachedException")},
    {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, Code::kFatal, KAFKA_ERROR("FencedInstanceIdException")},
    {RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC, Code::kFatal, KAFKA_ERROR("GroupSubscribedToTopicException")},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, Code::kBadRecord, KAFKA_ERROR("InvalidRecordException")},
    {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, Code::kRetry, KAFKA_ERROR("UnstableOffsetCommitException")},
    {RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED, Code::kRetry, KAFKA_ERROR("ThrottlingQuotaExceededException")},
    {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, Code::kFatal, KAFKA_ERROR("ProducerFencedException")},
});
#undef KAFKA_ERROR

const Row* find_row(int code) {
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.code == code; });
  return found == kRows.end() ? nullptr : &*found;
}

}  // namespace

std::string_view error_text(int code) {
  return rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code));
}
std::string_view error_name(int code) {
  return rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code));
}

const char* error_exception(int code) {
  const Row* row = find_row(code);
  return row ? row->exception : base::exceptions::kKafka;
}

bool is_retriable(int code) {
  const Row* row = find_row(code);
  return row && (row->reaction == Code::kRetry || row->reaction == Code::kTimeout);
}

base::Error make_error(int code, std::string_view what, std::string_view detail) {
  const Row* row = find_row(code);
  return base::Error(row ? row->reaction : Code::kFatal, error_exception(code),
                     fmt::format("{}: {}", what, detail.empty() ? error_text(code) : detail));
}

}  // namespace sluice::kafka
