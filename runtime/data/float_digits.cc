#include "runtime/data/float_digits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "runtime/base/status.h"

namespace sluice::data {
namespace {

constexpr int kSignificandBits = 52;

constexpr std::array<std::uint64_t, 27> make_powers_of_five() {
  std::array<std::uint64_t, 27> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 5;
  return powers;
}
constexpr auto kPowersOfFive = make_powers_of_five();

// Bits that 5^n adds to a product, as far as that matters for choosing the arithmetic: exact in the table, an upper
// estimate beyond.
int bits_of_five_to(int n) {
  if (n == 0) return 0;
  return n < static_cast<int>(kPowersOfFive.size())
             ? static_cast<int>(std::bit_width(kPowersOfFive[static_cast<std::size_t>(n)]))
             : n * 3;
}

// An unsigned number of up to 1280 bits: enough for the extremes of a double (2^1074 x 10) times 2^53.
class Big {
 public:
  // factor x 5^fives x 2^twos
  Big(std::uint64_t factor, int fives, int twos) {
    limbs_[0] = static_cast<std::uint32_t>(factor);
    limbs_[1] = static_cast<std::uint32_t>(factor >> 32);
    size_ = factor >> 32 != 0 ? 2 : 1;
    for (; fives >= 13; fives -= 13) multiply(1'220'703'125);  // 5^13
    if (fives > 0) multiply(static_cast<std::uint32_t>(kPowersOfFive[static_cast<std::size_t>(fives)]));
    shift_left(twos);
  }

  void multiply(std::uint32_t factor) {
    std::uint64_t carry = 0;
    for (int i = 0; i < size_; ++i) {
      carry += std::uint64_t{limbs_[i]} * factor;
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) push(static_cast<std::uint32_t>(carry));
  }

  // this / divisor, which is below 10 here, leaving the remainder.
  int divide(const Big& divisor) {
    int quotient = 0;
    while (compare(*this, divisor) >= 0) {
      subtract(divisor);
      ++quotient;
    }
    return quotient;
  }

  static int compare(const Big& a, const Big& b) {
    if (a.size_ != b.size_) return a.size_ < b.size_ ? -1 : 1;
    for (int i = a.size_ - 1; i >= 0; --i)
      if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] < b.limbs_[i] ? -1 : 1;
    return 0;
  }

  void add(const Big& other) {
    std::uint64_t carry = 0;
    const int size = std::max(size_, other.size_);
    for (int i = 0; i < size; ++i) {
      carry += (i < size_ ? limbs_[i] : 0u);
      carry += (i < other.size_ ? other.limbs_[i] : 0u);
      limbs_[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    size_ = size;
    if (carry != 0) push(static_cast<std::uint32_t>(carry));
  }

 private:
  static constexpr int kLimbs = 40;

  void push(std::uint32_t limb) {
    SLUICE_ASSERT(size_ < kLimbs);
    limbs_[size_++] = limb;
  }
  void subtract(const Big& other) {
    std::int64_t borrow = 0;
    for (int i = 0; i < size_; ++i) {
      std::int64_t difference =
          std::int64_t{limbs_[i]} - (i < other.size_ ? std::int64_t{other.limbs_[i]} : 0) - borrow;
      borrow = difference < 0 ? 1 : 0;
      limbs_[i] = static_cast<std::uint32_t>(difference);
    }
    while (size_ > 1 && limbs_[size_ - 1] == 0) --size_;
  }
  void shift_left(int bits) {
    const int words = bits / 32;
    const int rest = bits % 32;
    SLUICE_ASSERT(size_ + words < kLimbs);
    if (words > 0) {
      std::memmove(limbs_ + words, limbs_, sizeof(limbs_[0]) * static_cast<std::size_t>(size_));
      std::memset(limbs_, 0, sizeof(limbs_[0]) * static_cast<std::size_t>(words));
      size_ += words;
    }
    if (rest > 0) multiply(1u << rest);
  }

  std::uint32_t limbs_[kLimbs];
  int size_;
};

// value = numerator / denominator x 10^exponent with 1 <= numerator / denominator < 10 (or a little less than 1);
// margin is half a unit in the last place in the same scale. All three as factor x 5^fives x 2^twos.
struct Ratio {
  std::uint64_t factor;
  int numerator_fives, numerator_twos;
  int denominator_fives, denominator_twos;
  int margin_twos;  // its fives are the numerator's
};

struct Stop {
  bool low = false, high = false;
  int beyond_half = 0;  // sign of remainder - 1/2, where both low and high
};

// Java stops at the first digit within the margin, but always gives two digits where it will print an exponent.
bool needs_second_digit(int exponent) {
  return exponent < -3 || exponent >= 8;
}

void push_first(FloatDigits& out, int quotient, bool high) {
  if (quotient == 0 && !high)
    --out.exponent;  // the estimate of the exponent was one too high
  else
    out.digits[out.count++] = static_cast<char>('0' + quotient);
}

// Unsigned is 32 or 64 bits wide, as Java chooses int or long; what it does on overflow of the margin is part of the
// result.
template <typename Unsigned>
Stop small_digits(const Ratio& ratio, FloatDigits& out) {
  using Signed = std::make_signed_t<Unsigned>;
  const auto scaled = [](std::uint64_t factor, int fives, int twos) {
    return static_cast<Unsigned>(
        static_cast<Unsigned>(static_cast<Unsigned>(factor) *
                              static_cast<Unsigned>(kPowersOfFive[static_cast<std::size_t>(fives)]))
        << twos);
  };
  Unsigned remainder = scaled(ratio.factor, ratio.numerator_fives, ratio.numerator_twos);
  const Unsigned denominator = scaled(1, ratio.denominator_fives, ratio.denominator_twos);
  Unsigned margin = scaled(1, ratio.numerator_fives, ratio.margin_twos);
  const Unsigned tens = static_cast<Unsigned>(denominator * 10);
  Stop stop;
  const auto step = [&] {
    const auto quotient = static_cast<int>(remainder / denominator);
    remainder = static_cast<Unsigned>(10 * (remainder % denominator));
    margin = static_cast<Unsigned>(margin * 10);
    if (static_cast<Signed>(margin) > 0) {
      stop.low = static_cast<Signed>(remainder) < static_cast<Signed>(margin);
      stop.high = static_cast<Signed>(static_cast<Unsigned>(remainder + margin)) > static_cast<Signed>(tens);
    } else {
      stop.low = stop.high = true;
    }
    return quotient;
  };
  push_first(out, step(), stop.high);
  if (needs_second_digit(out.exponent)) stop.low = stop.high = false;
  while (!stop.low && !stop.high) out.digits[out.count++] = static_cast<char>('0' + step());
  const auto difference = static_cast<Signed>(static_cast<Unsigned>((remainder << 1) - tens));
  stop.beyond_half = difference < 0 ? -1 : difference > 0 ? 1 : 0;
  return stop;
}

Stop big_digits(const Ratio& ratio, FloatDigits& out) {
  Big remainder(ratio.factor, ratio.numerator_fives, ratio.numerator_twos);
  const Big denominator(1, ratio.denominator_fives, ratio.denominator_twos);
  Big margin(1, ratio.numerator_fives + 1, ratio.margin_twos + 1);
  const Big tens(1, ratio.denominator_fives + 1, ratio.denominator_twos + 1);
  Stop stop;
  const auto step = [&] {
    const int quotient = remainder.divide(denominator);
    remainder.multiply(10);
    stop.low = Big::compare(remainder, margin) < 0;
    Big upper = remainder;
    upper.add(margin);
    stop.high = Big::compare(tens, upper) <= 0;
    return quotient;
  };
  push_first(out, step(), stop.high);
  if (needs_second_digit(out.exponent)) stop.low = stop.high = false;
  while (!stop.low && !stop.high) {
    margin.multiply(10);
    out.digits[out.count++] = static_cast<char>('0' + step());
  }
  if (stop.low && stop.high) {
    remainder.multiply(2);
    stop.beyond_half = Big::compare(remainder, tens);
  }
  return stop;
}

void round_up(FloatDigits& out) {
  int i = out.count - 1;
  while (i > 0 && out.digits[i] == '9') out.digits[i--] = '0';
  if (out.digits[i] == '9') {
    out.digits[i] = '1';
    ++out.exponent;
  } else {
    ++out.digits[i];
  }
}

// A whole number: its own digits, with those beyond the precision rounded away by a rule of thumb (log10 of the surplus
// bits).
FloatDigits whole_digits(std::uint64_t significand, int exponent, int precision) {
  std::uint64_t value = exponent >= kSignificandBits ? significand << (exponent - kSignificandBits)
                                                     : significand >> (kSignificandBits - exponent);
  FloatDigits out;
  const int surplus_bits = exponent > precision ? exponent - precision - 1 : 0;
  const auto surplus = surplus_bits > 1 ? static_cast<std::size_t>(surplus_bits * 0.30102999566398120) : 0;
  if (surplus > 0) {
    const std::uint64_t power = kPowersOfFive[surplus] << surplus;
    const std::uint64_t rest = value % power;
    value = value / power + (rest >= power / 2 ? 1 : 0);
    out.exponent += static_cast<int>(surplus);
  }
  while (value % 10 == 0) {
    value /= 10;
    ++out.exponent;
  }
  char reversed[24];
  for (; value != 0; value /= 10) reversed[out.count++] = static_cast<char>('0' + value % 10);
  std::reverse_copy(reversed, reversed + out.count, out.digits);
  out.exponent += out.count;
  return out;
}

}  // namespace

FloatDigits java_float_digits(std::uint64_t significand, int exponent, int precision) {
  const int zeros = std::countr_zero(significand);
  const int bits = kSignificandBits + 1 - zeros;
  const int fraction_bits = std::max(0, bits - exponent - 1);  // below the binary point
  if (fraction_bits == 0 && exponent <= 62) return whole_digits(significand, exponent, precision);

  // Estimates log10 of the value by a tangent; may be one too high.
  const auto normalised = std::bit_cast<double>(std::uint64_t{1023} << kSignificandBits |
                                                (significand & ((std::uint64_t{1} << kSignificandBits) - 1)));
  FloatDigits out;
  out.exponent =
      static_cast<int>(std::floor((normalised - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981));

  Ratio ratio{};
  ratio.factor = significand >> zeros;
  ratio.numerator_fives = std::max(0, -out.exponent);
  ratio.numerator_twos = ratio.numerator_fives + fraction_bits + exponent;
  ratio.denominator_fives = std::max(0, out.exponent);
  ratio.denominator_twos = ratio.denominator_fives + fraction_bits;
  ratio.margin_twos = ratio.numerator_twos - precision;
  ratio.numerator_twos -= bits - 1;
  const int common = std::min(ratio.numerator_twos, ratio.denominator_twos);
  ratio.numerator_twos -= common;
  ratio.denominator_twos -= common;
  ratio.margin_twos -= common;
  if (bits == 1) --ratio.margin_twos;  // a power of two: the number below is only half as far away
  if (ratio.margin_twos < 0) {
    ratio.numerator_twos -= ratio.margin_twos;
    ratio.denominator_twos -= ratio.margin_twos;
    ratio.margin_twos = 0;
  }

  const int numerator_bits = bits + ratio.numerator_twos + bits_of_five_to(ratio.numerator_fives);
  const int tens_bits = ratio.denominator_twos + 1 + bits_of_five_to(ratio.denominator_fives + 1);
  Stop stop;
  if (numerator_bits < 32 && tens_bits < 32)
    stop = small_digits<std::uint32_t>(ratio, out);
  else if (numerator_bits < 64 && tens_bits < 64)
    stop = small_digits<std::uint64_t>(ratio, out);
  else
    stop = big_digits(ratio, out);

  ++out.exponent;
  const bool odd = (out.digits[out.count - 1] & 1) != 0;
  if (stop.high && (!stop.low || stop.beyond_half > 0 || (stop.beyond_half == 0 && odd))) round_up(out);
  return out;
}

}  // namespace sluice::data
