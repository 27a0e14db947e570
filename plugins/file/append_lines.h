#pragma once
// Appending lines to a file, whole ones only.

#include <string>
#include <string_view>

namespace file_stream {

// Writes `lines`, each with its newline, to the end of the file. Empty: all are written. Else why not, and then the
// file ends with a whole line: a part of one that was written is cut off again, where the file can be cut (a pipe
// cannot).
std::string append_lines(int fd, std::string_view lines);

}  // namespace file_stream
