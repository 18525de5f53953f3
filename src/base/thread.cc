#include "base/thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <system_error>
#include <utility>

#include "base/check.h"

namespace arc {

void SetThreadName(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

Thread::Thread(const std::string& name, std::size_t stack_bytes, std::function<void()> body)
    : state_(std::make_shared<State>()) {
  state_->body = std::move(body);
  state_->name = name;
  // The thread's own share of the state; it outlives an abandoned Thread.
  auto share = std::make_unique<std::shared_ptr<State>>(state_);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  int failure = pthread_create(&handle_, &attributes, &Thread::Main, share.get());
  pthread_attr_destroy(&attributes);
  if (failure != 0) failure = pthread_create(&handle_, nullptr, &Thread::Main, share.get());
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
  state.body();
  state.body = nullptr;
  return nullptr;
}

void Thread::Join() {
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
// Anybody may lower a priority; a system that refuses leaves it as it is.
void Thread::ApplyIdle(pid_t id) {
  constexpr int kNicest = 19;
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(id), kNicest));
}

}  // namespace arc
