#include "service/api/write_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "foundation/model/names.h"
#include "service/api/request_database.h"
#include "service/api/request_parameters.h"

namespace arc::api {
namespace {

// How many letters must be added, left out, changed or swapped with their neighbour.
std::size_t EditsBetween(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); i++) {
    for (std::size_t j = 0; j <= b.size(); j++) {
      if (i == 0 || j == 0) {
        edits[i][j] = i + j;
        continue;
      }
      edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1,
                              edits[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  }
  return edits[a.size()][b.size()];
}

bool MeansDatabase(std::string_view lower_name) {
  constexpr std::array<std::string_view, 16> kWords = {
      "db",      "bd",       "dbs",       "ddb",        "dbb",   "dbname",
      "db_name", "database", "databases", "databse",    "dbase", "database_name",
      "bucket",  "bucketid", "bucket_id", "bucket_name"};
  if (std::find(kWords.begin(), kWords.end(), lower_name) != kWords.end()) return true;
  return EditsBetween(lower_name, "bucket") <= 2 || EditsBetween(lower_name, "database") <= 2;
}

bool MeansPrecision(std::string_view lower_name) {
  constexpr std::array<std::string_view, 4> kWords = {"prec", "time_precision", "timeprecision",
                                                      "timestamp_precision"};
  return std::find(kWords.begin(), kWords.end(), lower_name) != kWords.end() ||
         EditsBetween(lower_name, "precision") <= 2;
}

Error Misspelt(std::string_view name, std::string_view meant) {
  return Invalid(
      fmt::format("unknown parameter \"{}\": did you mean {}? Nothing was stored", name, meant));
}

// By the packings that HTTP knows. Other words are put there by clients that mean a charset.
Result<void> CheckContentEncoding(std::string_view header) {
  constexpr std::array<std::string_view, 9> kForeign = {
      "deflate", "br", "compress", "x-compress", "snappy", "lz4", "bzip2", "xz", "zlib"};
  const auto lower = ToLower(header);
  if (std::find(kForeign.begin(), kForeign.end(), lower) == kForeign.end()) return {};
  return Invalid(fmt::format(
      "Content-Encoding {} is not supported: send gzip, zstd, or the body as it is", lower));
}

}  // namespace

// What clients really send is none of these: InfluxDB 1.x has db, rp, precision, consistency, u and
// p; 2.x org, orgID, bucket and precision; 3.x db, precision, accept_partial and no_sync.
Result<void> CheckWriteRequest(const http::Request& request, std::string_view database_parameter) {
  const bool has_database = !NamedDatabase(request, database_parameter).empty();
  constexpr std::size_t kNameBytesMax = 24;  // longer ones are no misspellings
  for (const auto& [name, value] : request.query) {
    if (name == database_parameter || name == "precision" || name.size() > kNameBytesMax) continue;
    const auto lower_name = ToLower(name);
    if (MeansPrecision(lower_name)) return Misspelt(name, "precision");
    if (!has_database && MeansDatabase(lower_name)) return Misspelt(name, database_parameter);
  }
  return CheckContentEncoding(request.HeaderValue("content-encoding"));
}

// zlib's first two bytes: 78, then 01, 5e, 9c or da. Neither line protocol nor MessagePack begins
// so, but for a measurement that no line can have.
Result<void> CheckPacking(std::string_view body) {
  constexpr std::string_view kLevels = "\x01\x5e\x9c\xda";
  if (body.size() < 2 || body[0] != '\x78' || kLevels.find(body[1]) == std::string_view::npos) {
    return {};
  }
  return Invalid("the body is packed with deflate (zlib): send gzip, zstd, or the body as it is");
}

}  // namespace arc::api
