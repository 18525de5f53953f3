// Objects that are costly to make and keep scratch memory, lent out one at a time.
//
// Threads: any thread may borrow. There are never more objects than were borrowed at once.

#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "foundation/base/mutex.h"

namespace arc::api {

template <class T>
class ObjectPool {
 public:
  // Goes back to the pool when destroyed. The pool outlives it.
  class Loan {
   public:
    Loan(ObjectPool& pool, std::unique_ptr<T> object) : pool_(pool), object_(std::move(object)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { pool_.Return(std::move(object_)); }
    T* operator->() { return object_.get(); }

   private:
    ObjectPool& pool_;
    std::unique_ptr<T> object_;
  };

  Loan Borrow() {
    MutexLock lock(mutex_);
    if (idle_.empty()) return Loan(*this, std::make_unique<T>());
    auto object = std::move(idle_.back());
    idle_.pop_back();
    return Loan(*this, std::move(object));
  }

 private:
  void Return(std::unique_ptr<T> object) {
    MutexLock lock(mutex_);
    idle_.push_back(std::move(object));
  }

  Mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_ GUARDED_BY(mutex_);
};

}  // namespace arc::api
