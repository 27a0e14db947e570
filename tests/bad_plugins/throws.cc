// Throws where the SDK calls it: the SDK must turn that into an answer.
#include <stdexcept>

#include <sluice/source.hpp>

namespace {
class ThrowsSource final : public sluice::SourceTask {
 public:
  sluice::Status start(const sluice::Config&) override { return sluice::ok(); }
  sluice::Status poll(sluice::BatchBuilder&) override { throw std::runtime_error("thrown in poll"); }
};
}  // namespace

SLUICE_PLUGIN("throws", "1.0.0", sluice::simple_source<ThrowsSource>("ThrowsSource"));
