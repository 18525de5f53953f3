// The grammar of a field's value without quotes:
//
//   integer   digits 'i'      unsigned  digits 'u'      float  as in number_parser.h
//   boolean   t T true True TRUE f F false False FALSE

#pragma once

#include <string>
#include <string_view>

#include "data/ingest/line_protocol/cell_value.h"
#include "data/ingest/line_protocol/number_parser.h"

namespace arc::ingest::line_protocol {

NumberOutcome ParseFieldValue(std::string_view text, CellValue& value);

// What is wrong with `text`, for which ParseFieldValue returned `outcome` (not kOk).
std::string DescribeBadValue(std::string_view text, NumberOutcome outcome);

}  // namespace arc::ingest::line_protocol
