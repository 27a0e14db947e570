#pragma once
// Sends bytes over a connection of its own and reads the answer: for requests that no well-behaved client would send.

#include <string>
#include <string_view>

#include "rest/http_types.h"

namespace sluice::rest {

class HttpClient {
 public:
  explicit HttpClient(int port, const char* host = "127.0.0.1");
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool connected() const { return socket_ >= 0; }
  void send(std::string_view bytes);
  // The next answer on this connection; status 0 if the server closed it instead. `head`: the answer has no body.
  HttpResponse receive(bool head = false);
  // True once the server has closed the connection.
  bool closed();

 private:
  bool fill();
  int socket_ = -1;
  std::string buffer_;
};

// One request with the usual headers. `headers` are lines, each ended with \r\n.
HttpResponse exchange(int port, std::string_view method, std::string_view target, std::string_view headers = "",
                      std::string_view body = "");
// The same with a JSON body.
HttpResponse send_json(int port, std::string_view method, std::string_view target, std::string_view body);

}  // namespace sluice::rest
