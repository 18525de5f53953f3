#include "foundation/base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
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

// One step of the processor's instruction, over 8 bytes or over one. These functions are compiled
// for processors that have it, whatever the rest of the program is compiled for.
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
// The instruction takes three cycles, but a new one can begin in each cycle: three lanes side by
// side are three times as fast as one. With 1 KiB a lane, joining them costs 2 % of the time.
constexpr std::size_t kLaneBytes = 1024;

using ShiftTable = std::array<std::array<std::uint32_t, 256>, 4>;

// How kLaneBytes zero bytes change a remainder, one table for each byte of the remainder. The
// change is linear over XOR, so the four results are XORed.
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

#if defined(__x86_64__)
// Multiplication without carries folds bytes onto those that follow, 256 at a time, without
// changing the remainder (Gopal and others, "Fast CRC Computation for Generic Polynomials Using
// PCLMULQDQ Instruction", 2009). What is left are 256 bytes, summed by the instruction above.
#define ARC_FOLDING_TARGET __attribute__((target("sse4.2,avx512f,vpclmulqdq")))

constexpr std::size_t kFoldBytes = 256;
constexpr std::size_t kFoldedBytesMin = 1024;  // for fewer it is not worth it

// The remainder of x^`power`, as a factor: the lowest power in the highest bit, shifted by one
// because the product of two such numbers comes out a bit too low.
constexpr std::uint64_t FoldFactor(int power) {
  std::uint32_t remainder = 0x80000000;  // x^0
  for (int i = 0; i < power; i++) {
    remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? kPolynomialReflected : 0);
  }
  return std::uint64_t{remainder} << 1;
}

constexpr int kFoldBits = 8 * static_cast<int>(kFoldBytes);
constexpr auto kFactorOfLow = static_cast<long long>(FoldFactor(kFoldBits + 32));
constexpr auto kFactorOfHigh = static_cast<long long>(FoldFactor(kFoldBits - 32));

ARC_FOLDING_TARGET inline __m512i Fold(__m512i bytes, __m512i factors, __m512i following) {
  const auto low = _mm512_clmulepi64_epi128(bytes, factors, 0x00);
  const auto high = _mm512_clmulepi64_epi128(bytes, factors, 0x11);
  return _mm512_ternarylogic_epi64(low, high, following, 0x96);  // all three XORed
}

bool HasFolding() {
  return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("vpclmulqdq");
}

// Requires: at least kFoldBytes.
ARC_FOLDING_TARGET std::uint32_t Crc32cByFolding(std::uint32_t crc_so_far, std::string_view bytes) {
  const auto factors = _mm512_set_epi64(kFactorOfHigh, kFactorOfLow, kFactorOfHigh, kFactorOfLow,
                                        kFactorOfHigh, kFactorOfLow, kFactorOfHigh, kFactorOfLow);
  const auto load = [&](std::size_t part)
                        ARC_FOLDING_TARGET { return _mm512_loadu_si512(bytes.data() + 64 * part); };
  auto first = _mm512_xor_si512(
      load(0), _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(~crc_so_far))));
  auto second = load(1);
  auto third = load(2);
  auto fourth = load(3);
  for (bytes.remove_prefix(kFoldBytes); bytes.size() >= kFoldBytes;
       bytes.remove_prefix(kFoldBytes)) {
    first = Fold(first, factors, load(0));
    second = Fold(second, factors, load(1));
    third = Fold(third, factors, load(2));
    fourth = Fold(fourth, factors, load(3));
  }
  std::array<char, kFoldBytes> rest;
  _mm512_storeu_si512(rest.data(), first);
  _mm512_storeu_si512(rest.data() + 64, second);
  _mm512_storeu_si512(rest.data() + 128, third);
  _mm512_storeu_si512(rest.data() + 192, fourth);
  const auto crc = Crc32cByInstruction(~std::uint32_t{0}, {rest.data(), rest.size()});
  return Crc32cByInstruction(crc, bytes);
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
#if defined(__x86_64__)
  static const bool has_folding = HasFolding();
  if (bytes.size() >= kFoldedBytesMin && has_folding) return Crc32cByFolding(crc_so_far, bytes);
#endif
#if defined(ARC_CRC32C_TARGET)
  static const bool has_instruction = HasInstruction();
  if (has_instruction) return Crc32cByInstruction(crc_so_far, bytes);
#endif
  return Crc32cByTable(crc_so_far, bytes);
}

}  // namespace arc
