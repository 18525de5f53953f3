#include "query/engine/rules/calendar_rule.h"

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "query/engine/rules/zone_offsets.h"
#include "query/engine/scan/query_context.h"

namespace arc::engine {
namespace {

using duckdb::DatePartSpecifier;
using duckdb::Expression;
using duckdb::LogicalType;
using duckdb::unique_ptr;

using Names = std::unordered_set<std::string>;
using Arguments = duckdb::vector<unique_ptr<Expression>>;

// Both types are microseconds since 1970 in 64 bits, so the values stay as they are.
void Reinterpret(duckdb::DataChunk& arguments, duckdb::ExpressionState&, duckdb::Vector& result) {
  result.Reinterpret(arguments.data[0]);
}

unique_ptr<Expression> Reinterpreted(unique_ptr<Expression> child) {
  const bool to_plain = child->return_type == LogicalType::TIMESTAMP_TZ;
  const auto from = child->return_type;
  const LogicalType to = to_plain ? LogicalType::TIMESTAMP : LogicalType::TIMESTAMP_TZ;
  duckdb::ScalarFunction function(to_plain ? "as_plain" : "as_utc", {from}, to, Reinterpret);
  Arguments arguments;
  arguments.push_back(std::move(child));
  return duckdb::make_uniq<duckdb::BoundFunctionExpression>(to, function, std::move(arguments),
                                                            nullptr);
}

// The zone that a bound function works in.
struct ZoneData : duckdb::FunctionData {
  explicit ZoneData(std::shared_ptr<const ZoneOffsets> offsets) : zone(std::move(offsets)) {}
  unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<ZoneData>(zone); }
  bool Equals(const FunctionData& other) const override {
    return zone == other.Cast<ZoneData>().zone;
  }
  const std::shared_ptr<const ZoneOffsets> zone;
};

const ZoneOffsets& ZoneOf(const duckdb::ExpressionState& state) {
  const auto& function = state.expr.Cast<duckdb::BoundFunctionExpression>();
  return *function.bind_info->Cast<ZoneData>().zone;
}

bool IsFinite(std::int64_t time) { return duckdb::Timestamp::IsFinite(duckdb::timestamp_t(time)); }

std::int64_t Sum(std::int64_t time, std::int64_t offset) {
  std::int64_t sum;
  if (!__builtin_add_overflow(time, offset, &sum) && IsFinite(sum)) return sum;
  throw duckdb::OutOfRangeException("a time is out of range in its time zone");
}

void AsLocal(duckdb::DataChunk& arguments, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto& zone = ZoneOf(state);
  duckdb::UnaryExecutor::Execute<std::int64_t, std::int64_t>(
      arguments.data[0], result, arguments.size(), [&zone](std::int64_t time) {
        return IsFinite(time) ? Sum(time, zone.OffsetAt(time)) : time;
      });
}

// from_local(local): the first moment with this local time.
void FromLocal(duckdb::DataChunk& arguments, duckdb::ExpressionState& state,
               duckdb::Vector& result) {
  const auto& zone = ZoneOf(state);
  duckdb::UnaryExecutor::Execute<std::int64_t, std::int64_t>(
      arguments.data[0], result, arguments.size(),
      [&zone](std::int64_t local) { return IsFinite(local) ? zone.FirstInstantOf(local) : local; });
}

// from_local(local, time): the moment with this local time and the offset that `time` has.
void FromLocalAt(duckdb::DataChunk& arguments, duckdb::ExpressionState& state,
                 duckdb::Vector& result) {
  const auto& zone = ZoneOf(state);
  duckdb::BinaryExecutor::Execute<std::int64_t, std::int64_t, std::int64_t>(
      arguments.data[0], arguments.data[1], result, arguments.size(),
      [&zone](std::int64_t local, std::int64_t time) {
        return IsFinite(local) && IsFinite(time) ? Sum(local, -zone.OffsetAt(time)) : local;
      });
}

unique_ptr<Expression> InZone(const char* name, duckdb::scalar_function_t function,
                              const LogicalType& type, Arguments arguments,
                              const std::shared_ptr<const ZoneOffsets>& zone) {
  duckdb::vector<LogicalType> types;
  for (const auto& argument : arguments) types.push_back(argument->return_type);
  const duckdb::ScalarFunction scalar(name, types, type, std::move(function));
  return duckdb::make_uniq<duckdb::BoundFunctionExpression>(type, scalar, std::move(arguments),
                                                            duckdb::make_uniq<ZoneData>(zone));
}

// Makes expressions that convert TIMESTAMPTZ to the local TIMESTAMP and back. Without a zone: UTC.
class LocalTime {
 public:
  LocalTime() = default;
  explicit LocalTime(std::shared_ptr<const ZoneOffsets> zone) : zone_(std::move(zone)) {}

  bool is_utc() const { return zone_ == nullptr; }

  unique_ptr<Expression> Of(unique_ptr<Expression> time) const {
    if (is_utc()) return Reinterpreted(std::move(time));
    Arguments arguments;
    arguments.push_back(std::move(time));
    return InZone("as_local", AsLocal, LogicalType::TIMESTAMP, std::move(arguments), zone_);
  }

  // The moment when the bucket begins in which `time` lies. `time` is null for buckets wider than
  // an hour.
  unique_ptr<Expression> Instant(unique_ptr<Expression> local, unique_ptr<Expression> time) const {
    if (is_utc()) return Reinterpreted(std::move(local));
    const bool has_time = time != nullptr;
    Arguments arguments;
    arguments.push_back(std::move(local));
    if (has_time) arguments.push_back(std::move(time));
    return InZone("from_local", has_time ? FromLocalAt : FromLocal, LogicalType::TIMESTAMP_TZ,
                  std::move(arguments), zone_);
  }

 private:
  std::shared_ptr<const ZoneOffsets> zone_;
};

// The text of a constant VARCHAR argument; null for anything else.
const std::string* ConstantText(const Expression& argument) {
  if (argument.GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return nullptr;
  const auto& value = argument.Cast<duckdb::BoundConstantExpression>().value;
  if (value.IsNull() || value.type().id() != duckdb::LogicalTypeId::VARCHAR) return nullptr;
  return &duckdb::StringValue::Get(value);
}

bool IsPart(const Arguments& arguments, std::initializer_list<DatePartSpecifier> parts,
            bool listed) {
  const auto* text = ConstantText(*arguments[0]);
  DatePartSpecifier part;
  if (text == nullptr || !duckdb::TryGetDatePartSpecifier(*text, part)) return false;
  return (std::find(parts.begin(), parts.end(), part) != parts.end()) == listed;
}

// Whether the twin of the function gives the same answers with these arguments, from year 1 on.
// (ICU loses the sign of earlier years.) These stay DuckDB's: epoch, because ICU rounds its
// fraction in another way; date_sub and time - time, which count days in another way across months
// and signs; and outside of UTC adding and subtracting intervals, because an hour that passes is
// not always an hour on the clock.
bool HasTwin(const std::string& name, const Arguments& arguments, bool is_utc) {
  using Part = DatePartSpecifier;
  static const Names kOfOneTime = {
      "century",   "day",      "dayname",     "dayofmonth", "dayofweek",
      "dayofyear", "era",      "hour",        "isodow",     "isoyear",
      "julian",    "last_day", "microsecond", "millennium", "millisecond",
      "minute",    "month",    "monthname",   "quarter",    "second",
      "week",      "weekday",  "weekofyear",  "year",       "yearweek",
  };
  if (kOfOneTime.count(name) != 0) return arguments.size() == 1;
  if (name == "date_part" || name == "datepart") {
    return IsPart(arguments, {Part::EPOCH, Part::DECADE}, /*listed=*/false);
  }
  if (name == "date_trunc" || name == "datetrunc") {
    return IsPart(arguments, {Part::CENTURY, Part::DECADE, Part::MILLENNIUM}, /*listed=*/false);
  }
  if (name == "date_diff" || name == "datediff") {
    return IsPart(arguments,
                  {Part::YEAR, Part::MONTH, Part::WEEK, Part::DAY, Part::HOUR, Part::MINUTE,
                   Part::SECOND, Part::MILLISECONDS, Part::MICROSECONDS},
                  /*listed=*/true);
  }
  if (name == "strftime") {
    const auto* format = ConstantText(*arguments[1]);
    if (format == nullptr) return false;
    // The twin does not know the zone's name, and knows its offset only in UTC.
    return format->find("%Z") == std::string::npos &&
           (is_utc || format->find("%z") == std::string::npos);
  }
  if (name == "time_bucket") return true;
  if (!is_utc) return false;
  if (name == "+" || name == "-") {
    return arguments.size() == 2 && (arguments[0]->return_type == LogicalType::INTERVAL ||
                                     arguments[1]->return_type == LogicalType::INTERVAL);
  }
  return name == "age" && arguments.size() == 2;
}

// Whether the buckets of the function are at most an hour wide.
bool IsWithinHour(duckdb::ClientContext& context, const std::string& name,
                  const Arguments& arguments) {
  using Part = DatePartSpecifier;
  if (name != "time_bucket") {
    return IsPart(arguments,
                  {Part::HOUR, Part::MINUTE, Part::SECOND, Part::MILLISECONDS, Part::MICROSECONDS},
                  /*listed=*/true);
  }
  duckdb::Value value;
  if (!arguments[0]->IsFoldable() ||
      !duckdb::ExpressionExecutor::TryEvaluateScalar(context, *arguments[0], value)) {
    return false;
  }
  if (value.IsNull() || value.type() != LogicalType::INTERVAL) return false;
  const auto width = value.GetValue<duckdb::interval_t>();
  return width.months == 0 && width.days == 0 && width.micros <= duckdb::Interval::MICROS_PER_HOUR;
}

bool IsTime(const Expression& expression) {
  return expression.return_type == LogicalType::TIMESTAMP_TZ;
}

class CalendarRule : public duckdb::LogicalOperatorVisitor {
 public:
  CalendarRule(duckdb::ClientContext& context, ZoneCache& zones, LocalTime local)
      : context_(context), zones_(zones), local_(std::move(local)) {}

  unique_ptr<Expression> VisitReplace(duckdb::BoundFunctionExpression& function,
                                      unique_ptr<Expression>*) override {
    const auto& name = function.function.name;
    auto& arguments = function.children;
    const auto time =
        std::ranges::find_if(arguments, [](const auto& child) { return IsTime(*child); });
    if (time == arguments.end()) return nullptr;
    const auto local = ZoneFor(function);
    if (!local || !HasTwin(name, arguments, local->is_utc())) return nullptr;
    VisitExpressionChildren(function);  // the visitor itself does so only if nothing is replaced
    if (!local->is_utc() && (name == "date_diff" || name == "datediff")) {
      return Difference(function, *local);
    }
    auto twin = BindTwin(function, LocalArguments(function, *local));
    if (!twin) return nullptr;
    if (IsTime(function) && twin->return_type == LogicalType::TIMESTAMP) {
      twin = local->Instant(std::move(twin),
                            IsWithinHour(context_, name, arguments) ? (*time)->Copy() : nullptr);
    }
    if (twin->return_type != function.return_type) return nullptr;
    twin->SetAlias(function.GetAlias());
    return twin;
  }

  unique_ptr<Expression> VisitReplace(duckdb::BoundCastExpression& cast,
                                      unique_ptr<Expression>*) override {
    const auto& from = cast.child->return_type;
    const auto& to = cast.return_type;
    if (from == LogicalType::TIMESTAMP_TZ && to == LogicalType::DATE) {
      VisitExpressionChildren(cast);
      return duckdb::BoundCastExpression::AddCastToType(context_, local_.Of(cast.child->Copy()),
                                                        LogicalType::DATE, cast.try_cast);
    }
    if (from == LogicalType::TIMESTAMP_TZ && to == LogicalType::TIMESTAMP) {
      VisitExpressionChildren(cast);
      return local_.Of(cast.child->Copy());
    }
    if (from == LogicalType::TIMESTAMP && to == LogicalType::TIMESTAMP_TZ && local_.is_utc()) {
      VisitExpressionChildren(cast);
      return Reinterpreted(cast.child->Copy());
    }
    return nullptr;
  }

 private:
  // The query's zone, or the one that time_bucket() names. Nullopt when that is not a constant.
  std::optional<LocalTime> ZoneFor(const duckdb::BoundFunctionExpression& function) const {
    const auto& arguments = function.children;
    if (function.function.name != "time_bucket" || arguments.size() < 3 ||
        arguments[2]->return_type != LogicalType::VARCHAR) {
      return local_;
    }
    const auto* zone = ConstantText(*arguments[2]);
    if (zone == nullptr) return std::nullopt;
    return LocalTime(zones_.Find(context_, *zone));
  }

  static Arguments LocalArguments(const duckdb::BoundFunctionExpression& function,
                                  const LocalTime& local) {
    Arguments arguments;
    const bool is_bucket = function.function.name == "time_bucket";
    for (const auto& child : function.children) {
      if (is_bucket && child->return_type == LogicalType::VARCHAR) continue;  // the zone
      auto argument = child->Copy();
      if (IsTime(*argument)) argument = local.Of(std::move(argument));
      arguments.push_back(std::move(argument));
    }
    return arguments;
  }

  // Units of up to an hour are counted in the time that passes, wider ones on the local calendar.
  unique_ptr<Expression> Difference(const duckdb::BoundFunctionExpression& function,
                                    const LocalTime& local) {
    using Part = DatePartSpecifier;
    const auto& arguments = function.children;
    if (!IsWithinHour(context_, function.function.name, arguments)) {
      return BindTwin(function, LocalArguments(function, local));
    }
    Arguments plain;
    plain.push_back(arguments[0]->Copy());
    for (std::size_t i = 1; i < arguments.size(); i++) {
      auto argument = arguments[i]->Copy();
      if (IsPart(arguments, {Part::HOUR}, /*listed=*/true)) {
        argument = HourOf(std::move(argument), local);
        if (!argument) return nullptr;
      }
      plain.push_back(Reinterpreted(std::move(argument)));
    }
    return BindTwin(function, std::move(plain));
  }

  unique_ptr<Expression> HourOf(unique_ptr<Expression> time, const LocalTime& local) {
    Arguments arguments;
    arguments.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value("hour")));
    arguments.push_back(local.Of(time->Copy()));
    auto hour = Bind("date_trunc", std::move(arguments), /*is_operator=*/false);
    return hour ? local.Instant(std::move(hour), std::move(time)) : nullptr;
  }

  // Null when no function has that name and these arguments.
  unique_ptr<Expression> Bind(const std::string& name, Arguments arguments, bool is_operator) {
    duckdb::FunctionBinder binder(context_);
    duckdb::ErrorData error;
    return binder.BindScalarFunction(DEFAULT_SCHEMA, name, std::move(arguments), error,
                                     is_operator);
  }
  unique_ptr<Expression> BindTwin(const duckdb::BoundFunctionExpression& function,
                                  Arguments arguments) {
    auto twin = Bind(function.function.name, std::move(arguments), function.is_operator);
    if (twin) twin->SetAlias(function.GetAlias());
    return twin;
  }

  duckdb::ClientContext& context_;
  ZoneCache& zones_;
  const LocalTime local_;
};

struct CalendarInfo : duckdb::OptimizerExtensionInfo {
  ZoneCache zones;
};

}  // namespace

void RegisterCalendarRule(duckdb::DatabaseInstance& database) {
  duckdb::OptimizerExtension extension;
  extension.optimizer_info = duckdb::make_shared_ptr<CalendarInfo>();
  extension.pre_optimize_function = [](duckdb::OptimizerExtensionInput& input,
                                       unique_ptr<duckdb::LogicalOperator>& plan) {
    auto& zones = static_cast<CalendarInfo&>(*input.info).zones;
    const auto query = QueryContext::Of(input.context);
    LocalTime local;
    if (query && !query->has_utc()) {
      local = LocalTime(zones.Find(input.context, query->time_zone()));
    }
    CalendarRule(input.context, zones, std::move(local)).VisitOperator(*plan);
  };
  duckdb::OptimizerExtension::Register(duckdb::DBConfig::GetConfig(database), extension);
}

}  // namespace arc::engine
