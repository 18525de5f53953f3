#include "foundation/base/thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string_view>
#include <system_error>
#include <utility>

#include "foundation/base/check.h"
#include "foundation/base/exception_error.h"
#include "foundation/base/mutex.h"
#include "foundation/base/thread_schedule.h"

namespace arc {
namespace {

// Holds its text in fixed memory, because the exception may be std::bad_alloc.
class FirstFailure {
 public:
  void Keep(std::string_view thread, std::string_view what) noexcept {
    MutexLock lock(mutex_);
    if (length_ > 0) return;
    Add(thread);
    Add(": ");
    Add(what);
  }
  std::string text() {
    MutexLock lock(mutex_);
    return {text_.data(), length_};
  }

 private:
  void Add(std::string_view part) REQUIRES(mutex_) {
    part = part.substr(0, text_.size() - length_);
    std::copy(part.begin(), part.end(), text_.begin() + static_cast<std::ptrdiff_t>(length_));
    length_ += part.size();
  }

  Mutex mutex_;
  std::array<char, 200> text_ GUARDED_BY(mutex_){};
  std::size_t length_ GUARDED_BY(mutex_) = 0;
};

FirstFailure first_failure;
std::atomic<std::uint64_t> failure_count{0};

void RunBody(const std::string& name, const std::function<void()>& body) noexcept {
  try {
    body();
  } catch (...) {
    failure_count++;
    const ExceptionText what;
    first_failure.Keep(name, what.view());
    LogExceptionOf(name.c_str(), "ended; what it did is not done any more until a restart", what);
  }
}

int Create(pthread_t* handle, std::size_t stack_bytes, void* (*main)(void*), void* argument) {
  if (stack_bytes == 0) return pthread_create(handle, nullptr, main, argument);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  const int failure = pthread_create(handle, &attributes, main, argument);
  pthread_attr_destroy(&attributes);
  return failure;
}

}  // namespace

void SetThreadName(const std::string& name) {
  std::array<char, 16> kept{};
  name.copy(kept.data(), kept.size() - 1);
  pthread_setname_np(pthread_self(), kept.data());
}

Thread::Thread(const std::string& name, std::size_t stack_bytes, std::function<void()> body)
    : state_(std::make_shared<State>()) {
  state_->body = std::move(body);
  state_->name = name;
  state_->schedule = ThreadSchedule::active();
  if (state_->schedule != nullptr) state_->number = state_->schedule->Spawn(name);
  // The thread's own share of the state: it is still there when the Thread was abandoned.
  auto share = std::make_unique<std::shared_ptr<State>>(state_);
  int failure = Create(&handle_, stack_bytes, &Thread::Main, share.get());
  if (failure != 0) failure = Create(&handle_, 0, &Thread::Main, share.get());
  if (failure != 0) {
    state_ = nullptr;
    throw std::system_error(failure, std::generic_category(), "cannot start thread " + name);
  }
  static_cast<void>(share.release());
}

Thread::~Thread() { CHECK(!joinable(), "a thread is destroyed before Join"); }

void* Thread::Main(void* share) {
  const std::unique_ptr<std::shared_ptr<State>> owned(static_cast<std::shared_ptr<State>*>(share));
  auto& state = **owned;
  SetThreadName(state.name);
  state.id = gettid();
  if (state.is_idle) ApplyIdle(state.id);
  if (state.schedule != nullptr) state.schedule->Begin(state.number);
  RunBody(state.name, state.body);
  state.body = nullptr;
  if (state.schedule != nullptr) state.schedule->End(state.number);
  return nullptr;
}

void Thread::Join() {
  if (state_->schedule != nullptr) state_->schedule->BeforeJoin(state_->number);
  pthread_join(handle_, nullptr);
  state_ = nullptr;
}

void Thread::Abandon() {
  pthread_detach(handle_);
  state_ = nullptr;
}

void Thread::MakeIdle() {
  state_->is_idle = true;
  if (state_->id != 0) ApplyIdle(state_->id);
}

// Not SCHED_IDLE: a thread that never runs while others do could hold a lock that they need.
// Everybody may lower a priority; if the system refuses all the same, the priority stays as it was.
void Thread::ApplyIdle(pid_t id) {
  constexpr int kNicest = 19;
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(id), kNicest));
}

std::uint64_t FailedThreadCount() { return failure_count; }

std::string FirstThreadFailure() { return first_failure.text(); }

}  // namespace arc
