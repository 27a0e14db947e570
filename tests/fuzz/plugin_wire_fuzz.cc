// Links: sluice::plugin
// What a plugin's process sends, which may be broken: frames are cut out of any bytes, and their fields read as the
// worker reads them.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/plugin/batch_transfer.h"
#include "runtime/plugin/wire.h"

namespace {

using sluice::plugin::Channel;
using sluice::plugin::Fd;
using sluice::plugin::Reader;

void read_fields(std::string_view bytes) {
  for (int shape = 0; shape < 5; ++shape) {
    Reader in(bytes);
    switch (shape) {
      case 0:
        in.config();
        break;
      case 1:
        static_cast<void>(in.status());
        in.offsets();
        break;
      case 2:
        in.partitions();
        break;
      case 3:
        for (std::uint32_t i = in.count(2 * sizeof(std::uint64_t)); i > 0 && in.ok(); --i) {
          in.text();
          in.str();
        }
        break;
      default:
        in.number<std::uint32_t>();
        in.number<double>();
        break;
    }
    if (!in.ok()) SLUICE_ASSERT(in.text().empty() && in.number<std::uint64_t>() == 0);
  }
  sluice::plugin::BatchTransfer transfer([](const sluice_schema&) -> sluice::base::Result<const sluice_schema*> {
    return sluice::base::connect_error("no schemas here");
  });
  static_cast<void>(transfer.decode(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return 0;
  Channel channel{Fd(ends[0])};
  {
    const Fd writer(ends[1]);
    constexpr std::size_t kSocketHolds = 64 * 1024;
    static_cast<void>(::send(writer.get(), data, std::min(size, kSocketHolds), MSG_NOSIGNAL));
  }
  while (const auto frame = channel.receive()) read_fields(frame->bytes);
  read_fields({reinterpret_cast<const char*>(data), size});
  return 0;
}
