// JSON as text: a string for those who write the rest by hand, or a whole value of Boost.JSON.

#pragma once

#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

namespace arc {

// Appends `text` as a JSON string (RFC 8259), quotes included. Bytes that are not UTF-8 become
// U+FFFD, so that the result is always valid.
void AppendJsonString(std::string& out, std::string_view text);

// The same, returned.
std::string JsonString(std::string_view text);

// Without spaces, members in their order. Not Boost's serializer, which lets bytes pass that are
// not UTF-8 and writes 0.5 as 5E-1: strings are as above, a float is the shortest text that is the
// same float, null when it is no number. Recurses as deep as the value is.
void AppendJson(std::string& out, const boost::json::value& value);
std::string JsonText(const boost::json::object& object);

}  // namespace arc
