// Decodes request bodies and writes the result as text: for tests of conformance, and for people.
//
// Standard input is cases one after the other: a line "PRECISION NOW_MICROS BYTES", then so many
// bytes of body, then a newline. Each case becomes one line of JSON on standard output: the rows
// in the order of their lines, the rejections told, and how the slow twin's answer differs.
// Texts that came with the body are in hexadecimal, since JSON has no bytes.

#include <fmt/format.h>

#include <cstdint>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/ingest/line_protocol/line_protocol_decoder.h"
#include "data/ingest/line_protocol/line_protocol_reference.h"
#include "data/ingest/line_protocol/precision.h"
#include "foundation/model/column_batch.h"

namespace arc::ingest {
namespace {

class NoSchemas : public SchemaSource {
 public:
  std::shared_ptr<const RowSchema> Find(std::string_view) const override { return nullptr; }
};

std::string Hex(std::string_view text) {
  std::string hex = "\"";
  for (const char c : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return hex + '"';
}

std::string ValueJson(const Column& column, std::size_t row) {
  if (const auto* strings = std::get_if<StringValues>(&column.values)) return Hex((*strings)[row]);
  if (const auto* coded = std::get_if<DictionaryValues>(&column.values)) {
    return Hex(coded->dictionary[coded->codes[row]]);
  }
  return ValueText(column, row);
}

std::string RowJson(const DecodedMeasurement& measurement, std::size_t row) {
  std::string cells;
  for (const auto& column : measurement.batch.columns) {
    if (!column.IsValid(row)) continue;
    cells += fmt::format("{}[{},\"{}\",{}]", cells.empty() ? "" : ",", Hex(column.name),
                         ToString(column.type()), ValueJson(column, row));
  }
  return fmt::format("{{\"line\":{},\"measurement\":{},\"time\":{},\"cells\":[{}]}}",
                     measurement.lines[row], Hex(measurement.measurement),
                     measurement.batch.times[row], cells);
}

std::string BodyJson(const DecodedBody& decoded, std::string_view difference) {
  std::map<std::uint32_t, std::string> row_by_line;
  for (const auto& measurement : decoded.measurements) {
    for (std::size_t row = 0; row < measurement.lines.size(); row++) {
      row_by_line[measurement.lines[row]] = RowJson(measurement, row);
    }
  }
  std::string rows;
  for (const auto& [line, row] : row_by_line) rows += (rows.empty() ? "" : ",") + row;
  std::string rejections;
  for (const auto& rejection : decoded.rejections.first) {
    rejections += fmt::format("{}[{},{}]", rejections.empty() ? "" : ",", rejection.line,
                              Hex(rejection.message));
  }
  return fmt::format("{{\"rows\":[{}],\"rejections\":[{}],\"twin\":{}}}", rows, rejections,
                     Hex(difference));
}

int DumpCases() {
  LineProtocolDecoder decoder;
  const NoSchemas schemas;
  std::string word;
  std::size_t size = 0;
  LineProtocolOptions options;
  while (std::cin >> word >> options.now_micros >> size) {
    const auto precision = ParsePrecision(word);
    if (!precision.ok()) {
      std::cerr << precision.error().message << '\n';
      return 2;
    }
    options.precision = precision.value();
    std::string body(size, '\0');
    std::cin.ignore(1);
    if (!std::cin.read(body.data(), static_cast<std::streamsize>(size))) {
      std::cerr << "the last body is shorter than announced\n";
      return 2;
    }
    const auto decoded = decoder.Decode(body, options, schemas);
    const auto twin = DecodeLineProtocolSlowly(body, options, schemas);
    std::cout << BodyJson(decoded, FindDifference(decoded, twin)) << '\n';
  }
  return 0;
}

}  // namespace
}  // namespace arc::ingest

int main() { return arc::ingest::DumpCases(); }
