#include "runtime/group/asio_network.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <deque>

#include "runtime/group/bytes.h"
#include "runtime/group/resolver.h"

namespace sluice::group {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kLookupPoll{5};
constexpr std::chrono::seconds kAddressTimeout{3};  // of an address that is not the last to try
constexpr std::size_t kReadBytes = 64 * 1024;       // memory follows what came, not what was announced
constexpr const char* kTlsException = "org.apache.kafka.common.errors.SslAuthenticationException";
constexpr const char* kDisconnectException = "org.apache.kafka.common.errors.DisconnectException";

using BioOwner = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using CertificateOwner = std::unique_ptr<X509, decltype(&X509_free)>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

base::Status trust(asio::ssl::context& context, const std::string& pem) {
  const BioOwner bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
  X509_STORE* store = SSL_CTX_get_cert_store(context.native_handle());
  int count = 0;
  for (;;) {
    const CertificateOwner one(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
    if (!one) break;
    X509_STORE_add_cert(store, one.get());
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return base::config_error("The trusted certificates hold no certificate in PEM form");
  return {};
}

base::Status identify(asio::ssl::context& context, const TlsOptions& tls) {
  error_code error;
  if (tls.certificate_pem.empty()) return {};
  context.use_certificate_chain(asio::buffer(tls.certificate_pem), error);
  if (error) return base::config_error("The client's certificate chain cannot be read: {}", openssl_reason());
  context.set_password_callback(
      [password = tls.key_password](std::size_t, asio::ssl::context::password_purpose) { return password; }, error);
  context.use_private_key(asio::buffer(tls.key_pem), asio::ssl::context::pem, error);
  if (error)
    return base::config_error("The client's private key cannot be read (wrong password?): {}", openssl_reason());
  if (SSL_CTX_check_private_key(context.native_handle()) != 1)
    return base::config_error("The client's private key does not belong to its certificate: {}", openssl_reason());
  return {};
}

base::Status configure(asio::ssl::context& context, const TlsOptions& tls) {
  SSL_CTX* native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  if (tls.ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(native) != 1)
      return base::config_error("The system's trusted certificates cannot be read: {}", openssl_reason());
  } else {
    SLUICE_TRY(trust(context, tls.ca_pem));
  }
  SLUICE_TRY(identify(context, tls));
  if (!tls.ciphers.empty() && SSL_CTX_set_cipher_list(native, tls.ciphers.c_str()) != 1)
    return base::config_error("OpenSSL knows none of the cipher suites {}", tls.ciphers);
  return {};
}

}  // namespace

struct EventLoop::Impl {
  asio::io_context context{1};
  asio::steady_timer timer{context};
  std::optional<asio::ssl::context> tls;
  bool verify_host_name = true;
  std::function<void()> after_each;
  std::optional<TimePoint> wake;

  // Every handler ends here.
  void settle() {
    if (after_each) after_each();
  }
};

namespace {

// What a handler needs that may run when the link has gone. Ends with the last handler.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::io_context& context, asio::ssl::context* tls, bool verify_host_name, std::function<void()> settle,
             Endpoint endpoint, LinkEvents& events)
      : context_(context),
        socket_(context),
        timer_(context),
        tls_(tls),
        verify_host_name_(verify_host_name),
        settle_(std::move(settle)),
        endpoint_(std::move(endpoint)),
        events_(&events) {}

  void start() {
    error_code error;
    asio::ip::make_address(endpoint_.host, error);
    if (!error) {
      addresses_.push_back(endpoint_.host);
      asio::post(context_, [self = shared_from_this()] {
        if (self->events_ != nullptr) self->next_address();
        self->settle_();
      });
      return;
    }
    lookup_.emplace(endpoint_.host);
    poll_lookup();
  }

  // No event from now on; handlers on their way find that out.
  void close() {
    events_ = nullptr;
    lookup_.reset();
    timer_.cancel();
    error_code ignored;
    socket().close(ignored);
  }

  void send(std::string frame) {
    ByteWriter length;
    length.int32(static_cast<std::int32_t>(frame.size()));
    outgoing_.push_back(length.take() + frame);
    if (outgoing_.size() == 1) write_next();
  }

 private:
  // For handlers with an error code: it breaks the connection, in place of `work`.
  template <typename F>
  auto checked(std::string_view doing, F work) {
    return [self = shared_from_this(), doing, work = std::move(work)](const error_code& error, auto&&...) {
      if (self->events_ != nullptr) {
        if (error)
          self->fail(error, doing);
        else
          work();
      }
      self->settle_();
    };
  }

  tcp::socket& socket() { return stream_ ? stream_->next_layer() : socket_; }

  void poll_lookup() {
    timer_.expires_after(kLookupPoll);
    timer_.async_wait([self = shared_from_this()](const error_code&) {
      if (self->events_ != nullptr) {
        if (auto found = self->lookup_->poll()) {
          self->lookup_.reset();
          if (*found) {
            self->addresses_.assign((*found)->begin(), (*found)->end());
            self->next_address();
          } else {
            self->report(found->error());
          }
        } else {
          self->poll_lookup();
          return;
        }
      }
      self->settle_();
    });
  }

  void next_address() {
    const std::string address = addresses_.front();
    addresses_.pop_front();
    error_code error;
    const tcp::endpoint target(asio::ip::make_address(address, error), static_cast<unsigned short>(endpoint_.port));
    socket_.close(error);
    if (!addresses_.empty()) {
      timer_.expires_after(kAddressTimeout);
      timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
        error_code ignored;
        if (!cancelled && self->connecting_) self->socket_.cancel(ignored);
      });
    }
    connecting_ = true;
    socket_.async_connect(target, [self = shared_from_this(), address](const error_code& failed) {
      self->connecting_ = false;
      if (self->events_ != nullptr) {
        self->timer_.cancel();
        if (!failed)
          self->connected();
        else if (!self->addresses_.empty())
          self->next_address();
        else
          self->fail(failed, "connecting to " + address);
      }
      self->settle_();
    });
  }

  void connected() {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    // A JoinGroup waits for minutes without a byte: the kernel finds out whether the broker's machine is still there.
    set_tcp(TCP_KEEPIDLE, 5);
    set_tcp(TCP_KEEPINTVL, 3);
    set_tcp(TCP_KEEPCNT, 3);
    set_tcp(TCP_USER_TIMEOUT, 15'000);
    if (tls_ == nullptr) return opened();
    stream_.emplace(std::move(socket_), *tls_);
    SSL* native = stream_->native_handle();
    error_code not_an_address;
    asio::ip::make_address(endpoint_.host, not_an_address);
    if (not_an_address) SSL_set_tlsext_host_name(native, endpoint_.host.c_str());
    if (verify_host_name_) {
      X509_VERIFY_PARAM* expected = SSL_get0_param(native);
      const int set = not_an_address ? X509_VERIFY_PARAM_set1_host(expected, endpoint_.host.c_str(), 0)
                                     : X509_VERIFY_PARAM_set1_ip_asc(expected, endpoint_.host.c_str());
      if (set != 1)
        return report(base::Error(base::Code::kInvalidConfig, kTlsException,
                                  "the name of the broker cannot be checked: " + endpoint_.to_string()));
    }
    stream_->async_handshake(asio::ssl::stream_base::client, checked("the TLS handshake", [this] { opened(); }));
  }

  void set_tcp(int option, int value) {
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
  }

  void opened() {
    open_ = true;
    read_length();
    events_->on_open();
  }

  template <typename Buffer, typename Handler>
  void async_read(const Buffer& buffer, Handler handler) {
    if (stream_)
      asio::async_read(*stream_, buffer, std::move(handler));
    else
      asio::async_read(socket_, buffer, std::move(handler));
  }

  void read_length() {
    incoming_.assign(4, '\0');
    async_read(asio::buffer(incoming_), checked("waiting for an answer", [this] {
                 const std::int32_t length = ByteReader(incoming_).int32();
                 if (length < 4 || static_cast<std::size_t>(length) > kFrameBytesMax)
                   return report(base::Error(base::Code::kRetry, base::exceptions::kKafka,
                                             fmt::format("{}: what answers there does not speak this protocol: check "
                                                         "the port and security.protocol",
                                                         endpoint_.to_string())));
                 incoming_.clear();
                 read_body(static_cast<std::size_t>(length));
               }));
  }

  void read_body(std::size_t length) {
    const std::size_t have = incoming_.size();
    const std::size_t more = std::min(length - have, kReadBytes);
    incoming_.resize(have + more);
    async_read(asio::buffer(incoming_.data() + have, more), checked("reading an answer", [this, length] {
                 if (incoming_.size() < length) return read_body(length);
                 const std::string frame = std::move(incoming_);
                 incoming_ = {};
                 answered_ = true;
                 read_length();
                 events_->on_frame(frame);
               }));
  }

  void write_next() {
    auto handler = checked("sending a request", [this] {
      outgoing_.pop_front();
      if (!outgoing_.empty()) write_next();
    });
    if (stream_)
      asio::async_write(*stream_, asio::buffer(outgoing_.front()), std::move(handler));
    else
      asio::async_write(socket_, asio::buffer(outgoing_.front()), std::move(handler));
  }

  void fail(const error_code& error, std::string_view doing) {
    const std::string where = endpoint_.to_string();
    if (stream_) {
      const long verdict = SSL_get_verify_result(stream_->native_handle());
      if (!open_ && verdict != X509_V_OK)
        return report(base::Error(base::Code::kInvalidConfig, kTlsException,
                                  fmt::format("{}: the broker's certificate is not accepted: {}", where,
                                              X509_verify_cert_error_string(verdict))));
      // A broker refuses our certificate during the handshake, or (TLS 1.3) right after it.
      if (!answered_ && error.category() == asio::error::get_ssl_category())
        return report(base::Error(base::Code::kInvalidConfig, kTlsException,
                                  fmt::format("{}: TLS failed ({}): is this a TLS listener, and does it accept our "
                                              "certificate?",
                                              where, error.message())));
    }
    report(base::Error(base::Code::kRetry, kDisconnectException,
                       fmt::format("{}: {} while {}", where, error.message(), doing)));
  }

  void report(base::Error why) {
    if (std::exchange(reported_, true)) return;
    events_->on_closed(std::move(why));
  }

  asio::io_context& context_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  asio::ssl::context* tls_;
  bool verify_host_name_;
  std::function<void()> settle_;
  Endpoint endpoint_;
  LinkEvents* events_;  // null once closed
  std::optional<Lookup> lookup_;
  std::deque<std::string> addresses_;
  std::optional<asio::ssl::stream<tcp::socket>> stream_;
  std::string incoming_;
  std::deque<std::string> outgoing_;
  bool connecting_ = false;
  bool open_ = false;
  bool answered_ = false;
  bool reported_ = false;
};

class AsioLink final : public Link {
 public:
  explicit AsioLink(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {
    connection_->start();
  }
  ~AsioLink() override { connection_->close(); }
  void send(std::string frame) override { connection_->send(std::move(frame)); }

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace

base::Result<std::unique_ptr<EventLoop>> EventLoop::create(const std::optional<TlsOptions>& tls) {
  auto impl = std::make_unique<Impl>();
  if (tls) {
    impl->tls.emplace(asio::ssl::context::tls_client);
    impl->verify_host_name = tls->verify_host_name;
    SLUICE_TRY(configure(*impl->tls, *tls));
  }
  return std::unique_ptr<EventLoop>(new EventLoop(std::move(impl)));
}

EventLoop::EventLoop(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EventLoop::~EventLoop() = default;

void EventLoop::run(const std::function<void()>& after_each) {
  impl_->after_each = after_each;
  const auto work = asio::make_work_guard(impl_->context);
  impl_->context.run();
  impl_->after_each = nullptr;
}

void EventLoop::stop() {
  impl_->context.stop();
}

void EventLoop::post(std::function<void()> work) {
  asio::post(impl_->context, [impl = impl_.get(), work = std::move(work)] {
    work();
    impl->settle();
  });
}

void EventLoop::wake_at(TimePoint when) {
  if (impl_->wake && *impl_->wake == when) return;
  impl_->wake = when;
  impl_->timer.expires_at(when);
  impl_->timer.async_wait([impl = impl_.get()](const error_code& cancelled) {
    if (cancelled) return;
    impl->wake.reset();
    impl->settle();
  });
}

TimePoint EventLoop::now() const {
  return std::chrono::steady_clock::now();
}

std::unique_ptr<Link> EventLoop::connect(const Endpoint& endpoint, LinkEvents& events) {
  return std::make_unique<AsioLink>(std::make_shared<Connection>(
      impl_->context, impl_->tls ? &*impl_->tls : nullptr, impl_->verify_host_name,
      [impl = impl_.get()] { impl->settle(); }, endpoint, events));
}

}  // namespace sluice::group
