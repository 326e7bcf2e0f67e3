#include "app/process.h"

#include "function/register_all.h"
#include "server/system/system_functions.h"

namespace weir::app {

Process::Process() : timers_(std::make_unique<EpollLoop>(clock_)) {
  RegisterAllFunctions(registry_);
  RegisterClientFunctions(registry_);
  timer_thread_ = std::thread([this] { timers_->Run(); });
}

Process::~Process() {
  timers_->Stop();
  timer_thread_.join();
}

}  // namespace weir::app
