#include "service/cli/query_answer.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "foundation/text/json_text.h"
#include "service/cli/display_text.h"
#include "service/cli/json_reader.h"

namespace arc::cli {
namespace {

Error Malformed(std::string_view reason) {
  return Error{ErrorCode::kInternal,
               "the server's answer is not a query result: " + std::string(reason)};
}

Error WrongType(std::string_view member) {
  return Malformed(fmt::format("\"{}\" is of another type", member));
}

template <class Number>
bool ReadNumber(std::optional<JsonKind> kind, std::string_view text, Number& number) {
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return kind == JsonKind::kNumber && read.ec == std::errc() && read.ptr == end;
}

bool ReadBoolean(std::optional<JsonKind> kind, std::string_view text, bool& boolean) {
  boolean = text == "true";
  return kind == JsonKind::kBoolean;
}

bool ReadText(std::optional<JsonKind> kind, std::string_view value, std::string& text) {
  text = value;
  return kind == JsonKind::kText;
}

// The members of the answer's object, and how deep inside of one of them the reading is.
class MemberVisitor : public JsonVisitor {
 public:
  Result<void> OnValue(JsonKind kind, std::string_view text) final {
    if (depth_ == 0) return Malformed("it is not an object");
    return OnMemberValue(kind, text);
  }
  Result<void> OnName(std::string_view name) final {
    if (depth_ > 1) return OnInnerName(name);
    member_ = name;
    return {};
  }
  Result<void> OnBegin(char bracket) final {
    if (depth_ == 0 && bracket != '{') return Malformed("it is not an object");
    if (depth_ > 0) TRY(OnMemberBegin(bracket));
    ++depth_;
    return {};
  }
  Result<void> OnEnd(char bracket) final {
    --depth_;
    return depth_ == 0 ? Result<void>() : OnMemberEnd(bracket);
  }

 protected:
  // The name of the member of the answer that is read.
  const std::string& member() const { return member_; }
  // Brackets that are open around what is told, the answer's own among them.
  int depth() const { return depth_; }

  virtual Result<void> OnMemberValue(JsonKind kind, std::string_view text) = 0;
  virtual Result<void> OnInnerName(std::string_view) { return {}; }
  virtual Result<void> OnMemberBegin(char bracket) = 0;
  virtual Result<void> OnMemberEnd(char) { return {}; }

 private:
  std::string member_;
  int depth_ = 0;
};

}  // namespace

// Everything but the rows.
class QueryAnswer::SummaryVisitor : public MemberVisitor {
 public:
  explicit SummaryVisitor(QueryAnswer& answer) : answer_(answer) {}

  Result<void> Finish() {
    if (!is_success_) return Error{ErrorCode::kCancelled, DisplayText(error_, LineBreaks::kKeep)};
    if (is_truncated_) {
      answer_.incomplete_reason_ =
          reason_.empty() ? "the server stopped early" : DisplayText(reason_);
    } else if (is_capped_) {
      answer_.incomplete_reason_ = "the server limits how many rows a query may return";
    }
    return {};
  }

 private:
  Result<void> OnMemberValue(JsonKind kind, std::string_view text) override {
    if (depth() == 1) return Take(kind, text) ? Result<void>() : WrongType(member());
    if (member() != "columns") return {};
    if (kind != JsonKind::kText) return WrongType(member());
    answer_.columns_.emplace_back(text);
    return {};
  }

  Result<void> OnMemberBegin(char bracket) override {
    const bool is_columns = member() == "columns";
    if (is_columns && (depth() > 1 || bracket != '[')) return WrongType(member());
    if (depth() == 1 && !is_columns && !Take(std::nullopt, "")) return WrongType(member());
    return {};
  }

  // The value of a member, without a kind when it is a list or an object. False when the member is
  // known and of another type.
  bool Take(std::optional<JsonKind> kind, std::string_view text) {
    if (member() == "success") return ReadBoolean(kind, text, is_success_);
    if (member() == "error") return ReadText(kind, text, error_);
    if (member() == "columns") return kind == JsonKind::kNull;
    if (member() == "row_count") return ReadNumber(kind, text, answer_.row_count_);
    if (member() == "execution_time_ms") return ReadNumber(kind, text, answer_.execution_time_ms_);
    if (member() == "truncated") return ReadBoolean(kind, text, is_truncated_);
    if (member() == "truncation_reason") return ReadText(kind, text, reason_);
    if (member() == "rows_capped") return ReadBoolean(kind, text, is_capped_);
    return true;
  }

  QueryAnswer& answer_;
  bool is_success_ = false;
  bool is_truncated_ = false;
  bool is_capped_ = false;
  std::string reason_;
  std::string error_ = "the query failed";
};

// The lists in the list "data".
class QueryAnswer::RowVisitor : public MemberVisitor {
 public:
  RowVisitor(std::size_t column_count, const std::function<void(std::span<const Cell>)>& visit)
      : column_count_(column_count), visit_(visit) {}

  Result<void> Finish() const { return has_data_ ? Result<void>() : Malformed("no data"); }

 private:
  static constexpr int kDataDepth = 1;  // of the bracket that opens the list of rows
  static constexpr int kRowDepth = 2;
  static constexpr int kCellDepth = 3;

  Result<void> OnMemberValue(JsonKind kind, std::string_view text) override {
    if (member() != "data") return {};
    if (depth() < kCellDepth) return WrongType(member());
    if (depth() > kCellDepth) {
      BeginNestedValue();
      if (kind == JsonKind::kText) {
        AppendJsonString(texts_, text);
      } else {
        texts_ += text;
      }
      return {};
    }
    if (kind != JsonKind::kNull) texts_ += text;
    AddCell(kCellKinds[static_cast<std::size_t>(kind)]);
    return {};
  }

  Result<void> OnInnerName(std::string_view name) override {
    if (member() != "data") return {};
    BeginNestedValue();
    AppendJsonString(texts_, name);
    texts_ += ':';
    is_first_ = true;
    return {};
  }

  Result<void> OnMemberBegin(char bracket) override {
    if (member() != "data") return {};
    if (depth() < kCellDepth) {
      if (bracket != '[') return WrongType(member());
      has_data_ = true;
      return {};
    }
    if (depth() > kCellDepth) BeginNestedValue();
    texts_ += bracket;
    is_first_ = true;
    return {};
  }

  Result<void> OnMemberEnd(char bracket) override {
    if (member() != "data" || depth() == kDataDepth) return {};
    if (depth() == kRowDepth) return EndRow();
    texts_ += bracket;
    is_first_ = false;
    if (depth() == kCellDepth) AddCell(Cell::Kind::kNested);
    return {};
  }

  void BeginNestedValue() {
    if (!is_first_) texts_ += ',';
    is_first_ = false;
  }

  // Its text is what was appended since the cell before.
  void AddCell(Cell::Kind kind) {
    cells_.push_back({kind, ""});
    ends_.push_back(texts_.size());
  }

  Result<void> EndRow() {
    if (cells_.size() != column_count_) return Malformed("a row has too few or too many values");
    std::size_t begin = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      cells_[i].text = std::string_view(texts_).substr(begin, ends_[i] - begin);
      begin = ends_[i];
    }
    visit_(cells_);
    cells_.clear();
    ends_.clear();
    texts_.clear();
    return {};
  }

  static constexpr Cell::Kind kCellKinds[] = {Cell::Kind::kNull, Cell::Kind::kBoolean,
                                              Cell::Kind::kNumber, Cell::Kind::kText};

  const std::size_t column_count_;
  const std::function<void(std::span<const Cell>)>& visit_;
  bool has_data_ = false;
  // One row. Cells get their texts at its end, when `texts_` does not move any more.
  std::vector<Cell> cells_;
  std::vector<std::size_t> ends_;
  std::string texts_;
  bool is_first_ = true;  // in the innermost list, object or member of a nested value
};

Result<std::unique_ptr<QueryAnswer>> QueryAnswer::Parse(std::string json) {
  std::unique_ptr<QueryAnswer> answer(new QueryAnswer(std::move(json)));
  SummaryVisitor visitor(*answer);
  TRY(ReadJson(answer->json_, visitor));
  TRY(visitor.Finish());
  return answer;
}

Result<void> QueryAnswer::ForEachRow(const std::function<void(std::span<const Cell>)>& visit) {
  RowVisitor visitor(columns_.size(), visit);
  TRY(ReadJson(json_, visitor));
  return visitor.Finish();
}

}  // namespace arc::cli
