// Level 4 for transforms and predicates: every record shape goes through, payload is never edited, what comes out is
// well formed.

#include "runtime/plugin/check_tests.h"
#include "runtime/plugin/instance.h"

namespace sluice::plugin {
namespace {

using namespace std::chrono_literals;
using base::Code;

constexpr std::string_view kTopic = "sluice-check";
const std::vector<std::int32_t> kTransforms = {SLUICE_KIND_TRANSFORM};
const std::vector<std::int32_t> kPredicates = {SLUICE_KIND_PREDICATE};

class Errors final : public data::RecordErrors {
 public:
  void fail(data::Batch& batch, std::uint32_t index, base::Error error) override {
    if (index >= batch.size()) return;
    batch.record(index).flags |= SLUICE_RECORD_FAILED;
    if (error.code() == Code::kBug) bug_ = error.message();
  }
  const std::string& bug() const { return bug_; }

 private:
  std::string bug_;
};

Verdict shapes_go_through(CheckSubject& subject) {
  CheckServices services;
  auto transform = make_plugin_transform(*static_cast<const sluice_transform_vtable*>(subject.component->vtable),
                                         services, subject.config);
  if (!transform) return failed_with("create", transform.error());
  Corpus corpus(services.schemas());
  corpus.seal();
  Errors errors;
  for (int round = 0; round < 3; ++round) {  // caches per schema come into play
    data::Batch batch;
    if (!corpus.fill(batch, kTopic, 0)) return failed("the batch does not fit");
    const std::uint32_t before = batch.size();
    const data::TransformContext context{&services.schemas(), round % 2 == 0};
    if (auto status = (*transform)->apply(context, batch, errors); !status) return failed_with("apply", status.error());
    if (!errors.bug().empty()) return failed("a record failed with a bug: {}", errors.bug());
    if (batch.size() > before) return failed("a transform made {} records of {}", batch.size(), before);
    if (auto status = check_batch(*batch.c()); !status) return failed("after apply: {}", status.error().message());
  }
  return passed();
}

Verdict dropped_records_are_left_alone(CheckSubject& subject) {
  CheckServices services;
  auto transform = make_plugin_transform(*static_cast<const sluice_transform_vtable*>(subject.component->vtable),
                                         services, subject.config);
  if (!transform) return failed_with("create", transform.error());
  Corpus corpus(services.schemas());
  data::Batch batch;
  if (!corpus.fill(batch, kTopic, 0)) return failed("the batch does not fit");
  std::vector<sluice_record> before;
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    batch.record(i).flags |= i % 2 == 0 ? SLUICE_RECORD_DROP : SLUICE_RECORD_FAILED;
    before.push_back(batch.record(i));
  }
  Errors errors;
  const data::TransformContext context{&services.schemas(), true};
  if (auto status = (*transform)->apply(context, batch, errors); !status) return failed_with("apply", status.error());
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    const sluice_record& now = batch.record(i);
    if (now.flags != before[i].flags || now.value.as.i64 != before[i].value.as.i64 ||
        now.key.as.i64 != before[i].key.as.i64 || now.topic != before[i].topic ||
        now.value_schema != before[i].value_schema)
      return failed("record {} was dropped or failed already, and was changed", i);
  }
  return passed();
}

Verdict empty_batches_go_through(CheckSubject& subject) {
  CheckServices services;
  auto transform = make_plugin_transform(*static_cast<const sluice_transform_vtable*>(subject.component->vtable),
                                         services, subject.config);
  if (!transform) return failed_with("create", transform.error());
  data::Batch batch;
  Errors errors;
  if (auto status = (*transform)->apply({&services.schemas(), false}, batch, errors); !status)
    return failed_with("apply", status.error());
  return passed();
}

Verdict predicates_only_look(CheckSubject& subject) {
  CheckServices services;
  auto predicate = make_plugin_predicate(*static_cast<const sluice_predicate_vtable*>(subject.component->vtable),
                                         services, subject.config);
  if (!predicate) return failed_with("create", predicate.error());
  Corpus corpus(services.schemas());
  corpus.seal();
  data::Batch batch;
  if (!corpus.fill(batch, kTopic, 0)) return failed("the batch does not fit");
  Errors errors;
  std::vector<std::uint64_t> first((batch.size() + 63) / 64);
  std::vector<std::uint64_t> second(first.size());
  for (auto* matches : {&first, &second})
    if (auto status = (*predicate)->test({&services.schemas(), true}, batch, *matches, errors); !status)
      return failed_with("test", status.error());
  if (first != second) return failed("the same records gave another answer the second time");
  for (std::uint32_t i = batch.size(); i < first.size() * 64; ++i)
    if ((first[i / 64] >> (i % 64) & 1) != 0)
      return failed("bit {} is set where there are {} records", i, batch.size());
  if (auto status = check_batch(*batch.c()); !status) return failed("after test: {}", status.error().message());
  return passed();
}

}  // namespace

std::span<const CheckTest> transform_checks() {
  static const std::vector<CheckTest> tests = {
      {"data.corpus", 4, "every shape of record goes through, none edited", 60s, kTransforms, true, shapes_go_through},
      {"data.dropped", 4, "dropped and failed records are left alone", 30s, kTransforms, true,
       dropped_records_are_left_alone},
      {"data.empty", 4, "an empty batch is nothing", 30s, kTransforms, true, empty_batches_go_through},
      {"data.corpus", 4, "the same answer for the same records, nothing changed", 60s, kPredicates, true,
       predicates_only_look},
  };
  return tests;
}

}  // namespace sluice::plugin
