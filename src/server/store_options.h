// The part of the configuration that a store runs with.

#pragma once

#include "base/result.h"
#include "config/config.h"
#include "server/store.h"

namespace arc {

Result<Store::Options> StoreOptionsOf(const Config& config);

}  // namespace arc
