#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "algo/random_columns.h"
#include "expr/registry.h"
#include "function/aggregate/register.h"
#include "types/decimal.h"

namespace weir {
namespace {

using Row = std::vector<Value>;
using Rows = std::vector<Row>;
using Ops = std::shared_ptr<const AggregateOps>;
using Constants = std::vector<std::optional<Value>>;

const Registry& TheRegistry() {
  static const Registry* registry = [] {
    auto* filled = new Registry();
    RegisterAggregates(*filled);
    return filled;
  }();
  return *registry;
}

bool Fits(const TypePattern& pattern, const Type& type) {
  switch (pattern.kind()) {
    case TypePattern::Kind::kExact:
      return pattern.type().kind() == type.kind();
    case TypePattern::Kind::kDecimal:
      return type.is(TypeKind::kDecimal);
    default:
      return true;
  }
}

// The operations of the overload for exactly these argument types.
Ops Make(std::string_view name, const std::vector<Type>& types, const Constants& constants = {}) {
  const AggregateSpec* spec = TheRegistry().FindAggregate(name);
  if (spec == nullptr) throw Error::Internal("no aggregate {}", name);
  for (const AggregateOverload& overload : spec->overloads) {
    if (overload.parameters.size() != types.size()) continue;
    bool fits = true;
    for (size_t i = 0; i < types.size(); ++i) fits = fits && Fits(overload.parameters[i], types[i]);
    if (!fits) continue;
    Type result;
    if (overload.resolve) {
      result = overload.resolve(types, constants).result_type;
    } else if (overload.result.kind() == TypePattern::Kind::kAnyElement) {
      result = types[0];
    } else if (overload.result.kind() == TypePattern::Kind::kAnyList) {
      result = Type::List(types[0]);
    } else {
      result = overload.result.type();
    }
    Ops ops = overload.make(types, result, constants);
    EXPECT_EQ(ops->result_type(), result) << name;
    return ops;
  }
  throw Error::Internal("no overload of {} for {}", name, types.empty() ? "" : types[0].ToString());
}

// States of several groups, aligned as they ask.
class States {
 public:
  States(const AggregateOps& ops, size_t count) {
    const size_t words = (ops.state_size() + 7) / 8 + 1;
    memory_.assign(words * count, 0xABABABABABABABABULL);
    for (size_t i = 0; i < count; ++i) {
      pointers_.push_back(reinterpret_cast<uint8_t*>(memory_.data() + i * words));
      ops.Init(pointers_.back());
    }
  }
  uint8_t* const* all() const { return pointers_.data(); }
  uint8_t* operator[](size_t i) const { return pointers_[i]; }
  size_t size() const { return pointers_.size(); }

 private:
  std::vector<uint64_t> memory_;
  std::vector<uint8_t*> pointers_;
};

ColumnPtr Results(const AggregateOps& ops, const States& states) {
  ColumnBuilder builder(ops.result_type());
  ops.Finalize(states.all(), states.size(), builder);
  ColumnPtr column = builder.Finish();
  column->Verify();
  EXPECT_EQ(column->size(), states.size());
  return column;
}

bool Near(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() == b.is_null();
  if (a.type().is_floating()) {
    const double x = a.floating();
    const double y = b.floating();
    if (std::isnan(x) || std::isnan(y)) return std::isnan(x) == std::isnan(y);
    if (x == y) return true;
    const double tolerance = a.type().is(TypeKind::kFloat) ? 1e-5 : 1e-9;
    return std::abs(x - y) <= tolerance * (1 + std::max(std::abs(x), std::abs(y)));
  }
  return Value::Compare(a, b) == 0;
}

constexpr size_t kGroups = 4;

struct Options {
  uint64_t domain = 60;
  bool ordered = false;  // merging partial results in order gives the reference's result
  Constants constants;
  std::vector<Value> fixed;  // constant arguments after the random ones
};

// Feeds random chunks in every way that the contract allows and compares with `reference` over each group's rows.
void Check(std::string_view name, const std::vector<Type>& types, const std::function<Value(const Rows&)>& reference,
           const Options& options = {}) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(fmt::format("{} of {} seed {}", name, types.empty() ? "nothing" : types[0].ToString(), seed));
    RandomColumns random(seed);
    const Ops ops = Make(name, types, options.constants);
    std::vector<Type> random_types(types.begin(), types.end() - static_cast<ptrdiff_t>(options.fixed.size()));
    std::vector<Rows> rows(kGroups);
    Rows all;

    StateArena arena;
    StateArena other_arena;
    const States updated(*ops, kGroups);
    const States merged(*ops, kGroups);
    const States travelled(*ops, kGroups);
    const States retracted(*ops, kGroups);
    const States single(*ops, 1);
    for (int c = 0; c < 5; ++c) {
      const size_t size = c == 4 ? 3 : 50 + random.Below(1000);
      const uint64_t domain = seed % 3 == 0 ? 3 : options.domain;
      Chunk chunk = random.ChunkOf(random_types, size, domain, seed % 2 == 0 ? 5 : 0);
      std::vector<ColumnPtr> columns = chunk.columns();
      for (const Value& value : options.fixed) columns.push_back(Column::Constant(value, size));
      chunk = chunk.WithColumns(columns);

      std::vector<size_t> group_of(size);
      std::vector<uint8_t*> to_updated(size);
      std::vector<uint8_t*> to_part(size);
      std::vector<uint8_t*> to_retracted(size);
      const States part(*ops, kGroups);
      for (size_t i = 0; i < size; ++i) {
        group_of[i] = random.Below(kGroups - 1);  // the last group stays empty
        to_updated[i] = updated[group_of[i]];
        to_part[i] = part[group_of[i]];
        to_retracted[i] = retracted[group_of[i]];
      }
      chunk.rows().ForEach([&](size_t row) {
        rows[group_of[row]].push_back(RowOfValues(columns, row));
        all.push_back(rows[group_of[row]].back());
      });
      ops->Update({columns, chunk.rows(), arena}, to_updated.data());
      ops->UpdateSingle({columns, chunk.rows(), arena}, single[0]);

      ops->Update({columns, chunk.rows(), other_arena}, to_part.data());
      ColumnBuilder bytes(ops->intermediate_type());
      ops->Serialize(part.all(), kGroups, bytes);
      const ColumnPtr serialized = bytes.Finish();
      serialized->Verify();
      ops->MergeSerialized(*serialized, RowSet::All(kGroups), travelled.all(), arena);
      ops->Merge(part.all(), merged.all(), kGroups, arena);

      if (ops->can_retract()) {
        // In twice, out once.
        ops->Update({columns, chunk.rows(), arena}, to_retracted.data());
        ops->Update({columns, chunk.rows(), arena}, to_retracted.data());
        ops->Retract({columns, chunk.rows(), arena}, to_retracted.data());
      }
    }
    const ColumnPtr from_update = Results(*ops, updated);
    const ColumnPtr from_merge = Results(*ops, merged);
    const ColumnPtr from_travel = Results(*ops, travelled);
    const ColumnPtr from_single = Results(*ops, single);
    for (size_t g = 0; g < kGroups; ++g) {
      const Value want = reference(rows[g]);
      const auto expect = [&](const Column& got, std::string_view way) {
        ASSERT_TRUE(Near(got.GetValue(g), want))
            << way << " group " << g << ": " << got.GetValue(g).ToString() << " for " << want.ToString();
      };
      expect(*from_update, "update");
      expect(*from_merge, "merge");
      expect(*from_travel, "serialized");
      if (ops->can_retract()) expect(*Results(*ops, retracted), "retract");
    }
    ASSERT_TRUE(Near(from_single->GetValue(0), reference(all)))
        << from_single->GetValue(0).ToString() << " for " << reference(all).ToString();
  }
}

Rows WithoutNulls(const Rows& rows) {
  Rows out;
  for (const Row& row : rows) {
    if (std::none_of(row.begin(), row.end(), [](const Value& v) { return v.is_null(); })) out.push_back(row);
  }
  return out;
}

std::vector<double> Doubles(const Rows& rows, size_t column) {
  std::vector<double> out;
  for (const Row& row : WithoutNulls(rows)) out.push_back(row[column].floating());
  return out;
}

TEST(Aggregate, Count) {
  Check("count", {}, [](const Rows& rows) { return Value::Int64(static_cast<int64_t>(rows.size())); });
  for (const Type& type : RandomColumns::AllTypes()) {
    Check("count", {type},
          [](const Rows& rows) { return Value::Int64(static_cast<int64_t>(WithoutNulls(rows).size())); });
  }
  Check("count_if", {TypeKind::kBoolean}, [](const Rows& rows) {
    int64_t count = 0;
    for (const Row& row : WithoutNulls(rows)) count += row[0].boolean();
    return Value::Int64(count);
  });
}

int128_t WideSum(const Rows& rows) {
  int128_t sum = 0;
  for (const Row& row : WithoutNulls(rows)) sum += row[0].wide();
  return sum;
}

TEST(Aggregate, SumAndAvgOfExactNumbers) {
  for (const Type& type :
       {Type(TypeKind::kInt8), Type(TypeKind::kInt16), Type(TypeKind::kInt32), Type(TypeKind::kInt64),
        Type(TypeKind::kInt128), Type::Decimal(15, 2), Type::Decimal(38, 4)}) {
    const bool narrow = type.is_integer() && PhysicalWidth(type.physical()) <= 4;
    const Type sum_type = narrow ? Type(TypeKind::kInt64) : Type::Decimal(38, type.is_integer() ? 0 : type.scale());
    Check("sum", {type}, [&](const Rows& rows) {
      if (WithoutNulls(rows).empty()) return Value::Null(sum_type);
      const int128_t sum = WideSum(rows);
      return narrow ? Value::Int64(static_cast<int64_t>(sum)) : Value::Wide(sum_type, sum);
    });
    const int scale = type.is_integer() ? 0 : type.scale();
    const Type avg_type = Type::Decimal(38, 16);
    // Averages of 128-bit values with 16 more digits need not fit: a smaller domain of values in their range.
    if (PhysicalWidth(type.physical()) == 16) continue;
    Check("avg", {type}, [&](const Rows& rows) {
      const auto count = static_cast<int128_t>(WithoutNulls(rows).size());
      if (count == 0) return Value::Null(avg_type);
      return Value::Wide(avg_type, DecimalDivide(WideSum(rows), count, 16 - scale).value());
    });
  }
}

TEST(Aggregate, AverageRoundsHalfAwayFromZero) {
  const Ops ops = Make("avg", {TypeKind::kInt32});
  const States states(*ops, 1);
  StateArena arena;
  FlatWriter<int32_t> writer(TypeKind::kInt32, 3);
  writer.Set(0, 1);
  writer.Set(1, 0);
  writer.Set(2, 1);
  const ColumnPtr column = writer.Finish();
  ops->UpdateSingle({{&column, 1}, RowSet::All(3), arena}, states[0]);
  EXPECT_EQ(Results(*ops, states)->GetValue(0).ToString(), "0.6666666666666667");
}

TEST(Aggregate, SumOverflowIsAnError) {
  const Type wide = Type::Decimal(38, 0);
  const Ops ops = Make("sum", {wide});
  const States states(*ops, 1);
  StateArena arena;
  const ColumnPtr column = Column::Constant(Value::Wide(wide, PowerOfTen(38) - 1), 1);
  ops->UpdateSingle({{&column, 1}, RowSet::All(1), arena}, states[0]);
  const ColumnPtr one = Column::Constant(Value::Wide(wide, 1), 1);
  ops->UpdateSingle({{&one, 1}, RowSet::All(1), arena}, states[0]);
  try {
    Results(*ops, states);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), sqlstate::kNumericValueOutOfRange);
  }
  // The state itself overflows, too.
  EXPECT_THROW(
      {
        const ColumnPtr many = Column::Constant(Value::Wide(wide, PowerOfTen(38) - 1), 10);
        ops->UpdateSingle({{&many, 1}, RowSet::All(10), arena}, states[0]);
      },
      Error);
}

TEST(Aggregate, SumAndAvgOfFloats) {
  // Large domains have infinities: their sums are NaN or infinite, which must come out alike.
  for (const TypeKind kind : {TypeKind::kFloat, TypeKind::kDouble}) {
    const auto sum = [](const Rows& rows) {
      double total = 0;
      for (const double value : Doubles(rows, 0)) total += value;
      return total;
    };
    const Ops ops = Make("sum", {kind});
    EXPECT_TRUE(ops->can_retract());
    for (uint64_t seed = 1; seed < 20; ++seed) {
      RandomColumns random(seed);
      const States states(*ops, 1);
      StateArena arena;
      Rows rows;
      for (int c = 0; c < 3; ++c) {
        const Chunk chunk = random.ChunkOf({kind}, 700, seed % 2 == 0 ? 60 : 4, 7);
        chunk.rows().ForEach([&](size_t row) { rows.push_back(RowOfValues(chunk.columns(), row)); });
        ops->UpdateSingle({chunk.columns(), chunk.rows(), arena}, states[0]);
      }
      const Value got = Results(*ops, states)->GetValue(0);
      if (Doubles(rows, 0).empty()) {
        EXPECT_TRUE(got.is_null());
      } else {
        EXPECT_TRUE(Near(got, Value::Floating(kind, sum(rows)))) << got.ToString() << " for " << sum(rows);
      }
    }
  }
}

TEST(Aggregate, MinMaxAndAnyOfEveryType) {
  for (const Type& type : RandomColumns::AllTypes()) {
    for (const bool is_max : {false, true}) {
      Check(is_max ? "max" : "min", {type}, [&](const Rows& rows) {
        Value best = Value::Null(type);
        for (const Row& row : WithoutNulls(rows)) {
          if (best.is_null() || (Value::Compare(row[0], best) > 0) == is_max) {
            if (best.is_null() || Value::Compare(row[0], best) != 0) best = row[0];
          }
        }
        return best;
      });
    }
    Check("any_value", {type}, [&](const Rows& rows) {
      const Rows valid = WithoutNulls(rows);
      return valid.empty() ? Value::Null(type) : valid[0][0];
    });
    Check("first", {type}, [&](const Rows& rows) { return rows.empty() ? Value::Null(type) : rows[0][0]; });
    Check("last", {type}, [&](const Rows& rows) { return rows.empty() ? Value::Null(type) : rows.back()[0]; });
  }
}

TEST(Aggregate, BooleansAndBits) {
  const auto fold = [](const Type& type, const std::function<int64_t(int64_t, int64_t)>& f) {
    return [&type, f](const Rows& rows) {
      const Rows valid = WithoutNulls(rows);
      if (valid.empty()) return Value::Null(type);
      int64_t out = valid[0][0].integer();
      for (size_t i = 1; i < valid.size(); ++i) out = f(out, valid[i][0].integer());
      return Value::Integer(type, out);
    };
  };
  const Type boolean = TypeKind::kBoolean;
  Check("bool_and", {boolean}, fold(boolean, [](int64_t a, int64_t b) { return a & b; }));
  Check("every", {boolean}, fold(boolean, [](int64_t a, int64_t b) { return a & b; }));
  Check("bool_or", {boolean}, fold(boolean, [](int64_t a, int64_t b) { return a | b; }));
  for (const Type& type : {Type(TypeKind::kInt8), Type(TypeKind::kInt32), Type(TypeKind::kInt64)}) {
    Check("bit_and", {type}, fold(type, [](int64_t a, int64_t b) { return a & b; }));
    Check("bit_or", {type}, fold(type, [](int64_t a, int64_t b) { return a | b; }));
    Check("bit_xor", {type}, fold(type, [](int64_t a, int64_t b) { return a ^ b; }));
  }
}

// Doubles without NaN and infinities, as the int32 column that a cast would give.
class FiniteDoubles {
 public:
  explicit FiniteDoubles(uint64_t seed) : random_(seed) {}
  ColumnPtr Column(size_t size, bool nulls) {
    FlatWriter<double> writer(TypeKind::kDouble, size);
    for (size_t i = 0; i < size; ++i) {
      writer.Set(i, static_cast<double>(random_.Below(2000)) / 7 + 1e6);
      if (nulls && random_.OneIn(6)) writer.SetNull(i);
    }
    return writer.Finish();
  }

 private:
  RandomColumns random_;
};

TEST(Aggregate, VariancesAndRegressions) {
  FiniteDoubles random(3);
  std::vector<std::vector<ColumnPtr>> chunks;
  std::vector<double> xs;
  std::vector<double> ys;
  std::vector<double> only_y;
  for (int c = 0; c < 4; ++c) {
    chunks.push_back({random.Column(800, c % 2 == 0), random.Column(800, c > 1)});
    for (size_t i = 0; i < 800; ++i) {
      const Value y = chunks.back()[0]->GetValue(i);
      const Value x = chunks.back()[1]->GetValue(i);
      if (!y.is_null()) only_y.push_back(y.floating());
      if (y.is_null() || x.is_null()) continue;
      ys.push_back(y.floating());
      xs.push_back(x.floating());
    }
  }
  const auto mean = [](const std::vector<double>& v) {
    long double sum = 0;
    for (const double x : v) sum += x;
    return sum / static_cast<long double>(v.size());
  };
  const auto products = [&](const std::vector<double>& a, const std::vector<double>& b) {
    const long double mean_a = mean(a);
    const long double mean_b = mean(b);
    long double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
    return static_cast<double>(sum);
  };
  const auto n = static_cast<double>(xs.size());
  const auto ny = static_cast<double>(only_y.size());
  const double spread = products(only_y, only_y);
  const double sxx = products(xs, xs);
  const double syy = products(ys, ys);
  const double sxy = products(xs, ys);
  const std::vector<std::tuple<std::string, size_t, double>> wanted = {
      {"var_pop", 1, spread / ny},
      {"var_samp", 1, spread / (ny - 1)},
      {"variance", 1, spread / (ny - 1)},
      {"stddev_pop", 1, std::sqrt(spread / ny)},
      {"stddev", 1, std::sqrt(spread / (ny - 1))},
      {"corr", 2, sxy / std::sqrt(sxx * syy)},
      {"covar_pop", 2, sxy / n},
      {"covar_samp", 2, sxy / (n - 1)},
      {"regr_avgx", 2, static_cast<double>(mean(xs))},
      {"regr_avgy", 2, static_cast<double>(mean(ys))},
      {"regr_sxx", 2, sxx},
      {"regr_syy", 2, syy},
      {"regr_sxy", 2, sxy},
      {"regr_slope", 2, sxy / sxx},
      {"regr_intercept", 2, static_cast<double>(mean(ys)) - static_cast<double>(mean(xs)) * sxy / sxx},
      {"regr_r2", 2, sxy * sxy / (sxx * syy)},
  };
  for (const auto& [name, arguments, want] : wanted) {
    const Ops ops = Make(name, std::vector<Type>(arguments, TypeKind::kDouble));
    StateArena arena;
    const States single(*ops, 1);
    const States updated(*ops, 1);
    const States merged(*ops, 2);
    const States empty(*ops, 1);
    for (size_t c = 0; c < chunks.size(); ++c) {
      const std::span<const ColumnPtr> columns(chunks[c].data(), arguments);
      ops->UpdateSingle({columns, RowSet::All(800), arena}, single[0]);
      ops->UpdateSingle({columns, RowSet::All(800), arena}, merged[c % 2]);
      const std::vector<uint8_t*> targets(800, updated[0]);
      // Once too often, and back.
      ops->Update({columns, RowSet::All(800), arena}, targets.data());
      ops->Update({columns, RowSet::All(800), arena}, targets.data());
      ops->Retract({columns, RowSet::All(800), arena}, targets.data());
    }
    ColumnBuilder bytes(ops->intermediate_type());
    ops->Serialize(merged.all(), 2, bytes);
    const States travelled(*ops, 1);
    const std::vector<uint8_t*> target(2, travelled[0]);
    ops->MergeSerialized(*bytes.Finish(), RowSet::All(2), target.data(), arena);
    const auto expect = [&](const States& states, double tolerance) {
      const double got = Results(*ops, states)->GetValue(0).floating();
      EXPECT_NEAR(got, want, tolerance * (1 + std::abs(want))) << name;
    };
    expect(single, 1e-9);
    expect(travelled, 1e-9);
    expect(updated, 1e-6);
    EXPECT_TRUE(Results(*ops, empty)->IsNull(0)) << name;
  }
  const Ops count = Make("regr_count", {TypeKind::kDouble, TypeKind::kDouble});
  const States states(*count, 1);
  StateArena arena;
  for (const auto& columns : chunks) count->UpdateSingle({columns, RowSet::All(800), arena}, states[0]);
  EXPECT_EQ(Results(*count, states)->GetValue(0).integer(), static_cast<int64_t>(xs.size()));
}

TEST(Aggregate, Collecting) {
  const auto joined = [](std::string_view separator) {
    return [separator](const Rows& rows) {
      std::string out;
      bool any = false;
      for (const Row& row : rows) {
        if (row[0].is_null()) continue;
        if (any) out += separator;
        out += row[0].bytes();
        any = true;
      }
      return any ? Value::String(out) : Value::Null(TypeKind::kVarchar);
    };
  };
  Check("string_agg", {TypeKind::kVarchar, TypeKind::kVarchar}, joined("; "), {.fixed = {Value::String("; ")}});
  Check("group_concat", {TypeKind::kVarchar}, joined(","));
  for (const Type& type : RandomColumns::AllTypes()) {
    const Type list = Type::List(type);
    Check("array_agg", {type}, [&](const Rows& rows) {
      std::vector<Value> parts;
      for (const Row& row : rows) parts.push_back(row[0]);
      return parts.empty() ? Value::Null(list) : Value::Nested(list, std::move(parts));
    });
  }
}

TEST(Aggregate, Quantiles) {
  for (const Type& type : RandomColumns::AllTypes()) {
    if (type.is_nested()) {
      EXPECT_THROW(Make("mode", {type}), Error);
      continue;
    }
    const auto sorted = [](const Rows& rows) {
      Rows out = WithoutNulls(rows);
      std::stable_sort(out.begin(), out.end(),
                       [](const Row& a, const Row& b) { return Value::Compare(a[0], b[0]) < 0; });
      return out;
    };
    const Value fraction = Value::Double(0.3);
    Check("quantile_disc", {type, TypeKind::kDouble},
          [&](const Rows& rows) {
            const Rows values = sorted(rows);
            if (values.empty()) return Value::Null(type);
            const double at = std::ceil(0.3 * static_cast<double>(values.size())) - 1;
            return values[static_cast<size_t>(std::max(at, 0.0))][0];
          },
          {.constants = {std::nullopt, fraction}, .fixed = {fraction}});
    Check("mode", {type}, [&](const Rows& rows) {
      const Rows values = sorted(rows);
      Value best = Value::Null(type);
      size_t best_count = 0;
      for (size_t begin = 0; begin < values.size();) {
        size_t end = begin;
        while (end < values.size() && Value::Compare(values[end][0], values[begin][0]) == 0) ++end;
        if (end - begin > best_count) {
          best = values[begin][0];
          best_count = end - begin;
        }
        begin = end;
      }
      return best;
    });
  }
  const Ops median = Make("median", {TypeKind::kDouble});
  const Ops upper = Make("percentile_cont", {TypeKind::kDouble, TypeKind::kDouble},
                         {std::nullopt, Value::Wide(Type::Decimal(38, 1), 9)});
  for (const auto& [count, want_median, want_upper] :
       {std::tuple<size_t, double, double>{1, 0, 0}, {2, 0.5, 0.9}, {5, 2, 3.6}, {101, 50, 90}}) {
    const size_t size = count;
    FlatWriter<double> writer(TypeKind::kDouble, size);
    for (size_t i = 0; i < size; ++i) writer.Set(i, static_cast<double>((i * 7) % size));
    const ColumnPtr column = writer.Finish();
    StateArena arena;
    const States a(*median, 1);
    const States b(*upper, 1);
    median->UpdateSingle({{&column, 1}, RowSet::All(size), arena}, a[0]);
    upper->UpdateSingle({{&column, 1}, RowSet::All(size), arena}, b[0]);
    EXPECT_DOUBLE_EQ(Results(*median, a)->GetValue(0).floating(), want_median);
    EXPECT_NEAR(Results(*upper, b)->GetValue(0).floating(), want_upper, 1e-12);
    EXPECT_DOUBLE_EQ(Results(*median, a)->GetValue(0).floating(), want_median) << "twice";
  }
  EXPECT_THROW(Make("quantile_cont", {TypeKind::kDouble, TypeKind::kDouble}), Error);
  EXPECT_THROW(Make("quantile_cont", {TypeKind::kDouble, TypeKind::kDouble}, {std::nullopt, Value::Double(1.5)}),
               Error);
}

TEST(Aggregate, MinByMaxBy) {
  for (const Type& key : RandomColumns::AllTypes()) {
    if (key.is_nested()) {
      EXPECT_THROW(Make("min_by", {TypeKind::kInt32, key}), Error);
      continue;
    }
    for (const Type& type : {Type(TypeKind::kVarchar), Type::List(TypeKind::kInt32)}) {
      Check("max_by", {type, key}, [&](const Rows& rows) {
        const Row* best = nullptr;
        const Rows valid = WithoutNulls(rows);
        for (const Row& row : valid) {
          if (best == nullptr || Value::Compare(row[1], (*best)[1]) > 0) best = &row;
        }
        return best == nullptr ? Value::Null(type) : (*best)[0];
      });
    }
  }
}

TEST(Aggregate, ApproximateDistinct) {
  for (const Type& type : RandomColumns::AllTypes()) {
    Check("approx_count_distinct", {type}, [](const Rows& rows) {
      std::set<Row, ValueRowLess> distinct;
      for (const Row& row : WithoutNulls(rows)) distinct.insert(row);
      return Value::Int64(static_cast<int64_t>(distinct.size()));
    });
  }
  const Ops ops = Make("ndv", {TypeKind::kInt64});
  const States states(*ops, 2);
  StateArena arena;
  for (int64_t begin = 0; begin < 200'000; begin += 1000) {
    FlatWriter<int64_t> writer(TypeKind::kInt64, 1000);
    for (size_t i = 0; i < 1000; ++i) writer.Set(i, begin + static_cast<int64_t>(i));
    const ColumnPtr column = writer.Finish();
    ops->UpdateSingle({{&column, 1}, RowSet::All(1000), arena}, states[static_cast<size_t>(begin / 1000) % 2]);
  }
  EXPECT_NEAR(static_cast<double>(Results(*ops, states)->GetValue(0).integer()), 100'000, 3000);
  uint8_t* const from = states[0];
  uint8_t* const to = states[1];
  ops->Merge(&from, &to, 1, arena);
  EXPECT_NEAR(static_cast<double>(Results(*ops, states)->GetValue(1).integer()), 200'000, 6000);
}

TEST(Aggregate, DamagedStatesAreErrors) {
  for (const auto& [name, types] :
       std::vector<std::pair<std::string, std::vector<Type>>>{{"sum", {TypeKind::kInt32}},
                                                              {"stddev", {TypeKind::kDouble}},
                                                              {"corr", {TypeKind::kDouble, TypeKind::kDouble}},
                                                              {"string_agg", {TypeKind::kVarchar, TypeKind::kVarchar}},
                                                              {"last", {TypeKind::kVarchar}},
                                                              {"median", {TypeKind::kDouble}},
                                                              {"max_by", {TypeKind::kVarchar, TypeKind::kVarchar}},
                                                              {"ndv", {TypeKind::kVarchar}}}) {
    RandomColumns random(1);
    const Ops ops = Make(name, types);
    StateArena arena;
    const States states(*ops, 1);
    std::vector<ColumnPtr> columns;
    for (const Type& type : types) {
      ColumnBuilder builder(type);
      for (uint64_t i = 0; i < 20; ++i) builder.AppendValue(random.Make(type, i + 10));
      columns.push_back(builder.Finish());
    }
    ops->UpdateSingle({columns, RowSet::All(20), arena}, states[0]);
    ColumnBuilder builder(TypeKind::kVarbinary);
    ops->Serialize(states.all(), 1, builder);
    const std::string bytes = builder.Finish()->GetValue(0).bytes();
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      if (name == "last" && cut == 0) continue;  // nothing is the empty state
      const ColumnPtr damaged = Column::Constant(Value::Bytes(TypeKind::kVarbinary, bytes.substr(0, cut)), 1);
      EXPECT_THROW(ops->MergeSerialized(*damaged, RowSet::All(1), states.all(), arena), Error) << name << " " << cut;
    }
    const ColumnPtr longer = Column::Constant(Value::Bytes(TypeKind::kVarbinary, bytes + "?"), 1);
    EXPECT_THROW(ops->MergeSerialized(*longer, RowSet::All(1), states.all(), arena), Error) << name;
  }
}

TEST(Aggregate, Intervals) {
  const Ops sum = Make("sum", {TypeKind::kInterval});
  const Ops avg = Make("avg", {TypeKind::kInterval});
  FlatWriter<Interval> writer(TypeKind::kInterval, 2);
  writer.Set(0, {1, 1, 1'000'000});
  writer.Set(1, {2, 2, 2'000'000});
  const ColumnPtr column = writer.Finish();
  StateArena arena;
  const States a(*sum, 1);
  const States b(*avg, 1);
  sum->UpdateSingle({{&column, 1}, RowSet::All(2), arena}, a[0]);
  avg->UpdateSingle({{&column, 1}, RowSet::All(2), arena}, b[0]);
  EXPECT_EQ(Results(*sum, a)->GetValue(0).interval(), (Interval{3, 3, 3'000'000}));
  // PostgreSQL: 1 mon 16 days 12:00:01.5
  EXPECT_EQ(Results(*avg, b)->GetValue(0).interval(), (Interval{1, 16, 43'201'500'000}));
}

TEST(Aggregate, EverySpecIsDocumented) {
  for (const AggregateSpec* spec : TheRegistry().aggregates()) {
    EXPECT_FALSE(spec->description.empty()) << spec->name;
    EXPECT_FALSE(spec->example.empty()) << spec->name;
    EXPECT_FALSE(spec->example_result.empty()) << spec->name;
    EXPECT_FALSE(spec->overloads.empty()) << spec->name;
  }
  EXPECT_GE(TheRegistry().aggregates().size(), 40U);
}

}  // namespace
}  // namespace weir
