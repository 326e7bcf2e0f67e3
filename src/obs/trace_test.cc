#include "obs/trace.h"

#include <vector>

#include <gtest/gtest.h>

namespace weir::obs {
namespace {

class Collector final : public SpanSink {
 public:
  void Export(SpanRecord span) override { spans.push_back(std::move(span)); }
  std::vector<SpanRecord> spans;
};

class TraceTest : public testing::Test {
 protected:
  int64_t now_ = 100;
  uint64_t random_ = 0;
  std::shared_ptr<Collector> sink_ = std::make_shared<Collector>();
  Tracer tracer_{[this] { return now_++; }, [this] { return ++random_ * 0x9E3779B97F4A7C15ULL; }, sink_};
};

TEST_F(TraceTest, ChildrenKeepTheTraceAndNameTheirParent) {
  {
    Span root = tracer_.Start("query", {}, SpanKind::kServer);
    Span child = tracer_.Start("scan", root.context());
    child.SetAttribute("rows", int64_t{5});
    child.SetError("boom");
  }
  ASSERT_EQ(sink_->spans.size(), 2U);
  const SpanRecord& child = sink_->spans[0];
  const SpanRecord& root = sink_->spans[1];
  EXPECT_EQ(child.context.trace_id, root.context.trace_id);
  EXPECT_EQ(child.parent_id, root.context.span_id);
  EXPECT_EQ(root.parent_id, SpanId{});
  EXPECT_LT(child.start_unix_nanos, child.end_unix_nanos);
  EXPECT_EQ(child.status, SpanStatus::kError);
  EXPECT_EQ(child.attributes.size(), 1U);
  EXPECT_EQ(root.kind, SpanKind::kServer);
}

TEST_F(TraceTest, EndsOnceAlsoWhenMoved) {
  Span a = tracer_.Start("a");
  Span b = std::move(a);
  a.End();
  b.End();
  b.End();
  b.SetAttribute("late", true);
  EXPECT_EQ(sink_->spans.size(), 1U);
}

TEST_F(TraceTest, UnsampledTracesRecordNothing) {
  SpanContext parent;
  parent.trace_id[0] = 1;
  parent.span_id[0] = 1;
  parent.sampled = false;
  EXPECT_FALSE(tracer_.Start("x", parent).recording());
  Tracer none([] { return 0; }, [] { return 1ULL << 63; }, sink_, 0.25);
  EXPECT_FALSE(none.Start("x").recording());
  Tracer off([] { return 0; }, [] { return 1; }, nullptr);
  EXPECT_FALSE(off.Start("x").recording());
  EXPECT_TRUE(sink_->spans.empty());
}

TEST(TraceParent, ReadsWhatItWritesAndRefusesTheRest) {
  const std::string text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto context = SpanContext::FromTraceParent(text);
  ASSERT_TRUE(context.has_value());
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->ToTraceParent(), text);
  for (const char* bad : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"}) {
    EXPECT_FALSE(SpanContext::FromTraceParent(bad).has_value()) << bad;
  }
  EXPECT_TRUE(SpanContext::FromTraceParent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-x").has_value());
}

}  // namespace
}  // namespace weir::obs
