// Only for builds with ThreadSanitizer, which knows POSIX threads but not the C11 ones that librdkafka is built on: it
// would crash on the first allocation of such a thread, and see none of the locks. These take the place of libc's
// functions, and do what those do (glibc's C11 types are its POSIX types). Races that show librdkafka's own frames are
// not reported: its atomics are invisible.

#if defined(__SANITIZE_THREAD__)

#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

namespace {

struct Start {
  thrd_start_t function;
  void* argument;
};

void* run(void* raw) {
  const std::unique_ptr<Start> start(static_cast<Start*>(raw));
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(start->function(start->argument)));
}

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));
pthread_mutex_t* posix(mtx_t* mutex) {
  return reinterpret_cast<pthread_mutex_t*>(mutex);
}
pthread_cond_t* posix(cnd_t* condition) {
  return reinterpret_cast<pthread_cond_t*>(condition);
}
int status(int error) {
  return error == 0 ? thrd_success : error == ETIMEDOUT ? thrd_timedout : error == EBUSY ? thrd_busy : thrd_error;
}

}  // namespace

#define SLUICE_EXPORT __attribute__((visibility("default")))

extern "C" {

SLUICE_EXPORT int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto start = std::make_unique<Start>(Start{function, argument});
  if (pthread_create(thread, nullptr, run, start.get()) != 0) return thrd_error;
  start.release();
  return thrd_success;
}

SLUICE_EXPORT int thrd_join(thrd_t thread, int* result) {
  void* value = nullptr;
  if (pthread_join(thread, &value) != 0) return thrd_error;
  if (result) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(value));
  return thrd_success;
}

SLUICE_EXPORT int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  const int result = pthread_mutex_init(posix(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return status(result);
}
SLUICE_EXPORT int mtx_lock(mtx_t* mutex) {
  return status(pthread_mutex_lock(posix(mutex)));
}
SLUICE_EXPORT int mtx_trylock(mtx_t* mutex) {
  return status(pthread_mutex_trylock(posix(mutex)));
}
SLUICE_EXPORT int mtx_unlock(mtx_t* mutex) {
  return status(pthread_mutex_unlock(posix(mutex)));
}
SLUICE_EXPORT void mtx_destroy(mtx_t* mutex) {
  pthread_mutex_destroy(posix(mutex));
}
SLUICE_EXPORT int cnd_init(cnd_t* condition) {
  return status(pthread_cond_init(posix(condition), nullptr));
}
SLUICE_EXPORT int cnd_signal(cnd_t* condition) {
  return status(pthread_cond_signal(posix(condition)));
}
SLUICE_EXPORT int cnd_broadcast(cnd_t* condition) {
  return status(pthread_cond_broadcast(posix(condition)));
}
SLUICE_EXPORT int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return status(pthread_cond_wait(posix(condition), posix(mutex)));
}
SLUICE_EXPORT int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return status(pthread_cond_timedwait(posix(condition), posix(mutex), until));
}
SLUICE_EXPORT void cnd_destroy(cnd_t* condition) {
  pthread_cond_destroy(posix(condition));
}

SLUICE_EXPORT const char* __tsan_default_suppressions() {
  return "race:librdkafka.so\n";
}

}  // extern "C"

#endif

namespace sluice::kafka {

// Referred to by client_handle.cc, so that the linker takes this file.
void use_tsan_threads();
void use_tsan_threads() {}

}  // namespace sluice::kafka
