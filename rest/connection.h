#pragma once
// One accepted TCP connection, in the clear or under TLS. Every wait has a deadline and ends early when the server
// stops hard. Used by one thread at a time; owns the socket.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::rest {

class TlsContext;

using Deadline = std::chrono::steady_clock::time_point;

class Connection {
 public:
  enum class Wait { kReady, kTimeout, kFailed };

  virtual ~Connection() = default;

  // Bytes read (> 0), 0 at the peer's end, -1 on an error or at the deadline.
  virtual long read(char* buffer, std::size_t size, Deadline deadline) = 0;
  // All of `bytes`, or false.
  virtual bool write(std::string_view bytes, Deadline deadline) = 0;
  // Until a read would not block.
  virtual Wait wait_readable(Deadline deadline) = 0;
  // Ends the connection politely: what was written still arrives.
  virtual void close() = 0;

  virtual std::string remote_ip() const = 0;
  virtual std::string local_address() const = 0;  // "host:port", IPv6 in brackets

  // [any, while this lives] Wakes whatever waits here; every further read and write fails.
  virtual void abort() = 0;
};

// Takes over `socket`. `tls` may be null; otherwise the TLS handshake runs here, until the deadline. Null: it failed,
// and the socket is closed.
std::unique_ptr<Connection> make_connection(int socket, const TlsContext* tls, Deadline handshake_deadline);

// A connection to another worker. `tls` may be null; otherwise the handshake runs too, and the peer must prove that it
// is `host` if the context says so. The deadline covers all but the resolver, which has limits of its own
// (resolv.conf). Errors: kRetry with the Java exception that a client there would see.
base::Result<std::unique_ptr<Connection>> open_connection(const std::string& host, int port, const TlsContext* tls,
                                                          Deadline deadline);

// Wakes whatever waits on the socket and makes every further read and write fail. From any thread while the owner
// lives.
void abort_socket(int socket);

}  // namespace sluice::rest
