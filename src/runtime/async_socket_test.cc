#include "runtime/async_socket.h"

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "env/posix/epoll_loop.h"
#include "env/posix/posix_clock.h"
#include "runtime/async_event.h"
#include "runtime/loop_threads.h"
#include "runtime/task_group.h"

namespace weir {
namespace {

const PosixClock kClock;

LoopThreads MakeLoops(size_t count) {
  std::vector<std::unique_ptr<EventLoop>> loops;
  for (size_t i = 0; i < count; ++i) loops.push_back(std::make_unique<EpollLoop>(kClock));
  return LoopThreads(std::move(loops));
}

Task<void> Echo(std::unique_ptr<AsyncStream> stream) {
  std::vector<char> buffer(16 * 1024);
  for (;;) {
    const size_t got = co_await stream->Read(buffer);
    if (got == 0) co_return;
    co_await stream->Write(std::span<const char>(buffer.data(), got));
  }
}

Task<void> AcceptAll(AsyncListener* listener, LoopThreads* loops, TaskGroup* connections) {
  for (;;) {
    std::unique_ptr<AsyncStream> stream = co_await listener->Accept(loops->Next());
    if (stream == nullptr) co_return;
    connections->Spawn(Echo(std::move(stream)));
  }
}

class EchoServer {
 public:
  explicit EchoServer(LoopThreads& loops) : listener_(loops.first(), {"127.0.0.1", 0}) {
    acceptor_.Spawn(AcceptAll(&listener_, &loops, &connections_));
  }
  ~EchoServer() {
    listener_.Close();
    acceptor_.JoinBlocking();
    connections_.JoinBlocking();
  }
  SocketAddress address() const { return listener_.local_address(); }

 private:
  AsyncListener listener_;
  TaskGroup acceptor_;
  TaskGroup connections_;
};

Task<std::string> Exchange(AsyncStream* stream, std::string message) {
  co_await stream->Write(message);
  std::string answer(message.size(), '\0');
  co_await stream->ReadExactly(answer);
  co_return answer;
}

TEST(AsyncSocket, EchoesSmallAndLargeMessages) {
  LoopThreads loops = MakeLoops(2);
  const EchoServer server(loops);
  const auto stream = SyncWait(ConnectTcp(loops.Next(), server.address(), 5 * kNanosPerSecond));
  EXPECT_EQ(stream->peer_address(), server.address());
  EXPECT_EQ(SyncWait(Exchange(stream.get(), "hello")), "hello");
  EXPECT_EQ(SyncWait(Exchange(stream.get(), "")), "");
}

Task<void> WriteAndEnd(AsyncStream* stream, std::string message) {
  co_await stream->Write(message);
  co_await stream->ShutdownWrite();
}

Task<void> ReadToEnd(AsyncStream* stream, std::string* out) {
  std::vector<char> buffer(64 * 1024);
  for (;;) {
    const size_t got = co_await stream->Read(buffer);
    if (got == 0) co_return;
    out->append(buffer.data(), got);
  }
}

TEST(AsyncSocket, ReadsAndWritesAtOnceWithMoreThanTheBuffersHold) {
  LoopThreads loops = MakeLoops(2);
  const EchoServer server(loops);
  const auto stream = SyncWait(ConnectTcp(loops.Next(), server.address()));
  std::string message(8 << 20, '\0');
  for (size_t i = 0; i < message.size(); ++i) message[i] = static_cast<char>(i * 31 >> 3);
  std::string answer;
  TaskGroup group;
  group.Spawn(WriteAndEnd(stream.get(), message));
  group.Spawn(ReadToEnd(stream.get(), &answer));
  group.JoinBlocking();
  EXPECT_TRUE(answer == message);
}

Task<void> Client(LoopThreads* loops, SocketAddress address, int messages, std::atomic<int>* done) {
  const std::unique_ptr<AsyncStream> stream = co_await ConnectTcp(loops->Next(), address, 30 * kNanosPerSecond);
  for (int i = 0; i < messages; ++i) {
    const std::string text = "message " + std::to_string(i);
    const std::string answer = co_await Exchange(stream.get(), text);
    EXPECT_EQ(answer, text);
  }
  ++*done;
}

TEST(AsyncSocket, AThousandConnectionsOnTwoLoops) {
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2200) GTEST_SKIP() << "too few file descriptors: " << files.rlim_cur;
  LoopThreads loops = MakeLoops(2);
  const EchoServer server(loops);
  std::atomic<int> done{0};
  TaskGroup clients;
  for (int i = 0; i < 1000; ++i) clients.Spawn(Client(&loops, server.address(), 5, &done));
  clients.JoinBlocking();
  EXPECT_EQ(done, 1000);
}

TEST(AsyncSocket, ReadsTimeOut) {
  LoopThreads loops = MakeLoops(1);
  const EchoServer server(loops);
  const auto stream = SyncWait(ConnectTcp(loops.first(), server.address()));
  stream->set_read_timeout_nanos(50 * kNanosPerMilli);
  char byte = 0;
  try {
    SyncWait(stream->Read({&byte, 1}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kConnectionFailure);
  }
  EXPECT_EQ(SyncWait(Exchange(stream.get(), "still fine")), "still fine");
}

TEST(AsyncSocket, CloseEndsAReadUnderWay) {
  LoopThreads loops = MakeLoops(2);
  const EchoServer server(loops);
  for (int round = 0; round < 20; ++round) {
    const auto stream = SyncWait(ConnectTcp(loops.Next(), server.address()));
    std::string nothing;
    TaskGroup group;
    group.Spawn(ReadToEnd(stream.get(), &nothing));
    if (round % 2 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    stream->Close();
    stream->Close();
    try {
      group.JoinBlocking();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.sqlstate(), sqlstate::kConnectionFailure);
    }
  }
}

// Both ends of a connection.
struct Pair {
  explicit Pair(LoopThreads& loops) : listener(loops.first(), {"127.0.0.1", 0}) {
    TaskGroup group;
    group.Spawn(AcceptOne(&listener, &loops, &accepted));
    connected = SyncWait(ConnectTcp(loops.Next(), listener.local_address(), 5 * kNanosPerSecond));
    group.JoinBlocking();
  }
  static Task<void> AcceptOne(AsyncListener* listener, LoopThreads* loops, std::unique_ptr<AsyncStream>* out) {
    *out = co_await listener->Accept(loops->Next());
  }
  AsyncListener listener;
  std::unique_ptr<AsyncStream> accepted;
  std::unique_ptr<AsyncStream> connected;
};

TEST(AsyncSocket, ReadingEndsWhileWritingGoesOn) {
  LoopThreads loops = MakeLoops(2);
  const Pair pair(loops);
  TaskGroup group;
  std::string got;
  group.Spawn(ReadToEnd(pair.accepted.get(), &got));
  EXPECT_EQ(group.running(), 1U);
  pair.accepted->EndReading();
  group.JoinBlocking();
  char byte = 0;
  EXPECT_EQ(SyncWait(pair.accepted->Read({&byte, 1})), 0U);
  SyncWait(pair.accepted->Write(std::string_view("x")));
  SyncWait(pair.connected->ReadExactly({&byte, 1}));
  EXPECT_EQ(byte, 'x');
}

TEST(AsyncSocket, AnEndedPeerIsSeenBehindUnreadBytes) {
  LoopThreads loops = MakeLoops(2);
  const Pair pair(loops);
  SyncWait(pair.connected->Write(std::string_view("unread")));
  EXPECT_FALSE(SyncWait(pair.accepted->PeerHasEnded()));
  SyncWait(pair.connected->ShutdownWrite());
  bool ended = false;
  for (int i = 0; i < 1000 && !ended; ++i) ended = SyncWait(pair.accepted->PeerHasEnded());
  EXPECT_TRUE(ended);
  pair.accepted->Close();
  EXPECT_TRUE(SyncWait(pair.accepted->PeerHasEnded()));
}

TEST(AsyncSocket, AWriteToAPeerThatDoesNotReadTimesOut) {
  LoopThreads loops = MakeLoops(1);
  AsyncListener listener(loops.first(), {"127.0.0.1", 0});
  const auto stream = SyncWait(ConnectTcp(loops.first(), listener.local_address()));
  const auto peer = SyncWait(listener.Accept(loops.first()));
  ASSERT_NE(peer, nullptr);
  stream->set_write_timeout_nanos(50 * kNanosPerMilli);
  const std::string flood(64 << 20, 'x');
  EXPECT_THROW(SyncWait(stream->Write(flood)), Error);
  listener.Close();
}

TEST(AsyncSocket, ConnectionsThatAreRefusedSaySo) {
  LoopThreads loops = MakeLoops(1);
  SocketAddress address;
  {
    const AsyncListener listener(loops.first(), {"127.0.0.1", 0});
    address = listener.local_address();
  }
  try {
    SyncWait(ConnectTcp(loops.first(), address));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kConnectionFailure);
    EXPECT_TRUE(error.retryable());
  }
  EXPECT_THROW(SyncWait(ConnectTcp(loops.first(), {"no.such.host", 1})), Error);
}

TEST(AsyncSocket, AnAddressInUseIsAnError) {
  LoopThreads loops = MakeLoops(1);
  const AsyncListener listener(loops.first(), {"127.0.0.1", 0});
  EXPECT_THROW(AsyncListener(loops.first(), listener.local_address()), Error);
}

Task<void> ConnectCanceled(EventLoop* loop, CancellationToken token) {
  // An address that does not answer, where there is a route at all; else it fails by itself.
  const SocketAddress silent("192.0.2.1", 9);
  const std::unique_ptr<AsyncStream> stream = co_await ConnectTcp(*loop, silent, 0, token);
}

TEST(AsyncSocket, ConnectIsCanceled) {
  LoopThreads loops = MakeLoops(1);
  CancellationSource source;
  TaskGroup group;
  group.Spawn(ConnectCanceled(&loops.first(), source.token()));
  source.Cancel(Error::Canceled("x"));
  EXPECT_THROW(group.JoinBlocking(), Error);
}

TEST(AsyncSocket, TheListenerEndsItsAccept) {
  LoopThreads loops = MakeLoops(1);
  for (int round = 0; round < 20; ++round) {
    AsyncListener listener(loops.first(), {"127.0.0.1", 0});
    std::thread closer([&] { listener.Close(); });
    EXPECT_EQ(SyncWait(listener.Accept(loops.first())), nullptr);
    closer.join();
  }
}

Task<void> SleepOnLoop(EventLoop* loop, std::vector<int>* order, int millis) {
  co_await SleepFor(*loop, millis * kNanosPerMilli);
  co_await loop->Schedule();
  order->push_back(millis);
}

TEST(EpollLoop, TimersFireInOrder) {
  LoopThreads loops = MakeLoops(1);
  std::vector<int> order;
  TaskGroup group;
  for (const int millis : {60, 20, 40, 1}) group.Spawn(SleepOnLoop(&loops.first(), &order, millis));
  group.JoinBlocking();
  EXPECT_EQ(order, (std::vector<int>{1, 20, 40, 60}));
}

TEST(EpollLoop, CanceledTimersDoNotFire) {
  LoopThreads loops = MakeLoops(1);
  std::atomic<int> fired{0};
  const auto id = loops.first().PostAfter(30 * kNanosPerMilli, [&] { ++fired; });
  EXPECT_TRUE(loops.first().CancelTimer(id));
  EXPECT_FALSE(loops.first().CancelTimer(id));
  AsyncEvent done;
  loops.first().PostAfter(60 * kNanosPerMilli, [&] { done.Set(); });
  SyncWait(done.Wait());
  EXPECT_EQ(fired, 0);
}

TEST(EpollLoop, ResolvesNumericAndLocalNames) {
  const auto numeric = ResolveHost("127.0.0.1", 80);
  ASSERT_EQ(numeric.size(), 1U);
  EXPECT_EQ(numeric[0].ToString(), "127.0.0.1:80");
  EXPECT_FALSE(ResolveHost("localhost", 1).empty());
}

}  // namespace
}  // namespace weir
