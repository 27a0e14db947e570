#pragma once
// A number of places that requests take and give back: what bounds those that wait, so that threads are left for those
// that do not.

#include <atomic>
#include <cstddef>
#include <utility>

namespace sluice::rest {

class Slots {
 public:
  explicit Slots(std::size_t max) : free_(static_cast<long>(max)) {}

  // One place while it lives; false if there was none.
  class Slot {
   public:
    Slot() = default;
    explicit Slot(Slots& slots) : slots_(slots.free_.fetch_sub(1) > 0 ? &slots : nullptr) {
      if (slots_ == nullptr) slots.free_.fetch_add(1);
    }
    ~Slot() {
      if (slots_ != nullptr) slots_->free_.fetch_add(1);
    }
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(slots_, other.slots_);
      return *this;
    }
    explicit operator bool() const { return slots_ != nullptr; }

   private:
    Slots* slots_ = nullptr;
  };
  Slot take() { return Slot(*this); }

 private:
  std::atomic<long> free_;
};

}  // namespace sluice::rest
