#include "foundation/text/json_text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <iterator>

#include <boost/json.hpp>

#include "foundation/text/utf8.h"

namespace arc {
namespace {

unsigned char ByteAt(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

void AppendEscaped(std::string& out, char c) {
  switch (c) {
    case '"':
    case '\\':
      out += '\\';
      out += c;
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

void AppendFloat(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  fmt::format_to(std::back_inserter(out), "{}", value);
}

void AppendArray(std::string& out, const boost::json::array& array) {
  out += '[';
  for (const auto& item : array) {
    if (&item != array.begin()) out += ',';
    AppendJson(out, item);
  }
  out += ']';
}

void AppendObject(std::string& out, const boost::json::object& object) {
  out += '{';
  for (const auto& member : object) {
    if (&member != object.begin()) out += ',';
    AppendJsonString(out, member.key());
    out += ':';
    AppendJson(out, member.value());
  }
  out += '}';
}

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  std::size_t run_begin = 0;  // characters that need no escape are copied in runs
  std::size_t i = 0;
  const auto end_run = [&] { out.append(text, run_begin, i - run_begin); };
  while (i < text.size()) {
    if (ByteAt(text, i) < 0x80) {
      if (NeedsEscape(text[i])) {
        end_run();
        AppendEscaped(out, text[i]);
        run_begin = i + 1;
      }
      i++;
      continue;
    }
    const auto length = Utf8SequenceLength(text.substr(i));
    if (length == 0) {
      end_run();
      out += "\xEF\xBF\xBD";
      run_begin = i + 1;
    }
    i += length == 0 ? 1 : length;
  }
  end_run();
  out += '"';
}

void AppendJson(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out += "null";
      return;
    case boost::json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      return;
    case boost::json::kind::int64:
      out += std::to_string(value.get_int64());
      return;
    case boost::json::kind::uint64:
      out += std::to_string(value.get_uint64());
      return;
    case boost::json::kind::double_:
      return AppendFloat(out, value.get_double());
    case boost::json::kind::string:
      return AppendJsonString(out, value.get_string());
    case boost::json::kind::array:
      return AppendArray(out, value.get_array());
    case boost::json::kind::object:
      return AppendObject(out, value.get_object());
  }
}

std::string JsonText(const boost::json::object& object) {
  std::string out;
  AppendObject(out, object);
  return out;
}

std::string JsonString(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

}  // namespace arc
