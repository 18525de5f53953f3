// The HTTP statuses that the server answers with: the one table of their numbers.

#pragma once

namespace arc::http {

// What a handler may choose. Plain ints elsewhere: a status that is read may be any.
enum Success : int {
  kOk = 200,
  kCreated = 201,
  kAccepted = 202,
  kNoContent = 204,
};

// Never chosen by a handler: it names an ErrorCode, and error_answer.cc says which status that is.
enum Failure : int {
  kBadRequest = 400,
  kUnauthorized = 401,
  kForbidden = 403,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kRequestTimeout = 408,
  kConflict = 409,
  kContentTooLarge = 413,
  kExpectationFailed = 417,
  kUnprocessableContent = 422,
  kTooManyRequests = 429,
  kHeaderTooLarge = 431,
  kInternalServerError = 500,
  kServiceUnavailable = 503,
  kGatewayTimeout = 504,
  kVersionNotSupported = 505,
  kInsufficientStorage = 507,
};

// Statuses that never have a body (RFC 9110: 1xx, 204, 304).
inline bool IsBodiless(int status) { return status < kOk || status == kNoContent || status == 304; }
inline bool IsFailure(int status) { return status >= kBadRequest; }
inline bool IsServerFailure(int status) { return status >= kInternalServerError; }

}  // namespace arc::http
