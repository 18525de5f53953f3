#include "cli/query_answer.h"

#include <simdjson.h>

#include "cli/display_text.h"

namespace arc {
namespace {

namespace ondemand = simdjson::ondemand;

Error Malformed(std::string_view reason) {
  return Error{ErrorCode::kInternal,
               "the server's answer is not a query result: " + std::string(reason)};
}

// Passes a simdjson failure up as ours.
#define TRY_JSON(expression)                                 \
  do {                                                       \
    const simdjson::error_code json_error = (expression);    \
    if (json_error != simdjson::SUCCESS) {                   \
      return Malformed(simdjson::error_message(json_error)); \
    }                                                        \
  } while (false)

std::string_view TrimEnd(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

Result<Cell> ReadCell(ondemand::value value) {
  ondemand::json_type type;
  TRY_JSON(value.type().get(type));
  switch (type) {
    case ondemand::json_type::null:
      if (!value.is_null()) return Malformed("a misspelt null");
      return Cell{Cell::Kind::kNull, ""};
    case ondemand::json_type::string: {
      std::string_view text;
      TRY_JSON(value.get_string().get(text));
      return Cell{Cell::Kind::kText, text};
    }
    case ondemand::json_type::boolean: {
      bool is_true = false;
      TRY_JSON(value.get_bool().get(is_true));
      return Cell{Cell::Kind::kBoolean, is_true ? "true" : "false"};
    }
    case ondemand::json_type::number:
      return Cell{Cell::Kind::kNumber, TrimEnd(value.raw_json_token())};
    case ondemand::json_type::array: {
      ondemand::array array;
      std::string_view json;
      TRY_JSON(value.get_array().get(array));
      TRY_JSON(array.raw_json().get(json));
      return Cell{Cell::Kind::kNested, json};
    }
    case ondemand::json_type::object: {
      ondemand::object object;
      std::string_view json;
      TRY_JSON(value.get_object().get(object));
      TRY_JSON(object.raw_json().get(json));
      return Cell{Cell::Kind::kNested, json};
    }
  }
  return Malformed("a value of no known type");
}

}  // namespace

struct QueryAnswer::Reader {
  ondemand::parser parser;
  ondemand::document document;
};

QueryAnswer::QueryAnswer(std::string json)
    : json_(std::move(json)), reader_(std::make_unique<Reader>()) {
  json_.reserve(json_.size() + simdjson::SIMDJSON_PADDING);
}

QueryAnswer::~QueryAnswer() = default;

Result<std::unique_ptr<QueryAnswer>> QueryAnswer::Parse(std::string json) {
  std::unique_ptr<QueryAnswer> answer(new QueryAnswer(std::move(json)));
  const simdjson::padded_string_view view(answer->json_.data(), answer->json_.size(),
                                          answer->json_.capacity());
  TRY_JSON(answer->reader_->parser.iterate(view).get(answer->reader_->document));
  TRY(answer->ReadSummary());
  return answer;
}

// Everything but the rows, which are skipped: some of it stands behind them.
Result<void> QueryAnswer::ReadSummary() {
  ondemand::object object;
  TRY_JSON(reader_->document.get_object().get(object));
  bool is_success = false;
  bool is_truncated = false;
  bool is_capped = false;
  std::string_view reason;
  std::string_view error = "the query failed";
  for (auto entry : object) {
    ondemand::field field;
    std::string_view key;
    TRY_JSON(std::move(entry).get(field));
    TRY_JSON(field.unescaped_key().get(key));
    ondemand::value value = field.value();
    if (key == "success") {
      TRY_JSON(value.get_bool().get(is_success));
    } else if (key == "error") {
      TRY_JSON(value.get_string().get(error));
    } else if (key == "columns" && !value.is_null()) {
      ondemand::array names;
      TRY_JSON(value.get_array().get(names));
      for (auto name : names) {
        std::string_view text;
        TRY_JSON(name.get_string().get(text));
        columns_.emplace_back(text);
      }
    } else if (key == "row_count") {
      TRY_JSON(value.get_uint64().get(row_count_));
    } else if (key == "execution_time_ms") {
      TRY_JSON(value.get_double().get(execution_time_ms_));
    } else if (key == "truncated") {
      TRY_JSON(value.get_bool().get(is_truncated));
    } else if (key == "truncation_reason") {
      TRY_JSON(value.get_string().get(reason));
    } else if (key == "rows_capped") {
      TRY_JSON(value.get_bool().get(is_capped));
    }
  }
  if (!is_success) return Error{ErrorCode::kCancelled, DisplayText(error, LineBreaks::kKeep)};
  if (is_truncated) {
    incomplete_reason_ = reason.empty() ? "the server stopped early" : DisplayText(reason);
  } else if (is_capped) {
    incomplete_reason_ = "the server limits how many rows a query may return";
  }
  return {};
}

Result<void> QueryAnswer::ForEachRow(const std::function<void(std::span<const Cell>)>& visit) {
  reader_->document.rewind();
  ondemand::value data;
  TRY_JSON(reader_->document.find_field_unordered("data").get(data));
  ondemand::array rows;
  TRY_JSON(data.get_array().get(rows));
  std::vector<Cell> cells;
  for (auto row : rows) {
    ondemand::array values;
    TRY_JSON(row.get_array().get(values));
    cells.clear();
    for (auto value : values) {
      ondemand::value cell;
      TRY_JSON(value.get(cell));
      cells.push_back(TRY(ReadCell(cell)));
    }
    if (cells.size() != columns_.size()) return Malformed("a row has too few or too many values");
    visit(cells);
  }
  return {};
}

}  // namespace arc
