#include "runtime/kafka/thread_slack.h"

#include <librdkafka/rdkafka.h>
#include <sys/prctl.h>

#include <cstddef>
#include <tuple>

namespace sluice::kafka {
namespace {

// [the thread that starts]
rd_kafka_resp_err_t on_thread_start(rd_kafka_t*, rd_kafka_thread_type_t type, const char*, void*) {
  if (type == RD_KAFKA_THREAD_MAIN) std::ignore = ::prctl(PR_SET_TIMERSLACK, kMainThreadSlackNs, 0, 0, 0);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void*, char*, std::size_t) {
  return rd_kafka_interceptor_add_on_thread_start(client, "sluice-slack", on_thread_start, nullptr);
}

}  // namespace

void relax_main_thread(rd_kafka_conf_s* conf) {
  rd_kafka_conf_interceptor_add_on_new(conf, "sluice-slack", on_new, nullptr);
}

}  // namespace sluice::kafka
