// The slow twin of MsgpackDecoder: reads the whole body into boxed values, then goes row by row. It
// shares no code with the decoder, so that comparing the two means something. Only for tests.

#pragma once

#include <string>
#include <string_view>

#include "data/ingest/msgpack/msgpack_decoder.h"
#include "foundation/base/result.h"
#include "foundation/model/decoded_body.h"
#include "foundation/model/schema.h"

namespace arc::ingest {

// Decides as MsgpackDecoder::Decode does. Messages of rejections name only the item and the row;
// strings are never dictionaries.
Result<DecodedBody> DecodeMsgpackSlowly(std::string_view body, const MsgpackOptions& options,
                                        const SchemaSource& schemas);

// All that both must agree on, as text: measurements by name, each with its columns and its rows,
// then where the rejections are.
std::string DescribeForComparison(const DecodedBody& body);

// Decodes `body` both ways. Says where the two disagree or where the decoder breaks a rule of its
// result, or nothing.
std::string FindDisagreement(std::string_view body, const MsgpackOptions& options,
                             const SchemaSource& schemas, MsgpackDecoder& decoder);

}  // namespace arc::ingest
