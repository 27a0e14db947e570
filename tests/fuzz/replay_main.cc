// Runs a fuzz target without libFuzzer: every file of the folders given, then changed copies of them. Deterministic for
// a seed and an amount of inputs; bounded in time. A crash leaves its input in ./crash-input.
//   <target> [--runs N] [--seed N] [--seconds N] [FOLDER|FILE]...
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kInputSizeMax = 1 << 16;

const Input* running = nullptr;

// Async-signal-safe: only open, write, close, and the default action of the signal.
extern "C" void save_input(int number) {
  if (running != nullptr) {
    const int file = ::open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file >= 0) {
      const ssize_t written = ::write(file, running->data(), running->size());
      static_cast<void>(written);
      ::close(file);
    }
  }
  ::signal(number, SIG_DFL);
  ::raise(number);
}

// A copy on the heap of exactly the input's size, so that AddressSanitizer sees a read past its end.
void run(const Input& input) {
  const Input exact(input.begin(), input.end());
  running = &input;
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  running = nullptr;
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  Input next(const std::vector<Input>& seeds) {
    Input input = seeds[below(seeds.size())];
    const std::size_t changes = 1 + below(4);
    for (std::size_t i = 0; i < changes; ++i) change(input, seeds);
    if (input.size() > kInputSizeMax) input.resize(kInputSizeMax);
    return input;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(random_() % bound); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }
  auto at(Input& input, std::size_t position) { return input.begin() + static_cast<std::ptrdiff_t>(position); }

  void change(Input& input, const std::vector<Input>& seeds) {
    static constexpr std::array<std::uint8_t, 16> kEdges = {0,   1,   0x7f, 0x80, 0xff, '"', '\\', '{',
                                                            '[', '}', ']',  '\n', '-',  '9', 0xc3, 0xed};
    const std::size_t position = below(input.size() + 1);
    switch (below(7)) {
      case 0:
        if (position < input.size()) input[position] = static_cast<std::uint8_t>(input[position] ^ (1U << below(8)));
        return;
      case 1:
        if (position < input.size()) input[position] = kEdges[below(kEdges.size())];
        return;
      case 2:
        input.insert(at(input, position), kEdges[below(kEdges.size())]);
        return;
      case 3:
        input.insert(at(input, position), byte());
        return;
      case 4: {  // a piece removed
        const std::size_t length = std::min(input.size() - position, 1 + below(16));
        input.erase(at(input, position), at(input, position + length));
        return;
      }
      case 5: {  // a piece doubled
        const Input piece(at(input, position), at(input, position + std::min(input.size() - position, 1 + below(64))));
        input.insert(at(input, position), piece.begin(), piece.end());
        return;
      }
      default: {  // the tail of another seed
        const Input& other = seeds[below(seeds.size())];
        input.resize(position);
        input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1)), other.end());
        return;
      }
    }
  }

  std::mt19937_64 random_;
};

Input read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::vector<Input> read_all(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Input> inputs = {{}, {'{', '}'}};  // a target without seeds still gets something to change
  for (const auto& file : files) inputs.push_back(read(file));
  return inputs;
}

struct Options {
  std::uint64_t runs = 20'000;
  std::uint64_t seed = 1;
  std::uint64_t seconds = 10;
  std::vector<std::string> paths;
};

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    std::uint64_t* number = word == "--runs"      ? &options.runs
                            : word == "--seed"    ? &options.seed
                            : word == "--seconds" ? &options.seconds
                                                  : nullptr;
    if (number == nullptr) {
      if (word.starts_with("--")) return false;
      options.paths.emplace_back(word);
      continue;
    }
    if (++i == argc) return false;
    const std::string_view text = argv[i];
    if (std::from_chars(text.data(), text.data() + text.size(), *number).ec != std::errc()) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    fmt::print(stderr, "usage: {} [--runs N] [--seed N] [--seconds N] [FOLDER|FILE]...\n", argv[0]);
    return 2;
  }
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(number, save_input);

  const std::vector<Input> seeds = read_all(options.paths);
  for (const auto& seed : seeds) run(seed);

  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  Mutator mutator(options.seed);
  std::uint64_t runs = 0;
  while (runs < options.runs && std::chrono::steady_clock::now() < end) {
    run(mutator.next(seeds));
    ++runs;
  }
  fmt::print("{} seeds, {} changed inputs (--seed {}), no crash\n", seeds.size(), runs, options.seed);
  return 0;
}
