#pragma once
// Comma-separated values as RFC 4180 describes them: quotes around a cell may hold commas, line ends and doubled
// quotes.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::smt {

// Reads rows from a text, which must outlive it.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text);

  // The next row that is not blank; false at the end. Error: ConfigException "line N: ...".
  base::Result<bool> next(std::vector<std::string>& cells);
  std::size_t line() const { return row_line_; }  // where the last row began

 private:
  base::Result<std::string> cell();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t row_line_ = 1;
};

}  // namespace sluice::smt
