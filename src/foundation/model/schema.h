// Which columns a measurement has.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace arc {

// Types form a small order: kNull (no value seen yet) joins with anything to that thing, kInt64
// and kDouble join to kDouble; no other two types join.
enum class ColumnType : std::uint8_t { kNull, kBool, kInt64, kDouble, kString };

enum class ColumnRole : std::uint8_t { kField, kTag };

// "null", "boolean", "integer", "float", "string": the words in messages and in the catalog.
std::string_view ToString(ColumnType type);
// The inverse; kNull for an unknown word is never returned: the caller must pass a known one.
bool ParseColumnType(std::string_view word, ColumnType& type);

struct SchemaColumn {
  std::string name;
  ColumnType type = ColumnType::kNull;
  ColumnRole role = ColumnRole::kField;

  bool operator==(const SchemaColumn&) const = default;
};

// The columns of a measurement but `time`, which every measurement has, first, never null, in
// microseconds since 1970-01-01T00:00:00Z. Order: as first seen. Immutable once shared.
// No two names are equal ignoring case (SQL could not tell them apart).
class RowSchema {
 public:
  static constexpr std::size_t kNotFound = static_cast<std::size_t>(-1);

  RowSchema() = default;
  explicit RowSchema(std::vector<SchemaColumn> columns);

  const std::vector<SchemaColumn>& columns() const { return columns_; }
  // The index of the column with this name, ignoring case, or kNotFound.
  std::size_t IndexOf(std::string_view name) const;
  bool operator==(const RowSchema& other) const { return columns_ == other.columns_; }

 private:
  std::vector<SchemaColumn> columns_;
  std::unordered_map<std::string, std::size_t> index_by_lower_name_;
};

// The narrowest type that holds values of both. False when there is none.
bool JoinTypes(ColumnType a, ColumnType b, ColumnType& joined);

// The columns of both, those of `a` first: a type is the join of the two, a tag stays a tag, a name
// is spelled as in `a`. Null when some column's types do not join. Returns `a` itself when `b` adds
// nothing to it.
std::shared_ptr<const RowSchema> JoinSchemas(const std::shared_ptr<const RowSchema>& a,
                                             const RowSchema& b);

// What decoders ask about the measurements of the request's database.
// Threads: may be asked from any thread.
class SchemaSource {
 public:
  virtual ~SchemaSource() = default;
  // The schema as of now, or null for a measurement that does not exist yet. A hint: it lets a
  // decoder give a column the type it has already; what is right is decided after decoding.
  virtual std::shared_ptr<const RowSchema> Find(std::string_view measurement) const = 0;
};

}  // namespace arc
