// A source: one record every interval.ms, counted on from the stored offset after a restart.
#include <sluice/source.hpp>

class TickSource final : public sluice::SourceTask {
 public:
  static constexpr auto kConfig = sluice::config(
      sluice::string_key("topic").doc("Topic to write to.").high().required(),
      sluice::int_key("interval.ms").doc("Pause between ticks.").default_value(1000).range(1, 3'600'000));

  sluice::Status start(const sluice::Config& config) override {
    topic_ = config.string("topic");
    interval_ = config.millis("interval.ms");
    next_ = context().stored_offset("tick").int64_or("n", 0);  // resume after a restart
    return sluice::ok();
  }

  sluice::Status poll(sluice::BatchBuilder& out) override {
    if (!context().sleep_for(interval_)) return sluice::stopping();  // wakes when the task is to stop
    out.add(topic_).value(out.format("tick {}", next_)).source("tick", {{"n", next_ + 1}});
    ++next_;
    return sluice::ok();
  }

 private:
  std::string topic_;
  std::chrono::milliseconds interval_{};
  std::int64_t next_ = 0;
};

SLUICE_PLUGIN("tick-cpp", "1.0.0", sluice::simple_source<TickSource>("TickSource"));
