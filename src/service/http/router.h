// Method and path → route.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.h"
#include "service/http/route.h"

namespace arc::http {

struct RouteMatch {
  const Route* route = nullptr;  // null: no such path, or not with this method
  NamedValues path_parameters;
  // When the path exists with other methods only: their names for the Allow header, and the least
  // of their permissions.
  std::string allowed_methods;
  auth::Permission least_permission = auth::Permission::kToken;
};

// Immutable after Build; used from all I/O threads.
class Router {
 public:
  // Fails with kInvalidInput on a pattern without a leading slash and on two routes for the same
  // requests.
  static Result<Router> Build(std::vector<Route> routes);

  // HEAD finds the GET route where there is no HEAD route. The result's route lives as long as the
  // router.
  RouteMatch Find(std::string_view method, const std::vector<std::string>& path_parts) const;

  bool HasSpooledBodies() const;

 private:
  struct Part {
    std::string text;  // the literal in lower case, or the parameter's name
    bool is_parameter = false;

    bool operator==(const Part&) const = default;
  };
  struct Entry {
    Route route;
    std::vector<Part> parts;
  };

  static std::vector<Part> SplitPattern(std::string_view pattern);
  static bool ComesFirst(const Entry& left, const Entry& right);
  static bool AcceptTheSame(const Entry& left, const Entry& right);
  static bool Matches(const Entry& entry, const std::vector<std::string>& path_parts);

  const Entry* FindEntry(std::string_view method, const std::vector<std::string>& path_parts) const;
  RouteMatch DescribeOtherMethods(const std::vector<std::string>& path_parts) const;

  std::vector<Entry> entries_;  // the more literal first
};

}  // namespace arc::http
