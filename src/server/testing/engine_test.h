#pragma once

#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "env/posix/epoll_loop.h"
#include "env/posix/posix_clock.h"
#include "env/posix/posix_file_system.h"
#include "env/posix/posix_random.h"
#include "env/testing/temporary_folder.h"
#include "function/register_all.h"
#include "server/session.h"
#include "server/system/system_functions.h"

namespace weir {

// Tests of a whole engine on the real machine, with a folder of its own that goes with it.
class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    RegisterAllFunctions(registry_);
    RegisterClientFunctions(registry_);
    timer_thread_ = std::thread([this] { timers_.Run(); });
  }
  // What uses the engine goes before this.
  void TearDown() override {
    CloseEngine();
    timers_.Stop();
    timer_thread_.join();
  }
  Engine& OpenEngine(EngineOptions options, std::shared_ptr<VirtualTables> tables = nullptr) {
    engine_ = std::make_unique<Engine>(EngineServices{files_, clock_, random_, timers_, registry_, metrics_},
                                       std::move(options), std::move(tables));
    return *engine_;
  }
  void CloseEngine() {
    if (engine_ != nullptr) engine_->Stop();
    engine_.reset();
  }
  // The last statement's rows, "a|b;c|d".
  static std::string RowsOf(Session& session, const std::string& sql) {
    std::string out;
    for (const auto& statement : session.Parse(sql)) {
      out.clear();
      const auto execution = session.Execute(statement);
      while (const auto chunk = execution->Next()) {
        chunk->rows().ForEach([&](size_t row) {
          if (!out.empty()) out += ';';
          for (size_t i = 0; i < chunk->columns().size(); ++i) {
            if (i > 0) out += '|';
            const Value value = chunk->column(i)->GetValue(row);
            out += value.is_null() ? "NULL" : value.ToString();
          }
        });
      }
    }
    return out;
  }

  const TemporaryFolder temporary_{"weir-engine"};
  const std::string& folder_ = temporary_.path();
  PosixFileSystem files_;
  PosixClock clock_;
  PosixRandom random_;
  EpollLoop timers_{clock_};
  std::thread timer_thread_;
  Registry registry_;
  obs::MetricsRegistry metrics_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace weir
