// The slow obvious twin of LineProtocolDecoder: a byte at a time, rows as maps, no code shared with
// it. For tests and fuzzers; never linked into the server.

#pragma once

#include <string>
#include <string_view>

#include "data/ingest/line_protocol/line_protocol_decoder.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"

namespace arc::ingest {

// What LineProtocolDecoder::Decode must return; only the words of the rejections may differ.
DecodedBody DecodeLineProtocolSlowly(std::string_view body, const LineProtocolOptions& options,
                                     const SchemaSource& schemas);

// Describes the first difference that a client or a reader could notice; empty when there is none.
// Compares the form of every column and the bits of every value, but not the messages of
// rejections.
std::string FindDifference(const DecodedBody& a, const DecodedBody& b);

}  // namespace arc::ingest
