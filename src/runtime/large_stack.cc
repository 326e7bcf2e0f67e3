#include "runtime/large_stack.h"

#include <pthread.h>

#include <exception>
#include <thread>

namespace weir {

void GiveThreadsLargeStacks() {
  pthread_attr_t attributes;
  if (pthread_getattr_default_np(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, kLargeStackBytes);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

int RunOnLargeStack(const std::function<int()>& body) {
  GiveThreadsLargeStacks();
  int result = 0;
  std::exception_ptr error;
  std::thread thread([&] {
    try {
      result = body();
    } catch (...) {
      error = std::current_exception();
    }
  });
  thread.join();
  if (error != nullptr) std::rethrow_exception(error);
  return result;
}

}  // namespace weir
