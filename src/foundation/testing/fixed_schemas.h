// A source of schemas that a test fills by hand.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/model/schema.h"

namespace arc::testing {

class FixedSchemas : public SchemaSource {
 public:
  FixedSchemas& Add(const std::string& measurement, std::vector<SchemaColumn> columns) {
    schemas_[measurement] = std::make_shared<const RowSchema>(std::move(columns));
    return *this;
  }
  std::shared_ptr<const RowSchema> Find(std::string_view measurement) const override {
    const auto found = schemas_.find(measurement);
    return found == schemas_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::string, std::shared_ptr<const RowSchema>, std::less<>> schemas_;
};

}  // namespace arc::testing
