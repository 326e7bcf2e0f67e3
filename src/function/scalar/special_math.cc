// Special functions, and distances of vectors.

#include <cmath>

#include "function/scalar/kernel.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;

template <typename F>
std::vector<FunctionOverload> OfDouble(F f) {
  return {Total({kDouble}, kDouble, RowKernel<double, double>(f))};
}

// Fails where a finite argument has no finite value.
template <typename F>
std::vector<FunctionOverload> OfDoubleInRange(F f) {
  return {Partial({kDouble}, kDouble, RowKernelWith<double, double>([f](RowOut<double>& out, double x) {
                    const double value = f(x);
                    if (std::isfinite(x) && !std::isfinite(value)) {
                      out.Fail(Error::User(sqlstate::kNumericValueOutOfRange, "value out of range: overflow"));
                    } else {
                      out.Set(value);
                    }
                  }))};
}

struct Sums {
  double product = 0, left = 0, right = 0, distance = 0;
};

template <typename F>
std::vector<FunctionOverload> OfVectors(F f) {
  const Type doubles = Type::List(kDouble);
  return {Partial({doubles, doubles}, kDouble, [f](const KernelArgs& args) {
    const ListView a(*args.columns[0]), b(*args.columns[1]);
    FlatWriter<double> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      out.Set(row, 0);
      const ListEntry left = a.At(row), right = b.At(row);
      if (left.length != right.length) {
        throw Error::User(sqlstate::kInvalidParameterValue, "vectors of different lengths: {} and {}", left.length,
                          right.length);
      }
      Sums sums;
      for (uint32_t i = 0; i < left.length; ++i) {
        if (a.IsNullElement(left.offset + i) || b.IsNullElement(right.offset + i)) {
          throw Error::User(sqlstate::kNullValueNotAllowed, "vectors cannot contain NULL");
        }
        const double x = a.elements().At<double>(left.offset + i), y = b.elements().At<double>(right.offset + i);
        sums.product += x * y;
        sums.left += x * x;
        sums.right += y * y;
        sums.distance += (x - y) * (x - y);
      }
      out.Set(row, f(sums));
    });
    return out.Finish();
  })};
}

double Cosine(const Sums& sums) {
  return sums.product / (std::sqrt(sums.left) * std::sqrt(sums.right));
}

template <bool kNulls>
ColumnPtr CountNulls(const KernelArgs& args) {
  FlatWriter<int32_t> out(args.result_type, args.size);
  std::vector<ColumnView> views;
  for (const ColumnPtr& column : args.columns) views.emplace_back(*column);
  args.rows.ForEach([&](size_t row) {
    int32_t count = 0;
    for (const ColumnView& view : views) count += view.IsNull(row) == kNulls ? 1 : 0;
    out.Set(row, count);
  });
  return out.Finish();
}

}  // namespace

void RegisterSpecialMathFunctions(Registry& registry) {
  Family family(registry, "math");
  family.Add("erf", "The error function.", "erf(0)", "0", OfDouble([](double x) { return std::erf(x); }));
  family.Add("erfc", "1 - erf(x).", "erfc(0)", "1", OfDouble([](double x) { return std::erfc(x); }));
  family.Add("gamma", "The gamma function: (x - 1)! between the whole numbers.", "gamma(5)", "24",
             OfDoubleInRange([](double x) { return std::tgamma(x); }));
  family.Add("lgamma", "The logarithm of the gamma function's absolute value.", "lgamma(1)", "0",
             OfDoubleInRange([](double x) {
               int sign = 0;
               return lgamma_r(x, &sign);
             }));
  family.Add("nextafter", "The next number of double precision towards the second one.", "nextafter(0, 1) > 0", "t",
             {Total({kDouble, kDouble}, kDouble,
                    RowKernel<double, double, double>([](double x, double y) { return std::nextafter(x, y); }))});
  family.Add({"round_even", {"roundbankers"}}, "The number with n decimals, halves to even.", "round_even(2.5, 0)", "2",
             {Total({kDouble, TypeKind::kInt32}, kDouble, RowKernel<double, double, int32_t>([](double x, int32_t n) {
                      const double scale = std::pow(10.0, n);
                      const double rounded = std::nearbyint(x * scale) / scale;
                      return std::isfinite(rounded) ? rounded : x;
                    }))});
  family.Add({"inner_product", {"list_inner_product", "list_dot_product", "dot_product", "array_inner_product"}},
             "The sum of the products of two vectors' elements.",
             "inner_product(ARRAY[1, 2]::float8[], ARRAY[3, 4]::float8[])", "11",
             OfVectors([](const Sums& sums) { return sums.product; }));
  family.Add({"cosine_similarity", {"list_cosine_similarity", "approx_cosine_similarity", "array_cosine_similarity"}},
             "The cosine of the angle of two vectors.",
             "cosine_similarity(ARRAY[1, 0]::float8[], ARRAY[1, 0]::float8[])", "1", OfVectors(Cosine));
  family.Add({"cosine_distance", {"list_cosine_distance", "array_cosine_distance"}}, "1 - cosine_similarity.",
             "cosine_distance(ARRAY[1, 0]::float8[], ARRAY[1, 0]::float8[])", "0",
             OfVectors([](const Sums& sums) { return 1 - Cosine(sums); }));
  family.Add("cosine_similarity_norm", "The cosine of the angle of two vectors of length 1.",
             "cosine_similarity_norm(ARRAY[1, 0]::float8[], ARRAY[1, 0]::float8[])", "1",
             OfVectors([](const Sums& sums) { return sums.product; }));
  family.Add({"list_distance", {"array_distance"}}, "The Euclidean distance of two vectors.",
             "list_distance(ARRAY[0, 0]::float8[], ARRAY[3, 4]::float8[])", "5",
             OfVectors([](const Sums& sums) { return std::sqrt(sums.distance); }));
  family.Add({"l2_distance", {"approx_l2_distance"}}, "The square of the Euclidean distance of two vectors.",
             "l2_distance(ARRAY[0, 0]::float8[], ARRAY[3, 4]::float8[])", "25",
             OfVectors([](const Sums& sums) { return sums.distance; }));

  Family conditions(registry, "conditional");
  conditions.Add("num_nulls", "How many of the arguments are NULL.", "num_nulls(1, NULL, 2)", "1",
                 {Variadic(SeesNulls(Total({kAny}, TypeKind::kInt32, CountNulls<true>)))});
  conditions.Add("num_nonnulls", "How many of the arguments are not NULL.", "num_nonnulls(1, NULL, 2)", "2",
                 {Variadic(SeesNulls(Total({kAny}, TypeKind::kInt32, CountNulls<false>)))});
  conditions.Add("error", "Fails with the text.", "", "",
                 {Partial({TypeKind::kVarchar}, TypeKind::kVarchar,
                          RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text) {
                            out.Fail(Error::User(sqlstate::kInvalidParameterValue, "{}", text.view()));
                          }))});
}

}  // namespace weir
