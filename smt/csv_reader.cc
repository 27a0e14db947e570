#include "smt/csv_reader.h"

#include <algorithm>

namespace sluice::smt {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);  // spreadsheets write a byte order mark
}

base::Result<bool> CsvReader::next(std::vector<std::string>& cells) {
  while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) line_ += text_[at_++] == '\n' ? 1 : 0;
  cells.clear();
  row_line_ = line_;
  if (at_ == text_.size()) return false;
  for (;;) {
    SLUICE_TRY_ASSIGN(auto one, cell());
    cells.push_back(std::move(one));
    if (at_ == text_.size()) return true;
    const char end = text_[at_++];
    if (end == ',') continue;
    if (end == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++line_;
    return true;
  }
}

base::Result<std::string> CsvReader::cell() {
  std::string cell;
  if (at_ == text_.size() || text_[at_] != '"') {
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    cell.assign(text_.substr(at_, end - at_));
    at_ = end;
    return cell;
  }
  const std::size_t opened = line_;
  for (++at_;; ++at_) {
    if (at_ == text_.size()) return base::config_error("line {}: a quote is not closed", opened);
    const char c = text_[at_];
    if (c == '"') {
      if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') break;
      ++at_;
    }
    if (c == '\n') ++line_;
    cell.push_back(c);
  }
  ++at_;
  if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\r' && text_[at_] != '\n')
    return base::config_error("line {}: text after a closing quote; double a quote that is part of a cell", line_);
  return cell;
}

}  // namespace sluice::smt
