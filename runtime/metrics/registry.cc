#include "runtime/metrics/registry.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <sstream>

#include "runtime/metrics/jmx_names.h"
#include "runtime/metrics/windows.h"

namespace sluice::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string prometheus_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out.push_back(plain ? c : '_');
  }
  return out;
}

struct Series {
  std::string name;  // in Prometheus' alphabet, without the group
  bool monotonic = false;
  std::function<double()> read;
};
struct TextSeries {
  std::string name;
  std::function<std::string()> read;
};

// What the registry and the owner share of a group. `mutex` is held while metrics are read, so that after detach() no
// function given to the group runs any more.
struct GroupData {
  GroupData(std::string group_name, Tags group_tags, WindowConfig w, const base::Clock& c)
      : name(std::move(group_name)), tags(std::move(group_tags)), window(w), clock(c) {}

  const std::string name;
  const Tags tags;
  const WindowConfig window;
  const base::Clock& clock;

  std::mutex mutex;
  bool detached = false;
  std::vector<Series> series;
  std::vector<TextSeries> texts;
  std::deque<Counter> counters;  // stable addresses
  std::deque<Gauge> gauges;
  std::deque<SampledStat> stats;
  std::deque<CounterRate> rates;
  std::map<std::string, Counter*, std::less<>> counters_by_name;
  std::map<std::string, Gauge*, std::less<>> gauges_by_name;

  // A name that is taken stays with the first: Prometheus refuses a document with one series twice.
  void add(std::string_view metric, bool monotonic, std::function<double()> read) {
    std::string plain = prometheus_name(metric);
    const bool taken = std::any_of(series.begin(), series.end(), [&](const Series& s) { return s.name == plain; });
    if (!taken) series.push_back({std::move(plain), monotonic, std::move(read)});
  }

  void detach() {
    std::lock_guard lock(mutex);
    detached = true;
    series.clear();
    texts.clear();
  }
};

// The owner's end of a group.
class GroupHandle final : public Group {
 public:
  explicit GroupHandle(std::shared_ptr<GroupData> data) : data_(std::move(data)) {}
  ~GroupHandle() override { data_->detach(); }

  Counter& rate_and_total(std::string_view name) override {
    std::lock_guard lock(data_->mutex);
    bool fresh = false;
    Counter& counter = counter_named(name, fresh);
    if (!fresh) return counter;
    data_->add(std::string(name) + "-total", true, [&counter] { return counter.value(); });
    CounterRate& rate = data_->rates.emplace_back(counter, data_->window, data_->clock);
    data_->add(std::string(name) + "-rate", false, [&rate] { return rate.look(); });
    return counter;
  }

  Counter& counter(std::string_view name) override {
    std::lock_guard lock(data_->mutex);
    bool fresh = false;
    Counter& counter = counter_named(name, fresh);
    if (fresh) data_->add(name, true, [&counter] { return counter.value(); });
    return counter;
  }

  Gauge& gauge(std::string_view name) override {
    std::lock_guard lock(data_->mutex);
    Gauge*& gauge = data_->gauges_by_name[std::string(name)];
    if (gauge == nullptr) {
      gauge = &data_->gauges.emplace_back();
      data_->add(name, false, [gauge = gauge] { return gauge->value(); });
    }
    return *gauge;
  }

  WindowedStat& max_and_avg(std::string_view max_name, std::string_view avg_name) override {
    std::lock_guard lock(data_->mutex);
    SampledStat& stat = data_->stats.emplace_back(data_->window, data_->clock);
    data_->add(max_name, false, [&stat] { return stat.max(); });
    data_->add(avg_name, false, [&stat] { return stat.average(); });
    return stat;
  }

  void value(std::string_view name, std::function<double()> read) override {
    std::lock_guard lock(data_->mutex);
    data_->add(name, name.ends_with("-total"), std::move(read));
  }

  void text(std::string_view name, std::function<std::string()> read) override {
    std::lock_guard lock(data_->mutex);
    std::string plain = prometheus_name(name);
    const auto& texts = data_->texts;
    const bool taken = std::any_of(texts.begin(), texts.end(), [&](const TextSeries& t) { return t.name == plain; });
    if (!taken) data_->texts.push_back({std::move(plain), std::move(read)});
  }

 private:
  Counter& counter_named(std::string_view name, bool& fresh) {
    Counter*& counter = data_->counters_by_name[std::string(name)];
    fresh = counter == nullptr;
    if (fresh) counter = &data_->counters.emplace_back();
    return *counter;
  }

  const std::shared_ptr<GroupData> data_;
};

using Families = std::map<std::string, MetricFamily>;

MetricFamily& family(Families& families, const std::string& name, MetricType type, const GroupData& group) {
  MetricFamily& found = families[name];
  if (found.metric.empty()) {
    found.name = name;
    found.type = type;
    found.help = "kafka.connect:type=" + group.name;
  }
  return found;
}

using Labels = std::vector<ClientMetric::Label>;

void add_number(Families& families, const std::string& name, const Series& series, double value, const Labels& labels,
                const GroupData& group) {
  ClientMetric metric;
  metric.label = labels;
  metric.counter.value = metric.gauge.value = value;  // the family's type says which one is printed
  family(families, name, series.monotonic ? MetricType::Counter : MetricType::Gauge, group)
      .metric.push_back(std::move(metric));
}

void add_one(Families& families, const std::string& name, Labels labels, const GroupData& group) {
  ClientMetric one;
  one.label = std::move(labels);
  one.gauge.value = 1;
  family(families, name, MetricType::Gauge, group).metric.push_back(std::move(one));
}

void collect(GroupData& group, const Registry::Options& options, Families& families) {
  std::lock_guard lock(group.mutex);
  if (group.detached) return;
  Labels labels;
  for (const Tags* tags : {&group.tags, &options.context}) {
    for (const auto& [name, value] : *tags) labels.push_back({prometheus_name(name), value});
  }
  const std::string group_name = prometheus_name(group.name);
  const std::string prefix = "kafka_connect_" + group_name + "_";
  for (const Series& series : group.series) {
    const double value = series.read();
    add_number(families, prefix + series.name, series, value, labels, group);
    if (!options.jmx_names) continue;
    for (const std::string& name : jmx_number_names(group_name, series.name))
      add_number(families, name, series, value, labels, group);
  }
  if (group.texts.empty()) return;
  Labels info = labels;
  for (const TextSeries& text : group.texts) {
    const std::string value = text.read();
    info.push_back({text.name, value});
    if (!options.jmx_names) continue;
    Labels with_text = labels;
    with_text.push_back({text.name, value});
    for (const std::string& name : jmx_text_names(group_name, text.name)) add_one(families, name, with_text, group);
  }
  add_one(families, prefix + "info", std::move(info), group);
}

}  // namespace

struct Registry::Impl {
  Impl(Options o, const base::Clock& c) : options(std::move(o)), clock(c) {}

  const Options options;
  const base::Clock& clock;
  std::mutex mutex;
  std::map<std::pair<std::string, Tags>, std::weak_ptr<GroupData>> groups;
};

Registry::Registry(Options options, const base::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {}
Registry::~Registry() = default;

std::shared_ptr<Group> Registry::group(std::string_view name, Tags tags) {
  const WindowConfig window{impl_->options.sample_window_ms, impl_->options.num_samples};
  auto data = std::make_shared<GroupData>(std::string(name), tags, window, impl_->clock);
  {
    std::lock_guard lock(impl_->mutex);
    std::erase_if(impl_->groups, [](const auto& entry) { return entry.second.expired(); });
    impl_->groups[{std::string(name), std::move(tags)}] = data;
  }
  return std::make_shared<GroupHandle>(std::move(data));
}

std::string Registry::prometheus_text() const {
  std::vector<std::shared_ptr<GroupData>> groups;
  {
    std::lock_guard lock(impl_->mutex);
    for (const auto& [key, weak] : impl_->groups) {
      if (auto group = weak.lock()) groups.push_back(std::move(group));
    }
  }
  Families families;
  for (const auto& group : groups) collect(*group, impl_->options, families);
  std::vector<MetricFamily> ordered;
  for (auto& [name, metrics] : families) ordered.push_back(std::move(metrics));
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, ordered);
  return std::move(text).str();
}

}  // namespace sluice::metrics
