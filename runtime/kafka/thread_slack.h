#pragma once
// Inside the module: keeps the main threads of idle clients from spinning.
//
// librdkafka's main thread wakes every second, and rounds what is left until then down to whole milliseconds: for the
// rest of the last one it waits without waiting (mended in librdkafka 2.4). That is half a millisecond of CPU per
// client and second, a third of a core for a thousand idle connectors. With a timer slack of more than a millisecond
// the kernel ends its waits late enough, and wakes the threads of many clients together.

struct rd_kafka_conf_s;

namespace sluice::kafka {

inline constexpr unsigned long kMainThreadSlackNs = 2'000'000;

// Timers of the client's main thread (metadata, heartbeats, retries) may be so much late; what arrives is not.
void relax_main_thread(rd_kafka_conf_s* conf);

}  // namespace sluice::kafka
