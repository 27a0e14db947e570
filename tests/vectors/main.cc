// sluice-vectors: runs recorded cases of Kafka Connect's behaviour against this build. See tests/vectors/README.md.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/vectors/recordings.h"
#include "tests/vectors/runner.h"

namespace sluice::vectors {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUsage =
    "usage: sluice-vectors [--known] [--id PREFIX] [--summary] PATH...\n"
    "  PATH         a .jsonl file, a .json file of group-protocol, or a folder that is searched for them\n"
    "  --known      leave out cases of components that this build does not have; they count as failed otherwise\n"
    "  --id PREFIX  only cases whose id begins so\n"
    "  --summary    counts per file instead of each failure\n";

struct Options {
  bool known = false, summary = false;
  std::string id_prefix;
  std::vector<fs::path> paths;
};

struct Counts {
  int passed = 0, failed = 0, not_built = 0;
  void add(const Counts& other) {
    passed += other.passed;
    failed += other.failed;
    not_built += other.not_built;
  }
};

std::vector<fs::path> find_files(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    if (!fs::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file() && (entry.path().extension() == ".jsonl" || is_array_of_cases(entry.path())))
        files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// The records of a file: its lines, or the elements of its array. One that is not JSON is discarded().
std::vector<Json> read_records(const fs::path& file, std::istream& in) {
  std::vector<Json> records;
  if (is_array_of_cases(file)) {
    const Json array = Json::parse(in, nullptr, false);
    if (!array.is_array()) return {array};
    records.assign(array.begin(), array.end());
    return records;
  }
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) records.push_back(Json::parse(line, nullptr, false));
  return records;
}

// False: the file is in another notation.
bool run_file(const fs::path& file, const Operations& operations, const Options& options, Counts& counts) {
  std::ifstream in(file);
  if (!in) {
    std::printf("FAILED %s\n  cannot be read\n", file.c_str());
    ++counts.failed;
    return true;
  }
  int number = 0;
  for (Json& record : read_records(file, in)) {
    ++number;
    if (record.is_discarded()) {
      std::printf("FAILED %s:%d\n  not JSON\n", file.c_str(), number);
      ++counts.failed;
      continue;
    }
    const std::optional<Json> test_case = as_case(file, number, std::move(record));
    if (!test_case) return false;
    const std::string id = test_case->at("id").is_string() ? test_case->at("id").get<std::string>() : "?";
    if (!id.starts_with(options.id_prefix)) continue;
    const Verdict verdict = run_case(operations, *test_case);
    if (verdict.kind == Verdict::Kind::kPassed) {
      ++counts.passed;
    } else if (verdict.kind == Verdict::Kind::kNotBuilt && options.known) {
      ++counts.not_built;
    } else {
      ++counts.failed;
      if (!options.summary)
        std::printf("FAILED %s (%s:%d)\n  expected: %s\n  got:      %s\n", id.c_str(), file.filename().c_str(), number,
                    verdict.expected.c_str(), verdict.got.c_str());
    }
  }
  return true;
}

int run(const Options& options) {
  const Operations operations = all_operations();
  Counts total;
  for (const fs::path& file : find_files(options.paths)) {
    Counts counts;
    if (!run_file(file, operations, options, counts)) {
      std::printf("left out %s: not in the form of these vectors\n", file.c_str());
      continue;
    }
    if (options.summary || counts.failed > 0)
      std::printf("%s: %d passed, %d failed%s\n", file.c_str(), counts.passed, counts.failed,
                  counts.not_built > 0 ? ", others not built" : "");
    total.add(counts);
  }
  if (total.not_built > 0) std::printf("%d left out: not built\n", total.not_built);
  std::printf("%d passed, %d failed\n", total.passed, total.failed);
  return total.failed == 0 && total.passed > 0 ? 0 : 1;
}

int main_with(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--known") {
      options.known = true;
    } else if (argument == "--summary") {
      options.summary = true;
    } else if (argument == "--id" && i + 1 < argc) {
      options.id_prefix = argv[++i];
    } else if (argument.starts_with("-")) {
      std::fputs(kUsage, argument == "--help" ? stdout : stderr);
      return argument == "--help" ? 0 : 2;
    } else {
      options.paths.emplace_back(argument);
    }
  }
  if (options.paths.empty()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  return run(options);
}

}  // namespace
}  // namespace sluice::vectors

int main(int argc, char** argv) {
  try {
    return sluice::vectors::main_with(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice-vectors: %s\n", error.what());
    return 2;
  }
}
