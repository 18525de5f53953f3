// A good body cut at every byte: what is complete is stored exactly, and the line that was cut is
// what it would be alone, mostly a rejection.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "data/ingest/line_protocol/line_protocol_decoder.h"

namespace arc::ingest {
namespace {

class NoSchemas : public SchemaSource {
 public:
  std::shared_ptr<const RowSchema> Find(std::string_view) const override { return nullptr; }
};

// A line, or lines without rows. No part of `head` is a line by itself.
struct Piece {
  std::string head;
  std::string tail;
  std::size_t row_count = 1;

  std::string text() const { return head + tail; }
};

const std::vector<Piece> kPieces = {
    {"cpu,host=a,region=eu usage=", "0.5,idle=99i 1700000000000000001\n"},
    {"cpu,host=b,region=eu usage=", "1.5,idle=98i 1700000000000000002\n"},
    {"", "# comment,with=an equals=1\n\r\n", 0},
    {"log,level=warn message=\"first\nsecond, = # 1\n\n", "\",code=7u 1700000000000000003\n"},
    {"log,level=warn message=\"", "\",code=7u\n"},
    {"w,a\\ b=c\\,d\\=e h\\=i=\"\\\\ \\\"", "\",g=-1e-3 -1700000000000000004\r\n"},
    {"  cpu,region=us,host=\xC3\xA4 up=", "true,usage=+.5e1,idle=-0i\t1700000000000000005 \n"},
    {"cpu,host=a,region=eu usage=", "0.25,idle=97i 1700000000000000006\n"},
};

struct Row {
  std::uint32_t line;
  std::string measurement;
  std::int64_t time;
  std::vector<std::string> cells;

  bool operator==(const Row& other) const {
    return std::tie(line, measurement, time, cells) ==
           std::tie(other.line, other.measurement, other.time, other.cells);
  }
};

struct Outcome {
  std::vector<Row> rows;  // by line
  std::vector<std::uint64_t> rejected_lines;
};

// By line, as if `line_before` lines came before.
Outcome OutcomeOf(const DecodedBody& decoded, std::uint64_t lines_before) {
  Outcome outcome;
  for (const auto& measurement : decoded.measurements) {
    const auto& batch = measurement.batch;
    for (std::size_t row = 0; row < batch.row_count(); row++) {
      std::vector<std::string> cells;
      for (const auto& column : batch.columns) {
        if (column.IsValid(row)) cells.push_back(column.name + "=" + ValueText(column, row));
      }
      std::sort(cells.begin(), cells.end());
      outcome.rows.push_back({measurement.lines[row] + static_cast<std::uint32_t>(lines_before),
                              measurement.measurement, batch.times[row], std::move(cells)});
    }
  }
  std::sort(outcome.rows.begin(), outcome.rows.end(),
            [](const Row& a, const Row& b) { return a.line < b.line; });
  for (const auto& rejection : decoded.rejections.first) {
    outcome.rejected_lines.push_back(rejection.line + lines_before);
  }
  return outcome;
}

LineProtocolOptions Options() {
  LineProtocolOptions options;
  options.now_micros = 42;
  return options;
}

Outcome Decode(std::string_view body) {
  // Exactly as long as the body, so that a sanitizer sees every read past the end.
  const std::vector<char> exact(body.begin(), body.end());
  LineProtocolDecoder decoder;
  return OutcomeOf(
      decoder.Decode(std::string_view(exact.data(), exact.size()), Options(), NoSchemas()), 0);
}

std::uint32_t LineCount(std::string_view text) {
  return static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
}

void ExpectExact(const std::string& complete, const std::string& cut) {
  const auto both = Decode(complete + cut);
  auto expected = Decode(complete);
  ASSERT_TRUE(expected.rejected_lines.empty()) << complete;
  auto rest = Decode(cut);
  for (auto& row : rest.rows) {
    row.line += LineCount(complete);
    expected.rows.push_back(std::move(row));
  }
  for (const auto line : rest.rejected_lines) {
    expected.rejected_lines.push_back(line + LineCount(complete));
  }
  EXPECT_TRUE(both.rows == expected.rows) << complete << "|" << cut;
  EXPECT_EQ(both.rejected_lines, expected.rejected_lines) << complete << "|" << cut;
}

TEST(CutBody, CompleteLinesAreStoredExactlyAndTheRestIsDecidedAlone) {
  std::string complete;
  std::size_t row_count = 0;
  for (const auto& piece : kPieces) {
    const auto text = piece.text();
    for (std::size_t size = 1; size < text.size(); size++) {
      ExpectExact(complete, text.substr(0, size));
    }
    complete += text;
    row_count += piece.row_count;
    EXPECT_EQ(Decode(complete).rows.size(), row_count) << complete;
  }
}

TEST(CutBody, ALineWithoutItsFirstFieldIsRejected) {
  std::string before;
  std::size_t row_count = 0;
  for (const auto& piece : kPieces) {
    for (std::size_t size = 1; size <= piece.head.size(); size++) {
      const auto outcome = Decode(before + piece.head.substr(0, size));
      EXPECT_EQ(outcome.rows.size(), row_count) << before << "|" << piece.head.substr(0, size);
      const bool is_blank = piece.head.find_first_not_of(' ') >= size;
      EXPECT_EQ(outcome.rejected_lines.empty(), is_blank) << piece.head.substr(0, size);
    }
    before += piece.text();
    row_count += piece.row_count;
  }
}

// Decodes `body` in pieces of `piece_bytes` and whatever the piece before left.
Outcome DecodeInPieces(std::string_view body, std::size_t piece_bytes) {
  LineProtocolDecoder decoder;
  Outcome outcome;
  std::string text;
  std::uint64_t lines_before = 0;
  for (std::size_t at = 0; at < body.size(); at += piece_bytes) {
    text += body.substr(at, piece_bytes);
    const std::vector<char> exact(text.begin(), text.end());
    const std::string_view view(exact.data(), exact.size());
    auto piece = DecodedPiece{};
    if (at + piece_bytes < body.size()) {
      piece = decoder.DecodePiece(view, Options(), NoSchemas());
    } else {
      piece = {decoder.Decode(view, Options(), NoSchemas()), view.size(), 0};
    }
    EXPECT_LE(piece.bytes_used, text.size());
    auto more = OutcomeOf(piece.body, lines_before);
    outcome.rows.insert(outcome.rows.end(), more.rows.begin(), more.rows.end());
    outcome.rejected_lines.insert(outcome.rejected_lines.end(), more.rejected_lines.begin(),
                                  more.rejected_lines.end());
    text.erase(0, piece.bytes_used);
    lines_before += piece.lines_used;
  }
  return outcome;
}

TEST(CutBody, PiecesAreTheWhole) {
  std::string body;
  for (const auto& piece : kPieces) body += piece.text();
  // Damage of every kind: a quote that stays open, one that closes too late, no field at all.
  body += "bad v=\"open\nbad\nlog v=\"a\\\"\n\" 1\nlog v=\"a\"b,w=\"\n#\n\n";
  body += body + "last v=\"never closed\ncpu usage=1 7";
  const auto whole = Decode(body);
  ASSERT_GT(whole.rejected_lines.size(), 3u);
  for (std::size_t piece_bytes = 1; piece_bytes < body.size(); piece_bytes++) {
    const auto pieces = DecodeInPieces(body, piece_bytes);
    ASSERT_TRUE(pieces.rows == whole.rows) << piece_bytes;
    ASSERT_EQ(pieces.rejected_lines, whole.rejected_lines) << piece_bytes;
  }
}

}  // namespace
}  // namespace arc::ingest
