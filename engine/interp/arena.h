// A fixed reservation of address space for code: addresses never move, pages
// are touched as they are written, and an overrun meets a guard page.
#ifndef ENGINE_INTERP_ARENA_H_
#define ENGINE_INTERP_ARENA_H_

#include <cstddef>
#include <cstdint>

namespace ashlar::interp {

// Move-only owner of the reservation. Throws bad_alloc where the machine
// refuses it.
class Arena {
 public:
  Arena() = default;
  explicit Arena(size_t size_bytes);
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;

  uint8_t* base() const { return base_; }
  size_t size_bytes() const { return size_bytes_; }
  // Enough for `size_bytes`: keeps what it has, or reserves anew (contents
  // are lost then).
  void Reserve(size_t size_bytes);

 private:
  void Free();

  uint8_t* base_ = nullptr;
  size_t size_bytes_ = 0;
};

}  // namespace ashlar::interp

#endif  // ENGINE_INTERP_ARENA_H_
