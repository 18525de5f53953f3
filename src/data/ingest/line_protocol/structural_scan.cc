#include "data/ingest/line_protocol/structural_scan.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace arc::ingest::line_protocol {
namespace {

// The table gives, for the low four bits of a byte, the one structural byte that has these bits.
// Comma, equals sign, space, quote and newline differ in their low four bits, so one table look-up
// and one comparison classify a byte. The backslash has the same low bits as the comma and is
// compared on its own. An entry without a structural byte holds 0 (at index 0: the space), which
// never equals a byte with that index.
[[maybe_unused]] constexpr std::array<std::uint8_t, 16> kByLowBits = {
    ' ', 0, '"', 0, 0, 0, 0, 0, 0, 0, '\n', 0, ',', '=', 0, 0};

constexpr std::size_t kBlockBytes = 64;

constexpr std::array<bool, 256> kIsStructural = [] {
  std::array<bool, 256> is_structural{};
  for (const char c : {',', '=', ' ', '"', '\\', '\n'}) {
    is_structural[static_cast<unsigned char>(c)] = true;
  }
  return is_structural;
}();

#if defined(__x86_64__) || defined(__aarch64__)

// Writes the positions of the set bits, eight at a time: writing a few too many costs less than one
// branch for each.
[[gnu::always_inline]] inline std::size_t WritePositions(std::uint64_t bits, std::uint32_t base,
                                                         std::uint32_t* positions) {
  const auto count = static_cast<std::size_t>(__builtin_popcountll(bits));
  for (std::size_t done = 0; done < count; done += 8) {
    for (std::size_t i = 0; i < 8; i++) {
      // When no bit is left the position means nothing; the next block overwrites it.
      positions[done + i] = base + static_cast<std::uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
  }
  return count;
}

#endif

#if defined(__x86_64__)

[[gnu::target("avx2,bmi,popcnt"), gnu::always_inline]] inline std::uint64_t StructuralBits32(
    const char* bytes) {
  const auto table = _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(kByLowBits.data())));
  const auto block = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  const auto by_table = _mm256_cmpeq_epi8(block, _mm256_shuffle_epi8(table, block));
  const auto backslash = _mm256_cmpeq_epi8(block, _mm256_set1_epi8('\\'));
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_or_si256(by_table, backslash)));
}

[[gnu::target("avx2,bmi,popcnt")]] std::size_t ScanAvx2(std::string_view text, std::uint32_t base,
                                                        std::uint32_t* positions) {
  std::size_t count = 0;
  std::size_t at = 0;
  for (; at + kBlockBytes <= text.size(); at += kBlockBytes) {
    const char* block = text.data() + at;
    const auto bits = StructuralBits32(block) | (StructuralBits32(block + 32) << 32);
    count += WritePositions(bits, base + static_cast<std::uint32_t>(at), positions + count);
  }
  std::array<char, kBlockBytes> rest{};
  std::memcpy(rest.data(), text.data() + at, text.size() - at);
  const auto bits = StructuralBits32(rest.data()) | (StructuralBits32(rest.data() + 32) << 32);
  return count + WritePositions(bits, base + static_cast<std::uint32_t>(at), positions + count);
}

#elif defined(__aarch64__)

std::uint64_t StructuralBits64(const char* bytes) {
  const auto table = vld1q_u8(kByLowBits.data());
  const uint8x16_t weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  std::array<uint8x16_t, 4> found;
  for (std::size_t i = 0; i < 4; i++) {
    const auto block = vld1q_u8(reinterpret_cast<const std::uint8_t*>(bytes) + 16 * i);
    const auto expected = vqtbl1q_u8(table, vandq_u8(block, vdupq_n_u8(15)));
    const auto backslash = vceqq_u8(block, vdupq_n_u8('\\'));
    found[i] = vandq_u8(vorrq_u8(vceqq_u8(block, expected), backslash), weights);
  }
  auto sum = vpaddq_u8(vpaddq_u8(found[0], found[1]), vpaddq_u8(found[2], found[3]));
  sum = vpaddq_u8(sum, sum);
  return vgetq_lane_u64(vreinterpretq_u64_u8(sum), 0);
}

std::size_t ScanNeon(std::string_view text, std::uint32_t base, std::uint32_t* positions) {
  std::size_t count = 0;
  std::size_t at = 0;
  for (; at + kBlockBytes <= text.size(); at += kBlockBytes) {
    count += WritePositions(StructuralBits64(text.data() + at),
                            base + static_cast<std::uint32_t>(at), positions + count);
  }
  std::array<char, kBlockBytes> rest{};
  std::memcpy(rest.data(), text.data() + at, text.size() - at);
  return count + WritePositions(StructuralBits64(rest.data()),
                                base + static_cast<std::uint32_t>(at), positions + count);
}

#endif

}  // namespace

std::size_t ScanStructuralsScalar(std::string_view text, std::uint32_t base,
                                  std::uint32_t* positions) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); i++) {
    positions[count] = base + static_cast<std::uint32_t>(i);
    count += kIsStructural[static_cast<unsigned char>(text[i])] ? 1 : 0;
  }
  return count;
}

std::size_t ScanStructurals(std::string_view text, std::uint32_t base, std::uint32_t* positions) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                               __builtin_cpu_supports("popcnt");
  if (has_avx2) return ScanAvx2(text, base, positions);
  return ScanStructuralsScalar(text, base, positions);
#elif defined(__aarch64__)
  return ScanNeon(text, base, positions);
#else
  return ScanStructuralsScalar(text, base, positions);
#endif
}

}  // namespace arc::ingest::line_protocol
