#include "base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace arc {
namespace {

constexpr std::uint32_t kPolynomialReflected = 0x82f63b78;

constexpr std::array<std::uint32_t, 256> MakeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); byte++) {
    std::uint32_t remainder = byte;
    for (int bit = 0; bit < 8; bit++) {
      remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kPolynomialReflected : 0);
    }
    table[byte] = remainder;
  }
  return table;
}

constexpr auto kTable = MakeTable();

// One step of the processor's instruction over 8 bytes or one, compiled for processors that have
// it whatever the rest of the program is compiled for.
#if defined(__x86_64__)
#define ARC_CRC32C_TARGET __attribute__((target("sse4.2")))

bool HasInstruction() { return __builtin_cpu_supports("sse4.2"); }
ARC_CRC32C_TARGET inline std::uint32_t Step8(std::uint32_t crc, std::uint64_t bytes) {
  return static_cast<std::uint32_t>(_mm_crc32_u64(crc, bytes));
}
ARC_CRC32C_TARGET inline std::uint32_t Step1(std::uint32_t crc, std::uint8_t byte) {
  return _mm_crc32_u8(crc, byte);
}
#elif defined(__aarch64__)
#define ARC_CRC32C_TARGET

bool HasInstruction() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
inline std::uint32_t Step8(std::uint32_t crc, std::uint64_t bytes) {
  __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(bytes));
  return crc;
}
inline std::uint32_t Step1(std::uint32_t crc, std::uint8_t byte) {
  __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"(byte));
  return crc;
}
#endif

#if defined(ARC_CRC32C_TARGET)
// The instruction answers after three cycles but can begin one each cycle: three lanes side by side
// are three times as fast as one. 1 KiB a lane: joining them costs a fiftieth of their time.
constexpr std::size_t kLaneBytes = 1024;

using ShiftTable = std::array<std::array<std::uint32_t, 256>, 4>;

// What kLaneBytes zero bytes make of a remainder, by the bytes of the remainder: linear over XOR.
constexpr ShiftTable MakeShiftTable() {
  std::array<std::uint32_t, 32> of_bit{};
  for (std::size_t bit = 0; bit < of_bit.size(); bit++) {
    std::uint32_t remainder = 1U << bit;
    for (std::size_t i = 0; i < kLaneBytes; i++) {
      remainder = (remainder >> 8) ^ kTable[remainder & 0xff];
    }
    of_bit[bit] = remainder;
  }
  ShiftTable table{};
  for (std::size_t place = 0; place < table.size(); place++) {
    for (std::size_t byte = 0; byte < table[place].size(); byte++) {
      for (std::size_t bit = 0; bit < 8; bit++) {
        if ((byte >> bit & 1) != 0) table[place][byte] ^= of_bit[8 * place + bit];
      }
    }
  }
  return table;
}

constexpr auto kShiftTable = MakeShiftTable();

std::uint32_t ShiftOverLane(std::uint32_t crc) {
  return kShiftTable[0][crc & 0xff] ^ kShiftTable[1][crc >> 8 & 0xff] ^
         kShiftTable[2][crc >> 16 & 0xff] ^ kShiftTable[3][crc >> 24];
}

std::uint64_t Load8(const char* bytes) {
  std::uint64_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

ARC_CRC32C_TARGET std::uint32_t StepThreeLanes(std::uint32_t crc, const char* bytes) {
  std::uint32_t second = 0;
  std::uint32_t third = 0;
  for (const char* end = bytes + kLaneBytes; bytes != end; bytes += sizeof(std::uint64_t)) {
    crc = Step8(crc, Load8(bytes));
    second = Step8(second, Load8(bytes + kLaneBytes));
    third = Step8(third, Load8(bytes + 2 * kLaneBytes));
  }
  return ShiftOverLane(ShiftOverLane(crc) ^ second) ^ third;
}

ARC_CRC32C_TARGET std::uint32_t Crc32cByInstruction(std::uint32_t crc_so_far,
                                                    std::string_view bytes) {
  std::uint32_t crc = ~crc_so_far;
  while (bytes.size() >= 3 * kLaneBytes) {
    crc = StepThreeLanes(crc, bytes.data());
    bytes.remove_prefix(3 * kLaneBytes);
  }
  while (bytes.size() >= sizeof(std::uint64_t)) {
    crc = Step8(crc, Load8(bytes.data()));
    bytes.remove_prefix(sizeof(std::uint64_t));
  }
  for (const char byte : bytes) crc = Step1(crc, static_cast<std::uint8_t>(byte));
  return ~crc;
}
#endif

}  // namespace

std::uint32_t Crc32cByTable(std::uint32_t crc_so_far, std::string_view bytes) {
  std::uint32_t crc = ~crc_so_far;
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<std::uint8_t>(byte)) & 0xff];
  }
  return ~crc;
}

std::uint32_t Crc32c(std::uint32_t crc_so_far, std::string_view bytes) {
#if defined(ARC_CRC32C_TARGET)
  static const bool has_instruction = HasInstruction();
  if (has_instruction) return Crc32cByInstruction(crc_so_far, bytes);
#endif
  return Crc32cByTable(crc_so_far, bytes);
}

}  // namespace arc
