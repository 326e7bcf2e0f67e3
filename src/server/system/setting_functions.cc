#include "server/system/setting_functions.h"

#include "expr/row_adapter.h"
#include "server/engine.h"
#include "server/settings.h"
#include "server/system/catalog_functions.h"

namespace weir {

namespace {

constexpr TypeKind kText = TypeKind::kVarchar;
constexpr TypeKind kBool = TypeKind::kBoolean;

// Without a session, the defaults.
std::shared_ptr<const Settings> SettingsOf(const Registry* registry, const KernelArgs& args) {
  static const auto kDefaults = std::make_shared<const Settings>();
  const Engine* engine = EngineOf(registry);
  if (engine == nullptr) return kDefaults;
  auto settings = engine->SettingsOf(args.context.statement().session_id);
  return settings == nullptr ? kDefaults : settings;
}

ScalarKernel CurrentSetting(const Registry* registry) {
  return [registry](const KernelArgs& args) {
    const std::shared_ptr<const Settings> settings = SettingsOf(registry, args);
    const ColumnView names(*args.columns[0]);
    const ColumnView missing = args.columns.size() > 1 ? ColumnView(*args.columns[1]) : ColumnView();
    FlatWriter<StringRef> out(args.result_type, args.size);
    args.rows.ForEach([&](size_t row) {
      if (names.IsNull(row) || (args.columns.size() > 1 && missing.IsNull(row))) return out.SetNull(row);
      const std::string_view name = names.At<StringRef>(row).view();
      const std::optional<std::string> value = settings->Find(name);
      if (value.has_value()) {
        out.SetString(row, *value);
      } else if (args.columns.size() > 1 && missing.At<uint8_t>(row) != 0) {
        out.SetNull(row);
      } else {
        out.SetNull(row);
        args.context.Fail(row,
                          Error::User(sqlstate::kUndefinedObject, "unrecognized configuration parameter \"{}\"", name));
      }
    });
    return out.Finish();
  };
}

ScalarKernel SetConfig(const Registry* registry) {
  return [registry](const KernelArgs& args) {
    Engine* engine = EngineOf(registry);
    const ColumnView names(*args.columns[0]), values(*args.columns[1]), local(*args.columns[2]);
    FlatWriter<StringRef> out(args.result_type, args.size);
    args.rows.ForEach([&](size_t row) {
      if (names.IsNull(row) || values.IsNull(row) || local.IsNull(row)) return out.SetNull(row);
      std::string value(values.At<StringRef>(row).view());
      out.SetString(row, value);
      if (engine == nullptr) return;
      try {
        engine->RequestSetting(args.context.statement().session_id, std::string(names.At<StringRef>(row).view()),
                               std::move(value), local.At<uint8_t>(row) != 0);
      } catch (...) {
        args.context.Fail(row, Error::FromCurrentException());
      }
    });
    return out.Finish();
  };
}

FunctionOverload Overload(std::vector<TypePattern> parameters, ScalarKernel kernel, Volatility volatility) {
  FunctionOverload overload;
  overload.parameters = std::move(parameters);
  overload.result = kText;
  overload.kernel = std::move(kernel);
  overload.volatility = volatility;
  return overload;
}

}  // namespace

void RegisterSettingFunctions(Registry& registry) {
  FunctionSpec current;
  current.name = "current_setting";
  current.family = "system";
  current.description = "The value of a setting; with true as second argument NULL for unknown ones.";
  current.example = "current_setting('TimeZone')";
  current.example_result = "UTC";
  current.overloads = {Overload({kText}, CurrentSetting(&registry), Volatility::kStable),
                       Overload({kText, kBool}, CurrentSetting(&registry), Volatility::kStable)};
  registry.Add(std::move(current));
  FunctionSpec set;
  set.name = "set_config";
  set.family = "system";
  set.description =
      "Changes a setting when the statement has ended, with true as third argument until the transaction ends; the "
      "new value.";
  set.example = "set_config('timezone', 'UTC', false)";
  set.example_result = "UTC";
  set.overloads = {Overload({kText, kText, kBool}, SetConfig(&registry), Volatility::kVolatile)};
  registry.Add(std::move(set));
}

}  // namespace weir
