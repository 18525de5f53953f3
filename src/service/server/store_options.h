// The part of the configuration that a store runs with.

#pragma once

#include "data/store/store.h"
#include "foundation/base/result.h"
#include "service/config/config.h"

namespace arc::server {

Result<store::Store::Options> StoreOptionsOf(const config::Config& config);

}  // namespace arc::server
