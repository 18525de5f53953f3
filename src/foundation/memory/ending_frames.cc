#include "foundation/memory/ending_frames.h"

#include <dlfcn.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace arc::memory {
namespace {

// dladdr takes a millisecond in a library of 190,000 symbols, so its answers are remembered by
// address. An entry is the address doubled, plus 1 if it is in a destructor; zero is a free entry.
// Addresses for which the table has no room are asked for each time.
constexpr std::size_t kSlots = 8192;
constexpr std::size_t kProbesMax = 16;
std::array<std::atomic<std::uintptr_t>, kSlots> known;

bool AskLinker(std::uintptr_t address) {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(address), &info) == 0) return false;
  return info.dli_sname != nullptr && IsNameOfDestructor(info.dli_sname);
}

bool IsDestructor(std::uintptr_t address) {
  const auto home = (address * 0x9E3779B97F4A7C15U) >> 51;  // 13 bits
  for (std::size_t probe = 0; probe < kProbesMax; probe++) {
    auto& slot = known[(home + probe) % kSlots];
    auto entry = slot.load(std::memory_order_relaxed);
    if (entry >> 1 == address) return (entry & 1) != 0;
    if (entry != 0) continue;
    const bool is_destructor = AskLinker(address);
    slot.compare_exchange_strong(entry, address << 1 | (is_destructor ? 1 : 0),
                                 std::memory_order_relaxed);
    return is_destructor;
  }
  return AskLinker(address);
}

_Unwind_Reason_Code LookAtFrame(_Unwind_Context* context, void* is_found) {
  // The call is before the address that it returns to.
  const auto address = _Unwind_GetIP(context) - 1;
  if (!IsDestructor(address)) return _URC_NO_REASON;
  *static_cast<bool*>(is_found) = true;
  return _URC_NORMAL_STOP;
}

}  // namespace

bool IsNameOfDestructor(const char* mangled_name) {
  if (std::strncmp(mangled_name, "_ZN", 3) != 0) return false;
  // "D1Ev" at the end, or before ".cold".
  const char* end = std::strchr(mangled_name, '.');
  const auto length =
      end != nullptr ? static_cast<std::size_t>(end - mangled_name) : std::strlen(mangled_name);
  if (length < 7) return false;
  const char* tail = mangled_name + length - 4;
  return tail[0] == 'D' && tail[1] >= '0' && tail[1] <= '2' && tail[2] == 'E' && tail[3] == 'v';
}

bool IsInDestructor() {
  bool is_found = false;
  _Unwind_Backtrace(LookAtFrame, &is_found);
  return is_found;
}

}  // namespace arc::memory
