// Names of machines and buckets, as configuration has them. Automata by hand: no pattern is
// compiled and nothing is allocated.

#pragma once

#include <string_view>

namespace arc::config {

// A name or IPv4 address (RFC 1123): labels of letters, digits and '-' with '.' between them; 1 to
// 63 characters each, no '-' at their ends, 253 in all.
bool IsHostName(std::string_view text);

// A general purpose bucket of S3: 3 to 63 of a-z, 0-9, '.' and '-', a letter or digit at both ends
// and beside every '.', no IPv4 address, none of the prefixes and suffixes that S3 keeps
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
bool IsBucketName(std::string_view text);

}  // namespace arc::config
