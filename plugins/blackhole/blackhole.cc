// BlackholeSink: takes every record and drops it, the sink end of demos and benchmarks. Counts what it saw.

#include <sluice/sink.hpp>

namespace {

class BlackholeSink final : public sluice::SinkTask {
 public:
  sluice::Status start(const sluice::Config&) override {
    records_ = context().counter("blackhole-records", "records", "Records taken and dropped");
    return sluice::ok();
  }
  sluice::Status put(sluice::SinkBatch& batch) override {
    records_.add(batch.size());
    return sluice::ok();
  }

 private:
  sluice::Metric records_;
};

}  // namespace

SLUICE_PLUGIN("blackhole", "0.1.0", sluice::simple_sink<BlackholeSink>("BlackholeSink").summary("Drops every record"));
