// Bitmaps: sets of unsigned integers (Bitmap64).

#include <algorithm>

#include "algo/bitmap64.h"
#include "function/scalar/encoding.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypeKind kSet = TypeKind::kBitmap;

// Bitmaps of one argument; constants are read once.
class BitmapReader {
 public:
  explicit BitmapReader(const Column& column) : view_(column) {}
  bool IsNull(size_t row) const { return view_.IsNull(row); }
  const Bitmap64& At(size_t row) {
    const size_t index = view_.Index(row);
    if (index != at_) {
      held_ = Bitmap64::Deserialize(view_.At<StringRef>(row));
      at_ = index;
    }
    return held_;
  }
  Bitmap64 Copy(size_t row) const { return Bitmap64::Deserialize(view_.At<StringRef>(row)); }

 private:
  ColumnView view_;
  size_t at_ = SIZE_MAX;
  Bitmap64 held_;
};

// f(bitmap) -> optional R
template <typename R, typename F>
ScalarKernel OfBitmap(F f) {
  return [f](const KernelArgs& args) {
    BitmapReader bitmaps(*args.columns[0]);
    FlatWriter<R> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      if constexpr (!std::is_same_v<R, StringRef>) out.Set(row, R{});
      const auto value = f(bitmaps.At(row));
      if (!value.has_value()) {
        out.SetNull(row);
      } else if constexpr (std::is_same_v<R, StringRef>) {
        out.SetString(row, *value);
      } else {
        out.Set(row, *value);
      }
    });
    return out.Finish();
  };
}

// The bitmaps of all arguments put together from left to right.
template <auto kOperation>
ColumnPtr Combine(const KernelArgs& args) {
  std::vector<BitmapReader> bitmaps;
  for (const ColumnPtr& column : args.columns) bitmaps.emplace_back(*column);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    Bitmap64 result = bitmaps[0].Copy(row);
    for (size_t i = 1; i < bitmaps.size(); ++i) (result.*kOperation)(bitmaps[i].At(row));
    out.SetString(row, result.Serialize());
  });
  return out.Finish();
}

// f(bitmap, value) -> boolean
template <typename F>
ScalarKernel TestOfTwo(F f) {
  return [f](const KernelArgs& args) {
    BitmapReader left(*args.columns[0]), right(*args.columns[1]);
    FlatWriter<uint8_t> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      out.Set(row, 0);
      out.Set(row, f(left.At(row), right.At(row)) ? 1 : 0);
    });
    return out.Finish();
  };
}

ColumnPtr Contains(const KernelArgs& args) {
  BitmapReader bitmaps(*args.columns[0]);
  const ColumnView values(*args.columns[1]);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const int64_t value = values.At<int64_t>(row);
    out.Set(row, value >= 0 && bitmaps.At(row).Contains(static_cast<uint64_t>(value)) ? 1 : 0);
  });
  return out.Finish();
}

ColumnPtr Remove(const KernelArgs& args) {
  const BitmapReader bitmaps(*args.columns[0]);
  const ColumnView values(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    Bitmap64 bitmap = bitmaps.Copy(row);
    if (values.At<int64_t>(row) >= 0) bitmap.Remove(static_cast<uint64_t>(values.At<int64_t>(row)));
    out.SetString(row, bitmap.Serialize());
  });
  return out.Finish();
}

// (bitmap, offset, length): elements by their order; a negative offset counts from the end.
ColumnPtr SubBitmap(const KernelArgs& args) {
  BitmapReader bitmaps(*args.columns[0]);
  const ColumnView offsets(*args.columns[1]), lengths(*args.columns[2]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const std::vector<uint64_t> values = bitmaps.At(row).Values();
    const auto count = static_cast<int64_t>(values.size());
    int64_t offset = offsets.At<int64_t>(row);
    const int64_t length = lengths.At<int64_t>(row);
    if (offset < 0) offset = offset < -count ? count : offset + count;
    if (length <= 0 || offset >= count) {
      out.SetNull(row);
      return;
    }
    Bitmap64 part;
    part.AddMany(values.data() + offset, static_cast<size_t>(std::min(length, count - offset)));
    out.SetString(row, part.Serialize());
  });
  return out.Finish();
}

// (bitmap, low, high): elements low <= x < high.
ColumnPtr SubsetInRange(const KernelArgs& args) {
  BitmapReader bitmaps(*args.columns[0]);
  const ColumnView lows(*args.columns[1]), highs(*args.columns[2]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    Bitmap64 part;
    const auto low = static_cast<uint64_t>(std::max<int64_t>(lows.At<int64_t>(row), 0));
    const auto high = static_cast<uint64_t>(std::max<int64_t>(highs.At<int64_t>(row), 0));
    for (const uint64_t value : bitmaps.At(row).Values()) {
      if (value >= low && value < high) part.Add(value);
    }
    out.SetString(row, part.Serialize());
  });
  return out.Finish();
}

ColumnPtr ToArray(const KernelArgs& args) {
  BitmapReader bitmaps(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    for (const uint64_t value : bitmaps.At(row).Values()) out.child(0).Append(static_cast<int64_t>(value));
    out.CloseRow();
  });
}

ColumnPtr FromArray(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const ListEntry entry = lists.At(row);
    Bitmap64 bitmap;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (lists.IsNullElement(i)) continue;
      const auto value = lists.elements().At<int64_t>(i);
      if (value >= 0) bitmap.Add(static_cast<uint64_t>(value));
    }
    out.SetString(row, bitmap.Serialize());
  });
  return out.Finish();
}

std::string BitmapOf(uint64_t value) {
  Bitmap64 bitmap;
  bitmap.Add(value);
  return bitmap.Serialize();
}

// f(text) -> optional bytes
template <typename F>
ScalarKernel BitmapOfText(F f) {
  return RowKernelWith<StringRef, StringRef>([f](RowOut<StringRef>& out, StringRef text) {
    const std::optional<std::string> bytes = f(text.view());
    if (bytes.has_value()) {
      out.SetString(*bytes);
    } else {
      out.Set(StringRef());
      out.SetNull();
    }
  });
}

void AddMaking(Family& family) {
  family.Add({"to_bitmap", {"bitmap"}}, "The bitmap of one integer from 0 on; NULL for anything else.",
             "bitmap_to_string(to_bitmap(10))", "10",
             {Total({kLong}, kSet, RowKernelWith<StringRef, int64_t>([](RowOut<StringRef>& out, int64_t value) {
                      out.Set(StringRef());
                      if (value < 0)
                        out.SetNull();
                      else
                        out.SetString(BitmapOf(static_cast<uint64_t>(value)));
                    })),
              Total({kText}, kSet, BitmapOfText([](std::string_view text) -> std::optional<std::string> {
                      const std::optional<Bitmap64> bitmap = Bitmap64::FromText(text);
                      if (!bitmap.has_value() || bitmap->Count() != 1) return std::nullopt;
                      return bitmap->Serialize();
                    }))});
  family.Add("bitmap_hash", "The bitmap of the 32-bit hash of a text.", "bitmap_count(bitmap_hash('hello'))", "1",
             {Total({kText}, kSet, BitmapOfText([](std::string_view text) -> std::optional<std::string> {
                      return BitmapOf(static_cast<uint32_t>(MurmurHash3(text)));
                    }))});
  family.Add("bitmap_empty", "The bitmap without elements.", "bitmap_count(bitmap_empty())", "0",
             {Total({}, kSet, [](const KernelArgs& args) {
               FlatWriter<StringRef> out(args.result_type, args.size);
               return out.Finish();
             })});
  family.Add("bitmap_from_string", "The bitmap of numbers with commas between them; NULL when it is anything else.",
             "bitmap_to_string(bitmap_from_string('3, 1,2'))", "1,2,3",
             {Total({kText}, kSet, BitmapOfText([](std::string_view text) -> std::optional<std::string> {
                      const std::optional<Bitmap64> bitmap = Bitmap64::FromText(text);
                      return bitmap.has_value() ? std::optional(bitmap->Serialize()) : std::nullopt;
                    }))});
  family.Add("array_to_bitmap", "The bitmap of a list of integers; negative ones and NULLs are left out.",
             "bitmap_to_string(array_to_bitmap(ARRAY[5, 1, 5]))", "1,5", {Total({Type::List(kLong)}, kSet, FromArray)});
  family.Add("base64_to_bitmap", "The bitmap that bitmap_to_base64 was given; NULL for other texts.",
             "bitmap_to_string(base64_to_bitmap(bitmap_to_base64(to_bitmap(7))))", "7",
             {Total({kText}, kSet, BitmapOfText([](std::string_view text) -> std::optional<std::string> {
                      try {
                        return Bitmap64::Deserialize(FromBase64(text)).Serialize();
                      } catch (const Error& error) {
                        if (error.kind() != ErrorKind::kUser) throw;
                        return std::nullopt;
                      }
                    }))});
}

void AddReading(Family& family) {
  family.Add("bitmap_count", "Number of elements; 0 for NULL.", "bitmap_count(bitmap_from_string('1,2,3'))", "3",
             {SeesNulls(Partial({kSet}, kLong, [](const KernelArgs& args) {
               BitmapReader bitmaps(*args.columns[0]);
               FlatWriter<int64_t> out(args.result_type, args.size);
               ForEachRow(args, [&](size_t row) {
                 out.Set(row, 0);
                 if (!bitmaps.IsNull(row)) out.Set(row, static_cast<int64_t>(bitmaps.At(row).Count()));
               });
               return out.Finish();
             }))});
  const auto edge = [](auto part) {
    return OfBitmap<int64_t>([part](const Bitmap64& bitmap) -> std::optional<int64_t> {
      if (bitmap.empty()) return std::nullopt;
      return static_cast<int64_t>((bitmap.*part)());
    });
  };
  family.Add("bitmap_min", "The smallest element; NULL for the empty bitmap.", "bitmap_min(bitmap_from_string('3,1'))",
             "1", {Partial({kSet}, kLong, edge(&Bitmap64::Min))});
  family.Add("bitmap_max", "The largest element; NULL for the empty bitmap.", "bitmap_max(bitmap_from_string('3,1'))",
             "3", {Partial({kSet}, kLong, edge(&Bitmap64::Max))});
  family.Add("bitmap_to_string", "The elements with commas between them.",
             "bitmap_to_string(bitmap_from_string('2,1'))", "1,2",
             {Partial({kSet}, kText,
                      OfBitmap<StringRef>([](const Bitmap64& bitmap) { return std::optional(bitmap.ToText()); }))});
  family.Add("bitmap_to_base64", "The bitmap's bytes in base64.", "bitmap_to_base64(to_bitmap(1))",
             "AQAAAAAAAAAAAAAAOjAAAAEAAAAAAAAAEAAAAAEA",
             {Partial({kSet}, kText, OfBitmap<StringRef>([](const Bitmap64& bitmap) {
                        return std::optional(ToBase64(bitmap.Serialize()));
                      }))});
  family.Add("bitmap_to_array", "The elements as a list.", "bitmap_to_array(bitmap_from_string('3,1'))", "{1,3}",
             {Partial({kSet}, Type::List(kLong), ToArray)});
  family.Add("bitmap_contains", "Whether the bitmap has an integer.", "bitmap_contains(bitmap_from_string('1,2'), 2)",
             "t", {Partial({kSet, kLong}, kBool, Contains)});
  family.Add("bitmap_has_any", "Whether the bitmaps have an element in common.",
             "bitmap_has_any(to_bitmap(1), to_bitmap(2))", "f",
             {Partial({kSet, kSet}, kBool, TestOfTwo([](const Bitmap64& a, const Bitmap64& b) {
                        const auto& few = a.Count() < b.Count() ? a : b;
                        const auto& many = &few == &a ? b : a;
                        const std::vector<uint64_t> values = few.Values();
                        return std::any_of(values.begin(), values.end(),
                                           [&](uint64_t value) { return many.Contains(value); });
                      }))});
}

void AddChanging(Family& family) {
  const auto several = [](const ScalarKernel& kernel) {
    return std::vector<FunctionOverload>{Variadic(Partial({kSet, kSet}, kSet, kernel))};
  };
  family.Add("bitmap_or", "The elements of any of the bitmaps.",
             "bitmap_to_string(bitmap_or(to_bitmap(1), to_bitmap(2)))", "1,2", several(Combine<&Bitmap64::Or>));
  family.Add("bitmap_and", "The elements of all the bitmaps.",
             "bitmap_to_string(bitmap_and(bitmap_from_string('1,2'), to_bitmap(2)))", "2",
             several(Combine<&Bitmap64::And>));
  family.Add("bitmap_xor", "The elements of an odd number of the bitmaps: of one of two.",
             "bitmap_to_string(bitmap_xor(bitmap_from_string('1,2'), bitmap_from_string('2,3')))", "1,3",
             several(Combine<&Bitmap64::Xor>));
  family.Add("bitmap_andnot", "The elements of the first bitmap that the second does not have.",
             "bitmap_to_string(bitmap_andnot(bitmap_from_string('1,2'), to_bitmap(2)))", "1",
             {Partial({kSet, kSet}, kSet, Combine<&Bitmap64::AndNot>)});
  family.Add("bitmap_remove", "The bitmap without an integer.",
             "bitmap_to_string(bitmap_remove(bitmap_from_string('1,2'), 1))", "2",
             {Partial({kSet, kLong}, kSet, Remove)});
  family.Add("sub_bitmap",
             "So many elements from a position on, counted from 0 or from the end; NULL when there are none.",
             "bitmap_to_string(sub_bitmap(bitmap_from_string('1,3,5,7'), 1, 2))", "3,5",
             {Partial({kSet, kLong, kLong}, kSet, SubBitmap)});
  family.Add("bitmap_subset_in_range", "The elements from a number up to below another.",
             "bitmap_to_string(bitmap_subset_in_range(bitmap_from_string('1,3,5,7'), 3, 7))", "3,5",
             {Partial({kSet, kLong, kLong}, kSet, SubsetInRange)});
}

}  // namespace

void RegisterBitmapFunctions(Registry& registry) {
  Family family(registry, "bitmap");
  AddMaking(family);
  AddReading(family);
  AddChanging(family);
}

}  // namespace weir
