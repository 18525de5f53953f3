#include "data/catalog/digest.h"

#include <string_view>
#include <unordered_set>

#include "foundation/model/lsn.h"

namespace arc::catalog {
namespace {

// FNV-1a over bytes, and a final mix (that of SplitMix64), because the results are summed. Each
// kind of row begins with a letter of its own.
class Hash {
 public:
  explicit Hash(char kind) { Byte(static_cast<unsigned char>(kind)); }

  Hash& Add(std::uint64_t value) {
    for (int i = 0; i < 8; i++) Byte(static_cast<unsigned char>(value >> (8 * i)));
    return *this;
  }
  Hash& Add(std::int64_t value) { return Add(static_cast<std::uint64_t>(value)); }
  Hash& Add(std::string_view text) {
    Add(std::uint64_t{text.size()});
    for (const char c : text) Byte(static_cast<unsigned char>(c));
    return *this;
  }
  std::uint64_t Value() const {
    auto value = state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
  }

 private:
  void Byte(unsigned char byte) { state_ = (state_ ^ byte) * 0x100000001b3; }

  std::uint64_t state_ = 0xcbf29ce484222325;
};

std::uint64_t ToNumber(MeasurementId id) { return static_cast<std::uint64_t>(id); }

// Of a measurement without its files.
std::uint64_t HeadOf(MeasurementId id, const MeasurementName& name, Lsn flushed_lsn,
                     const RowSchema& schema) {
  Hash head('m');
  head.Add(ToNumber(id)).Add(name.database).Add(name.measurement).Add(arc::ToNumber(flushed_lsn));
  for (const auto& column : schema.columns()) {
    head.Add(column.name)
        .Add(static_cast<std::uint64_t>(column.type))
        .Add(static_cast<std::uint64_t>(column.role));
  }
  return head.Value();
}

std::uint64_t HeadOf(const MeasurementState& measurement) {
  return HeadOf(measurement.id, measurement.name, measurement.flushed_lsn, *measurement.schema);
}

template <class IsWanted>
std::uint64_t FilesOf(const MeasurementState& measurement, IsWanted is_wanted) {
  std::uint64_t sum = 0;
  for (const auto& placed : measurement.files.blocks()) {
    for (const auto& file : placed.block->files) {
      if (is_wanted(*file)) sum += DigestOf(measurement.id, *file);
    }
  }
  return sum;
}

std::uint64_t ChangeOf(const MeasurementPlan& plan) {
  const auto& change = *plan.change;
  std::uint64_t sum = HeadOf(change.id, change.name, plan.flushed_lsn, *plan.schema);
  for (const auto& file : change.added_files) sum += DigestOf(change.id, file);
  if (!plan.before) return sum;
  sum -= HeadOf(*plan.before);
  const std::unordered_set<std::string_view> removed(change.removed_paths.begin(),
                                                     change.removed_paths.end());
  if (removed.empty()) return sum;
  return sum - FilesOf(*plan.before, [&](const auto& file) { return removed.contains(file.path); });
}

}  // namespace

std::uint64_t DigestOf(const DatabaseState& database) {
  return Hash('d').Add(database.name).Add(database.created_at).Value();
}

std::uint64_t DigestOf(MeasurementId id, const FileEntry& file) {
  return Hash('f')
      .Add(ToNumber(id))
      .Add(file.path)
      .Add(file.min_time)
      .Add(file.max_time)
      .Add(file.row_count)
      .Add(file.byte_count)
      .Add(std::uint64_t{file.level})
      .Add(static_cast<std::uint64_t>(file.sort_order))
      .Add(std::uint64_t{file.checksum})
      .Add(std::uint64_t{file.footer_bytes})
      .Add(std::uint64_t{file.footer_checksum})
      .Add(arc::ToNumber(file.min_lsn))
      .Add(arc::ToNumber(file.max_lsn))
      .Value();
}

std::uint64_t DigestOf(const MeasurementState& measurement) {
  return HeadOf(measurement) + FilesOf(measurement, [](const auto&) { return true; });
}

std::uint64_t DigestChangeOf(const ChangePlan& plan, const DatabaseState* dropped_database) {
  std::uint64_t sum = 0;
  for (const auto& database : plan.new_databases) sum += DigestOf(*database);
  for (const auto& measurement : plan.measurements) sum += ChangeOf(measurement);
  for (const auto& drop : plan.drops) {
    if (drop.before) sum -= DigestOf(*drop.before);
  }
  if (dropped_database != nullptr) sum -= DigestOf(*dropped_database);
  return sum;
}

}  // namespace arc::catalog
