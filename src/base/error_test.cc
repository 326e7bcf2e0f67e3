#include "base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Error, PointsAtTheCharacter) {
  const Error error = Error::User(sqlstate::kUndefinedColumn, "column does not exist: {}", "b").WithPosition(16);
  EXPECT_EQ(error.ToString("SELECT a,\n       b\nFROM t"),
            "ERROR 42703: column does not exist: b\n"
            "LINE 2:        b\n"
            "              ^");
}

TEST(Error, PositionAtTheEndIsStillShown) {
  const Error error = Error::User(sqlstate::kSyntaxError, "unexpected end").WithPosition(8);
  EXPECT_EQ(error.ToString("SELECT 1"), "ERROR 42601: unexpected end\nLINE 1: SELECT 1\n                ^");
}

TEST(Error, LongLinesAreWindowed) {
  const std::string text(1'000'000, 'x');
  const Error error = Error::User(sqlstate::kSyntaxError, "bad").WithPosition(500'000);
  EXPECT_LT(error.ToString(text).size(), 400U);
}

TEST(Error, ErrnoKeepsItsMeaning) {
  EXPECT_EQ(Error::FromErrno(ENOSPC, "write").sqlstate(), sqlstate::kDiskFull);
  EXPECT_TRUE(Error::FromErrno(ENOSPC, "write").retryable());
  EXPECT_EQ(Error::FromErrno(EROFS, "write").sqlstate(), sqlstate::kInsufficientPrivilege);
}

TEST(Error, CatchErrorTurnsAnyExceptionIntoAValue) {
  EXPECT_EQ(CatchError([] {}), nullptr);
  EXPECT_EQ(CatchError([] { throw std::bad_alloc(); })->sqlstate(), sqlstate::kOutOfMemory);
  EXPECT_EQ(CatchError([] { throw 1; })->kind(), ErrorKind::kInternal);
}

}  // namespace
}  // namespace weir
